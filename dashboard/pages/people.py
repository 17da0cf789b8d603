"""The place "People": who is in the project, what they may do, and how their work goes."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from collector.models import Membership, Project
from common.errors import DomainError
from dashboard.forms import PageForm
from dashboard.pages.access import of_project, page, user_of
from dashboard.pages.people_forms import ROLES, PauseForm, PeopleFilter, RoleForm
from labeling.members import Member, member_in, members_page, roles_in
from labeling.models import LabelerStanding
from labeling.services.memberships import end_membership, pause, resume, set_role

State = LabelerStanding.State
SHOWN = 50  # invitations that wait, and machine judges; the newest


@require_safe
@of_project
def people(request: HttpRequest, project: Project) -> HttpResponse:
    """Members, invitations that nobody has used yet, and machine judges."""
    form = PeopleFilter(request.GET)
    chosen = form.chosen()
    found = members_page(project=project, **chosen)
    kept = {name: value for name, value in chosen.items() if name != "after"}
    waiting = project.invitations.filter(revoked_at__isnull=True, uses_left__gt=0)
    judges = project.judges.select_related("revision__generator")
    return page(
        request,
        "dashboard/people.html",
        title=_("People"),
        project=project,
        form=form,
        found=found,
        filtered=bool(kept),
        keep=f"&{urlencode(kept)}" if kept else "",
        after=chosen.get("after"),
        counts=_counts(project),
        invitations=list(waiting.select_related("created_by").order_by("-pk")[:SHOWN]),
        judges=list(judges.order_by("-pk")[:SHOWN]),
        shown=SHOWN,
        now=timezone.now(),
    )


@require_safe
@of_project
def member(request: HttpRequest, project: Project, uid: UUID) -> HttpResponse:
    """One member, with all that can be decided about them."""
    return _shown(request, project, member_in(project=project, uid=uid))


@require_POST
@of_project
def change_role(request: HttpRequest, project: Project, uid: UUID) -> HttpResponse:
    """Another role in place of the one they have."""
    found, form = member_in(project=project, uid=uid), RoleForm(request.POST)

    def change() -> HttpResponse:
        role = form.cleaned_data["role"]
        changed = set_role(membership=found.membership, role=role, changed_by=user_of(request))
        done = _("%(who)s is %(role)s now.")
        words = {"who": found.email, "role": changed.get_role_display()}
        return _on(request, project, changed, done % words)

    return _decided(request, project, found, form, change, role_form=form)


@require_POST
@of_project
def pause_member(request: HttpRequest, project: Project, uid: UUID) -> HttpResponse:
    """They judge no more until somebody lets them."""
    found, form = member_in(project=project, uid=uid), PauseForm(request.POST)

    def decide() -> HttpResponse:
        pause(
            project=project,
            user=found.user,
            reason=form.cleaned_data["reason"],
            decided_by=user_of(request),
        )
        return _on(request, project, found.membership, _("They pause, and have a letter about it."))

    return _decided(request, project, found, form, decide, pause_form=form)


@require_POST
@of_project
def resume_member(request: HttpRequest, project: Project, uid: UUID) -> HttpResponse:
    """They judge again."""
    found, form = member_in(project=project, uid=uid), PageForm(request.POST)

    def decide() -> HttpResponse:
        resume(project=project, user=found.user, decided_by=user_of(request))
        words = _("They can work again, and have a letter about it.")
        return _on(request, project, found.membership, words)

    return _decided(request, project, found, form, decide, resume_form=form)


@require_POST
@of_project
def remove(request: HttpRequest, project: Project, uid: UUID) -> HttpResponse:
    """They are no member any more, in this role."""
    found, form = member_in(project=project, uid=uid), PageForm(request.POST)

    def leave() -> HttpResponse:
        end_membership(membership=found.membership, removed_by=user_of(request))
        words = {"who": found.email, "role": found.membership.get_role_display()}
        done = _("%(who)s is no longer %(role)s here.") % words
        messages.success(request, done)
        gone = found.user == user_of(request) and not found.user.is_superuser
        return redirect("home") if gone else redirect("admin:people", project.slug)

    return _decided(request, project, found, form, leave, remove_form=form)


def _decided(
    request: HttpRequest,
    project: Project,
    found: Member,
    form: PageForm,
    decide: Callable[[], HttpResponse],
    **forms: PageForm,
) -> HttpResponse:
    """Decide, if the form is filled in; else show the page with what is wrong."""
    if form.is_valid():
        try:
            return decide()
        except DomainError as error:
            form.refuse(error)
    return _shown(request, project, found, status=400, **forms)


def _shown(
    request: HttpRequest, project: Project, found: Member, *, status: int = 200, **forms: PageForm
) -> HttpResponse:
    others = [role for role in ROLES if role not in found.roles]
    role_form = forms.pop("role_form", None) or RoleForm()
    role_form.fields["role"].choices = [(role.value, ROLES[role]) for role in others]  # type: ignore[attr-defined]
    context: dict[str, Any] = {
        "member": found,
        "oneself": found.user == user_of(request),
        "others": [each for each in found.roles if each != found.role],
        "paused": found.state == State.PAUSED,
        "may_pause": found.judges and found.state not in (State.EXCLUDED, State.FAILED),
        "role_form": role_form,
        "pause_form": forms.pop("pause_form", None) or PauseForm(),
        **forms,
    }
    return page(
        request,
        "dashboard/member.html",
        title=found.name or found.email,
        project=project,
        status=status,
        **context,
    )


def _on(request: HttpRequest, project: Project, membership: Membership, done: str) -> HttpResponse:
    """Say what was done; on to the member, or away, for who may not see this place any more."""
    messages.success(request, done)
    user = user_of(request)
    mine = membership.user_id == user.pk and not user.is_superuser
    if mine and membership.role != Membership.Role.RESEARCHER:
        return redirect("home")
    return redirect("admin:member", project.slug, membership.uid)


def _counts(project: Project) -> list[tuple[str, str, int]]:
    counted = roles_in(project=project)
    return [(role, str(label), counted.get(role, 0)) for role, label in Membership.Role.choices]
