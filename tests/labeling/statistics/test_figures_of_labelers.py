"""Strengths with length controlled, whom length sways, and intervals without a formula."""

import numpy as np
import pytest

from labeling.statistics import bradley_terry, controlled
from labeling.statistics.agreement import (
    alpha,
    alpha_of_coincidences,
    ceiling,
    coincidences,
    leave_one_out,
    raw_agreement,
)
from labeling.statistics.bias import length_bias, length_biases
from labeling.statistics.crowd import crowd_bt, reliability_intervals
from labeling.statistics.jackknife import blocks, standard_error
from tests.labeling.statistics.crowds import crowd


def test_rows_may_stand_for_votes_alike():
    made = crowd(seed=5, models=4, labelers=8, votes_each=60)
    rows = np.column_stack([made.first, made.second, made.outcome, made.labelers])
    alike, times = np.unique(rows, axis=0, return_counts=True)
    first, second, outcome, labelers = alike.T
    for clusters, few in ((made.labelers, labelers), (None, None)):
        each = bradley_terry.fit(made.first, made.second, made.outcome, models=4, clusters=clusters)
        summed = bradley_terry.fit(
            first, second, outcome, models=4, weights=times, clusters=few, squares=times
        )
        assert summed.strengths == pytest.approx(each.strengths)
        assert summed.covariance == pytest.approx(each.covariance)
    flips = bradley_terry.votes_to_flip_first
    assert flips(first, second, outcome, models=4, counts=times) == flips(
        made.first, made.second, made.outcome, models=4
    )


def test_without_an_effect_the_control_changes_nothing():
    made = crowd(seed=2, labelers=20)
    plain = bradley_terry.fit(
        made.first, made.second, made.outcome, models=6, clusters=made.labelers
    )
    same = controlled.fit(
        made.first,
        made.second,
        made.outcome,
        np.zeros(len(made.first)),
        models=6,
        clusters=made.labelers,
    )
    assert same.fit.strengths == pytest.approx(plain.strengths)
    assert same.fit.covariance == pytest.approx(plain.covariance)
    assert same.coefficients == pytest.approx([0])


def test_a_model_that_only_writes_more_is_not_better_once_length_is_controlled():
    random = np.random.default_rng(3)
    votes = 40_000
    first = random.integers(0, 3, votes)
    second = (first + random.integers(1, 3, votes)) % 3
    usual = np.array([300.0, 600.0, 900.0])  # models 0 to 2 are equally good
    lengths = [usual[side] * random.uniform(0.5, 1.5, votes) for side in (first, second)]
    x = controlled.relative_length(*lengths)
    outcome = (random.random(votes) < 1 / (1 + np.exp(-2 * x))).astype(float)
    plain = bradley_terry.fit(first, second, outcome, models=3)
    found = controlled.fit(first, second, outcome, x, models=3, clusters=np.arange(votes) % 500)
    assert plain.strengths[2] - plain.strengths[0] > 0.5
    assert found.fit.strengths == pytest.approx([0, 0, 0], abs=0.06)
    assert found.coefficients[0] == pytest.approx(2, abs=4 * found.standard_errors[0])
    assert found.standard_errors[0] < 0.1


