"""Responses: OpenAI's later protocol, which reasoning models of theirs answer best.

Nothing is left on the server (`store` is false): a conversation is sent whole each time.
"""

from typing import Any

from collector.generation.providers.base import Completion, Permanent, Request, Transient, Turn
from collector.generation.providers.replies import (
    member,
    members,
    split_reasoning,
    tokens,
    told,
)

PATH = "/responses"
_PASSING = {"server_error", "rate_limit_exceeded"}
_FINISHED = {"completed": "stop"}
_CUT = {"max_output_tokens": "length"}


def body(model: str, request: Request) -> dict[str, Any]:
    """What is sent for a request, in this protocol's own names."""
    wanted = dict(request.parameters)
    turns: list[Turn] = list(request.messages)
    sent: dict[str, Any] = {"model": model, "store": False}
    if turns and turns[0]["role"] == "system":
        sent["instructions"] = turns.pop(0)["content"]
    sent["input"] = turns
    for name in ("max_tokens", "max_completion_tokens"):
        if name in wanted:
            sent["max_output_tokens"] = wanted.pop(name)
    if "reasoning_effort" in wanted:
        sent["reasoning"] = {"effort": wanted.pop("reasoning_effort")}
    return sent | wanted


def completion(data: Any, *, limit: int | None = None, latency_ms: int | None = None) -> Completion:
    """What a reply says; `finish_reason` in the words of chat completions.

    Some servers call a reply completed that was cut off: one that has all the tokens that it could
    have, `limit`, counts as cut off.

    Transient or Permanent where the model failed, Permanent where the reply has no output.
    """
    status = member(data, "status", str) or "completed"
    if status == "failed":
        raise _failure(member(data, "error", dict))
    parts = [
        part
        for item in members(data, "output")
        if item.get("type", "message") == "message"
        for part in members(item, "content")
    ]
    if not parts and status not in ("completed", "incomplete"):
        raise Permanent(f"empty response: the reply is {status!r} and holds no message.")
    said, thought = split_reasoning("".join(member(part, "text", str) or "" for part in parts))
    refusal = "".join(member(part, "refusal", str) or "" for part in parts)
    usage = member(data, "usage", dict)
    written = tokens(usage, "output_tokens")
    full = limit is not None and written is not None and written >= limit
    return Completion(
        text=said or refusal,
        input_tokens=tokens(usage, "input_tokens"),
        output_tokens=written,
        finish_reason="refusal" if refusal else _finish_reason(data, status, full=full),
        latency_ms=latency_ms,
        meta=told(
            {
                "model": member(data, "model", str),
                "reasoning": _reasoning(data) or thought,
                "refusal": True if refusal else None,
            }
        ),
    )


def _finish_reason(data: Any, status: str, *, full: bool) -> str:
    reason = member(member(data, "incomplete_details", dict), "reason", str)
    if status == "incomplete":
        return _CUT.get(reason or "", reason or "incomplete")
    return "length" if full else _FINISHED.get(status, status)


def _reasoning(data: Any) -> str:
    """The reasoning where the server gives it, else the summary of it."""
    texts = []
    for item in members(data, "output"):
        if item.get("type") == "reasoning":
            parts = members(item, "content") or members(item, "summary")
            texts += [text for part in parts if (text := member(part, "text", str))]
    return "\n\n".join(texts)


def _failure(error: dict[str, Any] | None) -> Transient | Permanent:
    code = member(error, "code", str) or "failed"
    detail = f"The model failed: {code}: {(member(error, 'message', str) or '')[:500]}"
    return Transient(detail) if code in _PASSING else Permanent(detail)
