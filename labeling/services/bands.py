"""The order in which slots are given out: what is begun is finished before anything is started.

A slot's band says it, lower ones first: within the task's own band, the fewer votes a task still
waits for the earlier, and of those the disputed before the others; tasks that nobody has judged
come last. Within a band, slots go by `seq`, the oldest first; a slot that changes its band takes
a new `seq`, so that nobody's cursor has passed it.
"""

MISSING_MOST = 3  # as many votes missing, or more, are one rank
RANKS = 2 * MISSING_MOST + 1
DISPUTED = 0.5  # disagreement: one against one, and up to nine against three
MOST = 1_000  # of a task's band either way: what is beyond is served with it
# The bands of urgent (-1), normal and later (1) tasks. Slots of others are found, but only when
# these are empty.
BANDS = list(range(-2 * RANKS + 1, RANKS + 1))


def band_of(*, task_band: int, votes: int, missing: int, disagreement: float | None) -> int:
    """Of the slots of a task with so many votes, of which `missing` are still owed."""
    fresh = max(-MOST, min(MOST, task_band)) * RANKS
    if not votes or missing < 1:
        return fresh
    rank = 2 * (min(missing, MISSING_MOST) - 1) + ((disagreement or 0) < DISPUTED)
    return fresh - RANKS + 1 + rank
