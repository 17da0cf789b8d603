"""How many votes are left until a leaderboard says what it should."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

WITHIN = 20.0  # rating points either way
FEWEST = 10  # votes of a model from which on its interval says how it will narrow


@dataclass(frozen=True, slots=True)
class VotesLeft:
    """Votes until intervals are within `within` rating points either way; None is not known yet.

    `models` are votes that each model takes part in. Of the whole board, `evenly` is how many it
    takes if every pair is asked about alike, `selected` if only those are that are still needed.
    """

    within: float
    models: list[int | None]
    evenly: int | None
    selected: int | None


def votes_left(*, half_widths: ArrayLike, votes: ArrayLike, within: float = WITHIN) -> VotesLeft:
    """What is left for each model and for the board, from intervals as they are.

    `half_widths` are of 95% intervals in rating points and `votes` what each model takes part in.
    A covariance falls with 1/n, so that an interval of ±h after n votes is ±`within` after
    n (h / within)². This holds for as many new labelers as new votes; where the same few people go
    on voting, what they have in common with each other does not average out and it takes more. A
    vote concerns two models: `selected` is half of what all models need, and no less than what one
    of them does.

    A model with few votes, or one that is not rated (`half_widths` not finite), is not foretold.
    """
    half, given = np.asarray(half_widths, float), np.asarray(votes, float)
    known = np.isfinite(half) & (given >= FEWEST)
    wide = np.where(known, half, within)
    needed = np.ceil(np.maximum(given * ((wide / within) ** 2 - 1), 0))
    each = [int(left) if sure else None for left, sure in zip(needed, known, strict=True)]
    if not known.all() or not len(half):
        return VotesLeft(within, each, None, None)
    evenly = int(np.ceil(needed.max() * len(half) / 2))
    selected = int(max(needed.max(), np.ceil(needed.sum() / 2)))
    return VotesLeft(within, each, evenly, selected)
