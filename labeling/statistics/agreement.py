"""How far people agree: with each other, with all others, and beyond chance."""

from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labeling.statistics.intervals import Floats, Share, wilson

Level = Literal["nominal", "ordinal", "interval", "ratio"]
TIE = 0.5


class RawAgreement(NamedTuple):
    """The share of `pairs` answers given twice that are the same, and its standard error."""

    share: float
    standard_error: float
    pairs: int


def raw_agreement(pairs: ArrayLike, *, items: ArrayLike | None = None) -> RawAgreement:
    """The share of co-labelled pairs with the same answer (Ouyang et al. 2022).

    `pairs` has two columns, the answers of two labelers to one question. `items` says which
    question each row is of: rows of one question are not independent, and the standard error is
    clustered by it. NaN without rows, or without a second item. Rows with an answer missing (NaN,
    None) are left out.
    """
    both = np.asarray(pairs)
    if not len(both):
        return RawAgreement(float("nan"), float("nan"), 0)
    given = ~_missing(both).any(axis=1)
    both, count = both[given], int(given.sum())
    if not count:
        return RawAgreement(float("nan"), float("nan"), 0)
    same = (both[:, 0] == both[:, 1]).astype(float)
    share = float(same.mean())
    if items is None:
        return RawAgreement(share, float(np.sqrt(share * (1 - share) / count)), count)
    _, item = np.unique(np.asarray(items)[given], return_inverse=True)
    sums = np.bincount(item, weights=same - share)
    groups = len(sums)
    if groups < 2:
        return RawAgreement(share, float("nan"), count)
    variance = groups / (groups - 1) * (sums**2).sum() / count**2
    return RawAgreement(share, float(np.sqrt(variance)), count)


def tie_discounted_agreement(a: ArrayLike, b: ArrayLike) -> float:
    """1 for the same outcome, ½ where exactly one is a tie, 0 otherwise; the mean (LIMA 2023).

    Outcomes are 1, ½ and 0; where one is missing, NaN, both are left out. NaN without any.
    """
    first, second = _both_given(a, b)
    if not len(first):
        return float("nan")
    one_tie = (first == TIE) != (second == TIE)
    return float(np.where(first == second, 1.0, np.where(one_tie, 0.5, 0.0)).mean())


def alpha(ratings: ArrayLike, level: Level = "nominal") -> float:
    """Krippendorff's alpha, 1 - D_o/D_e (Krippendorff 2011).

    `ratings` has a row a rater and a column an item; NaN is missing. 1 is perfect, 0 what chance
    gives; NaN where no item has two ratings or all ratings are the same. At least .800 is good,
    .667 tentative. Nominal ratings may be any labels, of which None is missing too. Raises
    ValueError for another level, and for labels that are no numbers at the others.
    """
    if level not in get_args(Level):
        raise ValueError(f"a level is one of {', '.join(get_args(Level))}")
    values, counts = _value_counts(_as_numbers(ratings, level))
    return alpha_of_coincidences(values, coincidences(counts), level)


def coincidences(counts: ArrayLike) -> Floats:
    """Krippendorff's coincidence matrix, values by values: all pairs of ratings of one item.

    `counts`, values by items, says how often each item was rated as each value. Items weigh by
    how often they were rated; those rated once pair with nothing.
    """
    table = np.asarray(counts, float)
    raters = table.sum(axis=0)
    table, raters = table[:, raters >= 2], raters[raters >= 2]
    weighted = table / (raters - 1)
    return np.asarray(weighted @ table.T - np.diag(weighted.sum(axis=1)))


def alpha_of_coincidences(values: Floats, coincidences: Floats, level: Level = "nominal") -> float:
    """Alpha of a coincidence matrix over these values, ascending; NaN as `alpha` says."""
    totals = coincidences.sum(axis=1)
    if not totals.sum() > 1:
        return float("nan")
    distances = _distances(values, totals, level)
    expected = (np.outer(totals, totals) * distances).sum() / (totals.sum() - 1)
    if not expected > 0:
        return float("nan")
    return float(1 - (coincidences * distances).sum() / expected)


def _as_numbers(ratings: ArrayLike, level: Level) -> Floats:
    """The table of ratings, labels numbered; of no ratings, a rater without any."""
    try:
        return np.atleast_2d(np.asarray(ratings, float))
    except (TypeError, ValueError):
        table = np.asarray(ratings)
        if level != "nominal" or table.ndim != 2:
            raise
    given = ~_missing(table)
    numbers = np.full(table.shape, np.nan)
    numbers[given] = np.unique(table[given].astype(str), return_inverse=True)[1]
    return numbers


