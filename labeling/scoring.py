"""How far an answer agrees with an expert's, pair by pair. No ORM."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

Tiers = Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True)
class Agreement:
    """`points` of `pairs`: 1 for the same answer to a pair, ½ where exactly one is a tie."""

    points: float = 0.0
    pairs: int = 0

    @property
    def share(self) -> float:
        """0 to 1; without a pair there is nothing to disagree on."""
        return self.points / self.pairs if self.pairs else 1.0

    def __add__(self, other: "Agreement") -> "Agreement":
        return Agreement(self.points + other.points, self.pairs + other.pairs)


def agreement(
    *, own: Tiers | None, expert: Tiers | None, responses: Iterable[int], best_only: bool = False
) -> Agreement:
    """Tie-discounted agreement (as in LIMA, Zhou et al. 2023) over all pairs of `responses`.

    Tiers are message ids, best first, ties together; null where no response was acceptable, which
    agrees with nothing but itself. With `best_only` one response was chosen, so only its pairs
    count: nothing was said of the others.
    """
    places = [_places(own), _places(expert)]
    total = Agreement()
    for pair in combinations(sorted(responses), 2):
        ours, theirs = (_outcome(place, pair) for place in places)
        if not (best_only and ours == "tie"):
            total += Agreement(_point(ours, theirs), 1)
    return total


def total_of(agreements: Iterable[Agreement]) -> Agreement:
    """All of them together: every pair weighs the same."""
    return sum(agreements, start=Agreement())


def _places(tiers: Tiers | None) -> dict[int, int] | None:
    if tiers is None:
        return None
    return {response: place for place, tied in enumerate(tiers) for response in tied}


def _outcome(places: dict[int, int] | None, pair: tuple[int, int]) -> str:
    if places is None:
        return "both_bad"
    first, second = (places[response] for response in pair)
    if first == second:
        return "tie"
    return "first" if first < second else "second"


def _point(ours: str, theirs: str) -> float:
    if ours == theirs:
        return 1.0
    return 0.5 if (ours == "tie") != (theirs == "tie") and "both_bad" not in (ours, theirs) else 0.0
