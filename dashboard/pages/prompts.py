"""The place "Prompts": the prompts of a project, and what they were imported from."""

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from collector.models import Message, Project
from collector.selectors import drafts_of, imports_of
from common.errors import DomainError
from dashboard.pages.access import of_project, page
from dashboard.pages.imports_looks import ImportLook
from dashboard.pages.prompts_forms import PromptsForm
from labeling.pages.conversation_forms import PositionForm
from labeling.prompt_list import PromptsPage, prompts_page

LISTED = 50
DRAFTS_LISTED = 10


@require_safe
@of_project
def prompts(request: HttpRequest, project: Project) -> HttpResponse:
    """The newest prompts and imports; or further pages of one of them, without the other."""
    before = request.GET.get("before", "")
    older = int(before) if before.isdecimal() and len(before) < 19 else None
    form = PromptsForm(request.GET, project=project)
    chosen = form.chosen()
    looking = bool(chosen) or bool({"older", "newer"} & request.GET.keys())
    listed = {} if older is not None else _prompts(request, project, chosen)
    return page(
        request,
        "dashboard/prompts.html",
        title=_("Prompts"),
        project=project,
        status=400 if listed.get("refused") else 200,
        form=form,
        filtered=bool(chosen),
        keep=f"&{urlencode(chosen)}" if chosen else "",
        looking=looking,
        **listed,
        **({} if looking else _imports(project, older)),
    )


def _prompts(request: HttpRequest, project: Project, chosen: dict[str, str]) -> dict[str, Any]:
    """The page of prompts, or why there is none."""
    form, refused = PositionForm(request.GET), ""
    if not form.is_valid():
        raise Http404
    older, newer = (
        get_object_or_404(Message, project=project, uid=uid).pk if uid else None
        for uid in (form.cleaned_data["older"], form.cleaned_data["newer"])
    )
    try:
        found = prompts_page(project=project, older_than=older, newer_than=newer, **chosen)
    except DomainError as error:
        found, refused = PromptsPage([], newer=False, older=False), error.detail
    return {"found": found, "refused": refused}


def _imports(project: Project, older: int | None) -> dict[str, Any]:
    """The project's imports, the newest first, and drafts of imports that were not started."""
    found = list(imports_of(project=project, before=older)[: LISTED + 1])
    looks = [ImportLook(job) for job in found[:LISTED]]
    return {
        "imports": looks,
        "older": looks[-1].job.pk if len(found) > LISTED else None,
        "newest": older is None,
        "drafts": list(drafts_of(project=project)[:DRAFTS_LISTED]) if older is None else [],
    }
