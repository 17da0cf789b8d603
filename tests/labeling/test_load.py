"""Crowds at work at once, with everything on: adaptive overlap, hidden items, hidden repeats."""

from collections import Counter

import pytest
from django.db.models import Count, F, Q

from labeling.crowds import people
from labeling.models import Comparison, Judgment, Slot, Task
from labeling.services.simulating import simulate_crowd
from tests.labeling.training import add_items
from tests.labeling.work import project_with_tasks, together

pytestmark = pytest.mark.django_db(transaction=True)

CROWDS = 6
TASKS = 80


def test_crowds_at_once_leave_every_task_with_what_it_is_owed():
    """The last crowd, alone, takes up what was freed when the others had gone home."""
    project = project_with_tasks(
        TASKS, overlap=2, escalation=[3, 5], gold_share=0.2, repeat_share=0.2
    )
    items = {item.task_id for item in add_items(project, "gold", 3)}

    def work(number):
        crowd = people({"random": 1, "lazy": 1}, strengths={}, spread=0.0, seed=number)
        return simulate_crowd(project=project, crowd=crowd, judgments=10_000, seed=number)

    done = together(CROWDS, work)
    assert [each for each in done if isinstance(each, Exception)] == []
    last = work(CROWDS)
    assert sum(each.judgments for each in [*done, last]) == Judgment.objects.count()

    ordinary = Task.objects.filter(repeats__isnull=True).exclude(pk__in=items)
    owed = ordinary.annotate(votes=Count("judgments", filter=Q(judgments__retired_at__isnull=True)))
    assert Counter(owed.values_list("state", flat=True)) == {"complete": TASKS}
    assert set(owed.values_list("votes", flat=True)) <= {2, 3, 5}
    assert not Slot.objects.filter(state__in=["open", "leased"], task__in=ordinary).exists()
    pairs = Judgment.objects.values_list("task", "labeler")
    assert len(set(pairs)) == len(pairs)
    _check_hidden_ones(items)


def _check_hidden_ones(items):
    known = Judgment.objects.filter(task__in=items)
    assert set(known.values_list("purpose", flat=True)) == {"gold"}
    assert not Comparison.objects.filter(judgment__in=known).exists()
    repeats = Judgment.objects.filter(task__repeats__isnull=False)
    assert repeats.exists()
    assert not repeats.exclude(labeler=F("task__reserved_for")).exists()
    once = repeats.values_list("task__repeats", "labeler")
    assert len(set(once)) == len(once)
    for repeat in repeats.select_related("task"):
        first = Judgment.objects.get(task=repeat.task.repeats_id, labeler=repeat.labeler_id)
        assert repeat.order == first.order[::-1]
