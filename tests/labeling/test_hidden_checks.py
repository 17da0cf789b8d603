"""Hidden among the work: items with a known answer, and one's own work once more."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.services import labeler_of
from collector.models import Message
from labeling.models import Candidate, Comparison, Judgment, Slot, Task
from labeling.services import claiming
from labeling.services.check_sql import CHECK_BAND, REPEAT_DISTANCE
from labeling.services.claiming import claim, renew, skip
from labeling.services.gold import retire_gold_item
from labeling.services.reopening import reopen
from labeling.services.standings import set_standing
from labeling.services.submitting import submit
from labeling.worklists import open_for
from tests.factories import make_labeler, make_member
from tests.labeling.pages import sign_in
from tests.labeling.training import add_items
from tests.labeling.work import claimed, judge, project_with_tasks, ranking, together

pytestmark = pytest.mark.django_db

GOLD, REPEAT, WORK = 0.0, 0.5, 0.99


@pytest.fixture
def due(monkeypatch):
    """Decides what the die says: with gold below its share, then a repeat, then work."""
    said = {"draw": WORK}
    monkeypatch.setattr(claiming.random, "random", lambda: said["draw"])

    def say(draw):
        said["draw"] = draw

    return say


def gold_project(tasks, items, **policy):
    project = project_with_tasks(tasks, gold_share=0.4, repeat_share=0.2, **policy)
    return project, add_items(project, "gold", items)


def item_in(task, items):
    slot = Slot.objects.get(uid=task.slot)
    return next((item for item in items if item.task_id == slot.task_id), None)


def test_a_hidden_item_is_given_in_place_of_work_and_looks_like_it(due):
    project, items = gold_project(2, 1, lease_minutes=7)
    labeler = make_labeler()
    due(GOLD)
    before = timezone.now()
    check = claimed(project, labeler)
    assert item_in(check, items) == items[0]
    due(WORK)
    work = claimed(project, labeler, holding=[check.slot])
    assert Slot.objects.get(uid=work.slot).task.state == "open"  # none was used up by the check

    fields = ("kind", "modes", "span_labels", "guideline_version", "guidelines_changed")
    assert all(getattr(check, name) == getattr(work, name) for name in fields)
    assert [shown.id for shown in check.responses] == [shown.id for shown in work.responses]
    lease = timedelta(minutes=7)
    assert before + lease <= check.expires_at <= timezone.now() + lease
    assert reopen(project=project, slot_uid=check.slot, labeler=labeler).task == check


def test_no_slot_tells_by_its_uid_when_it_was_made(due):
    """An hour that is not that of the task would say that others disagreed, or passed it on; one
    that two slots share, that one of them is a check."""
    project, _items = gold_project(14, 1, overlap=2, escalation=[3], stop_confidence=0.85)
    first, second, third = (make_labeler() for _ in range(3))
    for labeler, tiers in ((first, "12"), (second, "21")):
        for _ in range(12):
            task = claimed(project, labeler)
            order = Slot.objects.get(uid=task.slot).order or []
            places = tiers if order == sorted(order) else tiers[::-1]
            submit(slot_uid=task.slot, labeler=labeler, answer=ranking(*places))
    skip(slot_uid=claimed(project, third).slot, labeler=third, reason="other")
    due(GOLD)
    judge(project, second)
    due(REPEAT)
    judge(project, second)
    set_standing(project=project, labeler=first, state="excluded", reason="Two accounts.")

    made = Slot.objects.values_list("ordinal", "band", "uid")
    assert {ordinal for ordinal, *_ in made} >= {1, 2, 3, 4, 5}
    assert sum(band == CHECK_BAND for _, band, _ in made) == 2
    assert {uid.version for *_, uid in made} == {4}


def test_the_number_of_open_tasks_does_not_tell_a_check_from_work(due):
    project, _items = gold_project(15, 1)
    user = make_member(project, "labeler")
    labeler = labeler_of(user=user)
    client = sign_in(user)

    def shown():
        page = client.get("/").content.decode()
        return re.findall(r"open for me</dt><dd>(.*?)</dd>", page)[0]

    before = shown()
    due(GOLD)
    judge(project, labeler)
    after_check = shown()
    due(WORK)
    judge(project, labeler)
    assert before == after_check == shown() == "10+"
    for _ in range(5):
        judge(project, labeler)
    assert shown() == "&lt;10"
    for _ in range(9):
        judge(project, labeler)
    assert shown() == "0"


@pytest.mark.parametrize("draw", [WORK, GOLD])
@pytest.mark.parametrize("answered", [False, True])
def test_the_training_pages_know_no_slot_of_the_work(due, draw, answered):
    project, _items = gold_project(3, 1)
    user = make_member(project, "labeler")
    labeler = labeler_of(user=user)
    due(draw)
    slot = claimed(project, labeler).slot
    if answered:
        submit(slot_uid=slot, labeler=labeler, answer=ranking("1", "2"))
    client, page = sign_in(user), f"/projects/{project.slug}/training/{slot}/"
    assert client.get(page).status_code == 404
    for action in ("submit/", "skip/"):
        assert client.post(page + action, {}).status_code == 404


def test_an_answer_to_a_hidden_item_is_gold_and_makes_no_comparisons(due):
    project, items = gold_project(1, 1)
    labeler = make_labeler()
    due(GOLD)
    judgment = judge(project, labeler)
    assert (judgment.purpose, judgment.task_id) == ("gold", items[0].task_id)
    assert not Comparison.objects.exists()
    task = Task.objects.get(pk=items[0].task_id)
    assert (task.state, task.disagreement) == ("void", None)
    corrected = submit(
        slot_uid=judgment.slot.uid, labeler=labeler, answer=ranking("2", "1")
    )  # as any other
    assert (corrected.purpose, corrected.supersedes_id) == ("gold", judgment.pk)


def test_each_item_is_given_to_a_person_once_and_to_everybody(due):
    project, items = gold_project(6, 3, overlap=2)
    due(GOLD)
    for labeler in (make_labeler(), make_labeler()):
        given = [judge(project, labeler) for _ in range(5)]
        assert [judgment.purpose for judgment in given] == ["gold"] * 3 + ["work"] * 2
        assert {judgment.task_id for judgment in given[:3]} == {item.task_id for item in items}
    numbers = Slot.objects.filter(task=items[0].task).order_by("ordinal")
    assert list(numbers.values_list("ordinal", flat=True)) == [1, 2]


def test_who_has_nothing_but_checks_left_has_no_task(due):
    project, _items = gold_project(1, 3)
    labeler = make_labeler()
    due(WORK)
    judge(project, labeler)
    due(GOLD)
    assert claim(project=project, labeler=labeler) is None
    assert open_for(labeler=labeler, projects=[project]) == {}


def test_no_item_that_is_retired_unwanted_deleted_or_their_own_is_given(due):
    project, items = gold_project(1, 4)
    labeler = make_labeler()
    retire_gold_item(item=items[0])
    Task.objects.filter(pk=items[1].task_id).update(language="fr")
    labeler_wants(labeler, ["en"])
    Message.objects.filter(pk=items[2].task.prompt_id).update(deleted_at=timezone.now())
    first = items[3].task.candidates.order_by("pk")[0]
    Message.objects.filter(pk=first.pk).update(labeler=labeler, revision=None, origin="human")
    due(GOLD)
    assert judge(project, labeler).purpose == "work"


def labeler_wants(labeler, languages):
    from accounts.models import Preferences

    Preferences.objects.create(labeler=labeler, languages=languages)


def test_a_check_that_ran_out_is_nobody_elses_and_still_theirs(due):
    project, _items = gold_project(1, 1)
    ana, bo = make_labeler(user=None, kind="machine"), make_labeler()
    due(GOLD)
    check = claimed(project, ana)
    years = timedelta(hours=876_000)
    Slot.objects.filter(uid=check.slot).update(
        granted_at=timezone.now() - timedelta(days=2),
        expires_at=timezone.now() - timedelta(days=1) + years,
    )
    due(WORK)
    judge(project, bo)
    assert claim(project=project, labeler=bo) is None
    again = claimed(project, ana)
    assert again.slot == check.slot
    assert timezone.now() < again.expires_at < timezone.now() + timedelta(hours=1)
    assert renew(slot_uid=check.slot, labeler=ana) < timezone.now() + timedelta(hours=1)
    assert judge(project, ana).purpose == "gold"


def test_a_check_can_be_passed_and_does_not_come_back(due):
    project, items = gold_project(1, 1)
    labeler = make_labeler()
    due(GOLD)
    check = claimed(project, labeler)
    skip(slot_uid=check.slot, labeler=labeler, reason="other")
    assert list(items[0].task.slots.values_list("state", flat=True)) == ["skipped"]
    assert judge(project, labeler).purpose == "work"


def worked(project, labeler, count):
    return [judge(project, labeler) for _ in range(count)]


def test_a_repeat_is_their_own_work_in_the_opposite_order(due):
    project, _items = gold_project(REPEAT_DISTANCE + 3, 0)
    labeler = make_labeler()
    due(WORK)
    originals = worked(project, labeler, REPEAT_DISTANCE)
    due(REPEAT)
    assert judge(project, labeler).purpose == "work"  # nothing is long enough ago
    again = judge(project, labeler)
    assert (again.purpose, again.task.repeats_id) == ("repeat", originals[0].task_id)
    assert again.order == originals[0].order[::-1]
    assert (again.task.reserved_for, again.task.state) == (labeler, "complete")
    assert set(again.task.candidate_set.values_list("repeat", flat=True)) == {True}
    assert [pair.purpose for pair in again.comparisons.all()] == ["repeat"]
    assert Task.objects.get(pk=originals[0].task_id).disagreement is None


def test_an_original_is_repeated_once_and_only_what_stands_and_is_whole(due):
    project, _items = gold_project(REPEAT_DISTANCE + 8, 0)
    labeler = make_labeler()
    due(WORK)
    first, gone, retired, later = worked(project, labeler, REPEAT_DISTANCE + 3)[:4]
    Message.objects.filter(pk=gone.order[0]).update(deleted_at=timezone.now())
    Judgment.objects.filter(pk=retired.pk).update(retired_at=timezone.now())
    due(REPEAT)
    assert judge(project, make_labeler()).purpose == "work"
    assert judge(project, labeler).task.repeats_id == first.task_id
    assert judge(project, labeler).task.repeats_id == later.task_id  # it has become long ago


def test_a_repeat_that_is_passed_is_owed_to_nobody(due):
    project, _items = gold_project(REPEAT_DISTANCE + 3, 0)
    labeler = make_labeler()
    due(WORK)
    worked(project, labeler, REPEAT_DISTANCE + 1)
    due(REPEAT)
    check = claimed(project, labeler)
    skip(slot_uid=check.slot, labeler=labeler, reason="other")
    slot = Slot.objects.get(uid=check.slot)
    assert (slot.state, slot.band, slot.task.state) == ("skipped", CHECK_BAND, "void")
    assert slot.task.slots.count() == 1


def test_a_longer_ranking_is_repeated_from_the_last_to_the_first(due):
    project = project_with_tasks(REPEAT_DISTANCE + 3, responses=4, repeat_share=0.5)
    labeler = make_labeler()
    due(WORK)
    first = worked(project, labeler, REPEAT_DISTANCE + 1)[0]
    due(0.1)
    again = judge(project, labeler)
    assert again.order == first.order[::-1]
    assert Candidate.objects.filter(task=again.task).count() == 4


def test_the_shares_are_those_of_the_policy():
    """The die itself: of 200 claims with a tenth of gold, 20 are expected, 35 too many."""
    project = project_with_tasks(1, gold_share=0.1)
    add_items(project, "gold", 60)
    labeler = make_labeler()
    claiming.random.seed(7)
    gold = 0
    for _ in range(200):
        slot = Slot.objects.select_related("task__gold_item").get(
            uid=claimed(project, labeler).slot
        )
        is_gold = slot.band == CHECK_BAND
        gold += is_gold
        if is_gold:
            slot.delete()
        else:
            Slot.objects.filter(pk=slot.pk).update(
                state="open", labeler=None, seq=slot.seq + 1_000_000 * (gold + 1)
            )
            connection.cursor().execute("DELETE FROM labeling_claimcursor")
    assert 8 <= gold <= 35


@pytest.mark.django_db(transaction=True)
def test_a_claim_with_a_check_is_two_statements(due, django_assert_num_queries):
    project, _items = gold_project(REPEAT_DISTANCE + 3, 2)
    labeler = make_labeler()
    worked(project, labeler, REPEAT_DISTANCE + 1)
    for draw, purpose in ((GOLD, "gold"), (REPEAT, "repeat")):
        due(draw)
        with django_assert_num_queries(2):
            task = claimed(project, labeler)
        answer = ranking("1", "2")
        with django_assert_num_queries(4):  # BEGIN and COMMIT are counted
            assert submit(slot_uid=task.slot, labeler=labeler, answer=answer).purpose == purpose


@pytest.mark.django_db(transaction=True)
def test_many_who_meet_one_item_at_once_are_all_given_something(due):
    project, items = gold_project(8, 1, overlap=8)
    people = [make_labeler() for _ in range(8)]
    due(GOLD)
    tasks = together(8, lambda index: claimed(project, people[index]))
    assert [task for task in tasks if isinstance(task, Exception)] == []
    assert [item_in(task, items) for task in tasks] == items * 8
    assert sorted(items[0].task.slots.values_list("ordinal", flat=True)) == list(range(1, 9))


@pytest.mark.django_db(transaction=True)
def test_two_tabs_hold_a_check_as_they_hold_work(due):
    project, _items = gold_project(8, 8)
    labeler = make_labeler()
    due(GOLD)
    tasks = together(6, lambda _index: claim(project=project, labeler=labeler))
    assert len({task.slot for task in tasks}) == 1
    assert Slot.objects.filter(labeler=labeler).count() == 1
