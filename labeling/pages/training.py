"""Pages of a labeler's training: the way to the first task, practice with feedback, the test.

Items are answered on the desk of the ordinary work, but each answer is waited for: what comes next
depends on it.
"""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import Labeler
from collector.models import Project
from common.errors import DomainError, InvalidInput, NotFound
from labeling.errors import SubmitKeyReused, TrainingNeeded
from labeling.keymap import keymap_of
from labeling.models import GoldItem, Slot
from labeling.pages.access import labeler_page, refusal, wants_json
from labeling.pages.desk import asked_of, desk_for
from labeling.pages.feedback import feedback_on, practised_slots
from labeling.pages.forms import AnswerForm, SkipForm
from labeling.services.claiming import ClaimedTask, skip
from labeling.services.preferences import stored_keys
from labeling.services.progress import practice_left, progress_of
from labeling.services.submitting import submit
from labeling.services.training import next_practice, next_question, settle, start_test

Use = GoldItem.Use


@require_GET
@labeler_page
def training(request: HttpRequest, project: Project, labeler: Labeler) -> HttpResponse:
    """The way to the first task, and how far one has come; in words for who is paused or failed."""
    settle(project=project, labeler=labeler)
    context = {
        "project": project,
        "progress": progress_of(project=project, labeler=labeler),
        "practised": practised_slots(project=project, labeler=labeler),
    }
    return render(request, "labeling/training.html", context)


@require_GET
@labeler_page
def practice(request: HttpRequest, project: Project, labeler: Labeler) -> HttpResponse:
    """The practice item one has before oneself, or the next."""
    try:
        task = next_practice(project=project, labeler=labeler)
    except TrainingNeeded:
        return redirect("training", slug=project.slug)
    if task is None:
        return redirect("training", slug=project.slug)
    return _desk_page(request, project, labeler, task, Use.PRACTICE)


@require_http_methods(["GET", "POST"])
@labeler_page
def test(request: HttpRequest, project: Project, labeler: Labeler) -> HttpResponse:
    """The next question of the test; a POST begins one."""
    try:
        if request.method == "POST":
            start_test(project=project, labeler=labeler)
            return redirect("training_test", slug=project.slug)
        task = next_question(project=project, labeler=labeler)
    except DomainError as error:
        if not isinstance(error, TrainingNeeded):
            messages.warning(request, error.detail)
        return redirect("training", slug=project.slug)
    if task is None:
        return redirect("training", slug=project.slug)
    return _desk_page(request, project, labeler, task, Use.QUALIFICATION)


@require_POST
@labeler_page
def submit_item(
    request: HttpRequest, project: Project, labeler: Labeler, slot: UUID
) -> HttpResponse:
    """Store the answer to an item, then show what was made of it or the next question."""
    use = _use_of(project, labeler, slot)
    try:
        places, modes = asked_of(slot=slot, project=project)
        form = AnswerForm(request.POST, places=places, modes=modes)
        if not form.is_valid():
            raise InvalidInput(" ".join(str(error[0]) for error in form.errors.values()))
        submit(slot_uid=slot, labeler=labeler, answer=form.answer())
    except SubmitKeyReused:
        pass  # answered in another tab: that answer counts, and this is the way on from it
    except DomainError as error:
        return _refused(request, project, labeler, error, use)
    return _onwards(request, project, labeler, slot, use)


@require_POST
@labeler_page
def skip_item(request: HttpRequest, project: Project, labeler: Labeler, slot: UUID) -> HttpResponse:
    """Pass a practice item; the expert's answer can be read all the same."""
    use = _use_of(project, labeler, slot)
    form = SkipForm(request.POST)
    try:
        if not form.is_valid():
            raise InvalidInput(_("Choose a reason."))
        skip(slot_uid=slot, labeler=labeler, **form.cleaned_data)
    except DomainError as error:
        return _refused(request, project, labeler, error, use)
    return _onwards(request, project, labeler, slot, use)


@require_GET
@labeler_page
def result(request: HttpRequest, project: Project, labeler: Labeler, slot: UUID) -> HttpResponse:
    """One's answer to a practice item beside the expert's, and why."""
    try:
        feedback = feedback_on(project=project, labeler=labeler, slot_uid=slot)
    except NotFound as error:
        raise Http404 from error
    progress = progress_of(project=project, labeler=labeler)
    left = practice_left(project=project, labeler=labeler, responses=progress.policy.responses)
    context = {
        "project": project,
        "feedback": feedback,
        "progress": progress,
        "more": progress.state != "paused" and left.exists(),
    }
    return render(request, "labeling/training_result.html", context)


def _use_of(project: Project, labeler: Labeler, slot: UUID) -> str:
    """What the item of the labeler's slot is for. Raises Http404 for every other slot, that of a
    hidden check too: it must not tell itself from work here.
    """
    theirs = Slot.objects.filter(project=project, labeler=labeler, uid=slot)
    training = theirs.filter(task__gold_item__use__in=(Use.PRACTICE, Use.QUALIFICATION))
    use = training.values_list("task__gold_item__use", flat=True).first()
    if use is None:
        raise Http404
    return use


def _onwards(
    request: HttpRequest, project: Project, labeler: Labeler, slot: UUID, use: str
) -> HttpResponse:
    settle(project=project, labeler=labeler)
    if use == Use.PRACTICE:
        address = reverse("training_result", args=[project.slug, slot])
    else:
        address = reverse("training_test", args=[project.slug])
    if wants_json(request):
        return JsonResponse({"next": address}, status=201)
    return redirect(address)


def _refused(
    request: HttpRequest, project: Project, labeler: Labeler, error: DomainError, use: str
) -> HttpResponse:
    """Say what is wrong; without scripts the item is shown again with what was typed."""
    if wants_json(request):
        return refusal(error.code, error.detail, status=error.status)
    give = next_practice if use == Use.PRACTICE else next_question
    task = give(project=project, labeler=labeler)
    if task is None:
        messages.warning(request, error.detail)
        return redirect("training", slug=project.slug)
    return _desk_page(request, project, labeler, task, use, refused=error)


def _desk_page(
    request: HttpRequest,
    project: Project,
    labeler: Labeler,
    task: ClaimedTask,
    use: str,
    *,
    refused: DomainError | None = None,
) -> HttpResponse:
    progress = progress_of(project=project, labeler=labeler)
    context: dict[str, Any] = {
        "project": project,
        "labeler": labeler,
        "progress": progress,
        "desk": desk_for(task, typed=request.POST if refused else None),
        "test": use == Use.QUALIFICATION,
        "number": 1 + (progress.answered if use == Use.QUALIFICATION else progress.practised),
        "submit_url": reverse("training_submit", args=[project.slug, task.slot]),
        "skip_url": reverse("training_skip", args=[project.slug, task.slot]),
        "submit_key": task.slot,
        "words": refused.detail if refused else "",
        "skip_form": SkipForm(),
        "keymap": keymap_of(stored_keys(labeler=labeler)),
    }
    status = refused.status if refused else 200
    return render(request, "labeling/training_task.html", context, status=status)
