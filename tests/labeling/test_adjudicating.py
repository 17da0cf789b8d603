"""Adjudication: what comes before an expert, what closes it, and what is given out again."""

from zipfile import ZipFile

import pytest
from django.utils import timezone

from accounts.models import Labeler
from accounts.services import labeler_of
from collector.models import Message
from common.errors import Conflict, InvalidInput, NotFound
from labeling.models import Adjudication, Comparison, Judgment, Slot, Task
from labeling.personal_data import personal_archive
from labeling.services.adjudicated import order_for
from labeling.services.adjudicating import (
    AlreadyAdjudicated,
    Decision,
    GuidelinesMoved,
    TakesPart,
    open_by_hand,
    open_disputed,
    put_back_counts,
    resolve,
)
from labeling.services.bands import band_of
from labeling.services.claiming import claim
from labeling.services.gold import create_gold_item
from labeling.services.policies import set_guidelines
from labeling.services.privacy import erase
from labeling.services.rebuilding import rebuild_comparisons
from labeling.tasks import open_adjudications
from tests.labeling.disputes import disputed, expert, opened, vote
from tests.labeling.work import project_with_tasks, ranking, together

pytestmark = pytest.mark.django_db


def answer(*tiers, **fields):
    return ranking(*(tiers or ("1", "2")), **fields)


def snapshot(model):
    return list(model.objects.order_by("pk").values())


def test_disputed_tasks_are_opened_once_and_others_are_not():
    project = disputed(2)
    agreed = project_with_tasks(1, overlap=2)
    vote(agreed, 1)
    vote(agreed, 1)
    half = project_with_tasks(1, overlap=3)
    vote(half, 1)
    vote(half, 2)  # disputed, and one judgment is still owed
    assert [open_disputed(project=each) for each in (project, agreed, half, project)] == [
        2,
        0,
        0,
        0,
    ]
    assert {each.task.project for each in Adjudication.objects.all()} == {project}
    assert Adjudication.objects.first().disagreement == Task.objects.first().disagreement


def test_the_queue_is_filled_in_the_background_but_for_archived_projects():
    project, archived = disputed(), disputed()
    archived.archived_at = timezone.now()
    archived.save()
    open_adjudications()
    assert {each.project for each in Adjudication.objects.all()} == {project}


def test_an_experts_answer_is_a_judgment_and_the_votes_stay():
    project = disputed()
    (adjudication,) = opened(project)
    votes, comparisons = snapshot(Judgment), snapshot(Comparison)
    user = expert(project)
    done = resolve(
        adjudication=adjudication,
        user=user,
        decision=Decision(kind="slip", answer=answer("2", "1"), note=" Two is wrong on dates. "),
    )
    order = order_for(adjudication)
    assert done.judgment.tiers == [[order[1]], [order[0]]]
    assert (done.judgment.purpose, done.judgment.labeler) == ("adjudication", labeler_of(user=user))
    assert (done.state, done.kind, done.note) == ("resolved", "slip", "Two is wrong on dates.")
    assert snapshot(Judgment)[:-1] == votes
    assert snapshot(Comparison)[:-1] == comparisons
    pair = Comparison.objects.last()
    assert (pair.purpose, pair.labeler, pair.judgment) == (
        "adjudication",
        labeler_of(user=user),
        done.judgment,
    )
    assert pair.outcome == ("first" if order[1] < order[0] else "second")
    before = snapshot(Comparison)
    rebuild_comparisons(project=project)
    assert snapshot(Comparison) == before


def test_the_order_an_expert_sees_is_the_same_each_time_and_not_always_that_of_the_ids():
    project = disputed(12)
    orders = {each.pk: order_for(each) for each in opened(project)}
    assert orders == {each.pk: order_for(each) for each in opened(project)}
    assert {order == sorted(order) for order in orders.values()} == {True, False}


@pytest.mark.parametrize(
    ("decision", "attr"),
    [
        (Decision(kind="", answer=answer()), "kind"),
        (Decision(kind="slip"), "answer"),
        (Decision(kind="ambiguous_prompt", answer=answer()), "answer"),
        (Decision(kind="slip", answer=answer("1")), "tiers"),
        (Decision(kind="slip", answer=answer(strength=3)), "strength"),
        (Decision(kind="slip", answer=answer(rationale="so")), "rationale"),
        (Decision(kind="slip", answer=answer(), put_back="this"), "kind"),
        (Decision(kind="slip", answer=answer(), guidelines="New"), "kind"),
        (Decision(kind="guideline_gap", put_back="all"), "put_back"),
        (Decision(kind="guideline_gap"), "guidelines"),
        (Decision(kind="slip", answer=answer(), note="x" * 10_001), "note"),
    ],
)
def test_a_decision_that_makes_no_sense_changes_nothing(decision, attr):
    project = disputed()
    (adjudication,) = opened(project)
    before = snapshot(Adjudication), snapshot(Judgment)
    with pytest.raises(InvalidInput) as refused:
        resolve(adjudication=adjudication, user=expert(project), decision=decision)
    assert refused.value.attr == attr
    assert (snapshot(Adjudication), snapshot(Judgment)) == before


