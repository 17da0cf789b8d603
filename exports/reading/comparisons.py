"""Comparisons as pairs: one statement a page, with the texts where they are short."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from exports.items import Pair, Prompt, Text
from exports.reading.keys import Later, Page, Row, fetch, portions
from exports.reading.texts import checked_text, make_prompt, read_prompts, read_texts
from exports.recipes import Recipe
from exports.selection import Frame, comparison_where

# Bytes of one row's texts up to which they come with the row: a page of such rows is held whole.
_SHORT = 8_192
# What is looked up by key alone is in subqueries: as joins they were planned as scans of tables.
_COMPARISONS = """
SELECT octet_length(f.text) + octet_length(s.text) + coalesce(pg_column_size(h.messages), 0),
       c.prompt_id, c.first_id, c.second_id, c.outcome, c.strength,
       (SELECT cardinality(k."order") FROM labeling_judgment k WHERE k.id = c.judgment_id),
       CASE WHEN {short} THEN f.text END, CASE WHEN {short} THEN s.text END,
       p.uid::text, CASE WHEN {short} THEN h.messages END, h.split_hash
FROM labeling_comparison c
{judgments}
JOIN collector_message p ON p.id = c.prompt_id
JOIN collector_message f ON f.id = c.first_id
JOIN collector_message s ON s.id = c.second_id
LEFT JOIN LATERAL (
    SELECT t.messages, t.split_hash FROM collector_thread t
    WHERE t.prompt_id = c.prompt_id OFFSET 0) AS h ON true
WHERE c.id > %(low)s AND c.id <= %(high)s AND """
_IS_SHORT = (
    f"octet_length(f.text) + octet_length(s.text)"
    f" + coalesce(pg_column_size(h.messages), 0) <= {_SHORT}"
)
_JUDGMENTS = "JOIN labeling_judgment j ON j.id = c.judgment_id"


def pair_pages(frame: Frame, low: int, high: int) -> Iterator[Page]:
    """The frame's comparisons as `Pair`s, in the order of their ids."""
    by_tier = frame.recipe.pairs in ("best_worst", "adjacent")
    columns = _COMPARISONS.format(judgments=_JUDGMENTS if by_tier else "", short=_IS_SHORT)
    query = f"{columns}{comparison_where(frame.recipe)} ORDER BY c.id"
    rows = fetch(query, {**frame.parameters, "low": low, "high": high})
    if all(row[0] <= _SHORT for row in rows):
        yield Page(low, Later(partial(_short_pairs, frame.recipe), rows))
    else:
        for portion in portions(rows):
            yield Page(low, _long_pairs(portion, frame.recipe))
    yield Page(high, [])


def _short_pairs(recipe: Recipe, rows: list[Row]) -> list[Pair]:
    """Pairs of rows that hold their texts."""
    prompts: dict[int, Prompt] = {}
    texts: dict[int, Text] = {}
    pairs = []
    for _size, asked, first, second, outcome, strength, responses, one, other, *thread in rows:
        if asked not in prompts:
            uid, messages, split_hash = thread
            prompts[asked] = make_prompt(uid, messages, split_hash, recipe)
        if first not in texts:
            texts[first] = checked_text(one)
        if second not in texts:
            texts[second] = checked_text(other)
        pairs.append(
            _pair(prompts[asked], texts[first], texts[second], outcome, strength, responses)
        )
    return pairs


def _long_pairs(portion: list[Row], recipe: Recipe) -> list[Pair]:
    """Pairs of rows whose texts are fetched for them, each once."""
    prompts = read_prompts({row[1] for row in portion}, recipe)
    texts = read_texts({key for row in portion for key in row[2:4]})
    return [
        _pair(prompts[asked], texts[first], texts[second], *said)
        for _size, asked, first, second, *said in (row[:7] for row in portion)
    ]


def _pair(
    prompt: Prompt, first: Text, second: Text, outcome: str, strength: Any, responses: int
) -> Pair:
    if outcome == "second":
        return Pair(prompt, second, first, "", strength, responses)
    return Pair(prompt, first, second, "" if outcome == "first" else outcome, strength, responses)
