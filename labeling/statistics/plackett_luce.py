"""Strengths from full rankings: Plackett (1975) and Luce (1959)."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from labeling.statistics.bradley_terry import RIDGE, STEPS, TOLERANCE
from labeling.statistics.intervals import Floats
from labeling.statistics.late import logsumexp, softmax


def fit(
    rankings: Sequence[Sequence[Any]],
    *,
    models: int | Sequence[Any] | None = None,
    ridge: float = RIDGE,
) -> Floats:
    """Strengths on the logit scale that sum to zero, by Newton's method.

    A ranking lists two or more models, best first; they may be of different lengths. Raises
    ValueError for one that names a model twice or not among `models`, which by default are all
    that are named: numbered from 0, or other names in ascending order.
    """
    named = {one for ranking in rankings for one in ranking}
    if models is None and not all(isinstance(one, int | np.integer) for one in named):
        models = sorted(named)
    places = _numbered(rankings, models)
    size = models if isinstance(models, int) else len(models or ())
    size = size or 1 + max((max(ranking) for ranking in places), default=-1)
    by_length = [
        np.array([ranking for ranking in places if len(ranking) == length])
        for length in sorted({len(ranking) for ranking in places})
    ]
    strengths = np.zeros(size)
    if not size:
        return strengths
    for _ in range(STEPS):
        gradient, hessian = -ridge * strengths, ridge * np.eye(size)
        for table in by_length:
            _add_stages(table, strengths, gradient, hessian)
        step = np.linalg.lstsq(hessian, gradient, rcond=None)[0]
        strengths = strengths + step / max(1.0, np.abs(step).max(initial=0.0) / 2)
        if np.abs(step).max(initial=0.0) < TOLERANCE:
            break
    return np.asarray(strengths - strengths.mean())


def log_likelihood(rankings: Sequence[Sequence[int]], strengths: Floats) -> float:
    """Of the rankings of numbered models: each place is a choice among those that are left."""
    return sum(
        float(strengths[ranking[stage]] - logsumexp(strengths[list(ranking[stage:])]))
        for ranking in rankings
        for stage in range(len(ranking) - 1)
    )


def _numbered(
    rankings: Sequence[Sequence[Any]], models: int | Sequence[Any] | None
) -> list[list[int]]:
    if models is None or isinstance(models, int):
        numbers = None
        most = models if isinstance(models, int) else float("inf")
    else:
        numbers = {name: number for number, name in enumerate(models)}
        most = len(models)
    result = []
    for ranking in rankings:
        try:
            places = [int(one) if numbers is None else numbers[one] for one in ranking]
        except KeyError as error:
            raise ValueError(f"unknown model: {error.args[0]!r}") from error
        if len(set(places)) != len(places) or any(not 0 <= place < most for place in places):
            raise ValueError(f"not a ranking of the models: {list(ranking)!r}")
        if len(places) > 1:
            result.append(places)
    return result


def _add_stages(table: Any, strengths: Floats, gradient: Floats, hessian: Floats) -> None:
    """Add what rankings of one length say: a choice among the rest at every place but the last."""
    size = len(strengths)
    for stage in range(table.shape[1] - 1):
        left = table[:, stage:]
        chance = softmax(strengths[left], axis=1)
        gradient += np.bincount(left[:, 0], minlength=size)
        gradient -= np.bincount(left.ravel(), chance.ravel(), size)
        hessian += np.diag(np.bincount(left.ravel(), chance.ravel(), size))
        pairs = (left[:, :, None] * size + left[:, None, :]).ravel()
        products = (chance[:, :, None] * chance[:, None, :]).ravel()
        hessian -= np.bincount(pairs, products, size * size).reshape(size, size)
