"""From tiers to pairs: the one rule by which a judgment becomes comparisons. No ORM."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

Tiers = Sequence[Sequence[int]]

# Judgments of these test the labeler against a known answer: they say nothing new of responses.
WITHOUT_COMPARISONS = frozenset({"practice", "qualification", "gold"})


@dataclass(frozen=True, slots=True)
class Pair:
    """Two responses of one judgment; `first` is the lower message id, never the winner."""

    first: int
    second: int
    outcome: str
    strength: int | None
    first_shown_before: bool


def pairs(
    *,
    purpose: str,
    tiers: Tiers | None,
    order: Sequence[int],
    strength: int | None,
    edit: tuple[int, int] | None = None,
) -> Iterator[Pair]:
    """All K(K-1)/2 pairs of the responses in `order`, by ids ascending, then an edit's own.

    Without tiers no response was acceptable: every pair is `both_bad`. The strength says how much
    better the top tier is than the next, so only the pairs between these two carry it. An `edit`,
    (its id, the id of the response it was made from), is better than that response.
    """
    if purpose in WITHOUT_COMPARISONS:
        return
    place = {response: index for index, response in enumerate(order)}
    tier = {response: index for index, tied in enumerate(tiers or ()) for response in tied}
    for first, second in combinations(sorted(order), 2):
        outcome = "both_bad"
        stated = None
        if tiers is not None:
            outcome = _outcome(tier[first], tier[second])
            stated = strength if {tier[first], tier[second]} == {0, 1} else None
        yield Pair(first, second, outcome, stated, place[first] < place[second])
    if edit is not None:
        written, original = edit
        # The response was read before its better version was written, and has the lower id.
        yield Pair(original, written, "second", None, first_shown_before=True)


def _outcome(first_tier: int, second_tier: int) -> str:
    if first_tier == second_tier:
        return "tie"
    return "first" if first_tier < second_tier else "second"
