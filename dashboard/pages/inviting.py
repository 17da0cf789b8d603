"""Inviting people to a project: by mail, or by a link to hand on."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from collector.models import Invitation, Project
from collector.services.invitations import (
    Written,
    renew_invitation,
    revoke_invitations,
    write_invitation,
)
from collector.services.inviting import Invited, Outcome, addresses_in, invite_all
from common.errors import DomainError
from dashboard.forms import PageForm
from dashboard.pages.access import of_project, page, user_of
from dashboard.pages.people_forms import LinkForm, MailForm


@require_http_methods(["GET", "POST"])
@of_project
def invite(request: HttpRequest, project: Project) -> HttpResponse:
    """Two ways in: mails to addresses, and a link for whoever gets it."""
    if request.method == "GET":
        return _forms(request, project)
    if "link-role" in request.POST:
        return _by_link(request, project)
    return _by_mail(request, project)


@require_POST
@of_project
def renew(request: HttpRequest, project: Project, uid: UUID) -> HttpResponse:
    """Send it again, or show a new link; what was sent before is good for nothing."""
    invitation = get_object_or_404(Invitation, project=project, uid=uid)
    try:
        written = renew_invitation(
            invitation=invitation, renewed_by=user_of(request), now=timezone.now()
        )
    except DomainError as error:
        messages.error(request, error.detail)
        return redirect("admin:people", project.slug)
    if written.link:
        return _link(request, project, written)
    messages.success(request, _("The invitation was sent to %s again.") % written.invitation.email)
    return redirect("admin:people", project.slug)


@require_POST
@of_project
def revoke(request: HttpRequest, project: Project, uid: UUID) -> HttpResponse:
    """Make it good for nothing; who came by it stays."""
    invitation = get_object_or_404(Invitation, project=project, uid=uid)
    revoke_invitations(invitations=[invitation], now=timezone.now())
    messages.success(request, _("The invitation is good for nothing now. Who came by it stays."))
    return redirect("admin:people", project.slug)


def _by_mail(request: HttpRequest, project: Project) -> HttpResponse:
    form = MailForm(request.POST)
    if not form.is_valid():
        return _forms(request, project, mail=form)
    try:
        found = invite_all(
            project=project,
            role=form.cleaned_data["role"],
            addresses=addresses_in(form.cleaned_data["addresses"]),
            created_by=user_of(request),
            now=timezone.now(),
            days=form.cleaned_data["days"],
        )
    except DomainError as error:
        form.refuse(error)
        return _forms(request, project, mail=form)
    if all(each.outcome == Outcome.INVITED for each in found):
        sent = ngettext("%d invitation was sent.", "%d invitations were sent.", len(found))
        messages.success(request, sent % len(found))
        return redirect("admin:people", project.slug)
    return _outcomes(request, project, found, form)


def _outcomes(
    request: HttpRequest, project: Project, found: list[Invited], form: MailForm
) -> HttpResponse:
    """What became of each address; those that got no mail stay in the form, to be tried again."""
    unsent = [each.email for each in found if each.outcome == Outcome.NOT_SENT]
    again = MailForm(initial={**form.cleaned_data, "addresses": "\n".join(unsent)})
    return _forms(request, project, mail=again, outcomes=found, status=502 if unsent else 200)


def _by_link(request: HttpRequest, project: Project) -> HttpResponse:
    form = LinkForm(request.POST)
    if not form.is_valid():
        return _forms(request, project, link=form)
    try:
        written = write_invitation(
            project=project, created_by=user_of(request), now=timezone.now(), **form.cleaned_data
        )
    except DomainError as error:
        form.refuse(error)
        return _forms(request, project, link=form)
    return _link(request, project, written)


def _link(request: HttpRequest, project: Project, written: Written) -> HttpResponse:
    """The link, which is shown this once: only its hash is kept."""
    return page(
        request,
        "dashboard/invitation_link.html",
        title=_("A link to hand on"),
        project=project,
        written=written,
    )


def _forms(
    request: HttpRequest,
    project: Project,
    *,
    mail: PageForm | None = None,
    link: PageForm | None = None,
    outcomes: list[Invited] | None = None,
    status: int = 0,
) -> HttpResponse:
    wrong = any(form is not None and form.errors for form in (mail, link))
    return page(
        request,
        "dashboard/invite.html",
        title=_("Invite people"),
        project=project,
        status=status or (400 if wrong else 200),
        mail=mail or MailForm(),
        link=link or LinkForm(),
        outcomes=outcomes or [],
    )
