"""What is begun is finished first: the fewest votes missing, then the disputed, then the oldest."""

import pytest

from labeling.models import ClaimCursor, Slot, Task
from labeling.services.bands import BANDS, band_of
from labeling.services.claim_sql import PASSED_AT_ONCE
from labeling.services.claiming import skip
from tests.factories import make_labeler
from tests.labeling.test_adaptive import vote
from tests.labeling.work import claimed, judge, project_with_tasks

pytestmark = pytest.mark.django_db


def test_bands_are_in_the_order_of_priority():
    in_order = [
        band_of(task_band=urgency, votes=votes, missing=missing, disagreement=disagreement)
        for urgency in (-1, 0, 1)
        for votes, missing, disagreement in (
            (2, 1, 0.63),
            (2, 1, 0.3),
            (2, 2, 0.63),
            (1, 2, None),
            (2, 3, 0.63),
            (1, 4, None),
            (0, 3, None),
        )
    ]
    assert in_order == BANDS
    assert band_of(task_band=30_000, votes=0, missing=1, disagreement=None) == 7_000


FIRST_OF_ALL = BANDS[0]


def tasks():
    return list(Task.objects.order_by("pk"))


def test_a_task_that_was_begun_comes_before_those_that_were_not():
    project = project_with_tasks(3, overlap=2)
    first, _second, third = tasks()
    Slot.objects.filter(task=third).update(band=FIRST_OF_ALL)
    vote(project, 1)  # begins the third
    assert [vote(project, 1).task for _ in range(3)] == [third, first, first]


def test_fewest_votes_missing_then_the_disputed_then_the_oldest():
    project = project_with_tasks(4, overlap=4)
    one_vote, agreed, disputed, nearly = tasks()
    for task, votes in ((one_vote, [1]), (agreed, [1, 1]), (disputed, [1, 2]), (nearly, [1, 1, 1])):
        for best in votes:
            Slot.objects.filter(task=task, state="open").update(band=FIRST_OF_ALL)
            vote(project, best)
    served = [vote(project, 1).task for _ in range(4)]
    assert served == [nearly, disputed, disputed, agreed]


def test_a_slot_that_changes_its_band_is_not_missed_by_who_has_passed_its_old_place():
    project = project_with_tasks(3, overlap=2)
    ana, bo = make_labeler(), make_labeler()
    _first, second, third = tasks()
    passed = claimed(project, ana)
    skip(slot_uid=passed.slot, labeler=ana, reason="other")
    held = claimed(project, ana)
    assert Slot.objects.get(uid=held.slot).task == second
    Slot.objects.filter(task=third).update(band=FIRST_OF_ALL)
    vote(project, 1, bo)  # the third is begun: its other slot has a new place
    assert Slot.objects.get(uid=claimed(project, ana, holding=[held.slot]).slot).task == third


def test_what_is_passed_on_is_served_with_tasks_as_far_as_it_is():
    project = project_with_tasks(2, overlap=3)
    first, _second = tasks()
    vote(project, 1), vote(project, 1)
    holder = make_labeler()
    held = claimed(project, holder)
    skip(slot_uid=held.slot, labeler=holder, reason="other")
    replaced = Slot.objects.get(task=first, state="open")
    assert replaced.band == band_of(task_band=0, votes=2, missing=1, disagreement=0)
    assert vote(project, 1).task == first


def test_a_labeler_alone_passes_what_they_began_in_bulk():
    """Their own begun tasks pile up ahead of the fresh ones, and are not read again each time."""
    project = project_with_tasks(PASSED_AT_ONCE + 4, overlap=2)
    ana = make_labeler()
    for _ in range(PASSED_AT_ONCE):
        judge(project, ana)
    band = band_of(task_band=0, votes=1, missing=1, disagreement=None)
    begun = Slot.objects.filter(state="open", band=band)
    assert begun.count() == PASSED_AT_ONCE
    assert not ClaimCursor.objects.filter(labeler=ana, band=band).exists()
    claimed(project, ana)
    cursor = ClaimCursor.objects.get(labeler=ana, band=band)
    oldest, *_others, newest = begun.order_by("seq")
    assert cursor.seq == newest.seq
    assert judge(project, make_labeler()).task == oldest.task
