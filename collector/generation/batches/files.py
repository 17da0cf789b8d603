"""The lines of a batch: a request each, and an answer each, matched by `custom_id`."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from collector.generation.providers.base import (
    Completion,
    Failure,
    Permanent,
    Request,
    Transient,
)
from collector.generation.providers.openai import Wire
from collector.generation.providers.replies import member, parsed
from collector.generation.providers.servers import status_failure

LINE_BYTES = 8 << 20
_NOT_DONE = {"batch_expired", "batch_cancelled"}
_ERROR_CHARACTERS = 500
Answer = tuple[int, Completion | Transient | Permanent]


def request_line(generation_id: int, wire: Wire, model: str, request: Request) -> bytes:
    """One line of the file that is uploaded."""
    line = {
        "custom_id": _custom_id(generation_id),
        "method": "POST",
        "url": f"/v1{wire.PATH}",
        "body": wire.body(model, request),
    }
    return json.dumps(line).encode() + b"\n"


def lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of a download that are not blank; Permanent where one is over LINE_BYTES."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (line for line in whole if line.strip())
        if len(rest) > LINE_BYTES:
            raise Permanent(f"A line of the batch's answers is over {LINE_BYTES >> 20} MiB.")
    if rest.strip():
        yield rest


def answer(line: bytes, wire: Wire, *, limit: int | None) -> Answer | None:
    """Generation id and outcome; None for a line that answers none of ours.

    `limit` is the most tokens that a reply may have.
    """
    try:
        data = parsed(line)
    except Transient:
        return None
    generation_id = _generation_id(member(data, "custom_id", str) or "")
    return None if generation_id is None else (generation_id, _outcome(data, wire, limit))


def _outcome(data: Any, wire: Wire, limit: int | None) -> Completion | Transient | Permanent:
    error = member(data, "error", dict)
    response = member(data, "response", dict)
    if response is None:
        code = member(error, "code", str) or "no answer"
        detail = f"{code}: {member(error, 'message', str) or ''}"[:_ERROR_CHARACTERS]
        kind = Transient if code in _NOT_DONE else Permanent
        return kind(detail, billed=False)
    status = member(response, "status_code", int) or 0
    body = member(response, "body", dict)
    if status != 200:
        return status_failure(status, json.dumps(body)[:_ERROR_CHARACTERS])
    try:
        return wire.completion(body, limit=limit)
    except Failure as failure:
        if isinstance(failure, Transient | Permanent):
            return failure
        raise


def _custom_id(generation_id: int) -> str:
    return f"generation-{generation_id}"


def _generation_id(custom_id: str) -> int | None:
    digits = custom_id.removeprefix("generation-")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None
