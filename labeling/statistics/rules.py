"""From votes to the chance of each pair to be asked about next, one rule for each policy.

Votes come in rows, each with how often it was said. Votes that are owed already, by tasks nobody
has answered yet, count as given: otherwise a whole batch of tasks would ask about one pair.

A rule that always asks about the best pair gives every other pair the probability 0, and its votes
no inverse weight. So a share EXPLORATION of the choices is made evenly among all pairs that there
are tasks for; no weight is more than 1/EXPLORATION times that of an even choice.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from labeling.statistics.bradley_terry import Integers, Votes, fit
from labeling.statistics.crowd import PRIOR, crowd_bt
from labeling.statistics.intervals import Floats
from labeling.statistics.late import expit
from labeling.statistics.selection import arena_probabilities, crowd_bt_gain, d_optimal

EXPLORATION = 0.1
# The precision of a prior with a standard deviation of 550 rating points: who won three of three
# is not so far ahead yet that nothing could be learnt of them.
RIDGE = 0.1
# What is learnt of labelers counts a tenth of what is learnt of models: counted in full, pairs that
# everybody agrees on were asked about over and over, for they tell most of who is careless.
OF_LABELERS = 0.1
LABELERS = 30  # the busiest stand for the crowd
ROUGHLY = 1e-7  # a choice needs strengths within 0.02 logits, which takes a fifth of the time
# How much more than its share the best pair is asked about; Arena's rule is steep by itself.
STEEPNESS = 2.0


@dataclass(frozen=True)
class Known:
    """Votes as rows, `votes.weights` being how often each was given, and who gave them.

    `owed` is symmetric, models by models: the votes that open tasks are owed.
    """

    votes: Votes
    labelers: Integers
    owed: Floats


class Rule(ABC):
    """What a vote on each pair is worth, as known at the moment."""

    @abstractmethod
    def __init__(self, known: Known) -> None: ...

    @abstractmethod
    def gains(self, first: Integers, second: Integers) -> Floats:
        """The worth of one vote on each pair, positive, in any unit."""

    @abstractmethod
    def owe(self, first: int, second: int, votes: float) -> None:
        """Count votes that a task made just now will bring."""

    def probabilities(self, first: Integers, second: Integers) -> Floats:
        """The chance of each pair, summing to 1 and nowhere below EXPLORATION / pairs."""
        gains = np.maximum(self.gains(first, second), 0)
        even = np.full(len(gains), 1 / max(len(gains), 1))
        total = gains.sum()
        by_rule = gains / total if total > 0 else even
        return np.asarray((1 - EXPLORATION) * by_rule + EXPLORATION * even)


class Arena(Rule):
    """How much one vote narrows the interval of its pair's win rate (Chiang et al. 2024).

    The variance of a vote is that of the outcomes seen, a win and a loss added, so that a pair of
    two equal votes is not taken for certain.
    """

    def __init__(self, known: Known) -> None:
        votes, size = known.votes, known.votes.models
        met, won, squares = (
            _both_ways(votes, weights, size)
            for weights in (
                np.ones((2, len(votes.outcome))),
                np.stack([votes.outcome, 1 - votes.outcome]),
                np.stack([votes.outcome, 1 - votes.outcome]) ** 2,
            )
        )
        mean = (won + 1) / (met + 2)
        self._variances = (squares + 1) / (met + 2) - mean**2
        self._counts = met + known.owed

    def gains(self, first: Integers, second: Integers) -> Floats:
        return arena_probabilities(self._variances[first, second], self._counts[first, second])

    def owe(self, first: int, second: int, votes: float) -> None:
        self._counts[first, second] += votes
        self._counts[second, first] += votes


class DOptimal(Rule):
    """The growth of the information matrix's log determinant, of strengths under a ridge."""

    def __init__(self, known: Known) -> None:
        votes = known.votes
        found = fit(
            votes.first,
            votes.second,
            votes.outcome,
            models=votes.models,
            weights=votes.weights,
            ridge=RIDGE,
        )
        self._strengths = found.strengths
        chance = expit(self._strengths[:, None] - self._strengths[None, :])
        self._slope = chance * (1 - chance)
        met = _both_ways(votes, np.ones((2, len(votes.outcome))), votes.models)
        self._covariance = _inverse_information((met + known.owed) * self._slope)

    def gains(self, first: Integers, second: Integers) -> Floats:
        return d_optimal(self._strengths, self._covariance, first, second) ** STEEPNESS

    def owe(self, first: int, second: int, votes: float) -> None:
        self._covariance = _learnt(
            self._covariance, first, second, votes * float(self._slope[first, second])
        )


