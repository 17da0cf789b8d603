"""Responses that models wrote, stored as messages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from collector.models import GeneratorRevision, Message
from collector.text import content_hash


@dataclass(frozen=True)
class NewResponse:
    """What a model wrote, and under which prompt it goes."""

    prompt: Message
    text: str
    meta: Mapping[str, Any] = field(default_factory=dict)


def add_responses(
    *, revision: GeneratorRevision, responses: Sequence[NewResponse]
) -> list[Message]:
    """New assistant messages under their prompts, exactly as the model wrote them.

    Equal texts stay separate messages: two samples that agree are two responses. Only what
    PostgreSQL cannot hold is replaced (see `storable`).
    """
    return Message.objects.bulk_create(_message(revision, response) for response in responses)


def _message(revision: GeneratorRevision, response: NewResponse) -> Message:
    prompt, text = response.prompt, storable(response.text)
    return Message(
        project_id=prompt.project_id,
        parent=prompt,
        root_id=prompt.root_id or prompt.pk,
        depth=prompt.depth + 1,
        role=Message.Role.ASSISTANT,
        text=text,
        content_hash=content_hash(text),
        origin=Message.Origin.GENERATED,
        revision=revision,
        meta=_storable_json(dict(response.meta)),
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
