"""Pages for labelers: thin over claiming, submitting and skipping.

A page and the fragment that replaces its desk share one view and one template.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from accounts.models import Labeler, User
from accounts.services import labeler_of
from collector.models import Project
from common.errors import Busy, Conflict, DomainError, Gone, InvalidInput
from labeling.access import labeler_page, render_message
from labeling.answers import PLACES_MAX
from labeling.desk import Desk, desk_for, places_of
from labeling.forms import STRENGTHS, AnswerForm, SkipForm
from labeling.keymap import keymap_of
from labeling.models import Slot
from labeling.rendering import render_markdown
from labeling.services.claiming import claim, renew, skip
from labeling.services.policies import current_guidelines
from labeling.services.preferring import stored_keys
from labeling.services.submitting import submit
from labeling.worklists import judged_in_all, judged_today, projects_of


@never_cache
@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What is open for the person who signed in, and what they have done."""
    assert isinstance(request.user, User)  # noqa: S101 - login_required saw to it
    labeler = labeler_of(user=request.user)
    cards = projects_of(user=request.user, labeler=labeler)
    context = {
        "cards": cards,
        "judges": any(card.may_label for card in cards),
        "today": judged_today(labeler=labeler).count(),
        "total": judged_in_all(labeler=labeler),
        "pseudonym": labeler.pseudonym,
    }
    return render(request, "labeling/home.html", context)


@require_GET
@labeler_page
def label(request: HttpRequest, project: Project, labeler: Labeler) -> HttpResponse:
    """The next task; one that is already held is shown again, in the same order."""
    return _desk_response(request, project, labeler)


@require_POST
@labeler_page
def submit_answer(
    request: HttpRequest, project: Project, labeler: Labeler, slot: UUID
) -> HttpResponse:
    """Store an answer, then show the next task (201 to the page's scripts, else a redirect)."""
    form = AnswerForm(request.POST, places=places_of(slot=slot, project=project))
    try:
        if not form.is_valid():
            raise InvalidInput(" ".join(str(error[0]) for error in form.errors.values()))
        submit(slot_uid=slot, labeler=labeler, answer=form.answer())
    except DomainError as error:
        return _refused(request, project, labeler, error)
    return _onwards(request, project, labeler)


@require_POST
@labeler_page
def skip_task(request: HttpRequest, project: Project, labeler: Labeler, slot: UUID) -> HttpResponse:
    """Pass a task with a reason, then show the next one."""
    get_object_or_404(Slot, uid=slot, project=project)
    form = SkipForm(request.POST)
    try:
        if not form.is_valid():
            raise InvalidInput(_("Choose a reason."))
        skip(slot_uid=slot, labeler=labeler, **form.cleaned_data)
    except DomainError as error:
        return _refused(request, project, labeler, error)
    return _onwards(request, project, labeler)


@require_POST
@labeler_page
def renew_lease(
    request: HttpRequest, project: Project, labeler: Labeler, slot: UUID
) -> HttpResponse:
    """Keep a task for another lease, while somebody works on it."""
    get_object_or_404(Slot, uid=slot, project=project)
    try:
        expires_at = renew(slot_uid=slot, labeler=labeler)
    except DomainError as error:
        return JsonResponse({"code": error.code, "detail": error.detail}, status=error.status)
    return JsonResponse({"expires_at": expires_at})


@require_safe
@labeler_page
def guidelines(request: HttpRequest, project: Project, labeler: Labeler) -> HttpResponse:
    """The guidelines in force, as a page or for the dialog on the compare page."""
    version = current_guidelines(project=project)
    context = {
        "project": project,
        "version": version,
        "text": render_markdown(version.text) if version else "",
    }
    template = "labeling/guidelines.html"
    return render(request, f"{template}#text" if _is_fragment(request) else template, context)


def _onwards(request: HttpRequest, project: Project, labeler: Labeler) -> HttpResponse:
    if _is_fragment(request):
        return _desk_response(request, project, labeler, status=201)
    return redirect("label", slug=project.slug)


def _desk_response(
    request: HttpRequest, project: Project, labeler: Labeler, *, status: int = 200
) -> HttpResponse:
    """The desk with the task held or claimed; without one it says why and what to do."""
    desk: Desk | None = None
    busy = False
    try:
        claimed = claim(project=project, labeler=labeler)
        desk = desk_for(claimed) if claimed else None
    except Busy:
        busy = True
        status = 503 if status == 200 else status
    context = {"desk": desk, "busy": busy, "submit_key": uuid4().hex, "skip_form": SkipForm()}
    response = _render_label(request, project, labeler, context, status)
    if busy:
        response["Retry-After"] = str(Busy.retry_after_seconds)
    return response


def _refused(
    request: HttpRequest, project: Project, labeler: Labeler, error: DomainError
) -> HttpResponse:
    """Say what went wrong and give back what was typed.

    What cannot be mended (the task is gone, or was answered before) replaces the desk; anything
    else is a message beside it. Without scripts the task is shown again with the answer in it.
    """
    if isinstance(error, Gone | Conflict):
        lost = {
            "gone": isinstance(error, Gone),
            "typed": _typed(request.POST),
        }
        return _render_label(request, project, labeler, {"lost": lost}, error.status)
    if _is_fragment(request):
        return render_message(request, error.detail, status=error.status)
    claimed = claim(project=project, labeler=labeler)
    context = {
        "desk": desk_for(claimed, typed=request.POST) if claimed else None,
        "words": error.detail,
        "submit_key": request.POST.get("submit_key") or uuid4().hex,
        "skip_form": SkipForm(),
    }
    return _render_label(request, project, labeler, context, error.status)


def _typed(data: Mapping[str, str]) -> dict[str, Any]:
    """All that somebody answered, right or wrong, for them to read and copy; nothing left empty.

    `overall` lists places with their ratings.
    """
    typed: dict[str, Any] = {
        name: data[name]
        for name in ("ranking", "unacceptable", "reason", "rationale")
        if data.get(name)
    }
    strengths = {str(value): name for value, name in STRENGTHS}
    if strength := data.get("strength"):
        typed["strength"] = strengths.get(strength, strength)
    overall = [(place, data.get(f"overall_{place}")) for place in range(1, PLACES_MAX + 1)]
    if rated := [(place, rating) for place, rating in overall if rating]:
        typed["overall"] = rated
    return typed


def _render_label(
    request: HttpRequest,
    project: Project,
    labeler: Labeler,
    context: dict[str, Any],
    status: int,
) -> HttpResponse:
    today = judged_today(labeler=labeler).count()
    context |= {"project": project, "labeler": labeler, "today": today}
    template = "labeling/label.html"
    if _is_fragment(request):
        template += "#desk"
    else:
        context["keymap"] = keymap_of(stored_keys(labeler=labeler))
    response = render(request, template, context, status=status)
    response["Vary"] = "HX-Request"
    return response


def _is_fragment(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"