class CrowdBT(Rule):
    """What a vote of the crowd is expected to teach, of models and of labelers (Chen et al. 2013).

    Who will answer is not known when a task is made: the gain is the mean over the busiest
    labelers, by their votes. Without any vote the labeler is as the prior has it.
    """

    def __init__(self, known: Known) -> None:
        votes = known.votes
        found = crowd_bt(
            votes.first,
            votes.second,
            votes.outcome,
            known.labelers,
            models=votes.models,
            weights=votes.weights,
            ridge=RIDGE,
            precision=ROUGHLY,
        )
        self._strengths = found.strengths
        people = np.searchsorted(found.labelers, known.labelers)
        given = np.asarray(np.bincount(people, votes.weights, len(found.labelers)), float)
        self._crowd(given, found.reliabilities)
        weights = votes.weights * self._information(
            votes.first, votes.second, found.reliabilities[people]
        )
        size = votes.models
        weighed = np.bincount(votes.first * size + votes.second, weights, size * size)
        weighed = weighed.reshape(size, size)
        everyone = np.indices((size, size)).reshape(2, -1)
        self._slope = self._typical(everyone[0], everyone[1]).reshape(size, size)
        self._covariance = _inverse_information(weighed + weighed.T + known.owed * self._slope)

    def _crowd(self, given: Floats, reliabilities: Floats) -> None:
        """The Beta of each of the busiest labelers' reliability, and their share of the votes."""
        if not len(given):
            given, reliabilities = np.zeros(1), np.array([PRIOR[0] / sum(PRIOR)])
        busiest = np.argsort(-given)[:LABELERS]
        given, eta = given[busiest], reliabilities[busiest]
        self._alpha, self._beta = PRIOR[0] + given * eta, PRIOR[1] + given * (1 - eta)
        self._share = (given + 1) / (given + 1).sum()
        self._eta = eta

    def _information(self, first: Integers, second: Integers, eta: Floats) -> Floats:
        """Fisher information on the difference of two strengths in a vote of reliability `eta`."""
        up = expit(self._strengths[first] - self._strengths[second])
        agrees = eta * up + (1 - eta) * (1 - up)
        slope = (2 * eta - 1) * up * (1 - up)
        return np.asarray(slope**2 / (agrees * (1 - agrees)))

    def _typical(self, first: Integers, second: Integers) -> Floats:
        each = self._information(first[:, None], second[:, None], self._eta[None, :])
        return np.asarray(each @ self._share)

    def gains(self, first: Integers, second: Integers) -> Floats:
        centre = np.eye(len(self._strengths)) - 1 / len(self._strengths)
        variances = np.diag(centre @ self._covariance @ centre)
        each = crowd_bt_gain(
            self._strengths[first][:, None],
            variances[first][:, None],
            self._strengths[second][:, None],
            variances[second][:, None],
            self._alpha[None, :],
            self._beta[None, :],
            exploration=OF_LABELERS,
        )
        return np.asarray(each @ self._share) ** STEEPNESS

    def owe(self, first: int, second: int, votes: float) -> None:
        self._covariance = _learnt(
            self._covariance, first, second, votes * float(self._slope[first, second])
        )


RULES: dict[str, type[Rule]] = {"arena": Arena, "d_optimal": DOptimal, "crowd_bt": CrowdBT}


def _both_ways(votes: Votes, by_side: Floats, size: int) -> Floats:
    """Sums by pair, each vote counted from both of its sides."""
    sums = np.zeros(size * size)
    for one, other, values in (
        (votes.first, votes.second, by_side[0]),
        (votes.second, votes.first, by_side[1]),
    ):
        sums += np.bincount(one * size + other, votes.weights * values, size * size)
    return sums.reshape(size, size)


def _inverse_information(weights: ArrayLike) -> Floats:
    """(ridge · I + Σ weight · x xᵀ)⁻¹ over pairs; `weights` is symmetric with any diagonal."""
    off = np.array(weights, float)
    np.fill_diagonal(off, 0)
    information = np.diag(off.sum(axis=1)) - off
    return np.asarray(np.linalg.inv(information + RIDGE * np.eye(len(off))))


def _learnt(covariance: Floats, first: int, second: int, information: float) -> Floats:
    """The covariance after more information on one contrast (Sherman and Morrison 1950)."""
    towards = covariance[:, first] - covariance[:, second]
    spread = towards[first] - towards[second]
    return np.asarray(
        covariance - np.outer(towards, towards) * (information / (1 + information * spread))
    )
