"""Cells of a row as texts, or the reason why a row cannot be taken."""

import math
from typing import Any

from collector.importing.files import UNDECODABLE
from collector.importing.rows import MAX_TEXT, MAX_TURNS, Author, RowError, Turn

MAX_LANGUAGE = 16
MAX_AUTHOR = 100
MAX_JUDGE = 200  # of who preferred
MAX_TOPIC = 64  # of a task's topics, which are its prompt's tags
MAX_TAGS = 100
MAX_LIST = 10_000
# JSON readers of other languages take no larger whole number exactly.
MAX_NUMBER = 2**53
_ROLES = ("system", "user", "assistant")


def record(row: dict[str, Any] | str) -> dict[str, Any]:
    """The row, which has columns. Raises RowError for a bare text."""
    if isinstance(row, str):
        raise RowError("not_an_object", "a row must be an object, this is a string")
    return row


def text_or_empty(value: object, field: str) -> str:
    """The text as it is in the file; "" for none or blank. Raises RowError."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RowError("not_text", f"the {field} is {type(value).__name__}, not text")
    if len(value) > MAX_TEXT:
        raise RowError(
            "too_long",
            f"the {field} has {len(value):,} characters; at most {MAX_TEXT:,} are taken",
        )
    if "\0" in value:
        raise RowError("nul_byte", f"the {field} holds a NUL byte")
    if not value.isascii():
        _check_encodable(value, field)
    return "" if not value or value.isspace() else value


def text(value: object, field: str) -> str:
    """As `text_or_empty`, for a text that must be there: `empty_prompt`, `empty_response`."""
    found = text_or_empty(value, field)
    if not found:
        raise RowError(f"empty_{field}", f"the {field} is empty")
    return found


def _check_encodable(value: str, field: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        if UNDECODABLE in value:
            raise RowError(
                "encoding_error", f"the {field} holds bytes that the encoding does not know"
            ) from None
        raise RowError("lone_surrogate", f"the {field} holds a lone surrogate") from None


def listed(value: object, field: str) -> list[Any]:
    """The list in a cell, empty for none. Raises RowError."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise RowError("not_a_list", f"the {field} is {type(value).__name__}, not a list")
    if len(value) > MAX_LIST:
        raise RowError("too_long", f"the {field} has more than {MAX_LIST:,} entries")
    return value


def texts(value: object, field: str) -> list[str]:
    """The texts of a list that are not blank. Raises RowError."""
    return [found for item in listed(value, field) if (found := text_or_empty(item, field))]


def number(value: object, field: str) -> int | float | None:
    """The number in a cell, which may be written as text; None for none. Raises RowError."""
    if isinstance(value, str):
        value = _read_number(value)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > MAX_NUMBER:
        raise RowError("not_a_number", f"the {field} is no number")
    return int(value) if value == int(value) else value


def _read_number(written: str) -> object:
    try:
        return float(written) if written.strip() else None
    except ValueError:
        return written


def generator(value: object, default: str = "") -> Author | None:
    """The recorded generator that a cell names."""
    name = text_or_empty(value, "model").strip() or default
    if len(name) > MAX_AUTHOR:
        raise RowError("bad_model", f"the model's name has more than {MAX_AUTHOR} characters")
    return Author("generator", name) if name else None


def language(value: object) -> str:
    """A language tag such as `en` or `pt-BR`; "" for none."""
    tag = text_or_empty(value, "language").strip()
    if len(tag) > MAX_LANGUAGE:
        raise RowError("bad_language", f"the language has more than {MAX_LANGUAGE} characters")
    return tag


def tags(value: object) -> list[str]:
    """Tags as a list: a cell holds a list of texts, or one text with commas between."""
    if value is None or isinstance(value, str):
        value = text_or_empty(value, "tags").split(",")
    if not isinstance(value, list) or len(value) > MAX_TAGS:
        raise RowError("bad_tags", f"tags are a list of at most {MAX_TAGS} texts")
    found = [text_or_empty(tag, "tag").strip() for tag in value]
    return [tag for tag in found if tag]


def conversation(messages: list[Any]) -> list[Turn]:
    """The turns of `[{"role": …, "content": …}, …]`, which must end with the user's prompt.

    Turns alternate between user and assistant; only the first may be the system's.
    """
    if len(messages) > MAX_TURNS:
        raise RowError("bad_conversation", f"more than {MAX_TURNS:,} turns")
    turns = [_turn(message) for message in messages]
    spoken = [turn.role for turn in turns]
    if spoken[:1] == ["system"]:
        spoken = spoken[1:]
    expected = [_ROLES[1 + index % 2] for index in range(len(spoken))]
    if spoken != expected or spoken[-1:] != ["user"]:
        raise RowError(
            "bad_conversation", "turns must alternate between user and assistant and end with user"
        )
    return turns


def _turn(message: object) -> Turn:
    if not isinstance(message, dict) or message.get("role") not in _ROLES:
        raise RowError("bad_conversation", 'a turn is {"role": …, "content": …}')
    return Turn(message["role"], text(message.get("content"), "prompt"))
