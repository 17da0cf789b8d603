"""Reports and letters, on the side of who sends them."""

from typing import cast
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Labeler, User
from accounts.services import labeler_of
from collector.models import Project
from collector.selectors import visible_projects
from common.errors import DomainError, NotFound
from labeling.correspondence import (
    letters_between,
    project_to_write_to,
    reports_of,
    threads_of,
)
from labeling.models import Letter
from labeling.pages.care_forms import LabelerLetterForm, ReportForm
from labeling.people import decisions_on
from labeling.services.letters import mark_read, write_letter
from labeling.services.reports import report as file_report


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """Report a page, a task or a response: the form of every page's dialog, and a page of its own.

    The page's scripts ask for JSON, so that what is being worked on stays where it is.
    """
    user = cast(User, request.user)
    form = ReportForm(
        request.POST if request.method == "POST" else None, initial=request.GET.dict()
    )
    refused = 400
    if request.method == "POST" and form.is_valid():
        try:
            _file(user, form)
        except DomainError as error:
            form.add_error("text", error.detail)
            refused = error.status
        else:
            return _filed(request)
    if form.errors and _wants_json(request):
        words = " ".join(str(error[0]) for error in form.errors.values())
        return JsonResponse({"detail": words}, status=refused)
    status = refused if form.errors else 200
    return render(request, "labeling/me/report.html", {"form": form}, status=status)


def _filed(request: HttpRequest) -> HttpResponse:
    if _wants_json(request):
        return JsonResponse({}, status=201)
    messages.success(request, _("Thank you. A reviewer will look at it."))
    return redirect("letters")


@never_cache
@login_required
@require_safe
def letters(request: HttpRequest) -> HttpResponse:
    """One's letters, project by project, and what became of one's reports."""
    user = cast(User, request.user)
    if slug := request.GET.get("project"):  # chosen to write to
        return redirect("letter_thread", slug=_slug(slug))
    labeler = labeler_of(user=user)
    threads = threads_of(labeler=labeler)
    begun = {thread.project.pk for thread in threads}
    projects = visible_projects(user=user).filter(archived_at__isnull=True)
    context = {
        "threads": threads,
        "others": projects.exclude(pk__in=begun).order_by("name", "pk"),
        "reports": reports_of(labeler=labeler),
    }
    return render(request, "labeling/me/letters.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def letter_thread(request: HttpRequest, slug: str) -> HttpResponse:
    """The letters between oneself and a project's reviewers, and the next one."""
    user = cast(User, request.user)
    labeler = labeler_of(user=user)
    project = _project_to_write_to(user, labeler, slug)
    kind = request.GET.get("kind")
    form = LabelerLetterForm(
        request.POST if request.method == "POST" else None,
        initial={"kind": kind} if kind in Letter.Kind.values else None,
    )
    refused = 400
    if request.method == "POST" and form.is_valid():
        try:
            write_letter(project=project, labeler=labeler, **form.cleaned_data)
        except DomainError as error:
            form.add_error("text", error.detail)
            refused = error.status
        else:
            messages.success(request, _("Your letter is with the reviewers."))
            return redirect("letter_thread", slug=project.slug)
    found = letters_between(project=project, labeler=labeler)
    mark_read(Letter.objects.filter(project=project, labeler=labeler, from_labeler=False))
    context = {
        "project": project,
        "letters": found,
        "form": form,
        "steps": decisions_on(project=project, labeler=labeler),
    }
    status = refused if form.errors else 200
    return render(request, "labeling/me/letter_thread.html", context, status=status)


def _project_to_write_to(user: User, labeler: Labeler, slug: str) -> Project:
    try:
        return project_to_write_to(user=user, labeler=labeler, slug=slug)
    except NotFound as error:
        raise Http404 from error


def _file(user: User, form: ReportForm) -> None:
    data = form.cleaned_data
    slug = data["project"] or _slug_of(data["page"])
    projects = visible_projects(user=user)
    file_report(
        labeler=labeler_of(user=user),
        category=data["category"],
        text=data["text"],
        page=data["page"],
        project=projects.filter(slug=slug).first() if slug else None,
        slot=data["slot"],
        place=data["place"],
    )


def _slug(text: str) -> str:
    """Raises Http404 for what is none."""
    try:
        validate_slug(text)
    except ValidationError as error:
        raise Http404 from error
    return text


def _slug_of(page: str) -> str:
    """The project that a page of ours is about, empty if none."""
    try:
        found = resolve(urlsplit(page).path)
    except (Resolver404, ValueError):
        return ""
    return str(found.kwargs.get("slug", ""))


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept") == "application/json"
