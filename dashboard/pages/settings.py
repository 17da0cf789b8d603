"""A project's settings: what it is, what it may cost, and whether it is archived."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from collector.generation.budgets import left_of_budgets
from collector.models import Project
from collector.services.budgets import BUDGETS, set_budgets
from collector.services.projects import update_project
from common.errors import DomainError
from common.money import plain
from dashboard.pages.access import of_project, page
from dashboard.pages.looks import money
from dashboard.pages.project_forms import BudgetsForm, DetailsForm

SECTIONS = (
    ("settings", gettext_lazy("General")),
    ("settings-policy", gettext_lazy("Judging")),
    ("settings-guidelines", gettext_lazy("Guidelines")),
    ("known-answers", gettext_lazy("Known answers")),
    ("prompt-templates", gettext_lazy("Templates of prompts")),
    ("webhooks", gettext_lazy("Webhooks")),
)
LEFT = {
    "project": gettext_lazy("Left of all time"),
    "project_month": gettext_lazy("Left of this month"),
    "server_month": gettext_lazy("Left of this server's month"),
}


def settings_page(
    request: HttpRequest, project: Project, name: str, *, title: str, **context: Any
) -> HttpResponse:
    """A page of the settings, with the links to the others above it."""
    return page(
        request,
        f"dashboard/settings/{name}.html",
        title=title,
        project=project,
        sections=sections_of(request, project),
        **context,
    )


def sections_of(request: HttpRequest, project: Project) -> list[dict[str, Any]]:
    """The links between the pages of the settings, and which of them the reader is at."""
    sections = []
    for view, words in SECTIONS:
        address = reverse(f"admin:{view}", args=[project.slug])
        # The first one's address is the beginning of others'.
        here = request.path.startswith(address) and (view != "settings" or request.path == address)
        sections.append({"words": words, "address": address, "here": here})
    return sections


@require_http_methods(["GET", "HEAD", "POST"])
@of_project
def settings(request: HttpRequest, project: Project) -> HttpResponse:
    """What the project is, and the way to the rest."""
    if request.method != "POST":
        return _general(request, project)
    form = DetailsForm(request.POST)
    if form.is_valid():
        try:
            update_project(project=project, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Saved."))
            return redirect("admin:settings", slug=project.slug)
    return _general(request, project, details=form, status=400)


@require_POST
@of_project
def budgets(request: HttpRequest, project: Project) -> HttpResponse:
    """What asking models may cost."""
    form = BudgetsForm(request.POST)
    if form.is_valid():
        try:
            set_budgets(project=project, budgets=form.budgets())
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The budgets are saved."))
            return redirect("admin:settings", slug=project.slug)
    return _general(request, project, budgets=form, status=400)


@require_POST
@of_project
def archive(request: HttpRequest, project: Project) -> HttpResponse:
    """Put the project away, or bring it back; twice is once."""
    archived = request.POST.get("archived") != "no"
    update_project(project=project, archived=archived)
    if archived:
        messages.success(request, _("The project is archived. You can bring it back below."))
    else:
        messages.success(request, _("The project is back."))
    return redirect("admin:settings", slug=project.slug)


def _general(
    request: HttpRequest,
    project: Project,
    *,
    details: DetailsForm | None = None,
    budgets: BudgetsForm | None = None,
    status: int = 200,
) -> HttpResponse:
    held = {name: getattr(project, name) for name in DetailsForm.base_fields}
    limits = {name: getattr(project, name) for name in BUDGETS}
    shown = {name: plain(limit) for name, limit in limits.items() if limit is not None}
    left = [
        {"words": LEFT[each["name"]], "left": money(each["left"])}
        for each in left_of_budgets(project)
    ]
    return settings_page(
        request,
        project,
        "general",
        title=_("Settings"),
        details=details or DetailsForm(initial=held),
        budgets=budgets or BudgetsForm(initial=shown),
        left=left,
        status=status,
    )
