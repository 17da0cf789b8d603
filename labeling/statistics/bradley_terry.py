"""Strengths of models from comparisons of two: Bradley and Terry (1952), ties counted half.

The votes of one labeler are not independent, so covariances are sandwiches clustered by labeler
(Liang and Zeger 1986). A ridge, the precision of a normal prior, keeps the strength of a model
finite that never lost, and its interval wide.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labeling.statistics.intervals import Floats
from labeling.statistics.late import connected_components, coo_array, expit, stdtrit

Integers = NDArray[np.intp]
RIDGE = 0.001  # published values keep four digits; a model that never lost has an error of some 500
STEPS = 100
WIDEST = 4  # times as far apart as there are votes may the numbers of clusters lie, to be counted
TOLERANCE = 1e-10
LEVEL = 1e-7  # strengths closer than this are the same
SCALE = 400 / np.log(10)
MIDDLE = 1000.0


@dataclass(frozen=True)
class Votes:
    """Comparisons as columns: `first` and `second` are model numbers, `outcome` 1, ½ or 0."""

    first: Integers
    second: Integers
    outcome: Floats
    weights: Floats
    models: int

    @property
    def counts(self) -> Integers:
        """How many votes each model is in."""
        return np.bincount(np.concatenate([self.first, self.second]), minlength=self.models)


@dataclass(frozen=True)
class Fit:
    """Strengths on the logit scale that sum to zero, and what is known of them.

    `components` numbers the groups of models that comparisons connect: strengths of different
    groups cannot be compared. `degrees` of freedom are the clusters less one (infinite without).
    """

    strengths: Floats
    covariance: Floats
    components: Integers
    counts: Integers
    degrees: float

    @property
    def standard_errors(self) -> Floats:
        return np.sqrt(np.clip(np.diag(self.covariance), 0, None))

    @property
    def connected(self) -> NDArray[np.bool_]:
        """Which models are in the largest group; others are unrated. False without any vote."""
        sizes = np.bincount(self.components, weights=self.counts)
        largest = self.components == np.argmax(sizes)
        return np.asarray(largest & (self.counts > 0))

    def interval(self, *, confidence: float = 0.95) -> tuple[Floats, Floats]:
        """Lower and upper ends for each strength, of Student's t where clusters are few."""
        reach = float(stdtrit(self.degrees, 0.5 + confidence / 2)) * self.standard_errors
        return self.strengths - reach, self.strengths + reach


def read_votes(
    first: ArrayLike,
    second: ArrayLike,
    outcome: ArrayLike,
    *,
    models: int | Sequence[Any],
    weights: ArrayLike | None = None,
) -> Votes:
    """Check and number comparisons. `models` is how many there are, or their names in order.

    Raises ValueError for unknown models, for a model against itself and for an outcome that is
    not between 0 and 1.
    """
    if isinstance(models, np.integer):
        models = int(models)
    numbered = isinstance(models, int)
    names = None if isinstance(models, int) else {name: n for n, name in enumerate(models)}
    sides = [_numbers(side, names) for side in (first, second)]
    size = models if isinstance(models, int) else len(models)
    outcomes = np.asarray(outcome, float)
    given = np.ones(len(outcomes)) if weights is None else np.asarray(weights, float)
    if not len(sides[0]) == len(sides[1]) == len(outcomes) == len(given):
        raise ValueError("first, second, outcome and weights must be equally long")
    if numbered and any(len(side) and not 0 <= side.min() <= side.max() < size for side in sides):
        raise ValueError(f"models are numbered from 0 to {size - 1}")
    if (sides[0] == sides[1]).any():
        raise ValueError("a model was compared with itself")
    if not ((outcomes >= 0) & (outcomes <= 1)).all():
        raise ValueError("outcomes are 0 to 1")
    if not (np.isfinite(given) & (given >= 0)).all():
        raise ValueError("weights are finite, and not negative")
    return Votes(sides[0], sides[1], outcomes, given, size)


def _numbers(side: ArrayLike, names: dict[Any, int] | None) -> Integers:
    if names is None:
        numbers = np.asarray(side)
        if numbers.dtype.kind == "f" and (numbers != np.floor(numbers)).any():
            raise ValueError("models are numbered by whole numbers")
        return np.asarray(numbers, np.intp)
    given = _listed(side)
    try:  # a look-up each is a tenth of what sorting a million names takes
        return np.fromiter(map(names.__getitem__, given), np.intp, len(given))
    except KeyError:
        unknown = [name for name in dict.fromkeys(given) if name not in names]
        raise ValueError(f"unknown models: {unknown}") from None


def _listed(values: ArrayLike) -> list[Any]:
    listed: list[Any] = values.tolist() if isinstance(values, np.ndarray) else list(values)  # type: ignore[arg-type]
    return listed