def _missing(values: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Which values are NaN, not equal to itself, or None."""
    if values.dtype.kind == "U":  # numpy makes a word of the NaN among texts
        return np.asarray(values == "nan", np.bool_)
    if values.dtype.kind not in "fO":
        return np.zeros(values.shape, bool)
    none = np.array([value is None for value in values.ravel().tolist()], bool)
    return np.asarray((values != values) | none.reshape(values.shape), np.bool_)


def _both_given(a: ArrayLike, b: ArrayLike) -> tuple[Floats, Floats]:
    """Two columns of numbers without the rows in which one is NaN; ValueError if not as long."""
    first, second = np.asarray(a, float), np.asarray(b, float)
    if first.shape != second.shape:
        raise ValueError("both must be equally long")
    given = ~(np.isnan(first) | np.isnan(second))
    return first[given], second[given]


def _value_counts(table: Floats) -> tuple[Floats, Floats]:
    """The values there are, ascending, and how often each item got each: values by items."""
    rater, item = np.nonzero(~np.isnan(table))
    values, value = np.unique(table[rater, item], return_inverse=True)
    width = table.shape[1]
    flat = np.bincount(value * width + item, minlength=len(values) * width)
    return values, flat.reshape(len(values), width).astype(float)


def _distances(values: Floats, totals: Floats, level: Level) -> Floats:
    """Squared differences between values, by the level of measurement."""
    if level == "nominal":
        return 1.0 - np.eye(len(values))
    if level == "ordinal":
        # Ranks at the middle of each value's run: their difference is the sum of what lies
        # between, both ends counted by half.
        middle = np.cumsum(totals) - totals / 2
        return np.subtract.outer(middle, middle) ** 2
    differences = np.subtract.outer(values, values)
    if level == "interval":
        return differences**2
    sums = np.add.outer(values, values)
    return np.divide(differences, sums, out=np.zeros_like(sums), where=sums != 0) ** 2


def quadratic_kappa(a: ArrayLike, b: ArrayLike) -> float:
    """Cohen's kappa with quadratic weights (Cohen 1968) of two raters' scores of the same items.

    1 - Σ(a - b)² observed over what independence expects; NaN where both always say the same one
    thing, or of no items. Items without a score of either (NaN) are left out.
    """
    first, second = _both_given(a, b)
    if not len(first):
        return float("nan")
    # The expected mean of (a - b)² over all pairings of independent scores.
    expected = first.var() + second.var() + (first.mean() - second.mean()) ** 2
    return float(1 - np.mean((first - second) ** 2) / expected) if expected > 0 else float("nan")


def ceiling(agreement: float) -> tuple[float, float]:
    """How often one labeler, and a majority of three, would be right, were they right alike often.

    Two who are right with chance q, independently and in one of two ways, agree with chance
    a = q² + (1 - q)², so q = (1 + √(2a - 1))/2; three have q²(3 - 2q). NaN where `agreement` is
    below one half: two coins agree as often.
    """
    if not agreement >= 0.5:
        return float("nan"), float("nan")
    alone = (1 + float(np.sqrt(2 * agreement - 1))) / 2
    return alone, alone**2 * (3 - 2 * alone)


class LeaveOneOut(NamedTuple):
    """By labeler, in ascending order of `labelers`: agreement with the majority of the others."""

    labelers: NDArray[np.generic]
    agreement: Share


def leave_one_out(
    items: ArrayLike,
    labelers: ArrayLike,
    answers: ArrayLike,
    *,
    counted: ArrayLike | None = None,
    confidence: float = 0.95,
) -> LeaveOneOut:
    """How often each labeler says what most of the others say of the item, with Wilson intervals.

    The majority leaves the labeler's own answer out, or they would agree with themselves. Items
    on which the others are not there, or have no single most frequent answer, are not counted.
    `counted` says which answers have a say in majorities; all have, unless it is given.
    """
    _, item = np.unique(np.asarray(items), return_inverse=True)
    people, labeler = np.unique(np.asarray(labelers), return_inverse=True)
    kinds, answer = np.unique(np.asarray(answers), return_inverse=True)
    width = len(kinds)
    says = np.ones(len(answer)) if counted is None else np.asarray(counted, float)
    cells = np.bincount(item * width + answer, says, (item.max(initial=-1) + 1) * width)
    others: Floats = cells.astype(float).reshape(item.max(initial=-1) + 1, width)[item]
    rows = np.arange(len(answer))
    others[rows, answer] -= says
    most = others.max(axis=1, initial=0)
    decided = (most > 0) & ((others == most[:, None]).sum(axis=1) == 1)
    agreed = decided & (others[rows, answer] == most)
    count = np.bincount(labeler, weights=agreed, minlength=len(people))
    total = np.bincount(labeler, weights=decided, minlength=len(people))
    return LeaveOneOut(people, wilson(count, total, confidence=confidence))
