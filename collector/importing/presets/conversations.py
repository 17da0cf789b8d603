"""Conversations in one cell: a text, turns, or turns as JSON, as sources of votes have them."""

from json import loads as lenient_loads
from typing import Any

import orjson

from collector.importing.presets import cells
from collector.importing.rows import RowError, Turn


def as_turns(value: object) -> list[Turn]:
    """The prompt: a text, or `[{"role", "content"}, …]` that ends with the user's turn."""
    if isinstance(value, list) and value:
        return cells.conversation([_plain(turn) for turn in value])
    return [Turn("user", cells.text(value, "prompt"))]


def last_turn(value: object, field: str) -> tuple[list[Turn], str]:
    """A conversation that ends with a reply: the turns before it, and the reply.

    CSV files hold it as JSON. Contents may be lists of parts, of which the texts are read.
    """
    if isinstance(value, str):
        value = _loaded(value, "bad_conversation", field)
    turns = [_plain(turn) for turn in cells.listed(value, field)]
    if len(turns) < 2 or turns[-1].get("role") != "assistant":
        raise RowError("bad_conversation", f"the {field} does not end with the assistant's turn")
    reply = cells.text(turns[-1].get("content"), "response")
    return cells.conversation(turns[:-1]), reply


def from_json(value: object, field: str) -> dict[str, Any]:
    """An object in a cell, perhaps written as JSON; empty for none. Raises RowError."""
    if isinstance(value, str) and value:
        value = _loaded(value, f"bad_{field}", field)
    if value in (None, ""):
        return {}
    if not isinstance(value, dict):
        raise RowError(f"bad_{field}", f"the {field} are no object")
    return storable(value, field)


def storable(value: dict[str, Any], field: str) -> dict[str, Any]:
    """The object, which the database takes as JSON. Raises RowError."""
    try:
        written = orjson.dumps(value)
    except TypeError as error:
        raise RowError(f"bad_{field}", f"the {field} cannot be stored ({error})") from None
    if b"\\u0000" in written:
        raise RowError("nul_byte", f"the {field} holds a NUL byte")
    return value


def _loaded(text: str, code: str, field: str) -> object:
    try:
        return lenient_loads(text)
    except (ValueError, RecursionError):
        raise RowError(code, f"the {field} is not JSON") from None


def _plain(turn: object) -> dict[str, Any]:
    """The turn with its content as one text."""
    if not isinstance(turn, dict):
        raise RowError("bad_conversation", 'a turn is {"role": …, "content": …}')
    content = turn.get("content")
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        content = "\n\n".join(part for part in parts if isinstance(part, str) and part)
    return {"role": turn.get("role"), "content": content}
