"""Bias of place and length, and which pair to ask about next."""

import numpy as np
import pytest
from scipy.stats import beta as beta_distribution
from scipy.stats import binomtest, false_discovery_control, norm

from labeling.statistics.bias import (
    benjamini_hochberg,
    binomial_p,
    length_bias,
    position_bias,
)
from labeling.statistics.intervals import wilson
from labeling.statistics.selection import arena_probabilities, crowd_bt_gain, d_optimal


def test_wilson_is_what_the_library_computes():
    found = wilson([0, 3, 10], [10, 10, 10])
    for index, count in enumerate([0, 3, 10]):
        oracle = binomtest(count, 10).proportion_ci(method="wilson")
        assert found.lower[index] == pytest.approx(oracle.low)
        assert found.upper[index] == pytest.approx(oracle.high)
    assert np.isnan(wilson(0, 0).share)


def test_p_values_are_those_of_the_exact_test():
    for count, total in [(0, 1), (5, 10), (13, 40), (40, 40), (1348, 2592), (0, 0)]:
        oracle = binomtest(count, total).pvalue if total else 1.0
        assert binomial_p(count, total) == pytest.approx(oracle)


def test_false_discoveries_are_controlled_as_the_library_does():
    p = np.random.default_rng(0).random(50) ** 2
    assert benjamini_hochberg(p) == pytest.approx(false_discovery_control(p))
    assert benjamini_hochberg([]).tolist() == []


def test_who_always_chooses_the_left_is_flagged_and_who_tosses_a_coin_is_not():
    random = np.random.default_rng(1)
    people = np.repeat(["fair", "left", "other"], 100)
    chosen = np.concatenate([random.random(100) < 0.5, np.ones(100), random.random(100) < 0.5])
    found = position_bias(people, chosen)
    assert found.labelers.tolist() == ["fair", "left", "other"]
    assert found.flagged.tolist() == [False, True, False]
    assert found.first.share[1] == 1.0


def test_length_bias_is_recovered():
    random = np.random.default_rng(2)
    a, b = random.integers(1, 2000, 20_000), random.integers(1, 2000, 20_000)
    chance = 1 / (1 + np.exp(-1.5 * (a - b) / (a + b + 1)))
    found = length_bias(a, b, (random.random(20_000) < chance).astype(float))
    assert found.coefficient == pytest.approx(1.5, abs=4 * found.standard_error)
    assert found.standard_error < 0.05
    assert found.longer.share > 0.6
    assert np.isnan(length_bias([5], [5], [1]).coefficient)


def test_the_arena_asks_where_a_vote_narrows_most():
    chances = arena_probabilities([0.25, 0.25, 0.25], [10, 1000, 10])
    assert chances.sum() == pytest.approx(1)
    assert chances[0] == chances[2] > 100 * chances[1]
    by_hand = 0.5 / 10**0.5 - 0.5 / 11**0.5, 0.5 / 1000**0.5 - 0.5 / 1001**0.5
    assert chances[0] / chances[1] == pytest.approx(by_hand[0] / by_hand[1])


def test_d_optimality_is_the_growth_of_the_log_determinant():
    information = np.diag([3.0, 1.0, 5.0]) + 0.2
    strengths = np.array([0.3, -0.1, -0.2])
    gains = d_optimal(strengths, np.linalg.inv(information), [0, 1], [1, 2])
    for gain, (a, b) in zip(gains, [(0, 1), (1, 2)], strict=True):
        x = np.zeros(3)
        x[a], x[b] = 1, -1
        chance = 1 / (1 + np.exp(strengths[b] - strengths[a]))
        more = information + chance * (1 - chance) * np.outer(x, x)
        growth = np.linalg.slogdet(more)[1] - np.linalg.slogdet(information)[1]
        assert gain == pytest.approx(growth)


def test_a_vote_teaches_more_of_what_is_less_known():
    def gain(variance, alpha, beta):
        return float(crowd_bt_gain(0.0, variance, 0.0, variance, alpha, beta, exploration=0.0))

    assert gain(1.0, 10, 1) > gain(0.1, 10, 1) > 0
    assert gain(1.0, 10, 1) > gain(1.0, 5, 5)
    assert gain(1.0, 5, 5) == pytest.approx(0, abs=1e-3)  # a coin teaches nothing


def test_a_labelers_reliability_is_updated_as_bayes_would():
    """Against the moments of the posterior, integrated on a grid."""
    from labeling.statistics.selection import _expected_win, _reliability_after

    m1, v1, m2, v2, a, b = 0.7, 0.2, -0.3, 0.1, 6.0, 2.0
    win = float(_expected_win(m1, v1, m2, v2))
    eta = np.linspace(1e-6, 1 - 1e-6, 200_001)
    density = beta_distribution.pdf(eta, a, b) * (eta * win + (1 - eta) * (1 - win))
    density /= density.sum()
    mean = float((eta * density).sum())
    variance = float((eta**2 * density).sum()) - mean**2
    new_a, new_b = _reliability_after(m1, v1, m2, v2, a, b)
    assert new_a / (new_a + new_b) == pytest.approx(mean, abs=1e-4)
    spread = new_a * new_b / ((new_a + new_b) ** 2 * (new_a + new_b + 1))
    assert spread == pytest.approx(variance, abs=1e-4)
    grid = np.linspace(-6, 6, 20_001)
    weights = norm.pdf(grid, m1 - m2, (v1 + v2) ** 0.5)
    exact = float((weights / (1 + np.exp(-grid))).sum() / weights.sum())
    assert win == pytest.approx(exact, abs=0.01)


def test_a_test_that_was_not_made_is_none_of_the_tests():
    q = benjamini_hochberg([0.01, np.nan, 0.04, 0.2])
    assert np.isnan(q[1])
    assert q[[0, 2, 3]] == pytest.approx(false_discovery_control([0.01, 0.04, 0.2]))


def test_ties_say_nothing_of_the_place():
    found = position_bias(["a"] * 4 + ["b"], [1, 0.5, 0, 1, 0.5])
    assert found.first.count.tolist() == [2, 0]
    assert found.first.total.tolist() == [3, 0]
