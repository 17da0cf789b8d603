"""Adaptive overlap through the services: two judgments, then three, then five if votes differ."""

from datetime import timedelta

import pytest
from django.db.models import F

from labeling.models import GoldItem, Judgment, Slot, Task
from labeling.services.claiming import claim, skip
from labeling.services.disagreement import store_disagreement
from labeling.services.policies import set_guidelines, set_policy
from labeling.services.standings import set_standing
from labeling.services.submitting import submit
from tests.factories import make_labeler, make_user
from tests.labeling.work import claimed, judge, project_with_tasks, ranking, together

pytestmark = pytest.mark.django_db

ADAPTIVE = {"overlap": 2, "escalation": [3, 5]}


def vote(project, best, labeler=None):
    """Somebody prefers the response with the lower id (1) or the other one (2), or neither (0)."""
    labeler = labeler or make_labeler()
    task = claimed(project, labeler)
    order = Slot.objects.get(uid=task.slot).order
    return submit(slot_uid=task.slot, labeler=labeler, answer=preferring(best, order))


def preferring(best, order):
    place = str(order.index(sorted(order)[best - 1]) + 1)
    other = {"1": "2", "2": "1"}[place]
    return ranking(place + other) if best == 0 else ranking(place, other)


def states():
    return list(Slot.objects.order_by("ordinal").values_list("state", flat=True))


def the_task():
    return Task.objects.get(repeats=None)


@pytest.mark.parametrize(
    ("votes", "slots", "disagreement"),
    [
        ((1, 1), 2, 0),
        ((0, 0), 2, 0),
        ((1, 2, 1, 1, 1), 5, 0.455),
        ((1, 2, 2, 1, 2), 5, 0.613),
    ],
)
def test_a_task_is_owed_votes_until_they_are_clear_or_there_are_five(votes, slots, disagreement):
    project = project_with_tasks(1, **ADAPTIVE)
    for best in votes:
        assert the_task().state == "open"
        vote(project, best)
    task = the_task()
    assert (task.state, states()) == ("complete", ["submitted"] * slots)
    assert task.disagreement == pytest.approx(disagreement, abs=0.001)
    assert claim(project=project, labeler=make_labeler()) is None


def test_the_stored_disagreement_is_that_of_the_one_rule():
    project = project_with_tasks(1, responses=4, overlap=5)
    for _ in range(5):
        judge(project, make_labeler())
        stored = the_task().disagreement
        store_disagreement(project_id=project.pk, tasks=[the_task().pk])
        assert the_task().disagreement == (None if stored is None else pytest.approx(stored))


def test_what_is_owed_no_more_is_taken_back():
    """Clear before the last step: three for one, and one for neither."""
    project = project_with_tasks(1, **ADAPTIVE)
    for best in (1, 0, 1):
        vote(project, best)
    assert states() == ["submitted"] * 3 + ["open"] * 2
    vote(project, 1)
    assert states() == ["submitted"] * 4 + ["void"]
    assert the_task().state == "complete"


def test_what_somebody_holds_is_not_taken_from_them():
    project = project_with_tasks(1, stop_confidence=0.8, **ADAPTIVE)
    for best in (1, 2, 1):
        vote(project, best)
    holder = make_labeler()
    held = claimed(project, holder)
    vote(project, 1)
    assert (states(), the_task().state) == (["submitted"] * 3 + ["leased", "submitted"], "open")
    submit(slot_uid=held.slot, labeler=holder, answer=ranking("1", "2"))
    assert the_task().state == "complete"


def test_a_clear_task_that_is_passed_is_owed_to_nobody():
    project = project_with_tasks(1, stop_confidence=0.8, **ADAPTIVE)
    for best in (1, 2, 1):
        vote(project, best)
    holder = make_labeler()
    held = claimed(project, holder)
    vote(project, 1)
    skip(slot_uid=held.slot, labeler=holder, reason="unclear")
    assert (states(), the_task().state) == (
        ["submitted"] * 3 + ["skipped", "submitted"],
        "complete",
    )


def test_a_disputed_task_that_is_passed_is_still_owed():
    project = project_with_tasks(1, **ADAPTIVE)
    vote(project, 1), vote(project, 2)
    holder = make_labeler()
    skip(slot_uid=claimed(project, holder).slot, labeler=holder, reason="unclear")
    assert (states(), the_task().state) == (["submitted"] * 2 + ["skipped", "open"], "open")


def test_a_correction_opens_a_task_again_and_closes_it():
    project = project_with_tasks(1, **ADAPTIVE)
    vote(project, 1)
    ana = make_labeler()
    first = vote(project, 1, ana)
    assert the_task().state == "complete"
    slot = first.slot.uid
    submit(slot_uid=slot, labeler=ana, answer=preferring(2, first.order))
    task = the_task()
    assert (task.state, states()) == ("open", ["submitted", "submitted", "open"])
    assert task.disagreement == pytest.approx(0.631, abs=0.001)
    submit(slot_uid=slot, labeler=ana, answer=preferring(1, first.order))
    task = the_task()
    assert (task.state, task.disagreement) == ("complete", 0)
    assert states() == ["submitted", "submitted", "void"]


