"""How many judgments a task is owed: more where votes differ, no more once they are clear. No ORM.

A ballot is the tiers of one judgment, best first; null where no response was acceptable, which
prefers no response of any pair.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import log

from labeling.comparisons import Tiers
from labeling.statistics.posterior import confidence

Ballot = Tiers | None
Pair = tuple[int, int]
OUTCOMES = 3  # first, second, neither


@dataclass(frozen=True, slots=True)
class Rules:
    """Of the policy in force: the first number of votes, the next ones, and when to stop."""

    overlap: int
    steps: Sequence[int]
    stop_confidence: float


@dataclass(frozen=True, slots=True)
class Course:
    """What follows from the votes on a task.

    `owe` more slots are needed now; with `enough`, those that nobody has taken are needed no more.
    `disagreement` is null before the second vote.
    """

    disagreement: float | None = None
    owe: int = 0
    enough: bool = False


def course(
    ballots: Sequence[Ballot], *, responses: Sequence[int], rules: Rules, waiting: int
) -> Course:
    """What to do about a task of these `responses`, with `waiting` slots still to be answered.

    Without steps only the disagreement is told: the overlap is all that a task is owed.
    """
    votes = votes_by_pair(ballots, responses)
    disputed = max(map(entropy, votes.values())) if len(ballots) > 1 else None
    if not rules.steps:
        return Course(disputed)
    numbers = [rules.overlap, *rules.steps]
    if len(ballots) >= rules.overlap and confidence_of(votes) >= rules.stop_confidence:
        return Course(disputed, enough=True)
    if waiting:
        return Course(disputed)
    following = next((number for number in numbers if number > len(ballots)), len(ballots))
    return Course(disputed, owe=following - len(ballots))


def votes_by_pair(ballots: Sequence[Ballot], responses: Sequence[int]) -> dict[Pair, Counter[str]]:
    """For each pair of responses how many prefer the `first`, the `second` and `neither`."""
    votes: dict[Pair, Counter[str]] = {
        pair: Counter() for pair in combinations(sorted(responses), 2)
    }
    for ballot in ballots:
        tier = {each: place for place, tied in enumerate(ballot or ()) for each in tied}
        for pair, counted in votes.items():
            first, second = (tier.get(each, 0) for each in pair)
            counted["neither" if first == second else "first" if first < second else "second"] += 1
    return votes


def entropy(counted: Counter[str]) -> float:
    """Of the votes on one pair: 0 where all are the same, 1 where each outcome has a third.

    The rule of `labeling.services.disagreement`, which says it in SQL.
    """
    total = counted.total()
    shares = (number / total for number in counted.values() if number)
    return min(1.0, max(0.0, -sum(share * log(share) for share in shares) / log(OUTCOMES)))


def confidence_of(votes: dict[Pair, Counter[str]]) -> float:
    """How sure the two leading responses are told apart, or tied: see `confidence`.

    The leading ones have most points, a pair won being one and a pair tied a half each; among
    equals, the pair least sure of is meant.
    """
    points: Counter[int] = Counter()
    for (first, second), counted in votes.items():
        points[first] += 2 * counted["first"] + counted["neither"]
        points[second] += 2 * counted["second"] + counted["neither"]
    best = sorted(points.values(), reverse=True)[:2]
    return min(
        confidence(wins=counted["first"], losses=counted["second"], neither=counted["neither"])
        for (first, second), counted in votes.items()
        if sorted((points[first], points[second]), reverse=True) == best
    )
