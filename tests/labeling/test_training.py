"""From a new labeler to their first task: practice, test, standing, and the claim's gate."""

import pytest

from common.errors import Conflict, InvalidInput
from labeling.errors import EditWindowClosed, NotQualified, Paused
from labeling.models import Comparison, Judgment, LabelerStanding, QualificationAttempt, Slot
from labeling.services.claiming import claim, renew, skip
from labeling.services.progress import progress_of
from labeling.services.reopening import reopen
from labeling.services.standings import set_standing
from labeling.services.training import (
    next_practice,
    next_question,
    settle,
    start_test,
)
from tests.factories import make_labeler, make_member
from tests.labeling.training import add_items, answer, put_in_force, training_project
from tests.labeling.work import claimed, judge, project_with_tasks, together

pytestmark = pytest.mark.django_db


def state_of(project, labeler):
    return LabelerStanding.objects.get(project=project, labeler=labeler).state


def take_test(project, labeler, *, right):
    """A whole try, of which the first `right` answers are the expert's."""
    attempt = start_test(project=project, labeler=labeler)
    for number in range(attempt.items):
        question = next_question(project=project, labeler=labeler)
        answer(question, labeler, right=number < right)
    settle(project=project, labeler=labeler)
    attempt.refresh_from_db()
    return attempt


def test_without_training_in_the_policy_work_is_given_at_once():
    assert claimed(training_project(), make_labeler())
    assert not LabelerStanding.objects.exists()


def test_practice_comes_before_work_one_item_after_the_other():
    project, labeler = training_project(practice=2), make_labeler()
    with pytest.raises(NotQualified):
        claim(project=project, labeler=labeler)
    seen = set()
    for _ in range(2):
        item = next_practice(project=project, labeler=labeler)
        again = next_practice(project=project, labeler=labeler)  # a reload, another tab
        assert (item.slot, item.responses) == (again.slot, again.responses)
        with pytest.raises(NotQualified):
            claim(project=project, labeler=labeler)
        answer(item, labeler, right=False)  # practice is not scored
        seen.add(item.slot)
    assert len(seen) == 2
    assert next_practice(project=project, labeler=labeler) is None
    assert claimed(project, labeler).slot not in seen
    assert state_of(project, labeler) == "active"
    assert set(Judgment.objects.values_list("purpose", flat=True)) == {"practice"}
    assert not Comparison.objects.exists()


def test_practice_asks_for_no_more_than_there_is():
    project, labeler = training_project(practice=5, items=1), make_labeler()
    answer(next_practice(project=project, labeler=labeler), labeler)
    assert claimed(project, labeler)


def test_practice_beyond_what_is_asked_for_leaves_the_work_alone():
    project, labeler = training_project(items=2), make_labeler()
    practice = next_practice(project=project, labeler=labeler)
    work = claimed(project, labeler)
    assert work.slot != practice.slot
    assert next_practice(project=project, labeler=labeler).slot == practice.slot


def test_an_item_is_nobody_elses_however_long_it_lies():
    project, ana, bo = training_project(items=1), make_labeler(), make_labeler()
    make_member(project, "labeler", ana.user)
    item = next_practice(project=project, labeler=ana)
    slot = Slot.objects.get(uid=item.slot)
    assert (slot.expires_at - slot.granted_at).days > 36_000
    assert (item.expires_at - slot.granted_at).total_seconds() < 31 * 60  # as the page sees it
    renewed = renew(slot_uid=item.slot, labeler=ana)
    assert (renewed - slot.granted_at).total_seconds() < 31 * 60
    assert claimed(project, bo).slot != item.slot
    own = next_practice(project=project, labeler=bo)
    assert Slot.objects.get(uid=own.slot).task_id == slot.task_id
    assert own.slot != item.slot


def test_a_practice_item_may_be_passed_and_counts_as_done():
    project, labeler = training_project(practice=1), make_labeler()
    item = next_practice(project=project, labeler=labeler)
    skip(slot_uid=item.slot, labeler=labeler, reason="harmful")
    assert claimed(project, labeler)
    assert not Slot.objects.filter(task__gold_item__isnull=False, state="open").exists()


def test_who_passes_the_test_works():
    project, labeler = training_project(test=4, qualification_share=0.75), make_labeler()
    with pytest.raises(NotQualified):
        claim(project=project, labeler=labeler)
    attempt = take_test(project, labeler, right=3)
    assert (attempt.score, attempt.passed, attempt.number, attempt.items) == (0.75, True, 1, 4)
    assert state_of(project, labeler) == "active"
    assert claimed(project, labeler)
    with pytest.raises(Conflict):
        start_test(project=project, labeler=labeler)


def test_a_claim_counts_the_last_answer_of_the_test_itself():
    project, labeler = training_project(test=1), make_labeler()
    start_test(project=project, labeler=labeler)
    answer(next_question(project=project, labeler=labeler), labeler)
    assert claimed(project, labeler)  # nobody has settled anything in between


def test_who_fails_has_as_many_tries_as_the_policy_says():
    project = training_project(test=4, items=4, qualification_attempts=2)
    labeler = make_labeler()
    first = take_test(project, labeler, right=2)
    assert (first.score, first.passed) == (0.5, False)
    assert state_of(project, labeler) == "training"
    assert progress_of(project=project, labeler=labeler).tries_left == 1
    second = take_test(project, labeler, right=0)
    assert (second.score, second.passed, second.number) == (0.0, False, 2)
    assert state_of(project, labeler) == "failed"
    assert progress_of(project=project, labeler=labeler).tries_left == 0
    with pytest.raises(NotQualified):
        start_test(project=project, labeler=labeler)
    with pytest.raises(NotQualified):
        claim(project=project, labeler=labeler)
    assert Judgment.objects.filter(purpose="qualification").count() == 8