def _grouped(clusters: ArrayLike) -> tuple[Integers, int]:
    """The number of each one's cluster, from 0, and how many there are."""
    numbers = np.asarray(clusters)
    if numbers.dtype.kind in "iu" and len(numbers):
        place = numbers - numbers.min()
        if place.max() < WIDEST * len(place):  # counted, which is quicker than sorted
            known = np.bincount(place) > 0
            return (np.cumsum(known) - 1)[place], int(known.sum())
    if numbers.dtype.kind in "OUS":
        given = _listed(clusters)
        names = {name: number for number, name in enumerate(dict.fromkeys(given))}
        return np.fromiter(map(names.__getitem__, given), np.intp, len(given)), len(names)
    values, group = np.unique(numbers, return_inverse=True)
    return group, len(values)


def fit(
    first: ArrayLike,
    second: ArrayLike,
    outcome: ArrayLike,
    *,
    models: int | Sequence[Any],
    weights: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    squares: ArrayLike | None = None,
    ridge: float = RIDGE,
) -> Fit:
    """Maximum a posteriori strengths with a sandwich covariance, V = H⁻¹ B H⁻¹.

    `clusters` says whose vote each is; without it, or of one alone, every vote is independent. A
    row may stand for several votes alike: `weights` then are their summed weights, and `squares`,
    which only counts without clusters, their summed squared weights. `ridge` may be 0 where the
    comparisons connect all models and none of them won or lost all.
    """
    votes = read_votes(first, second, outcome, models=models, weights=weights)
    sums = _Sums.of(votes)
    strengths = sums.maximise(ridge)
    hessian = sums.hessian(strengths, ridge)
    squared = votes.weights**2 if squares is None else np.asarray(squares, float)
    meat, groups = _meat(votes, strengths, clusters, squared)
    centre = np.eye(votes.models) - 1 / max(votes.models, 1)
    bread = inverse(hessian)
    # The prior is one more observation: without it a model that never lost would seem certain.
    covariance = centre @ bread @ (meat + ridge * centre) @ bread @ centre
    return Fit(
        strengths=strengths - strengths.sum() / max(votes.models, 1),
        covariance=covariance,
        components=components(votes),
        counts=votes.counts,
        degrees=groups - 1 if clusters is not None and groups > 1 else np.inf,
    )


@dataclass(frozen=True)
class _Sums:
    """Votes by pair of models, all that strengths depend on: how many votes there are does not
    matter. `wins` are of the row's model over the column's, `met` how often the two met.
    """

    wins: Floats
    met: Floats

    @classmethod
    def of(cls, votes: Votes) -> "_Sums":
        size = votes.models
        cell = votes.first * size + votes.second
        won, met = (
            np.asarray(np.bincount(cell, sums, size * size), float).reshape(size, size)
            for sums in (votes.weights * votes.outcome, votes.weights)
        )
        return cls(won + (met - won).T, met + met.T)

    def with_more(self, first: Integers, second: Integers, won: Floats) -> "_Sums":
        """As these, the first of each pair having won that much more of what they met."""
        wins = self.wins.copy()
        np.add.at(wins, (first, second), won)
        np.add.at(wins, (second, first), -won)
        return _Sums(wins, self.met)

    def maximise(self, ridge: float) -> Floats:
        """The likeliest strengths, by Newton's method."""
        strengths = np.zeros(len(self.met))
        for _ in range(STEPS):
            chance = expit(np.subtract.outer(strengths, strengths))
            gradient = (self.wins - self.met * chance).sum(axis=1) - ridge * strengths
            step = _solve(self.hessian(strengths, ridge), gradient, ridge)
            # Far from the maximum a full step of Newton's may overshoot.
            strengths += step / max(1.0, np.abs(step).max(initial=0.0) / 2)
            if np.abs(step).max(initial=0.0) < TOLERANCE:
                break
        return strengths

    def hessian(self, strengths: Floats, ridge: float) -> Floats:
        """Of the negative log density: the information of all votes, and the prior's."""
        chance = expit(np.subtract.outer(strengths, strengths))
        information = self.met * chance * (1 - chance)
        return np.asarray(np.diag(information.sum(axis=1) + ridge) - information)


def _solve(hessian: Floats, gradient: Floats, ridge: float) -> Floats:
    """Newton's step. Without a ridge the strengths' common level is free: the shortest step."""
    if ridge > 0:
        return np.asarray(np.linalg.solve(hessian, gradient))
    return np.asarray(np.linalg.lstsq(hessian, gradient, rcond=None)[0])


def inverse(hessian: Floats, level: Floats | None = None) -> Floats:
    """The inverse where strengths sum to zero; adding the same to all of them changes nothing.

    `level` is 1 for each row that is a strength, 0 for others; all are, unless it is given.
    """
    free = np.ones(len(hessian)) if level is None else level
    largest = np.abs(hessian).max(initial=1.0) / max(free.sum(), 1.0)
    held = hessian + largest * np.outer(free, free)
    return np.asarray(np.linalg.pinv(held, rcond=1e-13, hermitian=True))


