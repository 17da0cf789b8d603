"""Strengths: Stigler's table, independent libraries, recovery, coverage, and models apart."""

import choix
import numpy as np
import pytest

from labeling.statistics.bradley_terry import fit, ranks, rating, votes_to_flip_first
from tests.labeling.statistics.crowds import crowd

JOURNALS = ["Biometrika", "Comm Statist", "JASA", "JRSS-B"]
# Citations of the row's journal in the column's (Stigler 1994).
CITED = [[714, 730, 498, 221], [33, 425, 68, 17], [320, 813, 1072, 142], [284, 276, 325, 188]]


def citations():
    rows = [
        (JOURNALS[i], JOURNALS[j], 1.0, CITED[i][j]) for i in range(4) for j in range(4) if i != j
    ]
    return [list(column) for column in zip(*rows, strict=True)]


@pytest.mark.parametrize("prior", [{}, {"ridge": 0}])
def test_stiglers_citations(prior):
    first, second, outcome, weights = citations()
    found = fit(first, second, outcome, models=JOURNALS, weights=weights, **prior)
    relative = found.strengths - found.strengths[0]
    assert relative[1:] == pytest.approx([-2.9491, -0.4796, 0.2690], abs=5e-5)
    assert found.strengths.sum() == pytest.approx(0)


@pytest.mark.parametrize("seed", range(5))
def test_strengths_are_what_the_library_finds(seed):
    votes = crowd(seed=seed)
    pairs = [
        (f, s) if won else (s, f)
        for f, s, won in zip(votes.first, votes.second, votes.outcome, strict=True)
    ]
    found = fit(votes.first, votes.second, votes.outcome, models=6, ridge=0)
    assert found.strengths == pytest.approx(choix.opt_pairwise(6, pairs, alpha=0), abs=1e-4)


def test_ties_count_half_and_weights_count_votes():
    tied = fit([0, 0, 1], [1, 1, 2], [1, 0.5, 1], models=3)
    halves = fit([0, 0, 0, 1], [1, 1, 1, 2], [1, 1, 0, 1], models=3, weights=[1, 0.5, 0.5, 1])
    assert tied.strengths == pytest.approx(halves.strengths)


def test_errors_without_clusters_are_the_models_own_where_the_model_holds():
    votes = crowd(seed=3, labelers=400)
    found = fit(votes.first, votes.second, votes.outcome, models=6)
    chance = 1 / (1 + np.exp(found.strengths[votes.second] - found.strengths[votes.first]))
    information = np.zeros((6, 6))
    weight = chance * (1 - chance)
    np.add.at(information, (votes.first, votes.first), weight)
    np.add.at(information, (votes.second, votes.second), weight)
    np.add.at(information, (votes.first, votes.second), -weight)
    np.add.at(information, (votes.second, votes.first), -weight)
    own = np.sqrt(np.diag(np.linalg.pinv(information, rcond=1e-10)))
    assert found.standard_errors == pytest.approx(own, rel=0.05)


def coverage(*, clustered, taste, runs=200):
    covered = []
    for seed in range(runs):
        votes = crowd(seed=seed, models=5, labelers=40, votes_each=40, taste=taste)
        clusters = votes.labelers if clustered else None
        found = fit(votes.first, votes.second, votes.outcome, models=5, clusters=clusters)
        lower, upper = found.interval()
        # Tastes shrink the average choice towards a toss: this is what the votes are about.
        truth = votes.strengths / np.sqrt(1 + taste**2 * 2 / 2.89)
        covered.append((lower <= truth) & (truth <= upper))
    return np.mean(covered)


def test_intervals_hold_the_truth_as_often_as_they_say():
    assert coverage(clustered=True, taste=0.0) >= 0.93
    assert coverage(clustered=True, taste=0.7) >= 0.93
    assert coverage(clustered=False, taste=0.7) < 0.85  # why they are clustered


def test_a_model_that_never_lost_is_far_above_with_a_wide_interval():
    found = fit([0] * 30 + [1] * 30, [1] * 30 + [2] * 30, [1] * 30 + [1, 0] * 15, models=3)
    lower, upper = found.interval()
    assert found.strengths[0] > found.strengths[1:].max() + 2
    assert upper[0] - lower[0] > 4
    assert np.isfinite(upper).all()


def test_models_that_nothing_connects_are_told_apart():
    found = fit([0, 1, 0, 3], [1, 2, 2, 4], [1, 0, 1, 1], models=6)
    assert len(set(found.components[:3])) == 1
    assert found.components[3] == found.components[4] != found.components[0]
    assert found.connected.tolist() == [True, True, True, False, False, False]
    assert np.isfinite(found.strengths).all()


