"""Asking model servers: what is sent with every request, and what their failures mean."""

import math
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial

import httpx2
from openai import APIConnectionError, APIStatusError, APITimeoutError, AsyncOpenAI, OpenAI

from collector.generation.endpoints import checked_url, model_guard, scrub, secret_for
from collector.generation.providers.base import Permanent, Transient
from collector.models import GeneratorRevision
from common.errors import InvalidInput
from common.outgoing import BadReply, Refused, async_client, client

# The SDK adds what it finds in the environment (organisation, project, custom headers) and facts
# about this machine; a model server is sent only these.
_SENT_HEADERS = {"host", "accept", "accept-encoding", "connection", "content-length"} | {
    "content-type",
    "transfer-encoding",
    "user-agent",
    "authorization",
    "idempotency-key",
}
_RETRIED = {408, 409, 425, 429}
# Said by what stands between, too, of a model that has answered or still does; 524 is Cloudflare's.
_BILLED = {408, 502, 504, 524}
_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
_ERROR_CHARACTERS = 500
_BLOCKING_SECONDS = 120.0


def open_async(revision: GeneratorRevision) -> AsyncOpenAI:
    """Requests for a revision, on one asyncio loop; Permanent where they may not be made here.

    One address, at most one key; no proxy, no redirect, no retry, and no time limit but that for
    connecting: the worker bounds the whole request.
    """
    base_url, secret = _address_and_key(revision)
    http = async_client(model_guard())
    http.event_hooks = {"request": [_async_hook(secret)]}
    return AsyncOpenAI(
        api_key=secret or "none",
        base_url=base_url,
        max_retries=0,
        timeout=None,
        http_client=http,
    )


def open_blocking(revision: GeneratorRevision, *, reply_bytes: int) -> OpenAI:
    """The same for a thread, with replies of at most `reply_bytes`."""
    base_url, secret = _address_and_key(revision)
    http = client(model_guard(), timeout=_BLOCKING_SECONDS, reply_bytes=reply_bytes)
    http.event_hooks = {"request": [partial(_keep_to_protocol, secret)]}
    return OpenAI(
        api_key=secret or "none",
        base_url=base_url,
        max_retries=0,
        timeout=_BLOCKING_SECONDS,
        http_client=http,
    )


@contextmanager
def failures() -> Iterator[None]:
    """What the SDK and the transport raise, as Transient or Permanent."""
    try:
        yield
    except APIStatusError as error:
        raise _status_error(error) from error
    except APITimeoutError as error:
        raise Transient("The server did not answer in time.") from error
    except APIConnectionError as error:
        raise _connection_error(error.__cause__ or error) from error
    except (httpx2.HTTPError, Refused, BadReply) as error:
        raise _connection_error(error) from error


def _address_and_key(revision: GeneratorRevision) -> tuple[str, str]:
    try:
        base_url = checked_url(revision.base_url)
        alias = revision.key_alias
        return base_url, secret_for(alias=alias, base_url=base_url) if alias else ""
    except InvalidInput as error:
        raise Permanent(error.detail, billed=False) from error


def _keep_to_protocol(secret: str, request: httpx2.Request) -> None:
    for name in list(request.headers):
        if name.lower() not in _SENT_HEADERS:
            del request.headers[name]
    request.headers.pop("authorization", None)
    if secret:
        request.headers["authorization"] = f"Bearer {secret}"


def _async_hook(secret: str) -> Callable[[httpx2.Request], Awaitable[None]]:
    async def keep_to_protocol(request: httpx2.Request) -> None:
        _keep_to_protocol(secret, request)

    return keep_to_protocol


def _connection_error(cause: BaseException) -> Transient | Permanent:
    if isinstance(cause, Refused):
        return Permanent(cause.detail, billed=False)
    if isinstance(cause, BadReply):
        return Permanent(str(cause))
    return Transient(f"The connection failed: {cause}", billed=not isinstance(cause, _NEVER_SENT))


def status_failure(
    status: int, text: str, *, code: str | None = None, retry_after: float | None = None
) -> Transient | Permanent:
    """What an HTTP status that is no success means; `code` is OpenAI's own of the error."""
    detail = f"HTTP {status}: {scrub(text)[:_ERROR_CHARACTERS]}"
    if 300 <= status < 400:
        return Permanent(
            f"HTTP {status}: the server redirects, and redirects are not followed.",
            billed=False,
            status=status,
        )
    billed = status in _BILLED
    if (status in _RETRIED or status >= 500) and code != "insufficient_quota":
        return Transient(detail, retry_after=retry_after, billed=billed, status=status)
    return Permanent(detail, billed=billed, status=status)


def _status_error(error: APIStatusError) -> Transient | Permanent:
    response = error.response
    return status_failure(
        error.status_code,
        response.text,
        code=error.code,
        retry_after=_retry_after(response.headers),
    )


def _retry_after(headers: httpx2.Headers) -> float | None:
    """Seconds to wait, from milliseconds, seconds or a date; None where none is said."""
    try:
        seconds = float(headers["retry-after-ms"]) / 1000
    except (KeyError, ValueError):
        seconds = _seconds(headers.get("retry-after", ""))
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _seconds(said: str) -> float:
    try:
        return float(said)
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(said)
    except ValueError:
        return math.nan
    return (until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
