"""Judgments and the people who give them, estimated together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labeling.statistics.bradley_terry import Votes, inverse, read_votes
from labeling.statistics.intervals import Floats
from labeling.statistics.late import expit

# A Beta prior of the reliability with its mode at 1: most people mean what they say, so that the
# scale cannot turn upside down, and who always did is not made a little doubtful.
PRIOR = (4.0, 1.0)
# Doubt and strength trade off where a model nearly always wins: firmer than for votes alone.
CROWD_RIDGE = 0.1
PRECISION = 1e-11
GRID = 200  # steps of a reliability, from 0 to 1
BINS = 500  # steps of the chance that a vote goes one way
ITERATIONS = 200
HALVINGS = 30
LONGEST = 3.0  # of a step, on the logit scale
MOST_SURE = 12.0  # of a reliability's logit
GAIN = 1e-13
SMOOTHING = 0.01
TOLERANCE = 1e-9


class CrowdFit(NamedTuple):
    """Strengths (logits, summing to zero) and each labeler's reliability η, in order of labelers.

    η is the chance that somebody votes as the strengths would: about ½ is at random, below
    adversarial.
    """

    strengths: Floats
    labelers: NDArray[np.generic]
    reliabilities: Floats


def crowd_bt(
    first: ArrayLike,
    second: ArrayLike,
    outcome: ArrayLike,
    labelers: ArrayLike,
    *,
    models: int | Sequence[Any],
    weights: ArrayLike | None = None,
    ridge: float = CROWD_RIDGE,
    prior: tuple[float, float] = PRIOR,
    precision: float = PRECISION,
) -> CrowdFit:
    """P(k says i ≻ j) = η_k σ(Δ) + (1 - η_k) σ(-Δ) (Chen et al. 2013), ties half of each.

    Strengths have a normal prior of precision `ridge`, reliabilities a Beta prior; both are at
    the maximum of the joint posterior density, where a step of the search gains less than
    `precision` of it. `weights` say how often each vote was given.
    """
    votes = read_votes(first, second, outcome, models=models, weights=weights)
    people, labeler = np.unique(np.asarray(labelers), return_inverse=True)
    posterior = _Posterior(votes, labeler, len(people), ridge, prior)
    point = posterior.start()
    loss, gradient = posterior.loss(point)
    for _ in range(ITERATIONS):
        step = posterior.step(point, gradient)
        step /= max(1.0, np.abs(step).max(initial=0.0) / LONGEST)
        for _ in range(HALVINGS):
            tried = np.clip(point + step, *posterior.bounds)
            new_loss, new_gradient = posterior.loss(tried)
            if new_loss <= loss:
                break
            step = step / 2
        else:
            break
        moved, gained = np.abs(tried - point).max(initial=0.0), loss - new_loss
        point, loss, gradient = tried, new_loss, new_gradient
        if moved < TOLERANCE or gained < GAIN * abs(loss):
            break
    strengths = point[: votes.models]
    return CrowdFit(strengths - strengths.mean(), people, expit(point[votes.models :]))


def crowd_covariance(
    found: CrowdFit,
    first: ArrayLike,
    second: ArrayLike,
    labelers: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    ridge: float = CROWD_RIDGE,
) -> Floats:
    """The covariance of the strengths that `crowd_bt` found, reliabilities being uncertain too.

    The strengths' part of the inverse of the expected information, with both priors.
    """
    size = len(found.strengths)
    votes = read_votes(
        first, second, np.zeros(len(np.asarray(first))), models=size, weights=weights
    )
    labeler = np.searchsorted(found.labelers, np.asarray(labelers))
    posterior = _Posterior(votes, labeler, len(found.labelers), ridge, PRIOR)
    eta = np.clip(found.reliabilities, 1e-9, 1 - 1e-9)
    leaning = np.clip(np.log(eta / (1 - eta)), -MOST_SURE, MOST_SURE)
    reduced = posterior.information(np.concatenate([found.strengths, leaning])).reduced
    centre = np.eye(size) - 1 / size
    return np.asarray(centre @ inverse(reduced) @ centre)


class _Information(NamedTuple):
    """Expected information: of strengths, of leanings (a diagonal), and of both together."""

    strengths: Floats
    leanings: Floats
    mixed: Floats  # models by labelers

    @property
    def reduced(self) -> Floats:
        """Of the strengths, the leanings being unknown."""
        return np.asarray(self.strengths - (self.mixed / self.leanings) @ self.mixed.T)


@dataclass(frozen=True)
class _Posterior:
    """Of strengths and, on the logit scale, reliabilities: one point holds both."""

    votes: Votes
    labeler: NDArray[np.intp]
    people: int
    ridge: float
    prior: tuple[float, float]

    def loss(self, point: Floats) -> tuple[float, Floats]:
        """The log density and its gradient, both negative."""
        votes, size = self.votes, self.votes.models
        alpha, beta = self.prior[0] - 1, self.prior[1] - 1
        strengths, eta = point[:size], expit(point[size:])
        up = expit(strengths[votes.first] - strengths[votes.second])
        mine = eta[self.labeler]
        agrees = mine * up + (1 - mine) * (1 - up)
        differs = 1 - agrees
        won, lost = votes.weights * votes.outcome, votes.weights * (1 - votes.outcome)
        value = won @ np.log(agrees) + lost @ np.log(differs)
        value += (alpha * np.log(eta) + beta * np.log1p(-eta)).sum()
        value -= self.ridge / 2 * (strengths @ strengths)
        slope = won / agrees - lost / differs
        by_difference = slope * (2 * mine - 1) * up * (1 - up)
        by_strength = -self.ridge * strengths
        by_strength += np.bincount(votes.first, by_difference, size)
        by_strength -= np.bincount(votes.second, by_difference, size)
        by_eta = np.bincount(self.labeler, slope * (2 * up - 1), self.people)
        by_leaning = by_eta * eta * (1 - eta) + alpha * (1 - eta) - beta * eta
        return -float(value), -np.concatenate([by_strength, by_leaning])

    @property
    def bounds(self) -> tuple[Floats, Floats]:
        """Where points are looked for: nobody is quite sure of anything."""
        most = np.concatenate(
            [np.full(self.votes.models, 30.0), np.full(self.people, float(MOST_SURE))]
        )
        return -most, most

    def information(self, point: Floats) -> _Information:
        votes, size = self.votes, self.votes.models
        eta = expit(point[size:])
        up = expit(point[votes.first] - point[votes.second])
        mine = eta[self.labeler]
        agrees = mine * up + (1 - mine) * (1 - up)
        by_difference = (2 * mine - 1) * up * (1 - up)
        by_leaning = (2 * up - 1) * mine * (1 - mine)
        weight = votes.weights / np.maximum(agrees * (1 - agrees), 1e-300)
        cell = votes.first * size + votes.second
        pairs = np.bincount(cell, weight * by_difference**2, size * size).reshape(size, size)
        pairs = pairs + pairs.T
        both = weight * by_difference * by_leaning
        shape = (size, self.people)
        mixed = np.bincount(votes.first * self.people + self.labeler, both, size * self.people)
        mixed = mixed - np.bincount(
            votes.second * self.people + self.labeler, both, size * self.people
        )
        own = np.bincount(self.labeler, weight * by_leaning**2, self.people)
        prior = (self.prior[0] + self.prior[1] - 2) * eta * (1 - eta)
        return _Information(
            np.diag(pairs.sum(axis=1) + self.ridge) - pairs,
            own + prior + 1e-9,
            np.asarray(mixed, float).reshape(shape),
        )

    def step(self, point: Floats, gradient: Floats) -> Floats:
        """Fisher's scoring step; the labelers' part is eliminated, whatever their number."""
        size = self.votes.models
        known = self.information(point)
        up, leaning = -gradient[:size], -gradient[size:]
        strengths = np.linalg.solve(known.reduced, up - known.mixed @ (leaning / known.leanings))
        return np.concatenate([strengths, (leaning - known.mixed.T @ strengths) / known.leanings])

    def start(self) -> Floats:
        """Where the plain votes point: with equal strengths nothing says who is reliable."""
        votes, size = self.votes, self.votes.models
        lead = votes.weights * (votes.outcome - 0.5)
        strengths = np.bincount(votes.first, lead, size) - np.bincount(votes.second, lead, size)
        met = sum(np.bincount(side, votes.weights, size) for side in (votes.first, votes.second))
        return np.concatenate([strengths / np.maximum(met, 1), np.full(self.people, np.log(4.0))])


class Reliability(NamedTuple):
    """By labeler, in ascending order: the likeliest η, and the ends of its interval."""

    labelers: NDArray[np.generic]
    likeliest: Floats
    lower: Floats
    upper: Floats


def reliability_intervals(
    advantage: ArrayLike,
    outcome: ArrayLike,
    labelers: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    prior: tuple[float, float] = PRIOR,
    confidence: float = 0.95,
) -> Reliability:
    """What each labeler's votes say of their η, given how far apart the models are.

    `advantage` is the first model's strength less the second's. The posterior of η is computed on
    a grid, with the same Beta prior; the interval is where it is densest, so that it holds the
    likeliest η, at an end too.
    """
    people, labeler = np.unique(np.asarray(labelers), return_inverse=True)
    up = expit(np.asarray(advantage, float))
    won = np.asarray(outcome, float)
    given = np.ones(len(won)) if weights is None else np.asarray(weights, float)
    # Votes with nearly the same chance are alike: sums by labeler and chance, not votes, are
    # weighed at each point of the grid.
    kind = labeler * BINS + np.minimum((up * BINS).astype(np.intp), BINS - 1)
    chance = (np.arange(BINS) + 0.5) / BINS
    shape = (len(people), BINS)
    wins, losses = (
        np.asarray(np.bincount(kind, sums, len(people) * BINS), float).reshape(shape)
        for sums in (given * won, given * (1 - won))
    )
    grid = (np.arange(GRID) + 0.5) / GRID
    agrees = np.outer(chance, grid) + np.outer(1 - chance, 1 - grid)
    before = (prior[0] - 1) * np.log(grid) + (prior[1] - 1) * np.log1p(-grid)
    log = wins @ np.log(agrees) + losses @ np.log1p(-agrees) + before
    mass = np.exp(log - log.max(axis=1, keepdims=True, initial=-np.inf))
    densest = -np.sort(-mass, axis=1)
    within = np.cumsum(densest, axis=1) < confidence * mass.sum(axis=1, keepdims=True)
    least = np.take_along_axis(densest, within.sum(axis=1, keepdims=True), axis=1)
    inside = mass >= least
    below, beyond = inside.argmax(axis=1), inside[:, ::-1].argmax(axis=1)
    likeliest = grid[mass.argmax(axis=1)]
    return Reliability(people, likeliest, below / GRID, (GRID - beyond) / GRID)


class DawidSkeneFit(NamedTuple):
    """`posteriors` are items by classes; `confusions` labelers by true class by answer."""

    items: NDArray[np.generic]
    labelers: NDArray[np.generic]
    classes: NDArray[np.generic]
    posteriors: Floats
    confusions: Floats
    prevalence: Floats

    @property
    def labels(self) -> NDArray[np.generic]:
        """The likeliest class of each item."""
        if not len(self.items):
            return self.classes
        return np.asarray(self.classes[self.posteriors.argmax(axis=1)])


def dawid_skene(
    items: ArrayLike, labelers: ArrayLike, labels: ArrayLike, *, smoothing: float = SMOOTHING
) -> DawidSkeneFit:
    """True classes and the labelers' confusion matrices, by EM (Dawid and Skene 1979).

    Starts at the shares of the votes. `smoothing` is added to every cell of a confusion matrix,
    so that an answer somebody never gave is unlikely and not impossible.
    """
    item_names, item = np.unique(np.asarray(items), return_inverse=True)
    people, labeler = np.unique(np.asarray(labelers), return_inverse=True)
    classes, answer = np.unique(np.asarray(labels), return_inverse=True)
    size = len(classes)
    votes = np.bincount(item * size + answer, minlength=len(item_names) * size)
    votes = votes.reshape(len(item_names), size)
    posteriors = votes / votes.sum(axis=1, keepdims=True)
    given = labeler * size + answer
    for _ in range(ITERATIONS):
        prevalence = posteriors.sum(axis=0) / max(len(item_names), 1)
        confusions = np.empty((len(people), size, size))
        for true in range(size):
            seen = np.bincount(given, posteriors[item, true], len(people) * size)
            confusions[:, true, :] = seen.reshape(len(people), size) + smoothing
        confusions /= confusions.sum(axis=2, keepdims=True)
        log = np.tile(np.log(np.maximum(prevalence, 1e-300)), (len(item_names), 1))
        np.add.at(log, item, np.log(confusions)[labeler, :, answer])
        fresh = np.exp(log - log.max(axis=1, keepdims=True, initial=-np.inf))
        fresh /= fresh.sum(axis=1, keepdims=True)
        moved = float(np.abs(fresh - posteriors).max(initial=0.0))
        posteriors = fresh
        if moved < TOLERANCE:
            break
    return DawidSkeneFit(item_names, people, classes, posteriors, confusions, prevalence)
