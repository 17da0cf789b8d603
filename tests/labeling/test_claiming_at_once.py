"""Many people, and many tabs of one person, at real PostgreSQL at the same time."""

from collections import Counter
from random import Random
from threading import Barrier

import pytest
from django.db import connection, transaction

from labeling.errors import LeaseExpired, QueueBusy, TooManyHeld
from labeling.models import Comparison, Judgment, Skip, Slot, Task
from labeling.services import claiming
from labeling.services.claiming import claim, skip
from labeling.services.submitting import submit
from tests.factories import make_labeler
from tests.labeling.work import claimed, expire, project_with_tasks, ranking, together

pytestmark = pytest.mark.django_db(transaction=True)


def no_errors(results):
    assert [result for result in results if isinstance(result, Exception)] == []
    return results


def test_sixteen_people_do_everything_once():
    """Each sees every task at most once; 500 tasks owed 3 judgments each end with exactly 3."""
    project = project_with_tasks(500, overlap=3)
    people = [make_labeler() for _ in range(16)]

    def work(index):
        rng, granted = Random(index), []
        while task := claim(project=project, labeler=people[index]):
            granted.append(task.slot)
            if rng.random() < 0.02:
                skip(slot_uid=task.slot, labeler=people[index], reason="other")
            else:
                submit(slot_uid=task.slot, labeler=people[index], answer=ranking("1", "2"))
        return granted

    granted = [slot for slots in no_errors(together(16, work)) for slot in slots]
    while Slot.objects.filter(state="open").exists():  # skipped when the others had gone home
        granted += [slot for index in range(16) for slot in work(index)]

    assert max(Counter(granted).values()) == 1
    skips = Skip.objects.count()
    assert len(granted) == 1500 + skips
    assert Slot.objects.filter(state="submitted").count() == 1500
    assert Slot.objects.filter(state="skipped").count() == skips
    assert Slot.objects.count() == 1500 + skips
    assert Task.objects.filter(state="complete").count() == 500
    pairs = Judgment.objects.values_list("task", "labeler")
    assert len(set(pairs)) == len(pairs) == 1500
    assert Comparison.objects.count() == 1500


def test_many_tabs_of_one_person_hold_two_tasks_and_meet_none_twice():
    project = project_with_tasks(40, overlap=3)
    labeler = make_labeler()

    def tab(_index):
        """Claims without knowing of the other tabs, then with, never more than two held."""
        seen = []
        for _ in range(6):
            try:
                first = claimed(project, labeler)
                second = claim(project=project, labeler=labeler, holding=[first.slot])
            except TooManyHeld:
                continue
            assert Slot.objects.filter(labeler=labeler, state="leased").count() <= 2
            seen += [task.slot for task in (first, second) if task]
        return seen

    seen = {slot for slots in no_errors(together(12, tab)) for slot in slots}
    assert len(seen) == 2
    assert Slot.objects.filter(labeler=labeler).count() == 2


def test_many_tabs_that_submit_lose_nothing():
    project = project_with_tasks(30, overlap=2)
    labeler = make_labeler()

    def tab(index):
        done = 0
        while task := claim(project=project, labeler=labeler):
            submit(
                slot_uid=task.slot,
                labeler=labeler,
                answer=ranking("1", "2", submit_key=str(task.slot)),
            )
            done += 1
        return done

    no_errors(together(8, tab))
    assert Judgment.objects.count() == 30
    assert Judgment.objects.values("task").distinct().count() == 30
    assert Slot.objects.filter(state="open").count() == 30


def test_an_expired_lease_is_granted_again_to_exactly_one():
    project = project_with_tasks(1)
    late = make_labeler()
    task = claimed(project, late)
    expire(task.slot)
    people = [make_labeler() for _ in range(8)]

    results = no_errors(together(8, lambda i: claim(project=project, labeler=people[i])))

    assert [result.slot for result in results if result] == [task.slot]
    assert Skip.objects.get().labeler == late


def test_a_late_answer_and_a_new_grant_cannot_both_win():
    project = project_with_tasks(40)
    late, other = make_labeler(), make_labeler()
    for _ in range(20):
        task = claimed(project, late)
        expire(task.slot)

        def race(index, task=task):
            if index:
                return claim(project=project, labeler=other)
            return submit(slot_uid=task.slot, labeler=late, answer=ranking("1", "2"))

        answered, granted = together(2, race)
        slot = Slot.objects.get(uid=task.slot)
        if isinstance(answered, LeaseExpired):
            assert slot.labeler == other
        else:
            assert isinstance(answered, Judgment)
            assert (slot.labeler, slot.state) == (late, "submitted")
        if granted:
            submit(slot_uid=granted.slot, labeler=other, answer=ranking("1", "2"))


def test_no_task_is_said_only_when_there_is_none(monkeypatch):
    """A slot that somebody is just looking at is neither given out twice nor kept secret."""
    monkeypatch.setattr(claiming, "PAUSE_SECONDS", 0)
    project = project_with_tasks(1)
    with transaction.atomic():
        Slot.objects.select_for_update().get()
        [busy] = together(1, lambda _i: claim(project=project, labeler=make_labeler()))
    assert isinstance(busy, QueueBusy)
    assert (busy.status, busy.retry_after_seconds) == (503, 1)
    assert claim(project=project, labeler=make_labeler()) is not None


def test_a_slot_that_comes_free_meanwhile_is_found(monkeypatch):
    """The claim that met it locked looks again instead of saying that there is nothing."""
    project = project_with_tasks(1)
    locked = transaction.atomic()
    locked.__enter__()
    Slot.objects.select_for_update().get()
    released = []

    def release(_seconds):
        if not released:
            released.append(True)
            holder_done.set()
            freed.wait()

    from threading import Event, Thread

    holder_done, freed = Event(), Event()
    monkeypatch.setattr(claiming.time, "sleep", release)
    found = []

    def look():
        found.append(claim(project=project, labeler=make_labeler()))
        connection.close()

    thread = Thread(target=look)
    thread.start()
    holder_done.wait()
    locked.__exit__(None, None, None)
    freed.set()
    thread.join()
    assert found[0] is not None


def test_two_skips_of_one_task_owe_two_slots():
    project = project_with_tasks(1, overlap=4)
    people = [make_labeler() for _ in range(4)]
    slots = [claimed(project, person).slot for person in people]
    no_errors(together(4, lambda i: skip(slot_uid=slots[i], labeler=people[i], reason="unclear")))
    states = Slot.objects.order_by("ordinal").values_list("ordinal", "state")
    assert list(states) == [
        (ordinal, "skipped" if ordinal <= 4 else "open") for ordinal in range(1, 9)
    ]


@pytest.mark.parametrize("answer", ["submit", "skip"])
def test_who_is_ended_by_a_deadlock_tries_again(answer):
    """Somebody holds the task and then wants the slot, while its holder has the slot already."""
    project = project_with_tasks(1)
    labeler = make_labeler()
    task = claimed(project, labeler)

    def meet(index):
        if index:
            with transaction.atomic():
                held = Task.objects.select_for_update(no_key=True).get()
                both.wait()
                _until_somebody_waits_for_a_row()
                return list(held.slots.select_for_update(no_key=True))
        both.wait()
        if answer == "skip":
            return skip(slot_uid=task.slot, labeler=labeler, reason="other")
        return submit(slot_uid=task.slot, labeler=labeler, answer=ranking("1", "2"))

    both = Barrier(2)
    no_errors(together(2, meet))

    assert Judgment.objects.count() + Skip.objects.count() == 1


def _until_somebody_waits_for_a_row():
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
            if cursor.fetchone()[0]:
                return
