"""From tiers to pairs: the one rule by which a judgment becomes comparisons. No ORM."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

Tiers = Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two responses of one judgment; `first` is the lower message id, never the winner."""

    first: int
    second: int
    outcome: str
    strength: int | None
    first_shown_before: bool


def pairs(*, tiers: Tiers | None, order: Sequence[int], strength: int | None) -> Iterator[Pair]:
    """All K(K-1)/2 pairs of the responses in `order`, by ids ascending.

    Without tiers no response was acceptable: every pair is `both_bad`. The strength says how much
    better the top tier is than the next, so only the pairs between these two carry it.
    """
    place = {response: index for index, response in enumerate(order)}
    tier = {response: index for index, tied in enumerate(tiers or ()) for response in tied}
    for first, second in combinations(sorted(order), 2):
        outcome = "both_bad"
        stated = None
        if tiers is not None:
            outcome = _outcome(tier[first], tier[second])
            stated = strength if {tier[first], tier[second]} == {0, 1} else None
        yield Pair(first, second, outcome, stated, place[first] < place[second])


def _outcome(first_tier: int, second_tier: int) -> str:
    if first_tier == second_tier:
        return "tie"
    return "first" if first_tier < second_tier else "second"
