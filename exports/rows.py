"""Rows out of the database in constant memory.

A source is read in short key ranges, each a few statements of their own: no cursor stays open, no
transaction outlives a page, and no model object is made. A first query reads narrow rows with the
sizes of their texts (which are not fetched for that); texts then come in portions of a bounded
number of bytes, each text once a portion however many rows use it.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import orjson
from django.db import connection

from exports.items import Edit, Pair, Prompt, Response, Span, Text, Vote
from exports.recipes import Recipe
from exports.selection import Frame, comparison_where, judgment_where
from exports.splits import TRAIN, split_of
from exports.validator import conversation_problem, text_problem

PAGE_ROWS = 2_000
PORTION_BYTES = 4 << 20

_COMPARISON_KEYS = """
SELECT c.id FROM labeling_comparison c
WHERE c.project_id = %(project)s AND c.id > %(low)s ORDER BY c.id"""
_JUDGMENT_KEYS = """
SELECT j.id FROM labeling_judgment j JOIN labeling_task t ON t.id = j.task_id
WHERE t.project_id = %(project)s AND j.id > %(low)s ORDER BY j.id"""

_COMPARISONS = """
SELECT octet_length(f.text) + octet_length(s.text) + coalesce(pg_column_size(h.messages), 0),
       c.prompt_id,
       CASE c.outcome WHEN 'second' THEN c.second_id ELSE c.first_id END,
       CASE c.outcome WHEN 'second' THEN c.first_id ELSE c.second_id END,
       CASE WHEN c.outcome IN ('first', 'second') THEN '' ELSE c.outcome END,
       c.strength, cardinality(j."order")
FROM labeling_comparison c
JOIN labeling_judgment j ON j.id = c.judgment_id
JOIN collector_message p ON p.id = c.prompt_id
JOIN collector_message f ON f.id = c.first_id
JOIN collector_message s ON s.id = c.second_id
LEFT JOIN collector_thread h ON h.prompt_id = c.prompt_id
WHERE c.id > %(low)s AND c.id <= %(high)s AND """
_JUDGMENTS = """
SELECT coalesce(pg_column_size(h.messages), 0) + octet_length(j.rationale)
         + pg_column_size(j.answers)
         + (SELECT coalesce(sum(octet_length(m.text)), 0) FROM collector_message m
            WHERE m.id = ANY(j."order") OR m.id = j.edit_id),
       t.prompt_id, j.id, j."order", j.tiers, j.edit_id,
       j.uid::text, t.uid::text, l.uid, l.kind, j.strength, j.not_rankable, j.answers,
       j.rationale, j.seconds, pv.number, gv.number, j.purpose, j.created_at
FROM labeling_judgment j
JOIN labeling_task t ON t.id = j.task_id
JOIN accounts_labeler l ON l.id = j.labeler_id
JOIN collector_message p ON p.id = t.prompt_id
LEFT JOIN collector_thread h ON h.prompt_id = t.prompt_id
LEFT JOIN labeling_policyversion pv ON pv.id = j.policy_version_id
LEFT JOIN labeling_guidelineversion gv ON gv.id = j.guideline_version_id
WHERE j.id > %(low)s AND j.id <= %(high)s AND """
_PROMPTS = """
SELECT m.id, m.uid::text, h.messages, h.split_hash FROM collector_message m
LEFT JOIN collector_thread h ON h.prompt_id = m.id WHERE m.id = ANY(%(ids)s)"""
_TEXTS = "SELECT m.id, m.text FROM collector_message m WHERE m.id = ANY(%(ids)s)"
_RESPONSES = """
SELECT m.id, m.uid::text, m.text, m.origin, g.name, k.response_id IS NOT NULL, m.edits_id
FROM collector_message m
LEFT JOIN collector_generatorrevision v ON v.id = m.revision_id
LEFT JOIN collector_generator g ON g.id = v.generator_id
LEFT JOIN labeling_mask k ON k.response_id = m.id WHERE m.id = ANY(%(ids)s)"""
_RATINGS = """
SELECT r.judgment_id, r.response_id, r.overall, r.attributes, r.flags, r.labels
FROM labeling_responserating r WHERE r.judgment_id = ANY(%(ids)s)"""
_SPANS = """
SELECT s.judgment_id, s.response_id, s.start, s."end", s.label, s.note
FROM labeling_span s WHERE s.judgment_id = ANY(%(ids)s) ORDER BY s.id"""

Row = tuple[Any, ...]


class Page(NamedTuple):
    """Items of one part of a key range; `key` is how far the source has been read."""

    key: int
    items: list[Any]


def _fetch(query: str, parameters: dict[str, Any]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return list(cursor.fetchall())


def last_key(source: str, frame: Frame) -> int:
    """The greatest key of the project's comparisons or judgments, 0 if it has none."""
    keys = _COMPARISON_KEYS if source == "comparisons" else _JUDGMENT_KEYS
    rows = _fetch(f"{keys} DESC LIMIT 1", {**frame.parameters, "low": 0})
    return int(rows[0][0]) if rows else 0


