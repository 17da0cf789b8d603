"""Exclusion: judgments left out and owed again, and everything as before once it is taken back."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from collector.models import Message
from common.errors import InvalidInput, NotAllowed
from labeling.errors import Excluded, SlotClosed
from labeling.exclusions import EXCLUDED, counted, excluded_labelers
from labeling.models import Comparison, Judgment, LabelerStanding, Slot, StandingChange, Task
from labeling.results import comparisons_of
from labeling.services import excluding
from labeling.services.claiming import claim, skip
from labeling.services.gold import create_gold_item
from labeling.services.standings import set_standing
from labeling.services.submitting import submit
from tests.factories import make_labeler, make_user
from tests.labeling.work import claimed, judge, project_with_tasks, ranking, together

pytestmark = pytest.mark.django_db


def exclude(project, labeler, reason="Copied answers."):
    return set_standing(project=project, labeler=labeler, state="excluded", reason=reason)


def restore(project, labeler):
    return set_standing(project=project, labeler=labeler, state="active")


def states(project):
    """The states of all slots, task by task in their order, and the tasks' own."""
    return [
        (task.state, list(task.slots.order_by("ordinal").values_list("state", flat=True)))
        for task in Task.objects.filter(project=project).order_by("pk")
    ]


def counted_comparisons(project):
    counting = f"SELECT count(*) FROM labeling_comparison c WHERE {counted('c')}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"{counting} AND c.project_id = %(project)s", {"project": project.pk})
        return cursor.fetchone()[0]


def test_who_is_excluded_counts_for_nothing_in_that_project_alone():
    here, elsewhere = project_with_tasks(2), project_with_tasks(1)
    ana, bo = make_labeler(), make_labeler()
    judge(here, ana)
    judge(here, bo)
    judge(elsewhere, ana)
    assert (excluded_labelers(project=here), counted_comparisons(here)) == ([], 2)
    exclude(here, ana)
    assert excluded_labelers(project=here) == [ana.pk]
    assert counted_comparisons(here) == 1
    assert excluded_labelers(project=elsewhere) == []
    assert counted_comparisons(elsewhere) == 1
    assert Judgment.objects.filter(labeler=ana, retired_at__isnull=True).count() == 2
    assert EXCLUDED in counted("j")


def test_what_they_judged_is_owed_again_and_somebody_else_is_asked():
    project, ana, bo = project_with_tasks(2, overlap=2), make_labeler(), make_labeler()
    judge(project, ana)
    judge(project, bo)
    first = Task.objects.order_by("pk")[0]
    assert states(project) == [
        ("complete", ["submitted", "submitted"]),
        ("open", ["open", "open"]),
    ]
    exclude(project, ana)
    assert states(project) == [
        ("open", ["void", "submitted", "open"]),
        ("open", ["open", "open"]),
    ]
    cy = make_labeler()
    tasks = {Slot.objects.get(uid=claimed(project, cy).slot).task_id}
    judge(project, cy)
    tasks |= set(Judgment.objects.filter(labeler=cy).values_list("task", flat=True))
    judge(project, cy)
    assert first.pk in set(Judgment.objects.filter(labeler=cy).values_list("task", flat=True))


def test_restoring_takes_back_what_nobody_took_and_counts_the_answers_again():
    project, ana, bo = project_with_tasks(2, overlap=2), make_labeler(), make_labeler()
    judge(project, ana)
    judge(project, ana)
    judge(project, bo)
    before = states(project)
    exclude(project, ana)
    restore(project, ana)
    assert [(state, sorted(found)) for state, found in states(project)] == [
        (state, sorted([*found, "void"])) for state, found in before
    ]
    assert excluded_labelers(project=project) == []
    assert counted_comparisons(project) == 3


def test_an_answer_given_in_their_stead_stays_beside_the_restored_one():
    project, ana, bo = project_with_tasks(1), make_labeler(), make_labeler()
    judge(project, ana)
    exclude(project, ana)
    judge(project, bo)
    restore(project, ana)
    assert states(project) == [("complete", ["submitted", "submitted"])]
    assert counted_comparisons(project) == 2


def test_a_slot_taken_in_their_stead_is_left_to_its_holder():
    project, ana, bo = project_with_tasks(1), make_labeler(), make_labeler()
    judge(project, ana)
    exclude(project, ana)
    held = claimed(project, bo)
    restore(project, ana)
    assert states(project) == [("open", ["submitted", "leased"])]
    submit(slot_uid=held.slot, labeler=bo, answer=ranking("1", "2"))
    assert states(project) == [("complete", ["submitted", "submitted"])]


