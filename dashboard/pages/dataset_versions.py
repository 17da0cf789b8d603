"""One version of a dataset: how far it is, its files, what changed, and where it goes from here."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from collector.models import Project
from common.errors import DomainError
from dashboard.forms import PageForm
from dashboard.pages.access import of_project, page, user_of
from dashboard.pages.dataset_words import in_words, reasons, snippets
from exports.differences import difference
from exports.models import DatasetVersion
from exports.services.deleting import delete_version
from exports.services.hub_push import start_push
from exports.services.versions import cancel_version, start_version
from exports.services.writing import MANIFEST

Status = DatasetVersion.Status
UNFINISHED = (Status.QUEUED, Status.RUNNING)
ABOUT = ("LICENSE", "README.md", MANIFEST)  # shown after the data that they tell of
OTHERS = 30  # versions that one can be compared with, and pushes shown


class PushForm(PageForm):
    """Where on the hub a version goes."""

    repository = forms.CharField(
        label=gettext_lazy("Repository"),
        max_length=200,
        help_text=gettext_lazy("namespace/name; it is made if it is new."),
    )
    private = forms.BooleanField(
        label=gettext_lazy("A new repository is for its owners only"), required=False, initial=True
    )


@require_safe
@of_project
def version(request: HttpRequest, project: Project, uid: UUID) -> HttpResponse:
    """How far it is; once built, its files and what is in them."""
    return _shown(request, _found(project, uid), PushForm())


@require_POST
@of_project
def cancel(request: HttpRequest, project: Project, uid: UUID) -> HttpResponse:
    """Stop a build."""
    found = _found(project, uid)
    try:
        cancel_version(version=found)
        messages.success(request, _("The build was stopped. Nothing of it is kept."))
    except DomainError as error:
        messages.error(request, error.detail)
    return _to(found)


@require_POST
@of_project
def delete(request: HttpRequest, project: Project, uid: UUID) -> HttpResponse:
    """Remove the files for ever; number and manifest stay."""
    found = _found(project, uid)
    try:
        delete_version(version=found, user=user_of(request))
        messages.success(request, _("The files were removed. Number and manifest stay."))
    except DomainError as error:
        messages.error(request, error.detail)
    return _to(found)


@require_POST
@of_project
def rebuild(request: HttpRequest, project: Project, uid: UUID) -> HttpResponse:
    """The same recipe once more, of what there is now: the next number."""
    found = _found(project, uid)
    try:
        made = start_version(
            project=project,
            name=found.dataset.name,
            formats=found.formats,
            container=found.container,
            recipe=found.recipe,
            user=user_of(request),
        )
    except DomainError as error:
        messages.error(request, error.detail)
        return _to(found)
    messages.success(request, _("The next version is frozen and will be built."))
    return _to(made)


@require_POST
@of_project
def push(request: HttpRequest, project: Project, uid: UUID) -> HttpResponse:
    """Upload it to the hub."""
    found, form = _found(project, uid), PushForm(request.POST)
    if form.is_valid():
        try:
            start_push(version=found, user=user_of(request), **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The upload has begun."))
            return _to(found)
    return _shown(request, found, form)


def _found(project: Project, uid: UUID) -> DatasetVersion:
    versions = DatasetVersion.objects.select_related("dataset__project", "parent", "created_by")
    return get_object_or_404(versions, dataset__project=project, uid=uid)


def _to(version: DatasetVersion) -> HttpResponse:
    return redirect("admin:dataset-version", version.dataset.project.slug, version.uid)


def _shown(request: HttpRequest, found: DatasetVersion, form: PushForm) -> HttpResponse:
    files = sorted(found.files.order_by("name"), key=lambda file: file.name in ABOUT)
    server = request.build_absolute_uri("/").rstrip("/")
    title = _("%(name)s, version %(number)d")
    built = found.status == Status.SUCCEEDED
    return page(
        request,
        "dashboard/dataset_version.html",
        title=title % {"name": found.dataset.name, "number": found.number},
        project=found.dataset.project,
        status=400 if form.errors else 200,
        version=found,
        built=built,
        unfinished=found.status in UNFINISHED,
        job=_job(found) if found.status in UNFINISHED else None,
        files=files,
        tallies=_tallies(found),
        recipe=in_words(found.recipe),
        snippets=snippets(found, [file.name for file in files], server=server) if built else [],
        push_form=form,
        pushes=_pushes(found),
        **_compared(request, found),
    )


def _job(found: DatasetVersion) -> dict[str, Any]:
    return {
        "address": reverse("api:dataset-version", args=[found.uid]),
        "status": found.status,
        "words": found.get_status_display(),
        "progress": found.progress,
        "error": found.error,
    }


def _tallies(found: DatasetVersion) -> list[dict[str, Any]]:
    """By format: rows of each split, and what was left out and why."""
    formats = found.manifest.get("formats", {})
    return [
        {
            "format": name,
            "written": sorted(tally["written"].items(), reverse=True),
            "refused": reasons(tally["refused"]),
        }
        for name, tally in formats.items()
    ]


def _pushes(found: DatasetVersion) -> dict[str, Any]:
    """The newest uploads, and the job of one that is under way."""
    rows = list(found.pushes.order_by("-pk")[:OTHERS])
    running = next((each for each in rows if each.status in UNFINISHED), None)
    job = running and {
        "address": reverse("api:push", args=[running.uid]),
        "status": running.status,
        "words": running.get_status_display(),
        "detail": running.repository,
        "progress": 0.0,
        "error": running.error,
    }
    return {"rows": rows, "job": job}


def _compared(request: HttpRequest, found: DatasetVersion) -> dict[str, Any]:
    """The frozen versions to compare with, and what changed since the one that was chosen."""
    frozen = found.dataset.versions.filter(cut_off__isnull=False).exclude(pk=found.pk)
    others = list(frozen.order_by("-number")[:OTHERS])
    chosen = request.GET.get("since", "")
    old = next((each for each in others if str(each.uid) == chosen), None)
    if old is None or found.cut_off is None:
        return {"others": others if found.cut_off else [], "old": None}
    changed = difference(old=old, new=found)
    return {"others": others, "old": old, "changed": changed}
