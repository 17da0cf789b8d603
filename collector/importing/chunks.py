"""Rows gathered into chunks, each for one transaction."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from collector.importing.authors import AuthorNumbers
from collector.importing.loader import Batch
from collector.importing.presets import Bound
from collector.importing.readers import Table
from collector.importing.rows import InputError, ParsedRow, RawRow, RowError

CHUNK_ROWS = 10_000
CHUNK_CHARACTERS = 2_000_000


@dataclass
class Chunk:
    """What some consecutive rows came to; `rows` of them in all."""

    batch: Batch
    rejected: list[tuple[int, RowError]] = field(default_factory=list)
    bytes_read: int = 0

    @property
    def rows(self) -> int:
        return self.batch.rows + len(self.rejected)

    @property
    def is_full(self) -> bool:
        return self.rows >= CHUNK_ROWS or self.batch.characters >= CHUNK_CHARACTERS


def chunks(table: Table, bound: Bound, *, skip: int) -> Iterator[Chunk]:
    """The table's rows after the first `skip`, which are read and passed over.

    An InputError of the table is raised after the chunk of the rows before it.
    """
    authors = AuthorNumbers()
    chunk = Chunk(Batch(authors))
    failure: InputError | None = None
    try:
        for number, row in enumerate(table.rows(bound.wanted), 1):
            if number > skip:
                _add(chunk, number, row, bound.parse)
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


def _add(
    chunk: Chunk, number: int, row: RawRow, parse: Callable[[dict[str, Any] | str], ParsedRow]
) -> None:
    try:
        if isinstance(row, RowError):
            raise row
        parsed = parse(row)
        chunk.batch.authors.learn(parsed)
    except RowError as error:
        # A traceback would keep the row, of which a chunk may have thousands of megabytes.
        chunk.rejected.append((number, RowError(error.code, error.detail)))
    else:
        chunk.batch.add(parsed)