@pytest.mark.parametrize("answered", [False, True])
def test_whatever_is_repeated_a_judgment_is_owed_once(answered):
    project, ana, bo = project_with_tasks(1), make_labeler(), make_labeler()
    judge(project, ana)
    exclude(project, ana)
    held = claimed(project, bo)
    if answered:
        submit(slot_uid=held.slot, labeler=bo, answer=ranking("1", "2"))
    task, his = ("complete", "submitted") if answered else ("open", "leased")
    for _ in range(3):
        restore(project, ana)
        assert states(project) == [(task, ["submitted", his])]
        exclude(project, ana)
        assert states(project) == [(task, ["void", his])]


def test_whoever_of_two_that_count_is_excluded_nothing_is_owed_until_both_are():
    project, ana, bo = project_with_tasks(1), make_labeler(), make_labeler()
    judge(project, ana)
    exclude(project, ana)
    judge(project, bo)
    restore(project, ana)
    exclude(project, bo)
    assert states(project) == [("complete", ["submitted", "void"])]
    exclude(project, ana)
    assert states(project) == [("open", ["void", "void", "open"])]
    restore(project, bo)
    restore(project, ana)
    assert states(project) == [("complete", ["submitted", "submitted", "void"])]


def test_who_passes_a_task_that_the_restored_answer_covers_owes_it_to_nobody():
    project, ana, bo = project_with_tasks(1), make_labeler(), make_labeler()
    judge(project, ana)
    exclude(project, ana)
    held = claimed(project, bo)
    restore(project, ana)
    skip(slot_uid=held.slot, labeler=bo, reason="unclear")
    assert states(project) == [("complete", ["submitted", "skipped"])]
    exclude(project, ana)
    assert states(project) == [("open", ["void", "skipped", "open"])]


def test_more_votes_asked_for_are_counted_from_all_that_there_are():
    project = project_with_tasks(1, escalation=[3], stop_confidence=0.99)
    ana, bo = make_labeler(), make_labeler()
    judge(project, ana)
    exclude(project, ana)
    held = claimed(project, bo)
    restore(project, ana)
    submit(slot_uid=held.slot, labeler=bo, answer=ranking("1", "2"))
    exclude(project, ana)
    ((_state, slots),) = states(project)
    assert (slots[:2], slots[2:].count("open")) == (["void", "submitted"], 2)


def test_what_they_hold_goes_to_others_and_they_are_given_nothing():
    project, ana, bo = project_with_tasks(1), make_labeler(), make_labeler()
    held = claimed(project, ana)
    exclude(project, ana)
    assert claimed(project, bo).slot != held.slot
    with pytest.raises(SlotClosed):
        submit(slot_uid=held.slot, labeler=ana, answer=ranking("1", "2"))
    with pytest.raises(Excluded):
        claim(project=project, labeler=ana)
    restore(project, ana)
    assert states(project) == [("open", ["void", "leased"])]
    assert claim(project=project, labeler=ana) is None  # they had it


def test_the_same_decision_twice_is_one_and_each_is_kept():
    project, ana, rae = project_with_tasks(2), make_labeler(), make_user()
    judge(project, ana)
    for _ in range(2):
        set_standing(
            project=project, labeler=ana, state="excluded", reason="Copied.", decided_by=rae
        )
    assert states(project) == [("open", ["void", "open"]), ("open", ["open"])]
    assert excluding.follow(standing_id=LabelerStanding.objects.get().pk) == 0
    restore(project, ana)
    restore(project, ana)
    kept = StandingChange.objects.values_list("before", "after", "reason", "decided_by")
    assert list(kept) == [
        ("training", "excluded", "Copied.", rae.pk),
        ("excluded", "active", "", None),
    ]


def test_hidden_checks_and_repeats_of_theirs_are_owed_by_nobody_else():
    project, ana = project_with_tasks(1), make_labeler()
    made = judge(project, ana)
    Task.objects.filter(pk=made.task_id).update(reserved_for=ana)
    exclude(project, ana)
    assert states(project) == [("complete", ["submitted"])]


def test_what_an_expert_has_answered_since_is_not_owed_again():
    project, ana = project_with_tasks(1), make_labeler()
    made = judge(project, ana)
    shown = Message.objects.filter(pk__in=made.order).order_by("pk")
    create_gold_item(project=project, use="gold", tiers=[[text.uid] for text in shown])
    exclude(project, ana)
    task = Task.objects.get(pk=made.task_id)
    assert (task.state, task.slots.get().state) == ("complete", "void")
    restore(project, ana)
    assert Task.objects.get(pk=made.task_id).slots.get().state == "submitted"


