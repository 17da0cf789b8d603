"""What was said of a prompt's responses together: ballots by prompt, and the order they give."""

from collections.abc import Collection, Sequence
from itertools import groupby
from typing import NamedTuple, cast

import orjson

from exports.reading.keys import Row, fetch
from exports.selection import Frame, decided, judgment_where
from labeling.scoring import agreement, total_of
from labeling.statistics.consensus import ranked_pairs

_BALLOTS = """
SELECT t.prompt_id, j."order", j.tiers, j.edit_id, t.id, {decided}
FROM labeling_task t
JOIN labeling_judgment j ON j.task_id = t.id
JOIN collector_message p ON p.id = t.prompt_id
WHERE t.prompt_id = ANY(%(prompts)s) AND """

Tiers = Sequence[Sequence[int]]


class Ballot(NamedTuple):
    """One judgment: message ids as shown and in tiers (None: nothing acceptable), and its edit.

    `decided`: it is an expert's and stands in place of the votes on its task.
    """

    order: list[int]
    tiers: list[list[int]] | None
    edit: int | None
    decided: bool = False


class Order(NamedTuple):
    """Tideman's order of the ballots, in tiers of message ids, and how far they agree with it."""

    tiers: list[list[int]]
    votes: int
    agreement: float


def read_ballots(prompts: Collection[int], frame: Frame) -> dict[int, list[Ballot]]:
    """The frame's judgments of each of these prompts that has some.

    Where the recipe prefers experts' answers, those of a task stand in place of its votes.
    """
    recipe = frame.recipe
    chosen = _BALLOTS.format(decided=decided("j", recipe))
    query = f"{chosen}{judgment_where(recipe, experts=True)} ORDER BY t.prompt_id, j.id"
    rows = fetch(query, {**frame.parameters, "prompts": list(prompts)})
    decided_tasks = {task for *_, task, by_expert in rows if by_expert}
    rows = [row for row in rows if row[-1] or row[-2] not in decided_tasks]
    return {
        prompt: [_ballot(row) for row in group]
        for prompt, group in groupby(rows, lambda row: row[0])
    }


def _ballot(row: Row) -> Ballot:
    _prompt, order, tiers, edit, _task, by_expert = row
    return Ballot(order, orjson.loads(tiers) if tiers else None, edit, by_expert)


def order_of(ballots: Sequence[Ballot]) -> Order:
    """One order of all; no tiers where nobody found a response acceptable.

    The agreement is tie-discounted and counts each pair of each ballot once.
    """
    ranked = [ballot.tiers for ballot in ballots if ballot.tiers is not None]
    tiers = _together(ranked)
    placed = {key for tier in tiers for key in tier}
    points = total_of(
        agreement(
            own=ballot.tiers,
            expert=tiers or None,
            responses=[key for key in ballot.order if key in placed or not tiers],
        )
        for ballot in ballots
    )
    return Order(tiers, len(ballots), points.share)


def _together(ballots: Sequence[Tiers]) -> list[list[int]]:
    if len(ballots) == 1:
        return [list(tier) for tier in ballots[0]]
    return [[cast(int, key) for key in tier] for tier in ranked_pairs(ballots)]