def _key_ranges(keys: str, frame: Frame) -> Iterator[tuple[int, int]]:
    """Ranges `low < key <= high` that hold the project's rows, `PAGE_ROWS` each."""
    low = 0
    while True:
        # The last of the next PAGE_ROWS keys: read from an index alone.
        rows = _fetch(
            f"SELECT max(id) FROM ({keys} LIMIT {PAGE_ROWS}) AS page",  # noqa: S608 - our own text
            {**frame.parameters, "low": low},
        )
        high = rows[0][0]
        if high is None:
            return
        yield low, high
        low = high


def _portions(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows in runs of about `PORTION_BYTES`, by the size in their first column."""
    portion: list[Row] = []
    size = 0
    for row in rows:
        portion.append(row)
        size += row[0]
        if size >= PORTION_BYTES:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def pair_pages(frame: Frame) -> Iterator[Page]:
    """The frame's comparisons as `Pair`s, in the order of their ids."""
    query = f"{_COMPARISONS}{comparison_where(frame.recipe)} ORDER BY c.id"
    for low, high in _key_ranges(_COMPARISON_KEYS, frame):
        rows = _fetch(query, {**frame.parameters, "low": low, "high": high})
        for portion in _portions(rows):
            prompts = _prompts({row[1] for row in portion}, frame.recipe)
            texts = _texts({key for row in portion for key in row[2:4]})
            yield Page(
                low,
                [
                    Pair(prompts[prompt], texts[won], texts[lost], undecided, strength, responses)
                    for _, prompt, won, lost, undecided, strength, responses in portion
                ],
            )
        yield Page(high, [])


def vote_pages(frame: Frame) -> Iterator[Page]:
    """The frame's judgments as `Vote`s, in the order of their ids."""
    query = f"{_JUDGMENTS}{judgment_where(frame.recipe)} ORDER BY j.id"
    for low, high in _key_ranges(_JUDGMENT_KEYS, frame):
        rows = _fetch(query, {**frame.parameters, "low": low, "high": high})
        for portion in _portions(rows):
            yield Page(low, _votes(portion, frame.recipe))
        yield Page(high, [])


def _prompts(ids: set[int], recipe: Recipe) -> dict[int, Prompt]:
    return {
        key: _prompt(uid, messages, split_hash, recipe)
        for key, uid, messages, split_hash in _fetch(_PROMPTS, {"ids": list(ids)})
    }


def _prompt(uid: str, stored: str | None, split_hash: bytes | None, recipe: Recipe) -> Prompt:
    messages: list[dict[str, str]] = orjson.loads(stored) if stored else []
    split = TRAIN
    if split_hash is not None:
        split = split_of(bytes(split_hash), seed=recipe.split_seed, test_share=recipe.test_share)
    turns = [{"role": turn["role"], "content": turn["content"]} for turn in messages]
    return Prompt(uid, turns, split, conversation_problem(turns))


def _texts(ids: set[int]) -> dict[int, Text]:
    rows = _fetch(_TEXTS, {"ids": list(ids)})
    return {key: Text(text, text_problem(text)) for key, text in rows}


def _votes(portion: list[Row], recipe: Recipe) -> list[Vote]:
    prompts = _prompts({row[1] for row in portion}, recipe)
    judgments = [row[2] for row in portion]
    shown = {key for row in portion for key in (*row[3], row[5]) if key is not None}
    messages = {row[0]: row[1:] for row in _fetch(_RESPONSES, {"ids": list(shown)})}
    texts = {key: Text(row[1], text_problem(row[1])) for key, row in messages.items()}
    ratings = {(row[0], row[1]): row[2:] for row in _fetch(_RATINGS, {"ids": judgments})}
    spans: dict[int, list[Row]] = {}
    for row in _fetch(_SPANS, {"ids": judgments}):
        spans.setdefault(row[0], []).append(row[1:])
    votes = []
    for _, prompt, judgment, order, tiers, edit, uid, task, *rest in portion:
        tier_of = _tiers(tiers)
        views = []
        for place, key in enumerate(order, start=1):
            response, _text, origin, model, masked, _original = messages[key]
            overall, *said = ratings.get((judgment, key), (None, "{}", "{}", "{}"))
            attributes, flags, labels = map(orjson.loads, said)
            views.append(
                Response(
                    response, texts[key], model, origin, place, tier_of.get(key),
                    overall, attributes, flags, labels, masked,
                )
            )  # fmt: skip
        vote = Vote(uid, task, prompts[prompt], views, *rest)
        if edit is not None and texts[edit].text:  # erased people's texts are blank
            own, original = messages[edit][0], messages[edit][-1]
            vote.edit = Edit(own, messages[original][0], texts[edit])
        vote.spans = [Span(messages[row[0]][0], *row[1:]) for row in spans.get(judgment, [])]
        votes.append(vote)
    return votes


def _tiers(stored: str | None) -> dict[int, int]:
    """Which tier, counted from 1, each message id is in."""
    tiers: list[list[int]] = orjson.loads(stored) if stored else []
    return {key: number for number, tier in enumerate(tiers, start=1) for key in tier}