def test_length_lovers_are_flagged_and_honest_labelers_are_not():
    random = np.random.default_rng(4)
    people, votes = 40, 200
    labeler = np.repeat(np.arange(people), votes)
    strengths = np.array([-1.0, -0.3, 0.3, 1.0])  # the better the longer
    first = random.integers(0, 4, len(labeler))
    second = (first + random.integers(1, 4, len(labeler))) % 4
    usual = np.array([200.0, 300.0, 400.0, 500.0])
    a, b = (usual[side] * random.uniform(0.5, 1.5, len(labeler)) for side in (first, second))
    honest = random.random(len(labeler)) < 1 / (1 + np.exp(strengths[second] - strengths[first]))
    lovers, coins = labeler < 5, (labeler >= 5) & (labeler < 10)
    won = np.where(lovers, a > b, np.where(coins, random.random(len(labeler)) < 0.5, honest))
    found = length_biases(
        labeler, a, b, won, advantage=strengths[first] - strengths[second], level=0.05
    )
    assert found.flagged[:5].tolist() == [True] * 5
    assert found.flagged[5:].sum() <= 1  # one in twenty of what is flagged may be wrong
    assert found.longer.share[:5].tolist() == [1.0] * 5
    assert found.longer.share[10:].mean() > 0.55  # yet longer is better here
    mine = labeler == 20
    alone = length_bias(a[mine], b[mine], won[mine].astype(float))
    assert found.coefficient[20] == pytest.approx(alone.coefficient, abs=1e-3)
    assert found.standard_error[20] == pytest.approx(alone.standard_error, abs=1e-3)


def test_intervals_of_reliabilities_hold_them():
    eta = np.array([0.95] * 20 + [0.5] * 5 + [0.1] * 5)
    made = crowd(seed=6, models=8, labelers=30, votes_each=300, reliabilities=eta, scale=1.5)
    advantage = made.strengths[made.first] - made.strengths[made.second]
    found = reliability_intervals(advantage, made.outcome, made.labelers)
    held = (found.lower <= eta) & (eta <= found.upper)
    assert held.mean() >= 0.9
    assert (found.upper[20:25] < 0.75).all()
    assert (found.upper[25:] < 0.5).all()
    whole = crowd_bt(made.first, made.second, made.outcome, made.labelers, models=8)
    again = crowd_bt(
        np.tile(made.first, 2),
        np.tile(made.second, 2),
        np.tile(made.outcome, 2),
        np.tile(made.labelers, 2),
        models=8,
        weights=np.full(2 * len(made.first), 0.5),
    )
    assert again.strengths == pytest.approx(whole.strengths, abs=1e-5)


def test_alpha_of_counts_is_alpha_of_ratings():
    random = np.random.default_rng(7)
    ratings = random.integers(0, 3, (6, 50)).astype(float)
    ratings[random.random(ratings.shape) < 0.3] = np.nan
    counts = np.array([(ratings == value).sum(axis=0) for value in range(3)])
    for level in ("nominal", "ordinal", "interval", "ratio"):
        found = alpha_of_coincidences(np.arange(3.0), coincidences(counts), level)
        assert found == pytest.approx(alpha(ratings, level))


def test_the_ceiling_is_instructgpts():
    alone, of_three = ceiling(0.726)
    assert (round(alone, 3), round(of_three, 3)) == (0.836, 0.928)
    assert np.isnan(ceiling(0.4)).all()


def test_a_jackknife_of_a_mean_is_its_standard_error():
    values = np.random.default_rng(8).normal(size=60)
    sums = np.column_stack([values, np.ones(60)])
    found = standard_error(sums, lambda total: total[0] / total[1])
    assert found == pytest.approx(values.std(ddof=1) / 60**0.5)
    assert blocks(["a", "b", "a", "c"], most=2).tolist() == [0, 0, 0, 1]
    assert np.isnan(standard_error(sums[:1], lambda total: 0.0))


def test_some_have_no_say_in_majorities():
    items, labelers = np.repeat([0, 1], 3), np.tile(["ana", "bo", "cy"], 2)
    answers = np.array([1, 1, 0, 0, 0, 1])
    found = leave_one_out(items, labelers, answers, counted=labelers != "cy")
    assert found.agreement.count.tolist() == [2, 2, 0]
    assert found.agreement.total.tolist() == [2, 2, 2]


def test_raw_agreement_has_the_error_it_was_published_with():
    """InstructGPT (2022) reports 72.6 ± 1.5 %: what about 884 independent pairs give."""
    pairs = np.column_stack([np.zeros(884), np.arange(884) >= 642])
    found = raw_agreement(pairs)
    assert (round(found.share, 3), round(found.standard_error, 3)) == (0.726, 0.015)
