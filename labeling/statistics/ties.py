"""Two models of comparisons in which a tie is an outcome of its own, not half of each other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labeling.statistics.bradley_terry import RIDGE, read_votes
from labeling.statistics.intervals import Floats
from labeling.statistics.late import expit, log_expit, minimize

TIE = 0.5


@dataclass(frozen=True)
class TiesFit:
    """Strengths on the logit scale that sum to zero; `parameter` is ν, or θ."""

    strengths: Floats
    parameter: float


@dataclass(frozen=True)
class _Cells:
    """Weights by pair of models: `first` below `second`; won by either, or tied."""

    first: NDArray[np.intp]
    second: NDArray[np.intp]
    won: Floats
    lost: Floats
    tied: Floats
    models: int


# From differences of strengths and the second parameter: the log-likelihood of the cells, and its
# derivatives by both.
LogLikelihood = Callable[[Floats, float, _Cells], tuple[float, Floats, float]]


def davidson(
    first: ArrayLike,
    second: ArrayLike,
    outcome: ArrayLike,
    *,
    models: int | Sequence[Any],
    weights: ArrayLike | None = None,
    ridge: float = RIDGE,
) -> TiesFit:
    """P(tie) = ν√(πᵢπⱼ) / (πᵢ + πⱼ + ν√(πᵢπⱼ)) (Davidson 1970); ν = 0 without ties."""
    cells = _cells(first, second, outcome, models, weights)
    strengths, log_nu = _fit(cells, ridge, _davidson)
    return TiesFit(strengths, float(np.exp(log_nu)) if cells.tied.any() else 0.0)


def rao_kupper(
    first: ArrayLike,
    second: ArrayLike,
    outcome: ArrayLike,
    *,
    models: int | Sequence[Any],
    weights: ArrayLike | None = None,
    ridge: float = RIDGE,
) -> TiesFit:
    """P(i wins) = πᵢ / (πᵢ + θπⱼ), a tie else (Rao and Kupper 1967); θ = 1 without ties."""
    cells = _cells(first, second, outcome, models, weights)
    strengths, log_excess = _fit(cells, ridge, _rao_kupper)
    return TiesFit(strengths, 1 + float(np.exp(log_excess)) if cells.tied.any() else 1.0)


def _cells(
    first: ArrayLike,
    second: ArrayLike,
    outcome: ArrayLike,
    models: int | Sequence[Any],
    weights: ArrayLike | None,
) -> _Cells:
    votes = read_votes(first, second, outcome, models=models, weights=weights)
    swapped = votes.first > votes.second
    low = np.where(swapped, votes.second, votes.first)
    high = np.where(swapped, votes.first, votes.second)
    result = np.where(swapped, 1 - votes.outcome, votes.outcome)
    pairs, pair = np.unique(low * votes.models + high, return_inverse=True)

    def total(chosen: NDArray[np.bool_]) -> Floats:
        sums = np.bincount(pair, weights=votes.weights * chosen, minlength=len(pairs))
        return np.asarray(sums, float)

    return _Cells(
        first=pairs // votes.models,
        second=pairs % votes.models,
        won=total(result == 1),
        lost=total(result == 0),
        tied=total(result == TIE),
        models=votes.models,
    )


def _fit(cells: _Cells, ridge: float, likelihood: LogLikelihood) -> tuple[Floats, float]:
    tied = bool(cells.tied.any())

    def objective(point: Floats) -> tuple[float, Floats]:
        strengths = point[:-1]
        differences = strengths[cells.first] - strengths[cells.second]
        value, by_difference, by_parameter = likelihood(differences, float(point[-1]), cells)
        gradient = np.zeros(len(point))
        np.add.at(gradient, cells.first, by_difference)
        np.add.at(gradient, cells.second, -by_difference)
        gradient[:-1] -= ridge * strengths
        gradient[-1] = by_parameter if tied else 0.0
        return -(value - ridge / 2 * float(strengths @ strengths)), -gradient

    start = np.zeros(cells.models + 1)
    # Without ties the parameter has no finite best value: it is held where ties cannot be.
    start[-1] = 0.0 if tied else -40.0
    found = minimize(
        objective, start, jac=True, method="L-BFGS-B", options={"ftol": 1e-15, "gtol": 1e-9}
    )
    strengths = found.x[:-1]
    return strengths - strengths.mean(), float(found.x[-1])


def _davidson(d: Floats, log_nu: float, cells: _Cells) -> tuple[float, Floats, float]:
    logits = np.stack([d / 2, -d / 2, np.full_like(d, log_nu)])
    normal = np.logaddexp.reduce(logits, axis=0)
    chance = np.exp(logits - normal)
    seen = np.stack([cells.won, cells.lost, cells.tied])
    total = seen.sum(axis=0)
    by_difference = (cells.won - cells.lost - total * (chance[0] - chance[1])) / 2
    by_parameter = float((cells.tied - total * chance[2]).sum())
    return float((seen * (logits - normal)).sum()), by_difference, by_parameter


def _rao_kupper(d: Floats, log_excess: float, cells: _Cells) -> tuple[float, Floats, float]:
    excess = np.exp(log_excess)
    log_theta = np.log1p(excess)
    up, down = d - log_theta, -d - log_theta
    # P(tie) = (θ² - 1) σ(up) σ(down)
    log_gap = log_excess + np.log(2 + excess)
    value = (cells.won + cells.tied) @ log_expit(up) + (cells.lost + cells.tied) @ log_expit(down)
    value += log_gap * cells.tied.sum()
    by_up = (cells.won + cells.tied) * expit(-up)
    by_down = (cells.lost + cells.tied) * expit(-down)
    by_gap = (1 + excess / (2 + excess)) * cells.tied.sum()
    by_parameter = by_gap - (by_up + by_down).sum() * excess / (1 + excess)
    return float(value), by_up - by_down, float(by_parameter)
