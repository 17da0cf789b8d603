"""Reading what a server sent: nothing is trusted to be there, or to be what it should be."""

import json
import re
from typing import Any, TypeVar

from collector.generation.providers.base import Transient

_TOKENS_AT_MOST = 4_000_000
# Models write their reasoning first, between tags; some templates have opened the tag already, and
# then only the closing one is in the reply, on a line of its own.
_OPENED = re.compile(
    r"\s*<(?:think|thinking)>(?P<reasoning>.*?)(?:</(?:think|thinking)>(?P<text>.*)|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_CLOSED = re.compile(
    r"(?P<reasoning>(?:(?!<(?:think|thinking)>).)*?)"
    r"^</(?:think|thinking)>[ \t]*(?:\n(?P<text>.*)|\Z)",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
_MOST_BLOCKS = 100
T = TypeVar("T")


def parsed(body: bytes) -> Any:
    """The JSON of a reply; Transient where it is none, as proxies answer in their own words."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Transient("The server's reply is not JSON.") from error


def member(data: Any, name: str, kind: type[T]) -> T | None:
    """`data[name]` if data is an object and has one of that kind."""
    value = data.get(name) if isinstance(data, dict) else None
    return value if isinstance(value, kind) else None


def members(data: Any, name: str) -> list[dict[str, Any]]:
    """The objects in the list `data[name]`."""
    return [each for each in member(data, name, list) or () if isinstance(each, dict)]


def tokens(usage: Any, name: str) -> int | None:
    """A count that can be one."""
    count = member(usage, name, int)
    return count if count is not None and 0 <= count <= _TOKENS_AT_MOST else None


def told(meta: dict[str, Any]) -> dict[str, Any]:
    """Without what the server did not tell."""
    return {name: value for name, value in meta.items() if value not in (None, "")}


def split_reasoning(text: str) -> tuple[str, str]:
    """The response, and the reasoning that stands before it between `<think>` and `</think>`.

    There may be several blocks of it, one after the other. Reasoning that was cut off before it
    closed leaves no response.
    """
    blocks = []
    for _ in range(_MOST_BLOCKS):
        found = _OPENED.match(text) or _CLOSED.match(text)
        if found is None:
            break
        blocks.append(found["reasoning"].strip())
        text = (found["text"] or "").lstrip("\r\n")
    return text, "\n".join(block for block in blocks if block)
