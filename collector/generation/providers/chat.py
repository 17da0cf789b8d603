"""Chat completions: the protocol of OpenAI that every compatible server speaks."""

from typing import Any

from collector.generation.providers.base import Completion, Permanent, Request
from collector.generation.providers.replies import (
    member,
    members,
    split_reasoning,
    tokens,
    told,
)

PATH = "/chat/completions"


def body(model: str, request: Request) -> dict[str, Any]:
    """What is sent for a request; parameters that only other servers know go beside OpenAI's."""
    return {"model": model, "messages": list(request.messages), **request.parameters}


def completion(data: Any, *, limit: int | None = None, latency_ms: int | None = None) -> Completion:
    """What a reply says. Permanent where it holds no message.

    Where the server does not say why it ended, one that has `limit` tokens was cut off.
    """
    choice = next(iter(members(data, "choices")), None)
    message = member(choice, "message", dict)
    if message is None:
        raise Permanent("empty response: the reply holds no choice with a message.")
    usage = member(data, "usage", dict)
    text, thought = split_reasoning(_content(message))
    refusal = member(message, "refusal", str) or ""
    written = tokens(usage, "completion_tokens")
    full = limit is not None and written is not None and written >= limit
    reason = member(choice, "finish_reason", str) or ("length" if full else "")
    reasoning = member(message, "reasoning_content", str) or member(message, "reasoning", str)
    return Completion(
        text=text or refusal,
        input_tokens=tokens(usage, "prompt_tokens"),
        output_tokens=written,
        finish_reason="refusal" if refusal else reason,
        latency_ms=latency_ms,
        meta=told(
            {
                "model": member(data, "model", str),
                "fingerprint": member(data, "system_fingerprint", str),
                "reasoning": reasoning or thought,
                "refusal": True if refusal else None,
            }
        ),
    )


def _content(message: dict[str, Any]) -> str:
    """A text, or the texts of its parts."""
    text = member(message, "content", str)
    if text is None:
        text = "".join(member(part, "text", str) or "" for part in members(message, "content"))
    return text
