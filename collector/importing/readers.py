"""From a file to rows: CSV, JSON lines, Parquet and plain text, one row in memory at a time."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from json import loads as lenient_loads
from typing import Any, BinaryIO

import orjson
import pyarrow as pa

from collector.importing.csv_rows import DELIMITERS, CsvRows
from collector.importing.files import (
    UNDECODABLE,
    BoundedLines,
    CountedBytes,
    decoded,
    decompressed,
    kind_of,
    suffixes,
)
from collector.importing.parquet import open_parquet, parquet_rows
from collector.importing.rows import MAX_RECORD, InputError, RawRow, RowError, one_line

# JSON lines looked at to learn the names of the columns.
_HEAD_LINES = 100
_HEAD_CHARACTERS = 1_000_000


@dataclass(frozen=True)
class Table:
    """Rows of one input. `columns` is None where rows are bare texts.

    `rows` is called once with the columns that are wanted (a reader may give more) and raises
    InputError where the input cannot be read any further; `bytes_read` is for the progress.
    """

    columns: list[str] | None
    rows: Callable[[frozenset[str]], Iterator[RawRow]]
    bytes_read: Callable[[], int]


def open_table(
    raw: BinaryIO, *, filename: str, size: int, encoding: str = "", delimiter: str = ""
) -> Table:
    """The table in a stored file of `size` bytes; raises InputError if there is none."""
    kind = kind_of(filename)
    if not size:
        raise InputError("The file is empty.")
    if kind == "parquet":
        return _open_parquet(raw, filename, size)
    counted = CountedBytes(raw)
    try:
        stream = decoded(decompressed(counted, filename), encoding)
        lines = BoundedLines(stream, MAX_RECORD)
        columns: list[str] | None
        if kind == "csv":
            table = CsvRows(lines, _delimiter(delimiter, filename))
            columns, rows = table.header, iter(table)
        elif kind == "jsonl":
            columns, rows = _open_json_lines(lines)
        else:
            columns, rows = None, _text_rows(lines)
    except OSError as error:
        raise _damaged(error) from error
    return Table(columns, lambda _: _readable(rows), lambda: counted.count)


def _delimiter(given: str, filename: str) -> str:
    given = {"tab": "\t", "\\t": "\t"}.get(given, given)
    if given and (len(given) > 1 or given in '"\r\n'):
        raise InputError(f"A delimiter is one character or “tab”, not “{given}”.")
    return given or (DELIMITERS[1] if suffixes(filename)[0] in {".tsv", ".tab"} else "")


def _readable(rows: Iterable[RawRow]) -> Iterator[RawRow]:
    try:
        yield from rows
    except (OSError, pa.ArrowException) as error:
        raise _damaged(error) from error


def _damaged(error: Exception) -> InputError:
    return InputError(f"The file is damaged or cut short ({_reason(error)}).")


def _reason(error: Exception) -> str:
    return one_line(str(error))[:200] or type(error).__name__


def _text_rows(lines: BoundedLines) -> Iterator[RawRow]:
    for line in lines:
        if line is None:
            yield _line_too_long(lines)
        elif not line.isspace():
            yield line.rstrip("\r\n")


def _line_too_long(lines: BoundedLines) -> RowError:
    return RowError(
        "too_long", f"line {lines.number}: the row has more than {MAX_RECORD:,} characters"
    )


def _open_json_lines(lines: BoundedLines) -> tuple[list[str] | None, Iterator[RawRow]]:
    """Columns are the keys of the first rows, None where those are bare texts."""
    head: list[str | None] = []
    characters = 0
    for line in lines:
        head.append(line)
        characters += len(line or "")
        if len(head) == _HEAD_LINES or characters > _HEAD_CHARACTERS:
            break
    columns: dict[str, None] = {}
    texts = 0
    for number, line in enumerate(head, 1):
        row = _json_row(line, number)
        columns |= dict.fromkeys(row) if isinstance(row, dict) else {}
        texts += isinstance(row, str)
    named = list(columns) if columns or not texts else None
    return named, _json_rows(chain(head, lines))


def _json_rows(lines: Iterable[str | None]) -> Iterator[RawRow]:
    for number, line in enumerate(lines, 1):
        if line is None or not line.isspace():
            yield _json_row(line, number)


def _json_row(line: str | None, number: int) -> RawRow:
    if line is None:
        return RowError(
            "too_long", f"line {number}: the row has more than {MAX_RECORD:,} characters"
        )
    if UNDECODABLE in line:
        return RowError("encoding_error", f"line {number}: bytes that the encoding does not know")
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        value = _lenient_json(line, number, error)
    if isinstance(value, (dict, str, RowError)):
        return value
    found = {list: "a list", bool: "true or false", type(None): "null"}.get(type(value), "a number")
    return RowError(
        "not_an_object", f"line {number}: a row is an object or a string, this is {found}"
    )


def _lenient_json(line: str, number: int, error: orjson.JSONDecodeError) -> Any:
    """The standard library takes lone surrogates, whose cell is named in the error later on."""
    try:
        return lenient_loads(line)
    except (ValueError, RecursionError):
        return RowError("bad_json", f"line {number}: not JSON ({_reason(error)})")


def _open_parquet(raw: BinaryIO, filename: str, size: int) -> Table:
    if suffixes(filename)[1]:
        raise InputError("Parquet is compressed inside; give the .parquet file itself.")
    try:
        file = open_parquet(raw)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"This is no Parquet file ({_reason(error)}).") from error
    given = 0

    def rows(wanted: frozenset[str]) -> Iterator[RawRow]:
        nonlocal given
        for row in parquet_rows(file, wanted):
            given += 1
            yield row

    total = file.metadata.num_rows or 1
    return Table(
        file.schema_arrow.names,
        lambda wanted: _readable(rows(wanted)),
        lambda: size * given // total,
    )