def _meat(
    votes: Votes, strengths: Floats, clusters: ArrayLike | None, squared: Floats
) -> tuple[Floats, int]:
    """The sum of the squared scores of the clusters, corrected for their number; and the number.

    One cluster has nothing to be compared with: as without clusters, votes are independent, and
    the number is 0.
    """
    size = votes.models
    chance = expit(np.subtract.outer(strengths, strengths)).ravel()
    cell = votes.first * size + votes.second
    error = votes.outcome - chance[cell]
    residual = votes.weights * error
    if clusters is not None:
        group, groups = _grouped(clusters)
        if len(group) != len(residual):
            raise ValueError("clusters must be as long as the votes")
        if groups > 1:
            scores = np.bincount(group * size + votes.first, residual, groups * size)
            scores -= np.bincount(group * size + votes.second, residual, groups * size)
            scores = scores.reshape(groups, size)
            return groups / (groups - 1) * scores.T @ scores, groups
    scores = np.bincount(cell, squared * error**2, size * size).reshape(size, size)
    scores = scores + scores.T
    return np.diag(scores.sum(axis=1)) - scores, 0


def components(votes: Votes) -> Integers:
    """The number of the group of each model that comparisons connect it with."""
    size = votes.models
    met = np.flatnonzero(np.bincount(votes.first * size + votes.second, minlength=size * size))
    pairs = (met // max(size, 1), met % max(size, 1))
    graph = coo_array((np.ones(len(met)), pairs), shape=(size, size))
    return np.asarray(connected_components(graph, directed=False)[1], np.intp)


def rating(strength: ArrayLike) -> Floats:
    """Strengths on the scale of Elo: 1000 + 400/ln 10 · ξ."""
    return np.asarray(MIDDLE + SCALE * np.asarray(strength, float))


def ranks(lower: ArrayLike, upper: ArrayLike) -> tuple[Integers, Integers]:
    """The best and the worst rank that intervals leave open (Chiang et al. 2024).

    The best is 1 and the number of models that are surely better, whose lower end is above this
    one's upper end; the worst leaves out those that are surely worse.
    """
    low, high = np.asarray(lower, float), np.asarray(upper, float)
    better = (low[None, :] > high[:, None]).sum(axis=1)
    worse = (high[None, :] < low[:, None]).sum(axis=1)
    return better + 1, len(low) - worse


def votes_to_flip_first(
    first: ArrayLike,
    second: ArrayLike,
    outcome: ArrayLike,
    *,
    models: int | Sequence[Any],
    weights: ArrayLike | None = None,
    counts: ArrayLike | None = None,
    ridge: float = RIDGE,
) -> int | None:
    """How few votes, turned round, would put another model first; None where none could.

    The votes with most influence on the lead are turned first (Broderick et al. 2020), and the
    number is found by fitting again: an upper bound that is nearly always the least. A row stands
    for `counts` votes (one, unless given) of the summed `weights`.
    """
    given = np.ones(len(np.asarray(outcome))) if counts is None else np.asarray(counts, float)
    totals = given if weights is None else np.asarray(weights, float)
    votes = read_votes(first, second, outcome, models=models, weights=totals)
    sums = _Sums.of(votes)
    strengths = sums.maximise(ridge)
    leader = int(np.argmax(strengths))
    bread = inverse(sums.hessian(strengths, ridge))
    found = [
        _flips(votes, given, sums, ridge, leader, rival, bread)
        for rival in np.argsort(-strengths)[1 : 1 + RIVALS]
        if votes.counts[rival]
    ]
    return min((count for count in found if count is not None), default=None)


RIVALS = 3  # whoever could overtake with few votes is near


def _flips(
    votes: Votes,
    counts: Floats,
    sums: "_Sums",
    ridge: float,
    leader: int,
    rival: int,
    bread: Floats,
) -> int | None:
    effect = bread[leader] - bread[rival]
    turned = 1 - 2 * votes.outcome  # what turning a vote round adds to its outcome
    each = np.divide(votes.weights, counts, out=np.zeros_like(counts), where=counts > 0)
    influence = turned * each * (effect[votes.first] - effect[votes.second])
    order = np.argsort(influence, kind="stable")
    order = order[: int((influence < 0).sum())]
    before = np.cumsum(counts[order]) - counts[order]  # votes turned before the row's own

    def overtaken(count: int) -> bool:
        of_row = np.clip(count - before, 0, counts[order])
        won = (turned * each)[order] * of_row
        strengths = sums.with_more(votes.first[order], votes.second[order], won).maximise(ridge)
        # Where the two are level, rounding decides nothing.
        return bool(strengths[rival] - strengths[leader] > LEVEL)

    low, high = 0, int(counts[order].sum())
    if not overtaken(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if overtaken(middle) else (middle, high)
    return high
