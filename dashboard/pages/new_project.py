"""The guided path to a new project: a step a page, and everything is made at its end."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from collector.models import Project
from collector.selectors import is_researcher_somewhere
from collector.services.invitations import MailNotSent, write_invitation
from common.errors import DomainError
from dashboard.drafts import FORMS, NAMES, STEPS, Draft
from dashboard.pages.access import of_everybody, page, user_of
from dashboard.pages.project_forms import INVITED
from dashboard.pages.told import Told, told
from labeling.services.founding import found_project
from labeling.texts.rendering import render_markdown


def _check_may_make(request: HttpRequest) -> None:
    """As the API has it: superusers, and whoever researches somewhere."""
    if not is_researcher_somewhere(user=user_of(request)):
        raise PermissionDenied(_("Projects are made by researchers."))


@require_safe
@of_everybody
def new_project(request: HttpRequest) -> HttpResponse:
    """To the step that is next in the draft, or to the first."""
    _check_may_make(request)
    draft = Draft(request.session)
    return _to(next(draft.unfinished(), "review"))


@require_http_methods(["GET", "HEAD", "POST"])
@of_everybody
def step(request: HttpRequest, step: str) -> HttpResponse:
    """A step: what is posted is kept whatever it is; on from here goes only what is right."""
    _check_may_make(request)
    if step not in FORMS:
        raise Http404
    draft = Draft(request.session)
    if request.method != "POST":
        return _show(request, draft, step)
    draft.keep(step, request.POST)
    to = request.POST.get("to", "")
    if to == "preview":
        return _show(request, draft, step)
    if to in NAMES:
        return _to(to)
    if not draft.form(step).is_valid():
        return _show(request, draft, step, status=400)
    return _to(NAMES[NAMES.index(step) + 1])


@require_http_methods(["GET", "HEAD", "POST"])
@of_everybody
def review(request: HttpRequest) -> HttpResponse:
    """All that was said, and the button that makes it."""
    _check_may_make(request)
    draft = Draft(request.session)
    unfinished = next(draft.unfinished(), None)
    if unfinished:
        return _to(unfinished)
    refused: DomainError | None = None
    if request.method == "POST":
        try:
            return _make(request, draft)
        except DomainError as error:
            refused = error
    return page(
        request,
        "dashboard/new_project/review.html",
        title=_("New project"),
        status=refused.status if refused else 200,
        refused=refused.detail if refused else "",
        told={name: _told(draft, name) for name in FORMS},
        **_frame(draft, "review"),
    )


@require_POST
@of_everybody
def start_over(request: HttpRequest) -> HttpResponse:
    """Forget the draft."""
    _check_may_make(request)
    Draft(request.session).drop()
    messages.success(request, _("The draft is gone."))
    return _to(NAMES[0])


def _make(request: HttpRequest, draft: Draft) -> HttpResponse:
    invited = draft.cleaned("people")
    project = found_project(
        owner=user_of(request),
        **draft.cleaned("purpose"),
        **draft.cleaned("terms"),
        **draft.cleaned("guidelines"),
        policy=draft.policy(),
    )
    draft.drop()
    messages.success(request, _("The project is made. Here is what comes next."))
    _invite(request, project, invited)
    return redirect("admin:first-steps", slug=project.slug)


def _invite(request: HttpRequest, project: Project, invited: dict[str, Any]) -> None:
    """Write to everybody, after the project is there: a mail cannot be taken back.

    One that is not sent ends it, for the server would keep the others waiting too.
    """
    todo = [(email, INVITED[field]) for field in INVITED for email in invited[field]]
    for done, (email, role) in enumerate(todo):
        try:
            write_invitation(
                project=project,
                role=role,
                created_by=user_of(request),
                now=timezone.now(),
                email=email,
            )
        except MailNotSent:
            left = ", ".join(email for email, _role in todo[done:])
            messages.warning(
                request, _("The mail server took no mail. These people were not invited: %s") % left
            )
            return


def _show(request: HttpRequest, draft: Draft, name: str, status: int = 200) -> HttpResponse:
    form = draft.form(name)
    typed = str(form["guidelines"].value() or "") if name == "guidelines" else ""
    return page(
        request,
        f"dashboard/new_project/{name if name in _OWN else 'step'}.html",
        title=_("New project"),
        status=status,
        form=form,
        shown=render_markdown(typed, breaks=False) if typed else "",
        **_frame(draft, name),
    )


_OWN = {"judging", "guidelines", "checks"}  # steps with a template of their own


def _frame(draft: Draft, name: str) -> dict[str, Any]:
    here = NAMES.index(name)
    return {
        "steps": [
            # One may go to what was seen, and never past what was not.
            {"step": each, "here": each.name == name, "open": each.name in draft}
            for each in STEPS
        ],
        "step": STEPS[here],
        "before": NAMES[here - 1] if here else "",
        "last": here == len(NAMES) - 2,
        "began": any(each in draft for each in NAMES),
    }


def _told(draft: Draft, name: str) -> list[Told]:
    return list(told(draft.form(name)))


def _to(name: str) -> HttpResponse:
    if name == "review":
        return redirect("admin:new-project-review")
    return redirect("admin:new-project-step", step=name)
