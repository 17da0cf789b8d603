"""Responses that models wrote, stored as messages."""

from collections.abc import Mapping
from typing import Any

from collector.models import GeneratorRevision, Message
from collector.text import content_hash


def add_response(
    *,
    prompt: Message,
    revision: GeneratorRevision,
    text: str,
    meta: Mapping[str, Any] | None = None,
) -> Message:
    """A new assistant message under the prompt, exactly as the model wrote it.

    Equal texts stay separate messages: two samples that agree are two responses. Only what
    PostgreSQL cannot hold is replaced (see `storable`).
    """
    text = storable(text)
    return Message.objects.create(
        project_id=prompt.project_id,
        parent=prompt,
        root_id=prompt.root_id or prompt.pk,
        depth=prompt.depth + 1,
        role=Message.Role.ASSISTANT,
        text=text,
        content_hash=content_hash(text),
        origin=Message.Origin.GENERATED,
        revision=revision,
        meta=_storable_json(dict(meta or {})),
    )


def storable(text: str) -> str:
    """Text that PostgreSQL takes: NUL and lone surrogates become U+FFFD."""
    return (
        text.replace("\0", "\N{REPLACEMENT CHARACTER}")
        .encode("utf-8", "surrogatepass")
        .decode("utf-8", "replace")
    )


def _storable_json(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(str(name)): _storable_json(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_storable_json(item) for item in value]
    return value
