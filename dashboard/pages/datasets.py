"""The place "Datasets": what there is, and making a version with counts and samples beforehand."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from collector.models import Project
from common.errors import DomainError
from dashboard.pages.access import of_project, page, user_of
from dashboard.pages.dataset_words import in_words, reasons
from dashboard.pages.recipe_forms import RecipeForm, initial_of
from exports.models import Dataset, DatasetVersion
from exports.services.preview import preview as preview_of
from exports.services.versions import start_version
from labeling.figures.simulated import simulated_in
from labeling.models.judgments import Purpose

MOST_DATASETS = 100  # of the list, the newest
VERSIONS = 50  # a page
SHOWN_ROWS = 3


@require_safe
@of_project
def datasets(request: HttpRequest, project: Project) -> HttpResponse:
    """The project's datasets, each with its newest version."""
    found = list(project.datasets.order_by("-pk")[:MOST_DATASETS])
    newest = DatasetVersion.objects.filter(dataset__in=found).order_by("dataset", "-number")
    by_dataset = {version.dataset_id: version for version in newest.distinct("dataset")}
    return page(
        request,
        "dashboard/datasets.html",
        title=_("Datasets"),
        project=project,
        rows=[(dataset, by_dataset.get(dataset.pk)) for dataset in found],
        most=MOST_DATASETS if len(found) == MOST_DATASETS else 0,
    )


@require_safe
@of_project
def dataset(request: HttpRequest, project: Project, uid: UUID) -> HttpResponse:
    """Every version of a dataset, withdrawn and deleted ones too, the newest first."""
    found = get_object_or_404(Dataset, project=project, uid=uid)
    versions = found.versions.select_related("created_by").order_by("-number")
    below = request.GET.get("below", "")
    if below.isascii() and below.isdecimal() and len(below) < 9:
        versions = versions.filter(number__lt=int(below))
    rows = list(versions[: VERSIONS + 1])
    return page(
        request,
        "dashboard/dataset.html",
        title=found.name,
        project=project,
        dataset=found,
        versions=rows[:VERSIONS],
        more=len(rows) > VERSIONS,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@of_project
def new_dataset(request: HttpRequest, project: Project) -> HttpResponse:
    """The recipe; sent, a version is frozen and built."""
    form, gives = _form(request, project), None
    if request.method == "POST" and form.is_valid():
        if "preview" not in request.POST:
            version = _started(request, project, form)
            if version:
                messages.success(request, _("The version is frozen and will be built."))
                return redirect("admin:dataset-version", project.slug, version.uid)
        else:
            gives = _gives(project, form)
    return page(
        request,
        "dashboard/new_dataset.html",
        title=_("New version of a dataset"),
        project=project,
        form=form,
        gives=gives,
        status=400 if form.errors else 200,
    )


@require_POST
@of_project
def preview(request: HttpRequest, project: Project) -> HttpResponse:
    """What the recipe gives as it is typed, for the page's script: a piece of the page."""
    form = RecipeForm(_named(request.POST), project=project)
    gives = _gives(project, form) if form.is_valid() else None
    context = {"form": form, "gives": gives, "project": project}
    return render(request, "dashboard/dataset_preview.html", context)


def _named(posted: QueryDict) -> QueryDict:
    """A preview needs no name."""
    data = posted.copy()
    if not data.get("name"):
        data["name"] = "-"
    return data


def _form(request: HttpRequest, project: Project) -> RecipeForm:
    """As it was sent, or as the version says that the address names with `from`."""
    if request.method == "POST":
        data = _named(request.POST) if "preview" in request.POST else request.POST
        return RecipeForm(data, project=project)
    given = request.GET.get("from")
    version = None
    if given:
        versions = DatasetVersion.objects.select_related("dataset")
        version = get_object_or_404(versions, dataset__project=project, uid=_uid(given))
    initial = initial_of(version, version.recipe if version else {})
    return RecipeForm(initial=initial, project=project)


def _uid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _started(request: HttpRequest, project: Project, form: RecipeForm) -> DatasetVersion | None:
    try:
        return start_version(
            project=project,
            name=form.cleaned_data["name"],
            formats=form.cleaned_data["formats"],
            container=form.cleaned_data["container"],
            recipe=form.recipe(),
            user=user_of(request),
        )
    except DomainError as error:
        form.refuse(error)
        return None


def _gives(project: Project, form: RecipeForm) -> dict[str, Any]:
    """Counts and samples of the first format chosen."""
    found = preview_of(
        project=project, format=form.cleaned_data["formats"][0], recipe=form.recipe()
    )
    simulated = simulated_in(project=project)
    return {
        "preview": found,
        "simulated": simulated,
        "without_simulated": Purpose.SIMULATED not in form.cleaned_data["purposes"],
        "rows": [_cells(row) for row in found.rows[:SHOWN_ROWS]],
        "refused": reasons(found.refused),
        "changed": in_words(form.recipe()),
    }


def _cells(row: dict[str, Any]) -> dict[str, Any]:
    return {"split": row["split"], "cells": list(row["row"].items())}