@pytest.mark.parametrize("kind", ["ambiguous_prompt", "value_difference"])
def test_a_disagreement_can_be_closed_without_an_answer(kind):
    project = disputed()
    (adjudication,) = opened(project)
    done = resolve(adjudication=adjudication, user=expert(project), decision=Decision(kind=kind))
    assert (done.state, done.judgment) == ("resolved", None)
    assert Judgment.objects.count() == 2
    assert open_disputed(project=project) == 0  # nobody has said anything since


def test_the_same_decision_twice_is_once_and_another_expert_is_told():
    project = disputed()
    (adjudication,) = opened(project)
    user = expert(project)
    decision = Decision(kind="slip", answer=answer("2", "1"))
    first = resolve(adjudication=adjudication, user=user, decision=decision)
    again = resolve(
        adjudication=adjudication, user=user, decision=Decision("slip", answer("2", "1"))
    )
    assert again.judgment == first.judgment
    for somebody, other in (
        (user, Decision("slip", answer("1", "2"))),
        (expert(project), Decision("slip", answer("2", "1"))),
    ):
        with pytest.raises(AlreadyAdjudicated):
            resolve(adjudication=adjudication, user=somebody, decision=other)
    assert Judgment.objects.count() == 3


def test_who_judged_a_task_does_not_decide_on_it():
    project = disputed()
    (adjudication,) = opened(project)
    judge_ = Labeler.objects.filter(judgments__isnull=False).first()
    with pytest.raises(TakesPart):
        resolve(adjudication=adjudication, user=judge_.user, decision=Decision("slip", answer()))


def test_a_deleted_text_closes_it():
    project = disputed(2)
    first, second = opened(project)
    Message.objects.filter(pk=first.task.prompt_id).update(deleted_at=timezone.now())
    with pytest.raises(Conflict):
        resolve(adjudication=first, user=expert(project), decision=Decision("slip", answer()))
    open_disputed(project=project)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("void", "open")
    response = second.task.candidates.first()
    Message.objects.filter(pk=response.pk).update(deleted_at=timezone.now())
    assert open_disputed(project=project) == 0
    second.refresh_from_db()
    assert second.state == "void"


def test_a_task_is_opened_by_hand_whatever_its_votes_are():
    project = project_with_tasks(1, overlap=2)
    vote(project, 1)
    task = Task.objects.get()
    adjudication = open_by_hand(project=project, task_uid=task.uid)
    assert adjudication == open_by_hand(project=project, task_uid=task.uid)
    assert (adjudication.state, adjudication.disagreement) == ("open", 0.0)
    with pytest.raises(NotFound):
        open_by_hand(project=project_with_tasks(1), task_uid=task.uid)
    Task.objects.update(state="void")
    with pytest.raises(Conflict):
        open_by_hand(project=project, task_uid=task.uid)


def test_a_later_answer_takes_the_place_of_an_earlier_one():
    project = disputed()
    (adjudication,) = opened(project)
    first = resolve(
        adjudication=adjudication, user=expert(project), decision=Decision("slip", answer())
    )
    again = open_by_hand(project=project, task_uid=adjudication.task.uid)
    second = resolve(adjudication=again, user=expert(project), decision=Decision("slip", answer()))
    first.judgment.refresh_from_db()
    assert second.judgment.supersedes == first.judgment
    assert first.judgment.retired_at == second.judgment.created_at
    standing = Comparison.objects.filter(purpose="adjudication", retired_at__isnull=True)
    assert [pair.judgment for pair in standing] == [second.judgment]


def gap(**fields):
    return Decision(**{"kind": "guideline_gap", "guidelines": "# Dates\n\nMust be right."} | fields)


def open_slots(task):
    return Slot.objects.filter(task=task, state="open").count()


def test_a_gap_makes_a_version_and_gives_this_task_out_again():
    project = disputed(2)
    set_guidelines(project=project, text="# Be fair")
    first, second = opened(project)
    slots, votes = snapshot(Slot), snapshot(Judgment)
    done = resolve(adjudication=first, user=expert(project), decision=gap(base=1, put_back="this"))
    assert (done.guideline_version.number, done.put_back, done.judgment) == (2, 1, None)
    assert [Task.objects.get(pk=each.task_id).state for each in (first, second)] == [
        "open",
        "complete",
    ]
    assert open_slots(first.task_id) == 2
    band = band_of(task_band=0, votes=2, missing=2, disagreement=1.0)
    assert {slot.band for slot in Slot.objects.filter(state="open")} == {band}
    assert [row for row in snapshot(Slot) if row["state"] != "open"] == slots
    assert snapshot(Judgment) == votes
    former = Labeler.objects.filter(judgments__isnull=False).first()
    assert claim(project=project, labeler=former) is None  # who judged it is not asked again
    vote(project, 1)
    newest = Judgment.objects.last()
    assert newest.guideline_version.number == 2
    assert open_disputed(project=project) == 0
    vote(project, 1)  # all who read the new version agree
    assert open_disputed(project=project) == 0


