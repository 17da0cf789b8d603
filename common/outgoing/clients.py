"""HTTP clients that reach allowed hosts only."""

import ssl
from collections.abc import AsyncIterator, Iterator
from itertools import cycle
from typing import cast

import httpcore2
import httpx2

from common.outgoing.connect import AsyncGuarded, Guarded
from common.outgoing.guard import Guard

CONNECT_SECONDS = 10.0
REPLY_BYTES = 8 << 20
_KEPT_ALIVE = 512
_POOLS = 32


class BadReply(Exception):
    """The reply is larger, or may unfold to more, than what is read of one."""


class _AsyncPools(httpcore2.AsyncConnectionPool):
    """Requests in turn to many small pools.

    A pool looks at each of its connections whenever a request comes or goes, and asks the kernel
    about those that are idle: with 200 in flight this took more time than all else together.
    """

    def __init__(self, context: ssl.SSLContext, backend: httpcore2.AsyncNetworkBackend) -> None:
        super().__init__(ssl_context=context, network_backend=backend)
        self._pools = [
            httpcore2.AsyncConnectionPool(
                ssl_context=context,
                max_connections=None,
                max_keepalive_connections=_KEPT_ALIVE // _POOLS,
                keepalive_expiry=5.0,
                network_backend=backend,
            )
            for _ in range(_POOLS)
        ]
        self._next = cycle(self._pools)

    async def handle_async_request(self, request: httpcore2.Request) -> httpcore2.Response:
        return await next(self._next).handle_async_request(request)

    async def aclose(self) -> None:
        for pool in self._pools:
            await pool.aclose()


class AsyncTransport(httpx2.AsyncHTTPTransport):
    """Guarded connections, on one asyncio loop; replies of at most `reply_bytes`, None for any."""

    def __init__(
        self,
        guard: Guard,
        *,
        reply_bytes: int | None = REPLY_BYTES,
        verify: ssl.SSLContext | None = None,
    ) -> None:
        context = verify or httpx2.create_ssl_context(trust_env=False)
        super().__init__(verify=context, trust_env=False)
        self._reply_bytes = reply_bytes
        self._pool = _AsyncPools(context, AsyncGuarded(guard))

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if self._reply_bytes is None:
            return await super().handle_async_request(request)
        request.headers["accept-encoding"] = "identity"
        response = await super().handle_async_request(request)
        stream = cast(httpx2.AsyncByteStream, response.stream)
        response.stream = _AsyncBounded(stream, self._reply_bytes)
        if _is_encoded(response):
            await response.aclose()
            raise BadReply("The server compressed its reply unasked.")
        return response


class Transport(httpx2.HTTPTransport):
    """The same for threads."""

    def __init__(
        self,
        guard: Guard,
        *,
        reply_bytes: int | None = REPLY_BYTES,
        verify: ssl.SSLContext | None = None,
    ) -> None:
        context = verify or httpx2.create_ssl_context(trust_env=False)
        super().__init__(verify=context, trust_env=False)
        self._reply_bytes = reply_bytes
        self._pool = httpcore2.ConnectionPool(
            ssl_context=context,
            max_connections=None,
            max_keepalive_connections=_KEPT_ALIVE,
            keepalive_expiry=5.0,
            network_backend=Guarded(guard),
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if self._reply_bytes is None:
            return super().handle_request(request)
        request.headers["accept-encoding"] = "identity"
        response = super().handle_request(request)
        stream = cast(httpx2.SyncByteStream, response.stream)
        response.stream = _Bounded(stream, self._reply_bytes)
        if _is_encoded(response):
            response.close()
            raise BadReply("The server compressed its reply unasked.")
        return response


def async_client(
    guard: Guard,
    *,
    timeout: float | None = None,
    reply_bytes: int = REPLY_BYTES,
    verify: ssl.SSLContext | None = None,
) -> httpx2.AsyncClient:
    """For one asyncio loop. `timeout` in seconds, between bytes; connecting is always bounded."""
    return httpx2.AsyncClient(
        follow_redirects=False,
        trust_env=False,
        timeout=httpx2.Timeout(timeout, connect=CONNECT_SECONDS),
        transport=AsyncTransport(guard, reply_bytes=reply_bytes, verify=verify),
    )


def client(
    guard: Guard,
    *,
    timeout: float = 30.0,
    reply_bytes: int = REPLY_BYTES,
    verify: ssl.SSLContext | None = None,
) -> httpx2.Client:
    """For threads. `timeout` in seconds, between bytes."""
    return httpx2.Client(
        follow_redirects=False,
        trust_env=False,
        timeout=httpx2.Timeout(timeout, connect=CONNECT_SECONDS),
        transport=Transport(guard, reply_bytes=reply_bytes, verify=verify),
    )


class _AsyncBounded(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, most: int) -> None:
        self._stream = stream
        self._most = most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        async for chunk in self._stream:
            read += len(chunk)
            if read > self._most:
                raise _too_long(self._most)
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Bounded(httpx2.SyncByteStream):
    def __init__(self, stream: httpx2.SyncByteStream, most: int) -> None:
        self._stream = stream
        self._most = most

    def __iter__(self) -> Iterator[bytes]:
        read = 0
        for chunk in self._stream:
            read += len(chunk)
            if read > self._most:
                raise _too_long(self._most)
            yield chunk

    def close(self) -> None:
        self._stream.close()


def _too_long(most: int) -> BadReply:
    size = f"{most >> 20} MiB" if most >= 1 << 20 else f"{most} bytes"
    return BadReply(f"The server's reply is over {size}.")


def _is_encoded(response: httpx2.Response) -> bool:
    return bool(response.headers.get("content-encoding", "identity") != "identity")
