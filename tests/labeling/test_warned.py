"""Who is warned of what others found: nobody who has yet to answer, and not for ever."""

from typing import Any
from uuid import UUID

import pytest

from accounts.models import Labeler
from accounts.services import labeler_of
from collector.models import Project
from labeling.contributions import contribution_detail
from labeling.models import Candidate, ContentWarning, GoldItem, Judgment, Slot, Task
from labeling.services.showing import content_of
from labeling.services.submitting import submit
from tests.factories import make_labeler, make_member
from tests.labeling.pages import html, sign_in
from tests.labeling.work import claimed, project_with_tasks, ranking

pytestmark = pytest.mark.django_db
DREADFUL = {"labels": {"spam": False, "violence": 1.0, "hate_speech": True}}
FINE = {"labels": {"spam": False, "violence": 0.0, "hate_speech": False}}


def project(overlap: int = 2) -> Project:
    return project_with_tasks(1, overlap=overlap, modes=["rank", "labels"])


def slot_of(slot: UUID) -> Slot:
    return Slot.objects.select_related("task").get(uid=slot)


def find(slot: UUID, labeler: Labeler, first: dict[str, Any] = DREADFUL) -> Judgment:
    """An answer that says this of the older response, wherever it is shown, no ill of the other."""
    order = slot_of(slot).order or []
    older = str(1 + order.index(min(order)))
    ratings = {place: first if place == older else FINE for place in ("1", "2")}
    answer = ranking("1", "2", ratings=ratings)
    return submit(slot_uid=slot, labeler=labeler, answer=answer)


def warned_at(slot: UUID | int) -> set[tuple[str, ...]]:
    pk = slot if isinstance(slot, int) else slot_of(slot).pk
    return {shown.warnings for shown in content_of(pk).responses}


def warned() -> set[tuple[str, str]]:
    return set(ContentWarning.objects.values_list("category", "source"))


# --- whom they are shown to ---


def test_what_one_finds_is_not_told_to_the_next_who_answers_the_same_task() -> None:
    work, ana, bo = project(), make_labeler(), make_labeler()
    first, second = claimed(work, ana), claimed(work, bo)
    find(first.slot, ana)
    assert warned() == {("violence", "judgment"), ("hate", "judgment")}
    assert warned_at(second.slot) == {()}
    assert warned_at(first.slot) == {()}
    find(second.slot, bo)
    assert warned_at(first.slot) == warned_at(second.slot) == {(), ("hate", "violence")}


def test_what_staff_or_the_file_says_is_shown_at_once() -> None:
    work, ana = project(), make_labeler()
    task = claimed(work, ana)
    one, two = slot_of(task.slot).order or []
    ContentWarning.objects.create(message_id=one, category="hate", source="staff")
    ContentWarning.objects.create(message_id=two, category="sexual", source="import")
    assert warned_at(task.slot) == {("hate",), ("sexual",)}


def test_a_hidden_repeat_is_warned_of_when_the_task_is_complete() -> None:
    work, ana, bo = project(), make_labeler(), make_labeler()
    first, second = claimed(work, ana), claimed(work, bo)
    find(first.slot, ana)
    slot = slot_of(second.slot)
    repeat = Task.objects.create(
        project=work, prompt=slot.task.prompt, repeats=slot.task, reserved_for=ana
    )
    for number, pk in enumerate(slot.order or []):
        Candidate.objects.create(task=repeat, response_id=pk, ordinal=number, repeat=True)
    again = slot_of(first.slot)
    again.pk, again.uid, again.task, again.state = None, repeat.uid, repeat, "leased"
    again._state.adding = True
    again.save()
    assert warned_at(again.uid) == {()}
    find(second.slot, bo)
    assert warned_at(again.uid) == {(), ("hate", "violence")}


def test_a_hidden_check_is_never_warned_of_by_what_others_found() -> None:
    work, ana, bo = project(), make_labeler(), make_labeler()
    first, second = claimed(work, ana), claimed(work, bo)
    GoldItem.objects.create(project=work, task=slot_of(first.slot).task, use="gold")
    find(first.slot, ana)
    Task.objects.update(state="complete")
    assert warned()
    assert warned_at(second.slot) == {()}


# --- how long they last ---


def test_a_finding_taken_back_warns_no_more() -> None:
    work, ana = project(overlap=1), make_labeler()
    slot = claimed(work, ana).slot
    one, _two = slot_of(slot).order or []
    find(slot, ana)
    ContentWarning.objects.create(message_id=one, category="sexual", source="staff")
    find(slot, ana, FINE | {"labels": {**FINE["labels"], "hate_speech": True}})
    assert warned() == {("hate", "judgment"), ("sexual", "staff")}
    find(slot, ana, FINE)
    assert warned() == {("sexual", "staff")}


def test_a_finding_that_another_stands_behind_stays() -> None:
    work, ana, bo = project(), make_labeler(), make_labeler()
    first, second = claimed(work, ana), claimed(work, bo)
    find(first.slot, ana)
    Slot.objects.filter(uid=second.slot).update(order=slot_of(first.slot).order)
    find(second.slot, bo)
    find(first.slot, ana, FINE)
    assert warned() == {("violence", "judgment"), ("hate", "judgment")}
    find(second.slot, bo, FINE)
    assert warned() == set()


def test_what_staff_said_stays_though_a_labeler_said_so_too() -> None:
    work, ana = project(overlap=1), make_labeler()
    slot = claimed(work, ana).slot
    one, _two = slot_of(slot).order or []
    ContentWarning.objects.create(message_id=one, category="hate", source="staff")
    find(slot, ana)
    find(slot, ana, FINE)
    assert warned() == {("hate", "staff")}


# --- one's own answers ---


def test_ones_own_answer_is_veiled_as_on_the_desk() -> None:
    work = project(overlap=1)
    ana = make_member(work, "labeler")
    labeler = labeler_of(user=ana)
    slot = claimed(work, labeler).slot
    judgment = find(slot, labeler)
    ContentWarning.objects.create(message=judgment.task.about, category="sexual", source="staff")
    detail = contribution_detail(labeler=labeler, uid=judgment.uid)
    warnings = [shown.warnings for shown in detail.responses]
    assert sorted(warnings) == [[], ["hate speech", "violence"]]
    assert [turn.warnings for turn in detail.turns] == [["sexual content"]]
    page = html(sign_in(ana).get(f"/me/contributions/{judgment.uid}/"))
    assert page.count('<details class="warned">') == 2
