"""Accuracy on known answers: intervals, and the test that flags too few right ones."""

import math

import pytest
from scipy.stats import binom, binomtest

from labeling.statistics.gold import accuracy, binomial_tail


@pytest.mark.parametrize("chance", [0.05, 0.5, 0.75, 0.99])
@pytest.mark.parametrize("trials", [1, 10, 30, 1_000])
def test_the_tail_is_that_of_an_independent_library(trials, chance):
    for at_most in {0, 1, trials // 2, trials - 1, trials}:
        expected = binom.cdf(at_most, trials, chance)
        assert binomial_tail(at_most, trials, chance) == pytest.approx(expected, rel=1e-9)


def test_the_tail_at_its_ends():
    assert binomial_tail(-1, 10, 0.5) == 0
    assert binomial_tail(10, 10, 0.5) == 1
    assert (binomial_tail(3, 10, 0), binomial_tail(3, 10, 1)) == (1, 0)


@pytest.mark.parametrize(("right", "failing"), [(16, True), (17, False), (23, False), (30, False)])
def test_thirty_questions_against_three_quarters(right, failing):
    found = accuracy(right, 30, minimum=0.75)
    assert found.failing is failing
    expected = binomtest(right, 30, 0.75, alternative="less").pvalue
    assert found.p == pytest.approx(expected, rel=1e-9)
    interval = binomtest(right, 30).proportion_ci(method="wilson")
    assert (found.lower, found.upper) == pytest.approx((interval.low, interval.high))


def test_halves_are_rounded_up_for_the_test_and_kept_in_the_share():
    found = accuracy(3.5, 10, minimum=0.75)
    assert found.share == 0.35
    assert found.p == accuracy(4, 10, minimum=0.75).p


def test_thirds_that_add_up_to_a_whole_count_as_one():
    assert accuracy(1 / 3 + 1 / 3 + 1 / 3 + 1e-12, 3, minimum=0.5).p == pytest.approx(0.5)


def test_without_answers_nothing_is_known():
    found = accuracy(0, 0, minimum=0.75)
    assert math.isnan(found.share)
    assert (found.p, found.failing) == (1, False)
