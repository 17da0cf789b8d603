"""Reports and letters, on the side of a project's reviewers, who see pseudonyms only."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.services import labeler_of
from collector.models import Project
from collector.selectors import access_to
from common.errors import DomainError, InvalidInput, NotFound
from labeling.correspondence import labeler_in, letters_between, reports_in, threads_in
from labeling.models import Letter, Report
from labeling.pages.care_forms import AnswerReportForm, LetterForm
from labeling.pages.frame import framed
from labeling.people import decisions_on
from labeling.services.letters import answer_letter, mark_read
from labeling.services.reports import resolve
from labeling.worklists import may_review

View = Callable[..., HttpResponse]


def reviewer_page(view: View) -> View:
    """Give a view the project, if the person reviews there; 404 to strangers, 403 to others."""

    @never_cache
    @login_required
    @wraps(view)
    def checked(request: HttpRequest, slug: str, **kwargs: Any) -> HttpResponse:
        user = cast(User, request.user)
        try:
            access = access_to(user=user, slug=slug)
        except NotFound as error:
            raise Http404 from error
        if not may_review(user=user, roles=access.roles):
            raise PermissionDenied(_("This page is for the project's reviewers."))
        return framed(view(request, access.project, **kwargs), access)

    return checked


def tabs_of(tab: str) -> dict[str, Any]:
    """What `labeling/quality/tabs.html` needs on a reviewers' page, beside the project."""
    return {"tab": tab, "reviews": True, "sees_labelers": True}


@require_safe
@reviewer_page
def reports(request: HttpRequest, project: Project) -> HttpResponse:
    """What was reported in a project: open, or already resolved (`?state=resolved`)."""
    return _reports_page(request, project)


@never_cache
@login_required
@require_safe
def other_reports(request: HttpRequest) -> HttpResponse:
    """Reports about no project, for administrators."""
    _check_administrator(request)
    return _reports_page(request, None)


@require_POST
@reviewer_page
def resolve_report(request: HttpRequest, project: Project, report: UUID) -> HttpResponse:
    """Close a report of the project."""
    _resolve(request, get_object_or_404(Report, uid=report, project=project))
    return redirect("reports", slug=project.slug)


@never_cache
@login_required
@require_POST
def resolve_other_report(request: HttpRequest, report: UUID) -> HttpResponse:
    """Close a report about no project."""
    _check_administrator(request)
    _resolve(request, get_object_or_404(Report, uid=report, project=None))
    return redirect("other_reports")


@require_safe
@reviewer_page
def inbox(request: HttpRequest, project: Project) -> HttpResponse:
    """A project's threads with its labelers."""
    context = {"project": project, "threads": threads_in(project=project), **tabs_of("inbox")}
    return TemplateResponse(request, "labeling/review/inbox.html", context)


@require_http_methods(["GET", "POST"])
@reviewer_page
def inbox_thread(request: HttpRequest, project: Project, labeler: UUID) -> HttpResponse:
    """The letters with one labeler; what any reviewer opened is read."""
    try:
        who = labeler_in(project=project, uid=labeler)
    except NotFound as error:
        raise Http404 from error
    user = cast(User, request.user)
    if who.pk == labeler_of(user=user).pk:
        raise PermissionDenied(_("You cannot answer your own letters."))
    form = LetterForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            answer_letter(project=project, labeler=who, writer=user, **form.cleaned_data)
        except InvalidInput as error:
            form.add_error("text", error.detail)
        else:
            messages.success(request, _("Your letter is sent."))
            return redirect("inbox_thread", slug=project.slug, labeler=who.uid)
    found = letters_between(project=project, labeler=who)
    mark_read(Letter.objects.filter(project=project, labeler=who, from_labeler=True))
    context = {
        "project": project,
        "who": who,
        "letters": found,
        "form": form,
        "steps": decisions_on(project=project, labeler=who),
        **tabs_of("inbox"),
    }
    status = 400 if form.errors else 200
    return TemplateResponse(request, "labeling/review/thread.html", context, status=status)


def _reports_page(request: HttpRequest, project: Project | None) -> HttpResponse:
    resolved = request.GET.get("state") == Report.State.RESOLVED
    state = Report.State.RESOLVED if resolved else Report.State.OPEN
    context = {
        "project": project,
        "resolved": resolved,
        "reports": reports_in(project=project, state=state),
        "form": AnswerReportForm(),
        "width": "wide" if project else "reading",
        **tabs_of("reports"),
    }
    return TemplateResponse(request, "labeling/review/reports.html", context)


def _resolve(request: HttpRequest, report: Report) -> None:
    form = AnswerReportForm(request.POST)
    try:
        resolve(report=report, answer=form.data.get("answer", ""))
    except DomainError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, _("The report is resolved."))


def _check_administrator(request: HttpRequest) -> None:
    if not cast(User, request.user).is_superuser:
        raise PermissionDenied(_("This page is for administrators."))
