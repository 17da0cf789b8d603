"""Rows in the text format of PostgreSQL's COPY, the fastest way of many rows into a table."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from io import BytesIO
from typing import Any

from django.db.backends.utils import CursorWrapper

NULL = "\\N"
_COPY_BYTES = 1 << 20
_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}


def escaped(text: str) -> str:
    """Text for COPY's text format."""
    for character, escape in _ESCAPES.items():
        if character in text:
            text = text.replace(character, escape)
    return text


def copy_lines(cursor: CursorWrapper, statement: str, lines: Iterable[str]) -> None:
    """Send lines that are written in the text format already."""
    cursor.copy_expert(statement, BytesIO("".join(lines).encode()), _COPY_BYTES)


def copy_rows(
    cursor: CursorWrapper, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert rows: texts (JSON written out among them), numbers, times, bytes and lists of those.

    Names are not quoted: pass those that need it in quotes.
    """
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    copy_lines(cursor, statement, ("\t".join(map(_written, row)) + "\n" for row in rows))


def _written(value: Any) -> str:
    if value is None:
        return NULL
    if isinstance(value, str):
        return escaped(value)
    if isinstance(value, list):
        return escaped("{" + ",".join(map(_element, value)) + "}")
    if isinstance(value, bytes):
        return f"\\\\x{value.hex()}"
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _element(value: Any) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)
