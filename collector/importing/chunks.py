"""Rows gathered into chunks, each for one transaction."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from collector.hygiene.inspecting import Inspected, Inspector, Noted
from collector.importing.authors import AuthorNumbers
from collector.importing.loader import Batch
from collector.importing.presets import Bound
from collector.importing.presets.base import Numbered, Unit
from collector.importing.readers import Table
from collector.importing.rows import InputError, ParsedRow, RowError

CHUNK_ROWS = 10_000
CHUNK_CHARACTERS = 2_000_000


@dataclass
class Chunk:
    """What some consecutive rows came to; `rows` of them in all.

    `noted` is what checks found in them. Rows that must be compared with what is stored before they
    may come in are `held`.
    """

    batch: Batch
    rejected: list[tuple[int, RowError]] = field(default_factory=list)
    bytes_read: int = 0
    noted: list[Noted] = field(default_factory=list)
    held: list[Inspected] = field(default_factory=list)
    held_characters: int = 0

    @property
    def rows(self) -> int:
        return self.batch.rows + len(self.rejected) + len(self.held)

    @property
    def is_full(self) -> bool:
        characters = self.batch.characters + self.held_characters
        return self.rows >= CHUNK_ROWS or characters >= CHUNK_CHARACTERS


def chunks(
    table: Table, bound: Bound, *, skip: int, inspector: Inspector | None = None
) -> Iterator[Chunk]:
    """The table's rows after the first `skip`, which are read and passed over.

    Rows that belong together are in one chunk, so that who goes on after one begins with a new
    group. An InputError of the table is raised after the chunk of the rows before it.
    """
    authors = AuthorNumbers()
    chunk = Chunk(Batch(authors))
    failure: InputError | None = None
    try:
        rows = islice(enumerate(table.rows(bound.wanted), 1), skip, None)
        for unit in bound.units(rows) if bound.units else _single(rows, bound):
            for number, found in unit:
                _add(chunk, number, found, inspector)
            if chunk.is_full:
                chunk.bytes_read = table.bytes_read()
                yield chunk
                chunk = Chunk(Batch(authors))
    except InputError as error:
        failure = error
    chunk.bytes_read = table.bytes_read()
    yield chunk
    if failure:
        raise failure


def _single(rows: Iterable[Numbered], bound: Bound) -> Iterator[Unit]:
    """Each row by itself."""
    parse = bound.parse
    for number, row in rows:
        if isinstance(row, RowError):
            yield [(number, row)]
            continue
        try:
            yield [(number, parse(row))]
        except RowError as error:
            yield [(number, error)]


def _add(
    chunk: Chunk, number: int, found: ParsedRow | RowError, inspector: Inspector | None
) -> None:
    if not isinstance(found, RowError):
        try:
            chunk.batch.authors.learn(found)
        except RowError as error:
            found = error
        else:
            _take(chunk, number, found, inspector)
            return
    # A traceback would keep the row, of which a chunk may have thousands of megabytes.
    chunk.rejected.append((number, RowError(found.code, found.detail)))


def _take(chunk: Chunk, number: int, parsed: ParsedRow, inspector: Inspector | None) -> None:
    if inspector is None:
        chunk.batch.add(parsed, number)
        return
    inspected = inspector.inspect(number, parsed)
    if inspector.compares:
        chunk.held.append(inspected)
        chunk.held_characters += inspected.characters
        chunk.batch.meet(parsed)
        return
    chunk.batch.add(inspected.parsed, number)
    chunk.noted.extend(inspected.noted)
