"""OpenAI and every server that speaks as it does (vLLM, TGI, Ollama, llama.cpp …)."""

import time
from collections.abc import Mapping
from typing import Any, Protocol

import httpx2

from collector.generation.providers import chat, responses
from collector.generation.providers.base import Completion, Request
from collector.generation.providers.replies import parsed
from collector.generation.providers.servers import failures, open_async
from collector.models import GeneratorRevision


class Wire(Protocol):
    """How one protocol words a request and its answer: what modules beside this one hold."""

    PATH: str

    def body(self, model: str, request: Request) -> dict[str, Any]: ...

    def completion(
        self, data: Any, *, limit: int | None = None, latency_ms: int | None = None
    ) -> Completion: ...


def wire_of(revision: GeneratorRevision) -> Wire:
    """The protocol that the revision asks by."""
    return responses if revision.api == GeneratorRevision.Api.RESPONSES else chat


def limit_of(parameters: Mapping[str, Any]) -> int | None:
    """The most tokens that a reply may have."""
    limit: int | None = parameters.get("max_completion_tokens", parameters.get("max_tokens"))
    return limit


class OpenAIProvider:
    """Asks one server, by the revision's protocol."""

    concurrency = 32

    def __init__(self, revision: GeneratorRevision) -> None:
        self._model = revision.model
        self._wire = wire_of(revision)
        self._client = open_async(revision)

    async def generate(self, request: Request) -> Completion:
        body = self._wire.body(self._model, request)
        started = time.monotonic()
        with failures():
            response = await self._client.post(self._wire.PATH, body=body, cast_to=httpx2.Response)
        latency_ms = round((time.monotonic() - started) * 1000)
        return self._wire.completion(
            parsed(response.content), limit=limit_of(request.parameters), latency_ms=latency_ms
        )

    async def close(self) -> None:
        await self._client.close()