def test_a_reviewer_may_grant_one_more_try():
    project = training_project(test=1, qualification_attempts=1)
    labeler = make_labeler()
    take_test(project, labeler, right=0)
    assert state_of(project, labeler) == "failed"
    set_standing(project=project, labeler=labeler, state="training")
    settle(project=project, labeler=labeler)
    assert state_of(project, labeler) == "training"
    assert progress_of(project=project, labeler=labeler).tries_left == 1
    take_test(project, labeler, right=0)
    assert state_of(project, labeler) == "failed"


def test_another_try_takes_items_not_met_before_as_far_as_there_are_any():
    project = training_project(test=2, items=3)
    labeler = make_labeler()
    take_test(project, labeler, right=0)
    met = set(Judgment.objects.values_list("task", flat=True))
    start_test(project=project, labeler=labeler)
    now = Slot.objects.filter(labeler=labeler, state="leased").values_list("task", flat=True)
    assert len(met) == len(now) == 2
    assert len(met - set(now)) == 1


def test_the_test_begins_once_however_many_tabs_begin_it():
    project, labeler = training_project(test=2), make_labeler()
    first = start_test(project=project, labeler=labeler)
    assert start_test(project=project, labeler=labeler) == first
    question = next_question(project=project, labeler=labeler)
    assert next_question(project=project, labeler=labeler).slot == question.slot
    assert QualificationAttempt.objects.count() == 1
    assert Slot.objects.filter(labeler=labeler).count() == 2


def test_the_test_comes_after_the_practice_and_is_not_skipped():
    project, labeler = training_project(practice=1, test=1), make_labeler()
    with pytest.raises(NotQualified, match="practice first"):
        start_test(project=project, labeler=labeler)
    assert next_question(project=project, labeler=labeler) is None
    answer(next_practice(project=project, labeler=labeler), labeler)
    start_test(project=project, labeler=labeler)
    question = next_question(project=project, labeler=labeler)
    with pytest.raises(InvalidInput, match="cannot be skipped"):
        skip(slot_uid=question.slot, labeler=labeler, reason="other")


def test_a_test_without_enough_items_keeps_the_gate_shut():
    project, labeler = training_project(test=3, items=2), make_labeler()
    with pytest.raises(Conflict, match="not ready"):
        start_test(project=project, labeler=labeler)
    with pytest.raises(NotQualified):
        claim(project=project, labeler=labeler)
    add_items(project, "qualification", 1)
    assert start_test(project=project, labeler=labeler).items == 3


def test_who_was_active_stays_so_when_a_test_is_introduced():
    project, ana, bo = training_project(practice=1), make_labeler(), make_labeler()
    answer(next_practice(project=project, labeler=ana), ana)
    settle(project=project, labeler=ana)
    put_in_force(project, qualification_items=1)
    assert claimed(project, ana)
    with pytest.raises(NotQualified):
        claim(project=project, labeler=bo)


def test_people_train_but_machines_do_not():
    project = training_project(test=1)
    assert claimed(project, make_labeler(kind="simulated", user=None))


def test_the_paused_get_nothing_but_may_finish_what_they_hold():
    project, labeler = project_with_tasks(2), make_labeler()
    task = claimed(project, labeler)
    set_standing(project=project, labeler=labeler, state="paused", reason="Too fast.")
    for call in (claim, next_practice, start_test, next_question):
        with pytest.raises(Paused):
            call(project=project, labeler=labeler)
    set_standing(project=project, labeler=labeler, state="active")
    assert claimed(project, labeler).slot == task.slot
    judge(project, labeler)


def test_a_pause_elsewhere_is_none_here():
    here, elsewhere, labeler = project_with_tasks(1), project_with_tasks(1), make_labeler()
    set_standing(project=elsewhere, labeler=labeler, state="paused", reason="Too fast.")
    set_standing(project=here, labeler=make_labeler(), state="paused", reason="Too fast.")
    assert claimed(here, labeler)


@pytest.mark.parametrize(
    ("state", "reason", "attr"),
    [("paused", " ", "reason"), ("asleep", "", "state"), ("active", "x" * 2001, "reason")],
)
def test_a_decision_that_makes_no_sense_is_refused(state, reason, attr):
    with pytest.raises(InvalidInput) as refused:
        set_standing(project=training_project(), labeler=make_labeler(), state=state, reason=reason)
    assert refused.value.attr == attr


@pytest.mark.django_db(transaction=True)
def test_many_tabs_and_labelers_at_once_get_one_item_each():
    project, ana, bo = training_project(items=1), make_labeler(), make_labeler()
    people = [ana, bo] * 4
    items = together(8, lambda index: next_practice(project=project, labeler=people[index]))
    assert {item.slot for item in items[::2]} == {items[0].slot}
    assert {item.slot for item in items[1::2]} == {items[1].slot}
    assert items[0].slot != items[1].slot


def test_an_answer_of_the_training_cannot_be_corrected():
    """The expert's answer is shown next, and a test is a test."""
    project, labeler = training_project(practice=1, test=1, edit_window_minutes=60), make_labeler()
    items = [next_practice(project=project, labeler=labeler)]
    answer(items[0], labeler, right=False)
    start_test(project=project, labeler=labeler)
    items.append(next_question(project=project, labeler=labeler))
    answer(items[1], labeler, right=False)
    for item in items:
        with pytest.raises(EditWindowClosed):
            answer(item, labeler)
        with pytest.raises(EditWindowClosed):
            reopen(project=project, slot_uid=item.slot, labeler=labeler)
    assert Judgment.objects.filter(retired_at=None).count() == Judgment.objects.count() == 2
