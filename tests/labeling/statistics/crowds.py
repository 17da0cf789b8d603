"""Synthetic votes of known origin."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Crowd(NamedTuple):
    """Votes of labelers on pairs of models with known strengths."""

    first: NDArray[Any]
    second: NDArray[Any]
    outcome: NDArray[Any]
    labelers: NDArray[Any]
    strengths: NDArray[Any]


def crowd(
    *,
    seed: int,
    models: int = 6,
    labelers: int = 40,
    votes_each: int = 50,
    taste: float = 0.0,
    reliabilities: Any = 1.0,
    scale: float = 1.0,
) -> Crowd:
    """Each labeler has strengths of their own around the true ones, apart by `taste`."""
    random = np.random.default_rng(seed)
    strengths = random.normal(0, scale, models)
    strengths -= strengths.mean()
    labeler = np.repeat(np.arange(labelers), votes_each)
    own = strengths + random.normal(0, taste, (labelers, models)) if taste else None
    first = random.integers(0, models, len(labeler))
    second = (first + random.integers(1, models, len(labeler))) % models
    if own is None:
        difference = strengths[first] - strengths[second]
    else:
        difference = own[labeler, first] - own[labeler, second]
    chance = 1 / (1 + np.exp(-difference))
    eta = np.broadcast_to(reliabilities, labelers)[labeler]
    chance = eta * chance + (1 - eta) * (1 - chance)
    outcome = (random.random(len(labeler)) < chance).astype(float)
    return Crowd(first, second, outcome, labeler, strengths)
