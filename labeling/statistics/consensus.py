"""One answer from several: pairs with weights, soft labels, Tideman's ranked pairs, mean scores."""

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from itertools import combinations, groupby
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike

Ties = Literal["drop", "soft", "keep"]


class WeightedPair(NamedTuple):
    """`first` against `second`: `outcome` is 1 where the first is better and ½ for a tie."""

    first: Hashable
    second: Hashable
    outcome: float
    weight: float


def pairs_from_tiers(
    tiers: Sequence[Hashable | Collection[Hashable]], ties: Ties = "drop"
) -> list[WeightedPair]:
    """A ranking's pairs, better one first, each of weight 1/C(K, 2) (InstructGPT 2022).

    So that a long ranking counts no more than a short one. Tied pairs are dropped, kept with
    outcome ½, or, softly, given as half a win of either. An item that is not in a list is a tier.
    Raises ValueError for an item placed twice, and for another way with ties.
    """
    if ties not in get_args(Ties):
        raise ValueError(f"ties are one of {', '.join(get_args(Ties))}")
    placed = [(item, place) for place, tier in enumerate(tiers) for item in _items(tier)]
    if len({item for item, _ in placed}) != len(placed):
        raise ValueError("tiers place each item once")
    found = list(combinations(placed, 2))
    weight = 1 / len(found) if found else 0.0
    pairs: list[WeightedPair] = []
    for (first, its_tier), (second, other_tier) in found:
        if its_tier != other_tier:
            pairs.append(WeightedPair(first, second, 1.0, weight))
        elif ties == "keep":
            pairs.append(WeightedPair(first, second, 0.5, weight))
        elif ties == "soft":
            pairs.append(WeightedPair(first, second, 1.0, weight / 2))
            pairs.append(WeightedPair(second, first, 1.0, weight / 2))
    return pairs


def _items(tier: Hashable | Collection[Hashable]) -> Collection[Hashable]:
    """The items of a tier. One by itself is a tier of one; a text is an item, not its letters."""
    if isinstance(tier, str) or not isinstance(tier, Collection):
        return [tier]
    return tier


def soft_label(first: float, ties: float, second: float, *, smooth: bool = False) -> float:
    """The share of votes for the first, a tie half: (n_A + n_tie/2)/n; NaN without votes.

    Smoothed as one vote more for each side: (n_A + n_tie/2 + 1)/(n + 2).
    """
    votes = first + ties + second
    if smooth:
        return (first + ties / 2 + 1) / (votes + 2)
    return (first + ties / 2) / votes if votes else float("nan")


def ranked_pairs(
    ballots: Iterable[Sequence[Hashable | Collection[Hashable]]],
) -> list[list[Hashable]]:
    """The order most people would accept, as tiers (Tideman 1987). A ballot is tiers itself.

    An item that is not in a list is a tier, so that a ballot may be a plain ranking.

    Majorities are kept from the largest to the smallest, unless larger ones say otherwise. Those
    of equal size are looked at together: where they run in a circle none of them is kept, so that
    a circle nobody can break is a tie and not an order of our own making.
    """
    votes = [[_items(tier) for tier in ballot] for ballot in ballots]
    items = sorted({item for ballot in votes for tier in ballot for item in tier}, key=repr)
    margins = _margins(votes, items)
    above: dict[Hashable, set[Hashable]] = {item: set() for item in items}  # kept: who beats whom
    for _margin, equal in groupby(sorted(margins, key=lambda m: -m[0]), key=lambda m: m[0]):
        edges = [
            (winner, loser) for _, winner, loser in equal if not _reaches(above, loser, winner)
        ]
        trial = {item: set(beaten) for item, beaten in above.items()}
        for winner, loser in edges:
            trial[winner].add(loser)
        for winner, loser in edges:
            if not _reaches(trial, loser, winner):
                above[winner].add(loser)
    return _layers(above)


def _margins(
    ballots: list[list[Collection[Hashable]]], items: list[Hashable]
) -> list[tuple[int, Hashable, Hashable]]:
    """Majorities: (votes more than against, winner, loser), of those that a ballot ranks both."""
    net: dict[tuple[Hashable, Hashable], int] = dict.fromkeys(combinations(items, 2), 0)
    for ballot in ballots:
        tier_of = {item: place for place, tier in enumerate(ballot) for item in tier}
        for a, b in net:
            if a in tier_of and b in tier_of:
                net[a, b] += (tier_of[a] < tier_of[b]) - (tier_of[a] > tier_of[b])
    return [
        (abs(margin), a, b) if margin > 0 else (abs(margin), b, a)
        for (a, b), margin in net.items()
        if margin
    ]


def _reaches(
    edges: Mapping[Hashable, Collection[Hashable]], start: Hashable, goal: Hashable
) -> bool:
    seen, waiting = {start}, [start]
    while waiting:
        for after in edges[waiting.pop()]:
            if after == goal:
                return True
            if after not in seen:
                seen.add(after)
                waiting.append(after)
    return False


def _layers(above: Mapping[Hashable, set[Hashable]]) -> list[list[Hashable]]:
    """Whoever nobody left is above comes next, together."""
    tiers: list[list[Hashable]] = []
    left = list(above)
    while left:
        beaten = {loser for item in left for loser in above[item]}
        tier = [item for item in left if item not in beaten]
        tiers.append(tier)
        left = [item for item in left if item in beaten]
    return tiers


def most_similar_mean(scores: ArrayLike, keep: int = 3, spread: float = 2) -> float:
    """The mean of the `keep` scores nearest to each other (HelpSteer2, 2024).

    NaN where even these lie more than `spread` apart, or there are fewer. Of runs equally narrow
    the one nearest to the median of all scores counts.
    """
    ordered = np.sort(np.asarray(scores, float))
    if len(ordered) < keep:
        return float("nan")
    runs = np.lib.stride_tricks.sliding_window_view(ordered, keep)
    widths = runs[:, -1] - runs[:, 0]
    off_middle = np.abs(runs.mean(axis=1) - np.median(ordered))
    best = np.lexsort((off_middle, widths))[0]
    return float(runs[best].mean()) if widths[best] <= spread else float("nan")
