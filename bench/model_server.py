"""`python -m bench.model_server --delay 1`: a model server on loopback that does little else.

It speaks chat completions with keep-alive, answers every request `--delay` seconds after it came,
and counts: `GET /stats` answers `{"requests": n, "in_flight": n, "most_in_flight": n}`.
"""

import argparse
import asyncio
import sys

import orjson

REPLY = orjson.dumps(
    {
        "id": "chatcmpl-bench",
        "object": "chat.completion",
        "created": 0,
        "model": "bench",
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": "An answer of some length. " * 40},
            }
        ],
        "usage": {"prompt_tokens": 40, "completion_tokens": 240, "total_tokens": 280},
    }
)


class Counts:
    """What the server has seen."""

    requests = 0
    in_flight = 0
    most_in_flight = 0


def _reply(body: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    return head % len(body) + body


class Exchange(asyncio.Protocol):
    """One keep-alive connection; a client sends its next request after the reply."""

    def __init__(self, counts: Counts, delay: float) -> None:
        self._counts = counts
        self._delay = delay
        self._read = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, found, rest = self._read.partition(b"\r\n\r\n")
        if not found or len(rest) < _content_length(head):
            return
        self._read = b""
        if head.startswith(b"GET"):
            self._transport.write(_reply(orjson.dumps(vars(self._counts))))
            return
        counts = self._counts
        counts.requests += 1
        counts.in_flight += 1
        counts.most_in_flight = max(counts.most_in_flight, counts.in_flight)
        asyncio.get_running_loop().call_later(self._delay, self._answer)

    def _answer(self) -> None:
        self._counts.in_flight -= 1
        self._transport.write(_reply(REPLY))


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            return int(line[15:])
    return 0


async def serve(delay: float) -> None:
    """Print the port, then answer until the process is ended."""
    counts = Counts()
    counts.__dict__.update(requests=0, in_flight=0, most_in_flight=0)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Exchange(counts, delay), "127.0.0.1", 0, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--delay", type=float, default=1.0)
    asyncio.run(serve(parser.parse_args().delay))
