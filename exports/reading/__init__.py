"""Items out of the database in constant memory, one reader a source."""

from collections.abc import Iterator

from exports.items import Source
from exports.reading.comparisons import pair_pages
from exports.reading.judgments import vote_pages
from exports.reading.keys import (
    COMPARISON_KEYS,
    JUDGMENT_KEYS,
    Page,
    Reader,
    key_ranges,
    last_key_of,
)
from exports.selection import Frame

_READERS: dict[Source, Reader] = {
    "comparisons": Reader(COMPARISON_KEYS, pair_pages),
    "judgments": Reader(JUDGMENT_KEYS, vote_pages),
}


def reader_of(source: Source, frame: Frame) -> Reader:
    """How a source is read in a frame: the recipe may count votes together by prompt."""
    return _READERS[source]


def last_key(source: Source, frame: Frame) -> int:
    """The greatest key of the source that the project has, 0 if it has none."""
    return last_key_of(reader_of(source, frame).keys, frame)


def pages(source: Source, frame: Frame, *, low: int = 0, high: int | None = None) -> Iterator[Page]:
    """The items of a source in the order of its keys, in pages; those after `low` up to `high`.

    The items of adjoining ranges, one after the other, are those of the whole.
    """
    reader = reader_of(source, frame)
    for start, end in key_ranges(reader.keys, frame, low=low, high=high):
        yield from reader.pages(frame, start, end)


__all__ = ["Page", "last_key", "pages"]
