"""Two verdicts on the same responses, shown in an order and its reverse, made one. No ORM."""

from collections.abc import Sequence
from itertools import combinations

Tiers = Sequence[Sequence[int]]


def combined(
    verdicts: Sequence[Tiers | None], *, responses: Sequence[int]
) -> list[list[int]] | None:
    """What all verdicts say alike, as tiers of response ids, best first; the rest are ties.

    A pair that is not ordered alike by all of them is a tie, and ties reach on: with a = b and
    b = c, also a = c, so that no order is left that hangs on the order of showing. Of two
    responses that is the usual rule for judges (Zheng et al. 2023: a win counts if it is one in
    both orders). A verdict of None found no response acceptable; None where all say so, and where
    only some do there is nothing that they share.
    """
    if all(tiers is None for tiers in verdicts):
        return None
    places = [_places(tiers, responses) for tiers in verdicts]
    tied_with = {response: response for response in responses}
    for a, b in combinations(responses, 2):
        said = {_sign(place[a] - place[b]) for place in places}
        if said not in ({1}, {-1}):
            _join(tied_with, a, b)
    groups: dict[int, list[int]] = {}
    for response in responses:
        groups.setdefault(_root(tied_with, response), []).append(response)
    first = places[0]
    return [sorted(group) for group in sorted(groups.values(), key=lambda ids: first[ids[0]])]


def _places(tiers: Tiers | None, responses: Sequence[int]) -> dict[int, int]:
    if tiers is None:
        return dict.fromkeys(responses, 0)
    return {response: place for place, tier in enumerate(tiers) for response in tier}


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def _root(tied_with: dict[int, int], response: int) -> int:
    while tied_with[response] != response:
        response = tied_with[response]
    return response


def _join(tied_with: dict[int, int], a: int, b: int) -> None:
    tied_with[_root(tied_with, a)] = _root(tied_with, b)
