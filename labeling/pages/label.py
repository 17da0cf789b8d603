"""Pages for labelers: thin over claiming, submitting and skipping.

A page and the fragment that replaces its desk share one view and one template.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.models import Labeler
from collector.models import Project
from common.errors import Busy, Conflict, DomainError, Gone, InvalidInput, NotFound
from labeling.errors import DailyLimitReached, EditWindowClosed, LimitReached, TooManyHeld
from labeling.keymap import keymap_of
from labeling.models import Judgment, Slot
from labeling.pages.access import labeler_page, refusal, render_message, wants_json
from labeling.pages.desk import Desk, asked_of, desk_for
from labeling.pages.forms import AnsweredForm, AnswerForm, HoldingForm, SkipForm, form_data_of
from labeling.pages.typed import typed_in
from labeling.services.claiming import claim, renew, skip
from labeling.services.preferences import preferences_of
from labeling.services.reconsidering import has_opinions
from labeling.services.reopening import correctable_until, reopen
from labeling.services.submitting import submit
from labeling.worklists import judged_today


@require_GET
@labeler_page
def label(request: HttpRequest, project: Project, labeler: Labeler) -> HttpResponse:
    """The next task; one that is already held is shown again, in the same order."""
    return _desk_response(request, project, labeler)


@require_GET
@labeler_page
def next_task(request: HttpRequest, project: Project, labeler: Labeler) -> HttpResponse:
    """A desk with a task that is not among those in hand, for the page's scripts to fetch ahead."""
    form = HoldingForm(request.GET)
    if not form.is_valid():
        return render_message(request, _("This is no list of tasks."), status=400)
    return _desk_response(request, project, labeler, holding=form.cleaned_data["holding"])


@require_GET
@labeler_page
def correct(request: HttpRequest, project: Project, labeler: Labeler, slot: UUID) -> HttpResponse:
    """A task that one answered, with the answer to correct; or one in hand, to answer."""
    try:
        again = reopen(project=project, slot_uid=slot, labeler=labeler)
    except NotFound as error:
        raise Http404 from error
    except DomainError as error:
        return _refused(request, project, labeler, error)
    context = {
        "desk": desk_for(
            again.task, typed=form_data_of(again.judgment) if again.judgment else None
        ),
        "correcting": again.judgment is not None,
        "submit_key": uuid4().hex if again.judgment else again.task.slot,
        "skip_form": SkipForm(),
    }
    return _render_label(request, project, labeler, context, 200)


@require_POST
@labeler_page
def submit_answer(
    request: HttpRequest, project: Project, labeler: Labeler, slot: UUID
) -> HttpResponse:
    """Store an answer (201 to the page's scripts), then show the next task by a redirect."""
    try:
        places, modes = asked_of(slot=slot, project=project)
        form = AnswerForm(request.POST, places=places, modes=modes)
        if not form.is_valid():
            raise InvalidInput(" ".join(str(error[0]) for error in form.errors.values()))
        judgment = submit(slot_uid=slot, labeler=labeler, answer=form.answer())
    except DomainError as error:
        return _refused(request, project, labeler, error)
    if wants_json(request):
        stored = {
            "judgment": judgment.uid,
            "correct_for": (correctable_until(judgment) - judgment.created_at).total_seconds(),
            "today": judged_today(labeler=labeler).count(),
            "opinions": opinions_at(judgment),
        }
        return JsonResponse(stored, status=201)
    return redirect(f"{reverse('label', args=[project.slug])}?{urlencode({'answered': slot})}")


@require_POST
@labeler_page
def skip_task(request: HttpRequest, project: Project, labeler: Labeler, slot: UUID) -> HttpResponse:
    """Pass a task with a reason, then show the next one."""
    form = SkipForm(request.POST)
    try:
        _check_of(project, slot)
        if not form.is_valid():
            raise InvalidInput(_("Choose a reason."))
        skip(slot_uid=slot, labeler=labeler, **form.cleaned_data)
    except DomainError as error:
        return _refused(request, project, labeler, error)
    if wants_json(request):
        return JsonResponse({"skipped": slot})
    return redirect("label", slug=project.slug)


@require_POST
@labeler_page
def renew_lease(
    request: HttpRequest, project: Project, labeler: Labeler, slot: UUID
) -> HttpResponse:
    """Keep a task for another lease, while somebody works on it."""
    try:
        _check_of(project, slot)
        expires_at = renew(slot_uid=slot, labeler=labeler)
    except DomainError as error:
        return refusal(error.code, error.detail, status=error.status)
    return JsonResponse({"expires_at": expires_at})


def opinions_at(judgment: Judgment) -> str | None:
    """Where machine judges' opinions on the answer can be seen, if there are any to be shown."""
    if not has_opinions(judgment):
        return None
    return f"{reverse('contribution', args=[judgment.uid])}#opinions"


def _check_of(project: Project, slot: UUID) -> None:
    if not Slot.objects.filter(uid=slot, project=project).exists():
        raise NotFound(_("There is no such task."))


def _desk_response(
    request: HttpRequest,
    project: Project,
    labeler: Labeler,
    *,
    holding: Sequence[UUID] = (),
) -> HttpResponse:
    """The desk with the task held or claimed; without one it says why and what to do."""
    desk: Desk | None = None
    status = 200
    busy = False
    limit, today_only = "", False
    try:
        claimed = claim(project=project, labeler=labeler, holding=holding)
        desk = desk_for(claimed) if claimed else None
    except Busy:
        busy = True
        status = 503
    except TooManyHeld:
        return HttpResponse(status=204)  # an ordinary case: as many in hand as one may have
    except LimitReached as error:
        limit = error.detail  # an ordinary end of a day's work, and no failure
        today_only = isinstance(error, DailyLimitReached)
    context = {
        "desk": desk,
        "busy": busy,
        "limit": limit,
        "today_only": today_only,
        "submit_key": desk.slot if desk else "",  # whatever posts a first answer: it counts once
        "answered": _answered(request),
        "skip_form": SkipForm(),
    }
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
    if wants_json(request):
        return refusal(error.code, error.detail, status=error.status)
    if isinstance(error, NotFound):
        raise Http404 from error
    if isinstance(error, Gone | Conflict):
        lost = {
            "gone": isinstance(error, Gone),
            "late": isinstance(error, EditWindowClosed),
            "typed": typed_in(request.POST),
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


def _answered(request: HttpRequest) -> UUID | None:
    """The task answered just before, where the page works without scripts."""
    form = AnsweredForm(request.GET)
    return form.cleaned_data["answered"] if form.is_valid() else None


def _render_label(
    request: HttpRequest,
    project: Project,
    labeler: Labeler,
    context: dict[str, Any],
    status: int,
) -> HttpResponse:
    today = judged_today(labeler=labeler).count()
    preferences = preferences_of(labeler=labeler)
    context |= {
        "project": project,
        "labeler": labeler,
        "today": today,
        "preferences": preferences,
        "keymap": keymap_of(preferences.keys),
    }
    template = "labeling/label.html"
    if _is_fragment(request):
        template += "#desk"
    response = render(request, template, context, status=status)
    response["Vary"] = "HX-Request"
    return response


def _is_fragment(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"
