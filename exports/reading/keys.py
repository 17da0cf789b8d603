"""Key ranges: how a source is cut into pages, and into parts that are built side by side.

A source is read in short key ranges, each a few statements of their own: no cursor stays open, no
transaction outlives a page, and no model object is made. What a key range holds depends on the
frame and on nothing else, so a build may be divided at any key and gives the same rows.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, overload

from django.db import connection

from exports.selection import Frame

PAGE_ROWS = 1_000
FIRST_ROWS = 100  # so that the first bytes of a stream are there at once
PORTION_BYTES = 4 << 20

Row = tuple[Any, ...]

# Keys after `low` that the project has, each in the order of an index: comparisons, judgments,
# prompts, and the first prompts of conversations.
COMPARISON_KEYS = """
SELECT c.id FROM labeling_comparison c
WHERE c.project_id = %(project)s AND c.id > %(low)s ORDER BY c.id"""
JUDGMENT_KEYS = """
SELECT j.id FROM labeling_judgment j JOIN labeling_task t ON t.id = j.task_id
WHERE t.project_id = %(project)s AND j.id > %(low)s ORDER BY j.id"""
PROMPT_KEYS = """
SELECT m.id FROM collector_message m
WHERE m.project_id = %(project)s AND m.role = 'user' AND m.id > %(low)s ORDER BY m.id"""
ROOT_KEYS = """
SELECT m.id FROM collector_message m LEFT JOIN collector_message s ON s.id = m.parent_id
WHERE m.project_id = %(project)s AND m.role = 'user' AND m.id > %(low)s
  AND (m.parent_id IS NULL OR s.role = 'system') ORDER BY m.id"""


class Later(Sequence[Any]):
    """Items that are made when they are first looked at, in the thread that looks.

    So that the one with the connection goes on reading meanwhile.
    """

    def __init__(self, make: Callable[[list[Row]], list[Any]], rows: list[Row]) -> None:
        self._make = make
        self._rows = rows
        self._items: list[Any] | None = None

    def _made(self) -> list[Any]:
        if self._items is None:
            self._items = self._make(self._rows)
            self._rows = []
        return self._items

    @overload
    def __getitem__(self, place: int) -> Any: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Any]: ...
    def __getitem__(self, place: int | slice) -> Any:
        return self._made()[place]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._made())

    def __len__(self) -> int:
        return len(self._made())


class Page(NamedTuple):
    """Items of one part of a key range; `key` is how far the source has been read."""

    key: int
    items: Sequence[Any]


class Reader(NamedTuple):
    """A source: its keys (one of the queries above), and the items of one key range in order."""

    keys: str
    pages: Callable[[Frame, int, int], Iterator[Page]]


def fetch(query: str, parameters: dict[str, Any]) -> list[Row]:
    """All rows of a short query."""
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return list(cursor.fetchall())


def last_key_of(keys: str, frame: Frame) -> int:
    """The greatest of the project's keys, 0 if it has none."""
    rows = fetch(f"{keys} DESC LIMIT 1", {**frame.parameters, "low": 0})
    return int(rows[0][0]) if rows else 0


def key_ranges(
    keys: str,
    frame: Frame,
    *,
    low: int = 0,
    high: int | None = None,
    first: int = FIRST_ROWS,
    then: int = PAGE_ROWS,
) -> Iterator[tuple[int, int]]:
    """Ranges `low < key <= high` of the project's keys: `first` of them, then `then` each.

    Only keys after `low` and up to `high` are looked at.
    """
    rows = first
    while high is None or low < high:
        # The last of the next keys: read from an index alone.
        found = fetch(
            f"SELECT max(id) FROM ({keys} LIMIT {rows}) AS page",  # noqa: S608 - our own text
            {**frame.parameters, "low": low},
        )
        last = found[0][0]
        if last is None:
            return
        last = last if high is None else min(last, high)
        yield low, last
        low, rows = last, then


def portions(rows: Iterable[Row]) -> Iterator[list[Row]]:
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
