"""Items out of the database in constant memory, one reader a source.

`pages` reads a source, or a part of it: what adjoining key ranges give, one after the other, is
what the whole gives.
"""

import time
from collections.abc import Iterator

from exports.items import Source
from exports.reading.comparisons import pair_pages
from exports.reading.counting import counted
from exports.reading.judgments import vote_pages
from exports.reading.keys import (
    COMPARISON_KEYS,
    JUDGMENT_KEYS,
    PROMPT_KEYS,
    ROOT_KEYS,
    Page,
    Reader,
    key_ranges,
    last_key_of,
)
from exports.reading.prompt_pairs import balanced, paired_pages
from exports.reading.prompts import question_pages
from exports.reading.rankings import order_pages, ranking_pages
from exports.reading.ratings import demonstration_pages, rating_pages
from exports.reading.trees import node_pages, tree_pages
from exports.selection import Frame

_READERS: dict[Source, Reader] = {
    "comparisons": Reader(COMPARISON_KEYS, pair_pages),
    "judgments": Reader(JUDGMENT_KEYS, vote_pages),
    "rankings": Reader(JUDGMENT_KEYS, ranking_pages),
    "ratings": Reader(PROMPT_KEYS, rating_pages),
    "demonstrations": Reader(PROMPT_KEYS, demonstration_pages),
    "prompts": Reader(PROMPT_KEYS, question_pages),
    "trees": Reader(ROOT_KEYS, tree_pages),
    "messages": Reader(ROOT_KEYS, node_pages),
}
# Where what one vote gives depends on others of the same prompt.
_BY_PROMPT: dict[Source, Reader] = {
    "comparisons": Reader(PROMPT_KEYS, paired_pages),
    "rankings": Reader(PROMPT_KEYS, order_pages),
}


def _by_prompt(source: Source, frame: Frame) -> bool:
    recipe = frame.recipe
    if source == "comparisons":
        return recipe.counts_votes or recipe.most_pairs > 0 or recipe.balance != "none"
    return source in _BY_PROMPT and recipe.votes == "consensus"


def reader_of(source: Source, frame: Frame) -> Reader:
    """How a source is read in a frame: what its keys are depends on the recipe."""
    return (_BY_PROMPT if _by_prompt(source, frame) else _READERS)[source]


def last_key(source: Source, frame: Frame) -> int:
    """The greatest key of the source that the project has, 0 if it has none."""
    return last_key_of(reader_of(source, frame).keys, frame)


def pages(source: Source, frame: Frame, *, low: int = 0, high: int | None = None) -> Iterator[Page]:
    """The items of a source in the order of its keys, in pages; those after `low` up to `high`.

    A balanced recipe looks at all pairs first; `balanced` does so once for many parts.
    """
    reader = reader_of(source, frame)
    frame = balanced(frame) if source == "comparisons" else frame
    for start, end in key_ranges(reader.keys, frame, low=low, high=high):
        yield from reader.pages(frame, start, end)


def part_ranges(source: Source, frame: Frame, *, keys: int) -> Iterator[tuple[int, int]]:
    """Ranges `low < key <= high` that hold so many of the source's keys each, the last fewer."""
    return key_ranges(reader_of(source, frame).keys, frame, first=keys, then=keys)


def count_items(source: Source, frame: Frame, *, seconds: float) -> tuple[int, bool]:
    """How many items there are, and whether that is all: reading stops after so many seconds."""
    number = counted(source, frame, by_prompt=_by_prompt(source, frame))
    if number is not None:
        return number, True
    end = time.monotonic() + seconds
    number = 0
    for page in pages(source, frame):
        number += len(page.items)
        if time.monotonic() > end:
            return number, False
    return number, True


__all__ = ["Page", "balanced", "count_items", "last_key", "pages", "part_ranges"]
