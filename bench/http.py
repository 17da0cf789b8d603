"""A small keep-alive HTTP/1.1 client on asyncio streams.

It shares two cores with the server it measures, so it does as little as it can.
"""

import asyncio
from typing import Any, Self

import orjson


class Connection:
    """One keep-alive connection of one labeler."""

    def __init__(self, host: str, port: int, token: str = "") -> None:
        self.host = host
        self.port = port
        self.head = f"Host: {host}:{port}\r\nContent-Type: application/json\r\n"
        if token:
            self.head += f"Authorization: Token {token}\r\n"
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Self:
        self.reader, self.writer = await asyncio.open_connection(self.host, self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.writer is not None:
            self.writer.close()

    async def request(self, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        """Send and read one exchange; opens the connection anew if the server has closed it."""
        if self.writer is None or self.writer.is_closing():
            await self.__aenter__()
        assert self.writer is not None
        assert self.reader is not None
        content = orjson.dumps(body) if body is not None else b""
        head = f"{method} {path} HTTP/1.1\r\n{self.head}Content-Length: {len(content)}\r\n\r\n"
        self.writer.write(head.encode() + content)
        reply = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        status = int(reply.split(" ", 2)[1])
        return status, await self._body(reply, self.reader)

    async def _body(self, head: str, reader: asyncio.StreamReader) -> bytes:
        if "transfer-encoding: chunked" in head:
            chunks = []
            while size := int(await reader.readline(), 16):
                chunks.append(await reader.readexactly(size + 2))
            await reader.readline()
            return b"".join(chunk[:-2] for chunk in chunks)
        if "content-length: " not in head:
            return b""
        length = int(head.split("content-length: ", 1)[1].split("\r\n", 1)[0])
        return await reader.readexactly(length)