def test_a_correction_opens_nothing_that_an_expert_has_answered():
    project = project_with_tasks(1, **ADAPTIVE)
    vote(project, 1)
    ana = make_labeler()
    first = vote(project, 1, ana)
    GoldItem.objects.create(project=project, task=the_task(), use="gold", tiers=[])
    submit(slot_uid=first.slot.uid, labeler=ana, answer=preferring(2, first.order))
    assert (the_task().state, states()) == ("complete", ["submitted"] * 2)


def test_under_new_guidelines_nothing_is_taken_back():
    """What was put back to be judged by them is judged, whatever was said by the old ones."""
    project = project_with_tasks(1, **ADAPTIVE)
    set_guidelines(project=project, text="Old.")
    vote(project, 1), vote(project, 1)
    set_guidelines(project=project, text="New.")
    last = Slot.objects.order_by("ordinal").last()
    for ordinal in (3, 4):
        Slot.objects.create(
            task=last.task, ordinal=ordinal, project=project, band=0, seq=last.seq + ordinal
        )
    Task.objects.update(state="open")
    vote(project, 1)
    assert states() == ["submitted"] * 3 + ["open"]


def test_who_is_excluded_has_no_vote():
    project = project_with_tasks(1, **ADAPTIVE)
    ana, boss = make_labeler(), make_user()
    vote(project, 2, ana)
    set_standing(project=project, labeler=ana, state="excluded", reason="Spam.", decided_by=boss)
    vote(project, 1), vote(project, 1)
    task = the_task()
    assert (task.state, task.disagreement) == ("complete", 0)


def test_machines_fill_places_and_settle_nothing():
    project = project_with_tasks(1, **ADAPTIVE)
    for best in (1, 2):
        vote(project, best, make_labeler(user=None, kind="machine"))
    task = the_task()
    assert (task.state, task.disagreement, states()) == ("complete", None, ["submitted"] * 2)


def test_a_policy_that_becomes_adaptive_goes_for_open_tasks():
    project = project_with_tasks(1, overlap=1)
    set_policy(project=project, responses=2, **ADAPTIVE)
    vote(project, 1)
    assert states() == ["submitted", "open"]


def test_a_fixed_overlap_stays_as_it_is():
    project = project_with_tasks(1, overlap=2)
    vote(project, 1), vote(project, 2)
    assert (the_task().state, states()) == ("complete", ["submitted"] * 2)


@pytest.mark.django_db(transaction=True)
def test_many_who_answer_at_once_escalate_once():
    project = project_with_tasks(1, overlap=4, escalation=[6], stop_confidence=0.99)
    people = [make_labeler() for _ in range(4)]
    tasks = [claimed(project, person) for person in people]
    orders = [Slot.objects.get(uid=task.slot).order for task in tasks]

    def answer(index):
        said = preferring(1 + index % 2, orders[index])
        return submit(slot_uid=tasks[index].slot, labeler=people[index], answer=said)

    assert all(isinstance(result, Judgment) for result in together(4, answer))
    assert states() == ["submitted"] * 4 + ["open"] * 2
    assert the_task().state == "open"


@pytest.mark.django_db(transaction=True)
def test_corrections_and_answers_at_once_owe_no_more_than_the_steps():
    project = project_with_tasks(1, **ADAPTIVE)
    ana, bo = make_labeler(), make_labeler()
    first, second = vote(project, 1, ana), vote(project, 2, bo)
    third, orders = make_labeler(), {}
    task = claimed(project, third)
    orders[0] = Slot.objects.get(uid=task.slot).order

    def work(index):
        if index == 0:
            return submit(slot_uid=task.slot, labeler=third, answer=preferring(1, orders[0]))
        judged, who = (first, ana) if index == 1 else (second, bo)
        return submit(slot_uid=judged.slot.uid, labeler=who, answer=preferring(index, judged.order))

    assert all(isinstance(result, Judgment) for result in together(3, work))
    assert states() == ["submitted"] * 3 + ["open"] * 2


@pytest.mark.parametrize("responses", [2, 9])
@pytest.mark.django_db(transaction=True)
def test_a_submit_that_escalates_is_two_statements(responses, django_assert_num_queries):
    project = project_with_tasks(1, responses=responses, **ADAPTIVE)
    ana, bo = make_labeler(), make_labeler()
    first = judge(project, ana)
    task = claimed(project, bo)
    order = Slot.objects.get(uid=task.slot).order
    opposite = [str(order.index(pk) + 1) for pk in reversed([tier[0] for tier in first.tiers])]
    with django_assert_num_queries(4):  # BEGIN and COMMIT are counted
        submit(slot_uid=task.slot, labeler=bo, answer=ranking(*opposite))
    assert states() == ["submitted", "submitted", "open"]


def test_a_correction_after_the_window_changes_nothing():
    project = project_with_tasks(1, edit_window_minutes=1, **ADAPTIVE)
    ana = make_labeler()
    judgment = vote(project, 1, ana)
    Judgment.objects.update(created_at=F("created_at") - timedelta(hours=1))
    with pytest.raises(Exception, match="over"):
        submit(slot_uid=judgment.slot.uid, labeler=ana, answer=preferring(2, judgment.order))
    assert states() == ["submitted", "open"]
