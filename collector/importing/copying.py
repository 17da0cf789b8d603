"""Rows in the text format of PostgreSQL's COPY, the fastest way of many rows into a table."""

from collections.abc import Iterable, Sequence
from io import BytesIO

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
    """Send lines of the text format: columns between tabs, a newline at the end."""
    cursor.copy_expert(statement, BytesIO("".join(lines).encode()), _COPY_BYTES)


def written(value: float | Sequence[int] | Sequence[str] | None) -> str:
    """A number or none, or a list of numbers or texts, for COPY's text format."""
    if value is None:
        return NULL
    if isinstance(value, int | float):
        return str(value)
    return escaped("{" + ",".join(map(_element, value)) + "}")


def _element(value: int | str) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)
