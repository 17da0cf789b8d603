"""Prompts by themselves, whether or not they were ever judged."""

from collections.abc import Iterator

from exports.items import Question
from exports.reading.keys import Page, fetch, portions
from exports.reading.texts import read_conversations
from exports.selection import Frame, prompt_where

_PROMPTS = """
SELECT coalesce(pg_column_size(h.messages), octet_length(p.text)), p.id
FROM collector_message p
LEFT JOIN collector_thread h ON h.prompt_id = p.id
WHERE p.id > %(low)s AND p.id <= %(high)s AND """


def question_pages(frame: Frame, low: int, high: int) -> Iterator[Page]:
    """The frame's prompts as `Question`s, in the order of their ids."""
    query = f"{_PROMPTS}{prompt_where(frame.recipe)} ORDER BY p.id"
    rows = fetch(query, {**frame.parameters, "low": low, "high": high})
    for portion in portions(rows):
        prompts = read_conversations({row[1] for row in portion}, frame.recipe)
        yield Page(low, [Question(prompts[row[1]]) for row in portion])
    yield Page(high, [])