def test_what_stays_disputed_under_the_new_version_comes_back():
    project = disputed()
    (adjudication,) = opened(project)
    resolve(adjudication=adjudication, user=expert(project), decision=gap(put_back="this"))
    vote(project, 1)
    vote(project, 0)
    assert open_disputed(project=project) == 1
    assert [each.state for each in opened(project)] == ["resolved", "open"]


def test_the_whole_queue_is_given_out_again():
    project = disputed(3)
    other = disputed()
    first, second, third = opened(project)
    (elsewhere,) = opened(other)
    assert put_back_counts(adjudication=first) == {"this": 1, "queue": 3, "judged_before": 3}
    done = resolve(
        adjudication=second,
        user=expert(project),
        decision=gap(put_back="queue", answer=answer()),
    )
    assert done.put_back == 3
    states = {each.pk: each.state for each in Adjudication.objects.all()}
    assert states == {
        first.pk: "void",
        second.pk: "resolved",
        third.pk: "void",
        elsewhere.pk: "open",
    }
    assert set(Task.objects.filter(project=project).values_list("state", flat=True)) == {"open"}
    assert Slot.objects.filter(task__project=other, state="open").count() == 0
    assert done.judgment.guideline_version == done.guideline_version


def test_what_was_judged_before_and_no_expert_has_seen_is_given_out_again():
    project = disputed(3)
    set_guidelines(project=project, text="# Old")
    first, second, third = opened(project)
    resolve(adjudication=first, user=expert(project), decision=Decision("slip", answer()))
    Adjudication.objects.filter(pk=third.pk).delete()  # disputed, and not before an expert yet
    Task.objects.filter(pk=third.task_id).update(disagreement=0.9)
    done = resolve(
        adjudication=second, user=expert(project), decision=gap(base=1, put_back="judged_before")
    )
    assert done.put_back == 2
    assert [open_slots(each.task_id) for each in (first, second, third)] == [0, 2, 2]


def test_responses_of_a_known_answer_are_given_to_nobody_again():
    project = disputed()
    (adjudication,) = opened(project)
    uids = list(adjudication.task.candidates.values_list("uid", flat=True))
    create_gold_item(project=project, use="gold", tiers=[[uids[0]], [uids[1]]])
    done = resolve(adjudication=adjudication, user=expert(project), decision=gap(put_back="this"))
    assert (done.put_back, open_slots(adjudication.task_id)) == (0, 0)
    Adjudication.objects.all().delete()
    assert open_disputed(project=project) == 0


def test_a_text_made_from_an_older_version_is_refused():
    project = disputed()
    (adjudication,) = opened(project)
    set_guidelines(project=project, text="# One")
    set_guidelines(project=project, text="# Two")
    with pytest.raises(GuidelinesMoved):
        resolve(adjudication=adjudication, user=expert(project), decision=gap(base=1))
    assert project.guidelines.count() == 2
    done = resolve(
        adjudication=adjudication,
        user=expert(project),
        decision=Decision(kind="guideline_gap", put_back="this"),
    )  # the gap was closed by somebody else since the votes
    assert (done.guideline_version.number, done.put_back) == (2, 1)


@pytest.mark.django_db(transaction=True)
def test_of_experts_at_once_one_decides():
    project = disputed()
    (adjudication,) = opened(project)
    users = [expert(project) for _ in range(4)]
    for user in users:
        labeler_of(user=user)

    def decide(index):
        return resolve(adjudication=adjudication, user=users[index], decision=gap(put_back="this"))

    results = together(4, decide)
    assert sorted(type(result).__name__ for result in results) == [
        "Adjudication",
        *["AlreadyAdjudicated"] * 3,
    ]
    assert project.guidelines.count() == 1
    assert open_slots(adjudication.task_id) == 2


@pytest.mark.django_db(transaction=True)
def test_experts_who_give_out_each_others_tasks_do_not_block_each_other():
    project = disputed(4)
    adjudications = opened(project)
    users = [expert(project) for _ in adjudications]
    for user in users:
        labeler_of(user=user)

    def decide(index):
        return resolve(
            adjudication=adjudications[index], user=users[index], decision=gap(put_back="queue")
        )

    results = together(4, decide)
    assert sorted(type(result).__name__ for result in results) == [
        "Adjudication",
        *["AlreadyAdjudicated"] * 3,
    ]
    assert [open_slots(each.task_id) for each in adjudications] == [2] * 4


def test_a_note_is_its_writers_own_and_goes_with_them():
    project = disputed()
    (adjudication,) = opened(project)
    user = expert(project)
    decision = Decision("slip", answer(), note="I know this from my village.")
    resolve(adjudication=adjudication, user=user, decision=decision)
    with personal_archive(user=user, labeler=labeler_of(user=user)) as file:
        account = ZipFile(file).read("account.json").decode()
    assert "I know this from my village." in account
    erase(user=user, labeler=labeler_of(user=user))
    adjudication.refresh_from_db()
    assert (adjudication.note, adjudication.resolved_by) == ("", None)
    assert adjudication.judgment.tiers == [[pk] for pk in order_for(adjudication)]
