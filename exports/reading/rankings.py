"""Rankings: each judgment's, or one a prompt that all of its judgments agree to most."""

import hashlib
from collections.abc import Iterable, Iterator

import orjson

from exports.items import Ranking, Text
from exports.reading.ballots import order_of, read_ballots
from exports.reading.keys import Page, fetch, portions
from exports.reading.texts import read_prompts, read_texts
from exports.recipes import Recipe
from exports.selection import Frame, judgment_where, prompt_where

_JUDGED = """
SELECT coalesce(pg_column_size(h.messages), 0)
         + (SELECT coalesce(sum(octet_length(m.text)), 0) FROM collector_message m
            WHERE m.id = ANY(j."order")),
       t.prompt_id, j."order", j.tiers
FROM labeling_judgment j
JOIN labeling_task t ON t.id = j.task_id
JOIN collector_message p ON p.id = t.prompt_id
LEFT JOIN collector_thread h ON h.prompt_id = t.prompt_id
WHERE j.id > %(low)s AND j.id <= %(high)s AND """
# The prompts of a key range, with the size of all of their responses.
_PROMPTS = """
SELECT coalesce(pg_column_size(h.messages), 0)
         + (SELECT coalesce(sum(octet_length(m.text)), 0) FROM collector_message m
            WHERE m.parent_id = p.id),
       p.id
FROM collector_message p
LEFT JOIN collector_thread h ON h.prompt_id = p.id
WHERE p.id > %(low)s AND p.id <= %(high)s
  AND EXISTS (SELECT FROM labeling_task t WHERE t.prompt_id = p.id) AND """


def ranking_pages(frame: Frame, low: int, high: int) -> Iterator[Page]:
    """The frame's judgments as `Ranking`s, in the order of their ids."""
    query = f"{_JUDGED}{judgment_where(frame.recipe)} ORDER BY j.id"
    rows = fetch(query, {**frame.parameters, "low": low, "high": high})
    for portion in portions(rows):
        prompts = read_prompts({row[1] for row in portion}, frame.recipe)
        texts = read_texts({key for row in portion for key in row[2]})
        items = []
        for _size, prompt, order, tiers in portion:
            place = {key: number for number, key in enumerate(order)}
            ordered = untied(orjson.loads(tiers or "[]"), frame.recipe)
            placed = [[place[key] for key in tier] for tier in ordered]
            items.append(Ranking(prompts[prompt], [texts[key] for key in order], placed))
        yield Page(low, items)
    yield Page(high, [])


def order_pages(frame: Frame, low: int, high: int) -> Iterator[Page]:
    """The frame's prompts as `Ranking`s of all their votes, in the order of the prompts' ids."""
    query = f"{_PROMPTS}{prompt_where(frame.recipe)} ORDER BY p.id"
    rows = fetch(query, {**frame.parameters, "low": low, "high": high})
    for portion in portions(rows):
        yield Page(low, list(_orders([row[1] for row in portion], frame)))
    yield Page(high, [])


def _orders(prompts: list[int], frame: Frame) -> Iterator[Ranking]:
    recipe = frame.recipe
    ballots = read_ballots(prompts, frame)
    read = read_prompts(set(ballots), recipe)
    texts = read_texts(
        {key for cast in ballots.values() for ballot in cast for key in ballot.order}
    )
    for prompt, votes in ballots.items():
        order = order_of(votes)
        few = order.votes < recipe.min_votes and not all(vote.decided for vote in votes)
        if few or order.agreement < recipe.min_agreement:
            continue
        keys = [key for tier in order.tiers for key in tier]
        shown = drawn(keys or {key for ballot in votes for key in ballot.order}, recipe)
        place = {key: number for number, key in enumerate(shown)}
        tiers = [sorted(place[key] for key in tier) for tier in untied(order.tiers, recipe)]
        responses: list[Text] = [texts[key] for key in shown]
        yield Ranking(read[prompt], responses, tiers, order.votes, order.agreement)


def untied(tiers: list[list[int]], recipe: Recipe) -> list[list[int]]:
    """The tiers, or with `ties=draw` each response in one of its own: by a hash inside a tier."""
    if recipe.ties == "drop":
        return tiers
    return [[key] for tier in tiers for key in drawn(tier, recipe)]


def drawn(keys: Iterable[int], recipe: Recipe) -> list[int]:
    """Message ids in an order that says nothing of what was said of them."""
    seed = f"{recipe.split_seed}:".encode()
    return sorted(keys, key=lambda key: hashlib.sha256(seed + str(key).encode()).digest())
