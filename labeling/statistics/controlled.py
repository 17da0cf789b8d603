"""Strengths of models as if something else, say the length of answers, were the same for all.

A logistic model with a strength for each model and a coefficient for each covariate, as Chatbot
Arena's style control (Li, Angelopoulos and Chiang 2024) and AlpacaEval 2's length control (Dubois
et al. 2024): P(first wins) = σ(ξ₁ - ξ₂ + βx), ties half.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from labeling.statistics.bradley_terry import (
    RIDGE,
    STEPS,
    TOLERANCE,
    Fit,
    Votes,
    components,
    inverse,
    read_votes,
)
from labeling.statistics.intervals import Floats
from labeling.statistics.late import expit


@dataclass(frozen=True)
class ControlledFit:
    """`fit` holds the strengths where every covariate is 0; `coefficients` say what one unit does.

    Both on the logit scale, with clustered standard errors.
    """

    fit: Fit
    coefficients: Floats
    standard_errors: Floats


def relative_length(first: ArrayLike, second: ArrayLike) -> Floats:
    """(l₁ - l₂)/(l₁ + l₂ + 1), elementwise: from -1, the first is empty, to 1, the second is."""
    a, b = np.asarray(first, float), np.asarray(second, float)
    return np.asarray((a - b) / (a + b + 1))


def fit(
    first: ArrayLike,
    second: ArrayLike,
    outcome: ArrayLike,
    covariates: ArrayLike,
    *,
    models: int | Sequence[Any],
    weights: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    ridge: float = RIDGE,
) -> ControlledFit:
    """Maximum a posteriori strengths and coefficients, with sandwich covariances.

    `covariates` has a row a vote and a column each (one column may be flat), oriented as the votes
    are: they change sign when first and second are exchanged. Otherwise as `bradley_terry.fit`.
    """
    votes = read_votes(first, second, outcome, models=models, weights=weights)
    x = np.asarray(covariates, float).reshape(len(votes.first), -1)
    point = _maximise(votes, x, ridge)
    size, total = votes.models, votes.models + x.shape[1]
    error = votes.outcome - _chance(votes, x, point)
    chance = votes.outcome - error
    # The coefficients are not shifted when all strengths are: only those are to be centred.
    centre = np.eye(total)
    centre[:size, :size] -= 1 / size
    hessian = _gram(votes, x, votes.weights * chance * (1 - chance)) + ridge * np.eye(total)
    meat, groups = _meat(votes, x, error, clusters)
    bread = _inverse(hessian, size)
    covariance = centre @ bread @ (meat + ridge * centre) @ bread @ centre
    return ControlledFit(
        Fit(
            strengths=point[:size] - point[:size].mean(),
            covariance=covariance[:size, :size],
            components=components(votes),
            counts=votes.counts,
            degrees=groups - 1 if clusters is not None and groups > 1 else np.inf,
        ),
        point[size:],
        np.sqrt(np.clip(np.diag(covariance)[size:], 0, None)),
    )


def _chance(votes: Votes, x: Floats, point: Floats) -> Floats:
    own, slopes = point[: votes.models], point[votes.models :]
    return np.asarray(expit(own[votes.first] - own[votes.second] + x @ slopes))


def _maximise(votes: Votes, x: Floats, ridge: float) -> Floats:
    """Newton's method on strengths and coefficients together."""
    point = np.zeros(votes.models + x.shape[1])
    for _ in range(STEPS):
        chance = _chance(votes, x, point)
        gradient = _score(votes, x, votes.weights * (votes.outcome - chance)) - ridge * point
        hessian = _gram(votes, x, votes.weights * chance * (1 - chance))
        step = np.linalg.lstsq(hessian + ridge * np.eye(len(point)), gradient, rcond=None)[0]
        point = point + step / max(1.0, np.abs(step).max(initial=0.0) / 2)
        if np.abs(step).max(initial=0.0) < TOLERANCE:
            break
    return point


def _score(votes: Votes, x: Floats, residual: Floats) -> Floats:
    """The sum of the votes' contrasts, each times its residual."""
    size = votes.models
    of_models = np.bincount(votes.first, residual, size) - np.bincount(votes.second, residual, size)
    return np.concatenate([of_models, x.T @ residual])


def _gram(votes: Votes, x: Floats, weight: Floats) -> Floats:
    """The sum of the outer products of the votes' contrasts, weighted."""
    size = votes.models
    cells = np.bincount(votes.first * size + votes.second, weight, size * size)
    pairs = cells.reshape(size, size) + cells.reshape(size, size).T
    mixed = np.array(
        [
            np.bincount(votes.first, weight * column, size)
            - np.bincount(votes.second, weight * column, size)
            for column in x.T
        ]
    ).reshape(-1, size)
    slopes = (x * weight[:, None]).T @ x
    return np.block([[np.diag(pairs.sum(axis=1)) - pairs, mixed.T], [mixed, slopes]])


def _meat(votes: Votes, x: Floats, error: Floats, clusters: ArrayLike | None) -> tuple[Floats, int]:
    residual = votes.weights * error
    if clusters is not None:
        _, group = np.unique(np.asarray(clusters), return_inverse=True)
        groups = int(group.max(initial=-1)) + 1
        if groups > 1:
            size = votes.models
            scores = np.bincount(group * size + votes.first, residual, groups * size)
            scores -= np.bincount(group * size + votes.second, residual, groups * size)
            slopes = [np.bincount(group, residual * column, groups) for column in x.T]
            rows = np.column_stack([scores.reshape(groups, size), *slopes])
            return groups / (groups - 1) * rows.T @ rows, groups
    return _gram(votes, x, residual**2), 0


def _inverse(hessian: Floats, size: int) -> Floats:
    """The inverse where strengths sum to zero."""
    level = np.zeros(len(hessian))
    level[:size] = 1.0
    return inverse(hessian, level)
