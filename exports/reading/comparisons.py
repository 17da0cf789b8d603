"""Comparisons as pairs: a first query reads narrow rows with the sizes of their texts.

The texts (which are not fetched for their sizes) then come in portions of a bounded number of
bytes.
"""

from collections.abc import Iterator

from exports.items import Pair
from exports.reading.keys import Page, fetch, portions
from exports.reading.texts import read_prompts, read_texts
from exports.selection import Frame, comparison_where

# What is looked up by key alone is in subqueries: as joins they were planned as scans of tables.
_COMPARISONS = """
SELECT octet_length(f.text) + octet_length(s.text) + coalesce((
           SELECT pg_column_size(h.messages) FROM collector_thread h
           WHERE h.prompt_id = c.prompt_id), 0),
       c.prompt_id,
       CASE c.outcome WHEN 'second' THEN c.second_id ELSE c.first_id END,
       CASE c.outcome WHEN 'second' THEN c.first_id ELSE c.second_id END,
       CASE WHEN c.outcome IN ('first', 'second') THEN '' ELSE c.outcome END,
       c.strength,
       (SELECT cardinality(k."order") FROM labeling_judgment k WHERE k.id = c.judgment_id)
FROM labeling_comparison c
{judgments}
JOIN collector_message p ON p.id = c.prompt_id
JOIN collector_message f ON f.id = c.first_id
JOIN collector_message s ON s.id = c.second_id
WHERE c.id > %(low)s AND c.id <= %(high)s AND """
_JUDGMENTS = "JOIN labeling_judgment j ON j.id = c.judgment_id"


def pair_pages(frame: Frame, low: int, high: int) -> Iterator[Page]:
    """The frame's comparisons as `Pair`s, in the order of their ids."""
    by_tier = frame.recipe.pairs in ("best_worst", "adjacent")
    columns = _COMPARISONS.format(judgments=_JUDGMENTS if by_tier else "")
    query = f"{columns}{comparison_where(frame.recipe)} ORDER BY c.id"
    rows = fetch(query, {**frame.parameters, "low": low, "high": high})
    for portion in portions(rows):
        prompts = read_prompts({row[1] for row in portion}, frame.recipe)
        texts = read_texts({key for row in portion for key in row[2:4]})
        yield Page(
            low,
            [
                Pair(prompts[prompt], texts[won], texts[lost], undecided, strength, responses)
                for _, prompt, won, lost, undecided, strength, responses in portion
            ],
        )
    yield Page(high, [])
