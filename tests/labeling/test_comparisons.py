from itertools import permutations

import pytest

from labeling.comparisons import Pair, pairs
from labeling.models import Comparison
from labeling.services import rebuilding
from labeling.services.rebuilding import rebuild_comparisons
from labeling.services.submitting import submit
from tests.factories import make_labeler
from tests.labeling.work import claimed, judge, project_with_tasks, ranking


def outcomes(tiers, order, strength=None):
    return [
        (pair.first, pair.second, pair.outcome, pair.strength)
        for pair in pairs(purpose="work", tiers=tiers, order=order, strength=strength)
    ]


def test_first_is_the_lower_id_never_the_winner():
    assert outcomes([[9], [4]], [9, 4]) == [(4, 9, "second", None)]
    assert outcomes([[4], [9]], [9, 4]) == [(4, 9, "first", None)]
    assert outcomes([[4, 9]], [9, 4]) == [(4, 9, "tie", None)]
    assert outcomes(None, [9, 4]) == [(4, 9, "both_bad", None)]


def test_the_strength_is_said_of_the_best_two_tiers_only():
    assert outcomes([[3], [1, 2], [4]], [1, 2, 3, 4], strength=3) == [
        (1, 2, "tie", None),
        (1, 3, "second", 3),
        (1, 4, "first", None),
        (2, 3, "second", 3),
        (2, 4, "first", None),
        (3, 4, "first", None),
    ]


def test_the_place_shown_is_kept_apart_from_the_outcome():
    assert list(pairs(purpose="work", tiers=[[1], [2]], order=[2, 1], strength=None)) == [
        Pair(first=1, second=2, outcome="first", strength=None, first_shown_before=False)
    ]


@pytest.mark.parametrize("k", range(2, 10))
def test_k_responses_make_every_pair_once(k):
    made = [
        (pair.first, pair.second)
        for pair in pairs(purpose="work", tiers=None, order=range(k), strength=None)
    ]
    assert len(made) == len(set(made)) == k * (k - 1) // 2
    assert all(first < second for first, second in made)


def test_outcomes_do_not_depend_on_the_order_shown():
    wanted = outcomes([[2], [1, 3]], [1, 2, 3])
    assert all(outcomes([[2], [1, 3]], order) == wanted for order in permutations([1, 2, 3]))


def rows():
    return list(Comparison.objects.order_by("pk").values())


@pytest.fixture
def judged(db):
    """Rankings with and without ties, one of nothing rankable, and one corrected."""
    project = project_with_tasks(4, responses=3, overlap=2, modes=["rank", "strength"])
    labeler = make_labeler()
    judge(project, labeler, "1", "2", "3", strength=2)
    judge(project, labeler, "13", "2")
    task = claimed(project, labeler)
    submit(slot_uid=task.slot, labeler=labeler, answer=ranking("1", "2", "3"))
    submit(slot_uid=task.slot, labeler=labeler, answer=ranking("3", "2", "1"))
    task = claimed(project, labeler)
    submit(
        slot_uid=task.slot,
        labeler=labeler,
        answer=ranking(tiers=None, not_rankable="All wrong."),
    )
    other = project_with_tasks(1)
    judge(other, make_labeler(user=None, kind="simulated"))
    return project


def test_rebuilding_what_is_right_touches_nothing(judged):
    before = rows()
    assert len(before) == 3 * 5 + 1
    assert rebuild_comparisons(project=judged) == 0
    assert rows() == before


def test_rebuilding_brings_back_every_row(judged, monkeypatch):
    monkeypatch.setattr(rebuilding, "JUDGMENTS_A_BATCH", 2)
    before = [row | {"id": None} for row in rows()]
    ours = Comparison.objects.filter(project=judged).order_by("pk")
    gone, turned, undated = ours[0], ours[4], ours[7]
    Comparison.objects.filter(pk=gone.pk).delete()
    Comparison.objects.filter(pk=turned.pk).update(outcome="both_bad", first_generator=None)
    Comparison.objects.filter(pk=undated.pk).update(
        retired_at=None, purpose="gold", first_shown_before=not undated.first_shown_before
    )
    Comparison.objects.create(
        **before[0] | {"first_id": gone.first_id, "second_id": ours.last().second_id}
    )
    seen = []
    assert rebuild_comparisons(project=judged, on_progress=seen.append) == 4
    key = ("judgment_id", "first_id", "second_id")
    after = [row | {"id": None} for row in rows()]
    assert sorted(after, key=lambda row: [row[name] for name in key]) == sorted(
        before, key=lambda row: [row[name] for name in key]
    )
    assert seen == [2, 4, 5]


def test_rebuilding_everything_from_nothing(judged):
    before = [row | {"id": None} for row in rows()]
    Comparison.objects.filter(project=judged).delete()
    assert rebuild_comparisons(project=judged) == 15
    key = ("judgment_id", "first_id", "second_id")
    after = [row | {"id": None} for row in rows()]
    assert sorted(after, key=lambda row: [row[name] for name in key]) == sorted(
        before, key=lambda row: [row[name] for name in key]
    )
