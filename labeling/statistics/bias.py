"""What sways judgments besides the texts: the place on the page, and the length."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit
from scipy.stats import binom

from labeling.statistics.intervals import Floats, Share, wilson


class PositionBias(NamedTuple):
    """By labeler: choices of what was shown first, of all choices, and whether chance explains it.

    `p` is of the exact two-sided binomial test of one half, `q` after Benjamini and Hochberg.
    """

    labelers: NDArray[np.generic]
    first: Share
    p: Floats
    q: Floats
    flagged: NDArray[np.bool_]


def position_bias(
    labelers: ArrayLike, chose_first: ArrayLike, *, level: float = 0.05
) -> PositionBias:
    """Who prefers a place: `chose_first` is 1 where the response shown first won, else 0.

    Ties say nothing about it and are left out by the caller. Orders are random, so that without a
    bias the share is one half.
    """
    people, labeler = np.unique(np.asarray(labelers), return_inverse=True)
    chosen = np.bincount(labeler, np.asarray(chose_first, float), len(people))
    total = np.bincount(labeler, minlength=len(people))
    p = binomial_p(chosen, total)
    q = benjamini_hochberg(p)
    return PositionBias(people, wilson(chosen, total), p, q, q < level)


def binomial_p(count: ArrayLike, total: ArrayLike) -> Floats:
    """Exact two-sided p-values that shares are one half: symmetric, so twice the smaller tail."""
    counts, totals = np.asarray(count, float), np.asarray(total, float)
    tail = binom.cdf(np.minimum(counts, totals - counts), totals, 0.5)
    return np.asarray(np.minimum(1.0, 2 * tail))


def benjamini_hochberg(p: ArrayLike) -> Floats:
    """q-values: the smallest false discovery rate at which each would be one (1995)."""
    values = np.asarray(p, float)
    order = np.argsort(values)[::-1]
    count = len(values)
    scaled = values[order] * count / np.arange(count, 0, -1)
    q = np.empty(count)
    q[order] = np.minimum(1.0, np.minimum.accumulate(scaled))
    return q


class LengthBias(NamedTuple):
    """`longer`: how often the longer response won, ties and equal lengths left out.

    `coefficient` is of (l_a - l_b)/(l_a + l_b + 1) in a logistic model of a's winning: 0 is no
    bias; with its standard error.
    """

    longer: Share
    coefficient: float
    standard_error: float


def length_bias(
    first_length: ArrayLike, second_length: ArrayLike, outcome: ArrayLike, *, ridge: float = 1e-6
) -> LengthBias:
    """Whether length wins, without regard to what is said (as AlpacaEval 2 asks, 2024)."""
    first, second = np.asarray(first_length, float), np.asarray(second_length, float)
    won = np.asarray(outcome, float)
    decided = (won != 0.5) & (first != second)
    longer = ((first > second) == (won > 0.5)) & decided
    x = (first - second) / (first + second + 1)
    slope = 0.0
    for _ in range(100):
        chance = expit(slope * x)
        information = float((x**2 * chance * (1 - chance)).sum()) + ridge
        step = (float((x * (won - chance)).sum()) - ridge * slope) / information
        slope += float(np.clip(step, -5, 5))
        if abs(step) < 1e-10:
            break
    known = bool((x != 0).any())
    return LengthBias(
        wilson(longer.sum(), decided.sum()),
        slope if known else float("nan"),
        information**-0.5 if known else float("nan"),
    )
