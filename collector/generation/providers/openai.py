"""OpenAI and every server that speaks its chat completions (vLLM, TGI, Ollama, llama.cpp …)."""

import json
import time
from collections.abc import AsyncIterator
from typing import Any, TypeVar, cast

import httpx2
from openai import APIConnectionError, APIStatusError, APITimeoutError, AsyncOpenAI
from openai.types.chat import ChatCompletionMessageParam

from collector.generation.endpoints import checked_url, secret_for
from collector.generation.providers.base import Completion, Permanent, Request, Transient
from collector.models import GeneratorRevision
from common.errors import InvalidInput

# The SDK adds what it finds in the environment (organisation, project, custom headers) and facts
# about this machine; a model server is sent only these.
_SENT_HEADERS = {"host", "accept", "accept-encoding", "connection", "content-length"} | {
    "content-type",
    "user-agent",
    "authorization",
    "idempotency-key",
    "x-stainless-raw-response",  # by which the SDK itself knows what it was asked for
}
_RETRIED = {408, 409, 425, 429}
# Said by what stands between, too, of a model that has answered or still does; 524 is Cloudflare's.
_BILLED = {408, 502, 504, 524}
_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
_SERVER_PARAMETERS = {"top_k", "min_p", "repetition_penalty"}  # not in OpenAI's own protocol
_CONNECT_SECONDS = 10.0
_TOKENS_AT_MOST = 4_000_000
_ERROR_CHARACTERS = 500
_REPLY_BYTES = 8 << 20
T = TypeVar("T")


class OpenAIProvider:
    """Asks one address with at most one key. No proxy, no redirect, no retry of its own."""

    concurrency = 32

    def __init__(self, revision: GeneratorRevision) -> None:
        try:
            base_url = checked_url(revision.base_url)
            alias = revision.key_alias
            secret = secret_for(alias=alias, base_url=base_url) if alias else ""
        except InvalidInput as error:
            raise Permanent(error.detail) from error
        self._model = revision.model
        self._client = AsyncOpenAI(
            api_key=secret or "none",
            base_url=base_url,
            max_retries=0,
            timeout=None,  # the worker bounds the whole request
            http_client=_http_client(secret),
        )

    async def generate(self, request: Request) -> Completion:
        parameters = dict(request.parameters)
        extra = {name: parameters.pop(name) for name in _SERVER_PARAMETERS & parameters.keys()}
        started = time.monotonic()
        try:
            response = await self._client.chat.completions.with_raw_response.create(
                model=self._model,
                messages=cast("list[ChatCompletionMessageParam]", list(request.messages)),
                extra_body=extra or None,
                **parameters,
            )
        except APIStatusError as error:
            raise _status_error(error) from error
        except APITimeoutError as error:
            raise Transient("The server did not answer in time.") from error
        except APIConnectionError as error:
            cause = error.__cause__
            if isinstance(cause, Permanent):  # of _Transport, wrapped by the SDK
                raise cause from error
            raise Transient(
                f"The connection failed: {cause or error}",
                billed=not isinstance(cause, _NEVER_SENT),
            ) from error
        latency_ms = round((time.monotonic() - started) * 1000)
        return _completion(response.http_response.content, latency_ms)

    async def close(self) -> None:
        await self._client.close()


class _Transport(httpx2.AsyncHTTPTransport):
    """Bounds what a reply may take of the memory that all requests in flight share."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await super().handle_async_request(request)
        response.stream = _Bounded(cast(httpx2.AsyncByteStream, response.stream))
        if response.headers.get("content-encoding", "identity") != "identity":
            await response.aclose()
            raise Permanent("The server compressed its reply unasked.")
        return response


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        async for chunk in self._stream:
            read += len(chunk)
            if read > _REPLY_BYTES:
                raise Permanent(f"The server's reply is over {_REPLY_BYTES >> 20} MiB.")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


def _http_client(secret: str) -> httpx2.AsyncClient:
    async def keep_to_protocol(request: httpx2.Request) -> None:
        for name in list(request.headers):
            if name.lower() not in _SENT_HEADERS:
                del request.headers[name]
        request.headers["accept-encoding"] = "identity"
        request.headers.pop("authorization", None)
        if secret:
            request.headers["authorization"] = f"Bearer {secret}"

    return httpx2.AsyncClient(
        follow_redirects=False,
        trust_env=False,
        timeout=httpx2.Timeout(None, connect=_CONNECT_SECONDS),
        transport=_Transport(
            trust_env=False,
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=512),
        ),
        event_hooks={"request": [keep_to_protocol]},
    )


def _status_error(error: APIStatusError) -> Transient | Permanent:
    status = error.status_code
    detail = f"HTTP {status}: {error.response.text[:_ERROR_CHARACTERS]}"
    if 300 <= status < 400:
        return Permanent(
            f"HTTP {status}: the server redirects, and redirects are not followed.",
            billed=False,
            status=status,
        )
    billed = status in _BILLED
    if (status in _RETRIED or status >= 500) and error.code != "insufficient_quota":
        retry_after = _retry_after(error.response.headers)
        return Transient(detail, retry_after=retry_after, billed=billed, status=status)
    return Permanent(detail, billed=billed, status=status)


def _retry_after(headers: httpx2.Headers) -> float | None:
    """Seconds to wait. The date form is left to the back-off: no model server sends it."""
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None


def _completion(body: bytes, latency_ms: int) -> Completion:
    """The reply, whatever shape the server gave it: nothing in it is trusted to be there."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Transient("The server's reply is not JSON.") from error
    choices = _member(data, "choices", list)
    choice = choices[0] if choices else None
    message = _member(choice, "message", dict)
    usage = _member(data, "usage", dict)
    if message is None:
        raise Permanent("empty response: the reply holds no choice with a message.")
    refusal = _member(message, "refusal", str)
    reasoning = _member(message, "reasoning_content", str)
    meta = {
        "model": _member(data, "model", str),
        "fingerprint": _member(data, "system_fingerprint", str),
        "reasoning": reasoning,
        "refusal": True if refusal else None,
    }
    return Completion(
        text=_member(message, "content", str) or refusal or "",
        input_tokens=_tokens(usage, "prompt_tokens"),
        output_tokens=_tokens(usage, "completion_tokens"),
        finish_reason=_member(choice, "finish_reason", str) or "",
        latency_ms=latency_ms,
        meta={name: value for name, value in meta.items() if value is not None},
    )


def _member(data: Any, name: str, kind: type[T]) -> T | None:
    value = data.get(name) if isinstance(data, dict) else None
    return value if isinstance(value, kind) else None


def _tokens(usage: Any, name: str) -> int | None:
    count = _member(usage, name, int)
    return count if count is not None and 0 <= count <= _TOKENS_AT_MOST else None