def test_a_prompt_that_is_gone_is_not_asked_about_again():
    project, ana = project_with_tasks(1), make_labeler()
    judge(project, ana)
    Message.objects.filter(role="user").update(deleted_at=F("created_at") + timedelta(seconds=1))
    exclude(project, ana)
    assert states(project) == [("complete", ["void"])]


def test_disagreement_is_of_those_who_count():
    project = project_with_tasks(1, overlap=2)
    ana, bo = make_labeler(), make_labeler()
    made = judge(project, ana)
    winner = made.tiers[0][0]
    held = claimed(project, bo)
    order = Slot.objects.get(uid=held.slot).order
    places = ("1", "2") if order[1] == winner else ("2", "1")
    submit(slot_uid=held.slot, labeler=bo, answer=ranking(*places))
    assert len(set(Comparison.objects.values_list("outcome", flat=True))) == 2
    restore(project, ana)
    exclude(project, ana)
    assert Task.objects.get().disagreement is None
    restore(project, ana)
    assert Task.objects.get().disagreement == pytest.approx(0.6309, abs=1e-4)


def test_nobody_decides_on_themselves_or_without_a_reason():
    project, ana = project_with_tasks(1), make_labeler()
    with pytest.raises(NotAllowed):
        set_standing(project=project, labeler=ana, state="active", decided_by=ana.user)
    for state in ("warned", "paused", "excluded"):
        with pytest.raises(InvalidInput) as refused:
            set_standing(project=project, labeler=ana, state=state, reason="  ")
        assert refused.value.attr == "reason"
    assert not StandingChange.objects.exists()


def test_batches_do_all_of_it_and_a_contrary_decision_turns_it_round(monkeypatch):
    monkeypatch.setattr(excluding, "BATCH", 2)
    project, ana = project_with_tasks(5), make_labeler()
    for _ in range(5):
        judge(project, ana)
    standing = exclude(project, ana)
    voided = Slot.objects.filter(labeler=ana, state="void")
    assert voided.count() == 2  # in the decision's transaction; a worker does the rest
    assert excluding.follow(standing_id=standing.pk) == 3
    assert voided.count() == Slot.objects.filter(state="open").count() == 5
    restore(project, ana)
    assert voided.count() == 3
    excluding.follow_all()
    assert not voided.exists()
    assert not Slot.objects.filter(state="open").exists()
    assert not Task.objects.filter(state="open").exists()


def test_a_batch_takes_the_same_statements_however_much_it_holds():
    counts = []
    for tasks in (1, 6):
        project, ana = project_with_tasks(tasks), make_labeler()
        for _ in range(tasks):
            judge(project, ana)
        standing = LabelerStanding.objects.create(project=project, labeler=ana, state="excluded")
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert excluding.follow_batch(standing_id=standing.pk) == tasks
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 10


def owed_right(task, overlap):
    """As many slots are live as are owed, or as were answered beyond; and the task knows."""
    live = task.slots.filter(state__in=["open", "leased", "submitted"]).count()
    answered = task.slots.filter(state="submitted").count()
    complete = task.state == "complete"
    return live == max(overlap, answered) and complete == (live == answered)


@pytest.mark.django_db(transaction=True)
def test_decisions_answers_and_claims_at_once_leave_as_many_slots_as_are_owed():
    project = project_with_tasks(12, overlap=2)
    ana, others = make_labeler(), [make_labeler() for _ in range(3)]
    for _ in range(8):
        judge(project, ana)

    def answer(labeler):
        for _ in range(5):
            task = claim(project=project, labeler=labeler)
            if task:
                submit(slot_uid=task.slot, labeler=labeler, answer=ranking("1", "2"))

    def work(index):
        if index < len(others):
            answer(others[index])
        elif index == 4:
            restore(project, ana)
        else:
            exclude(project, ana, reason=f"For the {index}th time.")

    assert together(6, work) == [None] * 6
    exclude(project, ana, reason="At last.")
    assert all(owed_right(task, 2) for task in Task.objects.all())
    assert not Slot.objects.filter(labeler=ana, state="submitted").exists()
    restore(project, ana)
    assert all(owed_right(task, 2) for task in Task.objects.all())
    assert Slot.objects.filter(labeler=ana, state="submitted").count() == 8


def test_the_list_of_comparisons_names_them_only_where_they_are_asked_for():
    project, ana, bo = project_with_tasks(2), make_labeler(), make_labeler()
    judge(project, ana)
    judge(project, bo)
    exclude(project, ana)
    said_by = {row.labeler_id for row in comparisons_of(project=project)}
    assert said_by == {bo.pk}
    hers = comparisons_of(project=project, labeler=ana.pseudonym)
    assert {row.labeler_id for row in hers} == {ana.pk}
