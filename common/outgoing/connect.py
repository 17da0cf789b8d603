"""Connections to addresses that a guard let pass, for the HTTP library's connection pools."""

import asyncio
import socket
import threading
from collections.abc import Iterable
from typing import Any

from httpcore2 import (
    AnyIOBackend,
    AsyncNetworkStream,
    ConnectError,
    ConnectTimeout,
    NetworkStream,
    SyncBackend,
)

from common.outgoing.guard import Guard, Place, Refused


class AsyncGuarded(AnyIOBackend):
    """Resolves each name once, on the loop that it serves, and connects to what passed."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._pinned: dict[Place, list[str]] = {}
        self._resolving = asyncio.Lock()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> AsyncNetworkStream:
        failed: Exception | None = None
        for address in await self._addresses(Place.of(host, port)):
            try:
                return await super().connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (ConnectError, ConnectTimeout) as error:
                failed = error
        raise failed or ConnectError(f"{host} has no address.")

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> AsyncNetworkStream:
        raise Refused(path)

    async def _addresses(self, place: Place) -> list[str]:
        self._guard.require(place)
        async with self._resolving:
            if place not in self._pinned:
                try:
                    found = await asyncio.get_running_loop().getaddrinfo(
                        place.host, place.port, type=socket.SOCK_STREAM
                    )
                except (OSError, UnicodeError) as error:
                    raise ConnectError(f"{place.host}: {error}") from error
                self._pinned[place] = self._guard.passing(place, _texts(found))
            return self._pinned[place]


class Guarded(SyncBackend):
    """The same for threads."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._pinned: dict[Place, list[str]] = {}
        self._resolving = threading.Lock()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> NetworkStream:
        failed: Exception | None = None
        for address in self.addresses(Place.of(host, port)):
            try:
                return super().connect_tcp(address, port, timeout, local_address, socket_options)
            except (ConnectError, ConnectTimeout) as error:
                failed = error
        raise failed or ConnectError(f"{host} has no address.")

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> NetworkStream:
        raise Refused(path)

    def addresses(self, place: Place) -> list[str]:
        """What the name stood for when it was first asked for, as far as it passes."""
        self._guard.require(place)
        with self._resolving:
            if place not in self._pinned:
                try:
                    found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
                except (OSError, UnicodeError) as error:
                    raise ConnectError(f"{place.host}: {error}") from error
                self._pinned[place] = self._guard.passing(place, _texts(found))
            return self._pinned[place]


def _texts(found: Iterable[tuple[Any, ...]]) -> list[str]:
    """The addresses of getaddrinfo's answer, each once, in its order; without IPv6 zones."""
    return list(dict.fromkeys(str(each[4][0]).partition("%")[0] for each in found))