def test_no_vote_at_all_says_nothing():
    found = fit([], [], [], models=["a", "b"])
    assert found.strengths.tolist() == [0, 0]
    assert not found.connected.any()


@pytest.mark.parametrize(
    ("first", "second", "outcome", "words"),
    [
        ([0], [0], [1], "itself"),
        ([0], [7], [1], "numbered from 0 to 2"),
        ([0], [1], [2], "0 to 1"),
        ([0, 1], [1], [1], "equally long"),
        ([0.5], [1], [1], "whole numbers"),
    ],
)
def test_votes_that_make_no_sense_are_refused(first, second, outcome, words):
    with pytest.raises(ValueError, match=words):
        fit(first, second, outcome, models=3)


def test_weights_and_clusters_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="weights are finite"):
        fit([0, 1], [1, 0], [1, 1], models=2, weights=[1, np.inf])
    with pytest.raises(ValueError, match="as long as the votes"):
        fit([0, 1], [1, 0], [1, 1], models=2, clusters=["ana"])


def test_without_models_there_is_nothing_to_rate():
    assert fit([], [], [], models=0).strengths.tolist() == []


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="unknown models: \\['z'\\]"):
        fit(["a"], ["z"], [1], models=["a", "b"])


def test_ratings_are_on_the_scale_of_elo():
    assert rating([0.0, np.log(10)]) == pytest.approx([1000, 1400])


def test_ranks_leave_open_what_intervals_leave_open():
    best, worst = ranks([10, 4, 3, 0], [12, 6, 5, 1])
    assert best.tolist() == [1, 2, 2, 4]
    assert worst.tolist() == [1, 3, 3, 4]


def test_how_few_votes_change_the_first_place():
    # 6 to 4 between two models: with one vote turned they are even, with two the other leads.
    assert votes_to_flip_first([0] * 10, [1] * 10, [1] * 6 + [0] * 4, models=2) == 2
    assert votes_to_flip_first([], [], [], models=2) is None


def test_who_is_level_with_the_first_has_not_overtaken_it():
    # As above, and both are alike against a third: rounding must not say who of them is ahead.
    won = [(0, 1)] * 6 + [(1, 0)] * 4 + [(0, 2), (1, 2)] * 4 + [(2, 0), (2, 1)]
    first, second = zip(*won, strict=True)
    assert votes_to_flip_first(first, second, [1] * len(won), models=3) == 2


def test_a_million_votes_are_fitted_in_flat_memory():
    random = np.random.default_rng(1)
    count = 1_000_000
    first = random.integers(0, 50, count)
    second = (first + random.integers(1, 50, count)) % 50
    truth = np.linspace(1, -1, 50)
    outcome = random.random(count) < 1 / (1 + np.exp(truth[second] - truth[first]))
    found = fit(first, second, outcome, models=50, clusters=random.integers(0, 500, count))
    assert np.abs(found.strengths - truth).max() < 0.05


def test_names_and_clusters_may_be_of_any_kind():
    votes = crowd(seed=2)
    numbered = fit(votes.first, votes.second, votes.outcome, models=6, clusters=votes.labelers)
    names = np.array([f"model {n}" for n in range(6)])
    sides = names[votes.first], names[votes.second]
    far = votes.labelers * 10**9 - 7
    for kind in (list, np.array, lambda column: np.array(column, object)):
        for clusters in (far, far / 2, far.astype(str)):
            found = fit(
                *(kind(side.tolist()) for side in sides),
                votes.outcome,
                models=names.tolist(),
                clusters=kind(clusters.tolist()),
            )
            assert found.strengths == pytest.approx(numbered.strengths)
            assert found.covariance == pytest.approx(numbered.covariance)
            assert found.degrees == numbered.degrees


def test_votes_of_one_labeler_alone_are_independent_however_they_are_counted():
    sides, outcome = ([0, 1, 0], [1, 2, 2]), [1, 0, 1]
    alone = fit(*sides, outcome, models=3, clusters=["a"] * 3)
    apart = fit(*sides, outcome, models=3)
    assert alone.degrees == apart.degrees == np.inf
    assert alone.covariance == pytest.approx(apart.covariance)


def test_the_number_of_models_may_come_from_an_array():
    assert fit([0], [1], [1], models=np.max([2])).strengths[0] > 0
