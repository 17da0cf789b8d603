"""The guidelines of a project: in force, as they were, and what changed."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Labeler
from collector.models import Project
from common.errors import NotFound
from labeling.models import GuidelineVersion
from labeling.models.policies import ORDERINGS, Mode
from labeling.pages.access import labeler_page
from labeling.services.guidelines import last_read, mark_read
from labeling.services.policies import current_guidelines, current_policy
from labeling.services.progress import progress_of
from labeling.texts.changes import changes
from labeling.texts.rendering import render_markdown


class VersionForm(forms.Form):
    """A version of the guidelines, by its number."""

    version = forms.IntegerField(min_value=1)


@require_safe
@labeler_page
def guidelines(request: HttpRequest, project: Project, labeler: Labeler) -> HttpResponse:
    """The guidelines in force, as a page or for the dialog on the compare page.

    Who has read an earlier version sees first what changed since.
    """
    return _page(request, project, labeler)


@require_POST
@labeler_page
def read_guidelines(request: HttpRequest, project: Project, labeler: Labeler) -> HttpResponse:
    """They say that they have read a version; then on to what they came for."""
    form = VersionForm(request.POST)
    number = form.cleaned_data["version"] if form.is_valid() else 0
    try:
        mark_read(project=project, labeler=labeler, number=number)
    except NotFound as error:
        raise Http404 from error
    if request.headers.get("HX-Request") == "true":
        return _page(request, project, labeler)
    return redirect("training", slug=project.slug)


@require_safe
@labeler_page
def guidelines_history(request: HttpRequest, project: Project, labeler: Labeler) -> HttpResponse:
    """Every version, newest first; of one that is asked for, its text and what it changed."""
    versions = list(project.guidelines.order_by("-number").only("number", "created_at"))
    context: dict[str, Any] = {"project": project, "versions": versions}
    if "version" in request.GET:
        context |= _one_version(project, VersionForm(request.GET))
    return render(request, "labeling/guidelines_history.html", context)


def _page(request: HttpRequest, project: Project, labeler: Labeler) -> HttpResponse:
    version = current_guidelines(project=project)
    read = last_read(project=project, labeler=labeler) if version else None
    context: dict[str, Any] = {
        "project": project,
        "version": version,
        "text": render_markdown(version.text, breaks=False) if version else "",
        "unread": version is not None and read != version,
        "read": read,
        "changes": changes(read.text, version.text) if read and version else [],
        "ordering": "" if version else _ordering(project),
    }
    if request.headers.get("HX-Request") == "true":
        return render(request, "labeling/guidelines.html#text", context)
    context["progress"] = progress_of(project=project, labeler=labeler)
    return render(request, "labeling/guidelines.html", context)


def _ordering(project: Project) -> str:
    """How responses are ordered by the policy in force: the name of a mode."""
    modes = current_policy(project=project).modes
    return next((mode.value for mode in ORDERINGS if mode in modes), Mode.RANK.value)


def _one_version(project: Project, form: VersionForm) -> dict[str, Any]:
    """A version with what it changed in the one before. Raises Http404."""
    number = form.cleaned_data["version"] if form.is_valid() else 0
    two: list[GuidelineVersion] = list(
        project.guidelines.filter(number__in=[number, number - 1]).order_by("-number")
    )
    if not two or two[0].number != number:
        raise Http404
    shown, before = two[0], two[1] if len(two) > 1 else None
    return {
        "shown": shown,
        "before": before,
        "text": render_markdown(shown.text, breaks=False),
        "changes": changes(before.text, shown.text) if before else [],
    }
