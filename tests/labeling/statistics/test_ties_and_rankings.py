"""Ties as an outcome of their own, and full rankings."""

import choix
import numpy as np
import pytest
from scipy.optimize import minimize

from labeling.statistics import bradley_terry, plackett_luce
from labeling.statistics.ties import davidson, rao_kupper


def votes(kind, *, seed=0, count=40_000):
    """Votes by the model itself: strengths 1, 0, -1 and a tie parameter."""
    random = np.random.default_rng(seed)
    worth = np.exp([1.0, 0.0, -1.0])
    first = random.integers(0, 3, count)
    second = (first + random.integers(1, 3, count)) % 3
    a, b = worth[first], worth[second]
    if kind == "davidson":
        tie = 0.8 * np.sqrt(a * b)
        win, tied = a / (a + b + tie), tie / (a + b + tie)
    else:
        win, lose = a / (a + 1.5 * b), b / (b + 1.5 * a)
        tied = 1 - win - lose
    draw = random.random(count)
    return first, second, np.where(draw < win, 1.0, np.where(draw < win + tied, 0.5, 0.0))


@pytest.mark.parametrize(
    ("kind", "model", "parameter"), [("davidson", davidson, 0.8), ("rao", rao_kupper, 1.5)]
)
def test_strengths_and_ties_are_recovered(kind, model, parameter):
    found = model(*votes(kind), models=3)
    assert found.strengths == pytest.approx([1, 0, -1], abs=0.05)
    assert found.parameter == pytest.approx(parameter, abs=0.05)


def test_davidson_by_a_maximiser_that_knows_the_formula_only():
    first, second, outcome = votes("davidson", seed=4, count=600)

    def loss(point):
        pi, nu = np.exp(np.append(point[:2], 0)), np.exp(point[2])
        a, b = pi[first], pi[second]
        tie = nu * np.sqrt(a * b)
        chance = np.where(outcome == 1, a, np.where(outcome == 0, b, tie)) / (a + b + tie)
        return -np.log(chance).sum()

    by_hand = minimize(loss, np.zeros(3), method="Nelder-Mead", options={"xatol": 1e-8}).x
    found = davidson(first, second, outcome, models=3, ridge=0)
    assert found.strengths - found.strengths[2] == pytest.approx([*by_hand[:2], 0], abs=1e-3)
    assert found.parameter == pytest.approx(np.exp(by_hand[2]), abs=1e-3)


def test_rao_kupper_by_a_maximiser_that_knows_the_formula_only():
    first, second, outcome = votes("rao", seed=5, count=600)

    def loss(point):
        pi, theta = np.exp(np.append(point[:2], 0)), 1 + np.exp(point[2])
        a, b = pi[first], pi[second]
        win, lose = a / (a + theta * b), b / (b + theta * a)
        return -np.log(
            np.where(outcome == 1, win, np.where(outcome == 0, lose, 1 - win - lose))
        ).sum()

    by_hand = minimize(loss, np.zeros(3), method="Nelder-Mead", options={"xatol": 1e-8}).x
    found = rao_kupper(first, second, outcome, models=3, ridge=0)
    assert found.strengths - found.strengths[2] == pytest.approx([*by_hand[:2], 0], abs=1e-3)
    assert found.parameter == pytest.approx(1 + np.exp(by_hand[2]), abs=1e-3)


@pytest.mark.parametrize(("model", "none"), [(davidson, 0.0), (rao_kupper, 1.0)])
def test_without_ties_both_are_bradley_terry(model, none):
    first, second, outcome = votes("davidson", seed=2, count=2000)
    decided = outcome != 0.5
    columns = first[decided], second[decided], outcome[decided]
    found = model(*columns, models=3)
    plain = bradley_terry.fit(*columns, models=3)
    assert found.strengths == pytest.approx(plain.strengths, abs=1e-4)
    assert found.parameter == none


@pytest.mark.parametrize("seed", range(2))
def test_plackett_luce_is_what_the_library_finds(seed):
    random = np.random.default_rng(seed)
    worth = random.normal(size=7)
    rankings = []
    for _ in range(300):
        chosen = random.choice(7, size=int(random.integers(2, 5)), replace=False)
        order = np.argsort(-(worth[chosen] + random.gumbel(size=len(chosen))))
        rankings.append([int(place) for place in chosen[order]])
    found = plackett_luce.fit(rankings, models=7, ridge=0)
    assert found == pytest.approx(choix.opt_rankings(7, rankings, alpha=0), abs=1e-3)
    better = plackett_luce.log_likelihood(rankings, found)
    assert better >= plackett_luce.log_likelihood(rankings, worth - worth.mean())


def test_rankings_of_two_are_bradley_terry():
    rankings = [[0, 1]] * 5 + [[1, 0]] * 3 + [[1, 2]] * 4 + [[2, 1]] * 2
    plain = bradley_terry.fit(
        [r[0] for r in rankings], [r[1] for r in rankings], [1] * len(rankings), models=3
    )
    assert plackett_luce.fit(rankings) == pytest.approx(plain.strengths)


def test_a_ranking_that_is_none_is_refused():
    with pytest.raises(ValueError, match="not a ranking"):
        plackett_luce.fit([[0, 0, 1]])
    with pytest.raises(ValueError, match="unknown model: 'z'"):
        plackett_luce.fit([["a", "z"]], models=["a", "b"])
    assert plackett_luce.fit([], models=["a", "b"]).tolist() == [0, 0]


def test_rankings_name_their_models():
    words = [["b", "a", "c"], ["a", "b"], ["b", "c"]]
    numbers = [[1, 0, 2], [0, 1], [1, 2]]
    assert plackett_luce.fit(words) == pytest.approx(plackett_luce.fit(numbers))
    assert plackett_luce.fit([]).tolist() == []
