"""What sways judgments besides the texts: the place on the page, and the length."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labeling.statistics.intervals import Floats, Share, wilson
from labeling.statistics.late import binom, chi2, expit, log_expit


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

    Ties (½) say nothing about it and are left out. Orders are random, so that without a bias the
    share is one half.
    """
    people, labeler = np.unique(np.asarray(labelers), return_inverse=True)
    chose = np.asarray(chose_first, float)
    chosen = np.bincount(labeler, chose == 1, len(people))
    total = np.bincount(labeler, (chose == 1) | (chose == 0), len(people))
    return position_bias_of_counts(people, chosen, total, level=level)


def position_bias_of_counts(
    labelers: ArrayLike, first: ArrayLike, total: ArrayLike, *, level: float = 0.05
) -> PositionBias:
    """As `position_bias`, of each labeler's choices counted: `first` of `total`."""
    p = binomial_p(first, total)
    q = benjamini_hochberg(p)
    return PositionBias(np.asarray(labelers), wilson(first, total), p, q, q < level)


def binomial_p(count: ArrayLike, total: ArrayLike) -> Floats:
    """Exact two-sided p-values that shares are one half: symmetric, so twice the smaller tail."""
    counts, totals = np.asarray(count, float), np.asarray(total, float)
    tail = binom.cdf(np.minimum(counts, totals - counts), totals, 0.5)
    return np.asarray(np.minimum(1.0, 2 * tail))


def benjamini_hochberg(p: ArrayLike) -> Floats:
    """q-values: the smallest false discovery rate at which each would be one (1995).

    NaN, a test that was not made, stays NaN and does not count among the tests.
    """
    values = np.asarray(p, float)
    count = int((~np.isnan(values)).sum())
    order = np.argsort(values)[:count][::-1]  # NaN is sorted last
    scaled = values[order] * count / np.arange(count, 0, -1)
    q = np.full(len(values), np.nan)
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


LEAST_CHOICES = 10  # independent ones, below which the likelihood ratio is nowhere near chi-squared


class LengthBiases(NamedTuple):
    """By labeler, in ascending order: `longer` and `coefficient` as `LengthBias` says.

    `p` is of the likelihood-ratio test that length adds nothing to what the models' strengths
    explain of the labeler's votes, `adjusted` the coefficient beside the strengths; `q` after
    Benjamini and Hochberg.
    """

    labelers: NDArray[np.generic]
    longer: Share
    coefficient: Floats
    standard_error: Floats
    adjusted: Floats
    p: Floats
    q: Floats
    flagged: NDArray[np.bool_]


def length_biases(
    labelers: ArrayLike,
    first_length: ArrayLike,
    second_length: ArrayLike,
    outcome: ArrayLike,
    *,
    advantage: ArrayLike | None = None,
    effect: ArrayLike = 1.0,
    level: float = 0.05,
) -> LengthBiases:
    """Whom length sways. `advantage` is the first model's strength less the second's.

    `effect` is by comparison how much more it varies with the others of its judgment than
    independent ones would (`intervals.ranking_effect`); a labeler's mean divides what their
    comparisons prove (Rao and Scott 1981). Fewer than `LEAST_CHOICES` independent choices prove
    nothing: their p is NaN.
    """
    people, labeler = np.unique(np.asarray(labelers), return_inverse=True)
    count = len(people)
    first, second = np.asarray(first_length, float), np.asarray(second_length, float)
    won = np.asarray(outcome, float)
    x = (first - second) / (first + second + 1)
    ahead = np.zeros(len(x)) if advantage is None else np.asarray(advantage, float)
    each = np.bincount(labeler, np.broadcast_to(effect, len(x)), count) / np.bincount(labeler)
    share = _longer(labeler, count, first - second, won, each)
    alone, error, _ = _logistic(labeler, count, x[:, None], won)
    beside, gain = _beside(labeler, count, ahead, x, won)
    p = np.where(share.total / each >= LEAST_CHOICES, chi2.sf(gain / each, 1), np.nan)
    q = benjamini_hochberg(p)
    known = np.bincount(labeler, x != 0, count) > 0
    return LengthBiases(
        people,
        share,
        np.where(known, alone[:, 0], np.nan),
        np.where(known, error[:, 0] * np.sqrt(each), np.nan),
        np.where(known, beside, np.nan),
        p,
        q,
        known & (q < level),
    )


def _longer(
    group: NDArray[np.intp], groups: int, longer_by: Floats, won: Floats, effect: Floats
) -> Share:
    """How often each group chose the longer text, where the lengths differ and one was chosen."""
    decided = (won != 0.5) & (longer_by != 0)
    longer = decided & ((longer_by > 0) == (won > 0.5))
    chosen = np.bincount(group, decided, groups)
    return wilson(np.bincount(group, longer, groups), chosen, effect=effect)


def _beside(
    group: NDArray[np.intp], groups: int, ahead: Floats, x: Floats, won: Floats
) -> tuple[Floats, Floats]:
    """What length, `x`, does beside the strengths, `ahead`, by group; and the likelihood ratio.

    Better models may write longer answers, so that the share of longer ones proves nothing: the
    test is of length beside the strengths, to which each labeler may pay more or less heed. It is
    a likelihood ratio, since the standard error of who always prefers the longer is endless.
    """
    _, _, without = _logistic(group, groups, ahead[:, None], won)
    both, _, within = _logistic(group, groups, np.column_stack([ahead, x]), won)
    return both[:, 1], np.maximum(2 * (within - without), 0)


RIDGE = 1e-4


def _logistic(
    group: NDArray[np.intp], groups: int, x: Floats, won: Floats
) -> tuple[Floats, Floats, Floats]:
    """A logistic model without an intercept for each group, all at once by Newton's method.

    Returns the coefficients and their standard errors, groups by columns of `x`, and the
    log-likelihoods. A slight ridge keeps what separates wins from losses finite.
    """
    size = x.shape[1]
    slopes = np.zeros((groups, size))

    def sums(column: Floats) -> Floats:
        return np.asarray(np.bincount(group, column, groups), float)

    information = np.tile(np.eye(size), (groups, 1, 1))
    for _ in range(60):
        chance = expit((x * slopes[group]).sum(axis=1))
        spread = chance * (1 - chance)
        score = np.column_stack([sums(each * (won - chance)) for each in x.T]) - RIDGE * slopes
        information = np.array([[sums(a * b * spread) for b in x.T] for a in x.T])
        information = np.moveaxis(information, 2, 0) + RIDGE * np.eye(size)
        step = np.linalg.solve(information, score[:, :, None])[:, :, 0]
        slopes = slopes + np.clip(step, -5, 5)
        if np.abs(step).max(initial=0.0) < 1e-8:
            break
    line = (x * slopes[group]).sum(axis=1)
    likelihood = sums(won * log_expit(line) + (1 - won) * log_expit(-line))
    errors = np.sqrt(np.diagonal(np.linalg.inv(information), axis1=1, axis2=2))
    return slopes, errors, likelihood
