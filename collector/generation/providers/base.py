"""The contract between the worker and what answers prompts.

`docs/providers.md` shows how to add a provider in a file of one's own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypedDict


class Turn(TypedDict):
    """One message of a conversation as models are sent it."""

    role: str
    content: str


@dataclass(frozen=True)
class Request:
    """One response wanted: the conversation (system prompt included) and how to sample.

    `sample_index` counts the responses asked of one revision for one prompt; a seed, where there
    is one, has been shifted by it already.
    """

    prompt_id: int
    sample_index: int
    messages: Sequence[Turn]
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class Completion:
    """What came back. Tokens are None where the provider does not count them.

    `message_id` names a message that already holds the text (recorded responses); it is linked
    instead of writing another. `meta` is stored with the message.
    """

    text: str
    input_tokens: int | None = None
    output_tokens: int | None = None
    finish_reason: str = ""
    latency_ms: int | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    message_id: int | None = None


class Failure(Exception):
    """No response; `billed` unless it is certain that the attempt costs nothing.

    `status` is the HTTP status, where a server answered with one: what the circuit breaker and the
    back-off of all workers go by.
    """

    def __init__(self, detail: str, *, billed: bool = True, status: int | None = None) -> None:
        super().__init__(detail)
        self.billed = billed
        self.status = status


class Transient(Failure):
    """It may work later; `retry_after` seconds where the server said so."""

    def __init__(
        self,
        detail: str,
        *,
        retry_after: float | None = None,
        billed: bool = True,
        status: int | None = None,
    ) -> None:
        super().__init__(detail, billed=billed, status=status)
        self.retry_after = retry_after


class Permanent(Failure):
    """Asking again would fail again."""


class Unusable(Permanent):
    """Every request of the generator would fail alike, until a person has changed something."""


class Provider(Protocol):
    """Answers requests for one revision, on one asyncio loop, until closed.

    `generate` is called concurrently, and cancelled when its time is up or its lease is lost.
    It raises `Transient` or `Permanent`, whose texts are stored (scrubbed of keys).
    """

    concurrency: int
    """Requests in flight unless the revision's limits say otherwise."""

    async def generate(self, request: Request) -> Completion: ...

    async def close(self) -> None: ...
