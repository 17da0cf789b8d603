"""A model server on loopback: chat completions, responses, batches; it misbehaves on demand.

    with start_fake_llm() as server:
        create_generator(..., base_url=server.base_url, model="script=429:1|500|ok")

What a request gets is written in its model's name, `script=STEP|STEP|…`: the first request of a
prompt gets the first step, the next the second, and the last step repeats. Any other model name
means `ok`. Steps:

    ok            a reply that names model and prompt      words:N       a reply of N words
    429[:SECONDS] too many requests, with Retry-After      STATUS        that HTTP status
    slow:SECONDS  ok, after a while                        hang          never answers
    cut           the connection ends in mid-reply         badjson       a reply that is not JSON
    html          status 200 and a web page                empty         a completion without text
    nochoices     a completion without choices             nousage       ok, tokens not counted
    nul           a reply with a NUL and a lone surrogate  echokey       401 that repeats the key
    redirect:URL  307 to another address           flood:MB      so many MB of text, at most
    gzip          a reply compressed unasked       date          429 until a date (in an hour)
    refuse        a refusal                        length        a reply cut off for its length
    reason        ok, its reasoning beside it      think         ok, after <think>…</think>
    noschema      400 where a form is asked for
    raw:JSON      that very reply                  failed:CODE   (responses) a failure as a reply

Files and batches are those of `tests.fake_batches`.

`GET /stats` answers `{"requests": n, "in_flight": n, "most_in_flight": n, "prompts": {text: n}}`.
Also runs alone: `python -m tests.fake_llm --port 8090 [--delay SECONDS]`.
"""

import argparse
import asyncio
import contextlib
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from tests.fake_batches import FakeBatches

Reply = tuple[int, dict[str, str], bytes]


@dataclass(frozen=True)
class Received:
    """One request as the server got it; header names in lower case."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The conversation, in either protocol."""
        found: list[dict[str, Any]] = self.body.get("messages") or self.body["input"]
        return found

    @property
    def prompt(self) -> str:
        """The text of the last message."""
        return str(self.messages[-1]["content"])

    @property
    def conversation(self) -> str:
        return json.dumps(self.messages)

    @property
    def wants_response(self) -> bool:
        """Whether it is asked by the Responses protocol."""
        return self.path.endswith("/responses")


@dataclass
class FakeLLM:
    """The server: what it received, and how many requests it answered at once."""

    delay: float = 0.0
    port: int = 0
    received: list[Received] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0
    flooded: int = 0
    on_request: Callable[[Received], None] | None = None
    says: Callable[[Received], str] | None = None
    """What a reply that is `ok` says, where a test has its own words."""
    batches: FakeBatches = field(default_factory=FakeBatches)
    _asked: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def finish_batches(self, status: str = "completed", *, without: str = "") -> None:
        """Let the jobs that are under way end; prompts that contain `without` stay undone."""
        self.batches.finish(status, self._batch_reply, without=without)

    def _batch_reply(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        request = Received(path, {}, body)
        name, _, argument = self._step(request).partition(":")
        status, _, reply = _reply(request, name, argument)
        return status, json.loads(reply)

    def count(self, prompt: str) -> int:
        """Requests whose last message was this prompt."""
        return sum(request.prompt == prompt for request in self.received)

    def prompts(self) -> Counter[str]:
        return Counter(request.prompt for request in self.received)

    async def serve(self, ready: Callable[[], None] | None = None) -> None:
        """Answer until cancelled."""
        server = await asyncio.start_server(self._connection, "127.0.0.1", self.port, backlog=1024)
        self.port = server.sockets[0].getsockname()[1]
        if ready is not None:
            ready()
        async with server:
            await server.serve_forever()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(
            ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError
        ):
            while head := await _read_head(reader):
                method, path, headers = head
                body = await _read_body(reader, headers)
                if path == "/stats":
                    _write(writer, (200, {}, json.dumps(self._stats()).encode()))
                elif path.startswith(("/v1/files", "/v1/batches")):
                    _write(writer, self.batches.answer(method, path, headers, body))
                elif not await self._completions(path, headers, body, writer):
                    break
                await writer.drain()
        writer.close()

    async def _completions(
        self, path: str, headers: dict[str, str], body: bytes, writer: asyncio.StreamWriter
    ) -> bool:
        request = Received(path, headers, json.loads(body))
        self.received.append(request)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            if self.on_request is not None:
                self.on_request(request)
            await asyncio.sleep(self.delay)
            return await self._answer(request, writer)
        finally:
            self.in_flight -= 1

    async def _answer(self, request: Received, writer: asyncio.StreamWriter) -> bool:
        name, _, argument = self._step(request).partition(":")
        if name == "hang":
            await asyncio.sleep(3600)
        if name == "slow":
            await asyncio.sleep(float(argument))
        if name == "cut":
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n")
            writer.write(b'content-length: 1000\r\n\r\n{"choices": [{"mess')
            await writer.drain()
            return False
        if name == "flood":
            return await self._flood(int(argument), writer)
        if name == "noschema" and "response_format" not in request.body:
            name = "ok"
        if name == "ok" and self.says is not None:
            _write(writer, _json(200, _completion(request, self.says(request))))
        else:
            _write(writer, _reply(request, name, argument))
        return True

    async def _flood(self, megabytes: int, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n")
        for _ in range(megabytes):
            writer.write(b"x" * 1_000_000)
            await writer.drain()
            self.flooded += 1
        return False

    def _step(self, request: Received) -> str:
        model = str(request.body.get("model", ""))
        if not model.startswith("script="):
            return "ok"
        steps = model.removeprefix("script=").split("|")
        key = (model, request.conversation)
        place = self._asked[key]
        self._asked[key] += 1
        return steps[min(place, len(steps) - 1)]

    def _stats(self) -> dict[str, Any]:
        return {
            "requests": len(self.received),
            "in_flight": self.in_flight,
            "most_in_flight": self.most_in_flight,
            "prompts": dict(self.prompts()),
        }


def _reply(request: Received, name: str, argument: str) -> Reply:
    special: dict[str, Callable[[], Reply]] = {
        "badjson": lambda: (200, {}, b'{"choices": [{"message": {"content": "half'),
        "html": lambda: (200, {"content-type": "text/html"}, b"<html>Welcome to the proxy</html>"),
        "nochoices": lambda: _json(200, {"id": "x", "choices": []}),
        "empty": lambda: _json(200, _completion(request, " \n")),
        "noschema": lambda: _json(400, {"error": {"message": "response_format: not supported"}}),
        "nul": lambda: _json(200, _completion(request, "zero \0 and half \ud83d here")),
        "nousage": lambda: _json(200, _completion(request, _text(request)) | {"usage": None}),
        "words": lambda: _json(200, _completion(request, _words(int(argument)))),
        "gzip": lambda: (200, {"content-encoding": "gzip"}, b"\x1f\x8b"),
        "redirect": lambda: (307, {"location": argument}, b""),
        "date": lambda: _json(429, {"error": {"message": "later"}}, {"retry-after": _in_an_hour()}),
        "refuse": lambda: _json(200, _completion(request, "I cannot help.", refused=True)),
        "length": lambda: _json(200, _completion(request, _text(request), cut=True)),
        "reason": lambda: _json(200, _completion(request, _text(request), reasoning="Hm. Blue.")),
        "think": lambda: _json(
            200, _completion(request, f"<think>\nHm. Blue.\n</think>\n\n{_text(request)}")
        ),
        "raw": lambda: (200, {}, argument.encode()),
        "failed": lambda: _json(
            200, {"status": "failed", "error": {"code": argument, "message": "It broke."}}
        ),
        "echokey": lambda: _json(
            401, {"error": {"message": f"Bad key: {request.headers.get('authorization')}"}}
        ),
    }
    if name in special:
        return special[name]()
    if name.isdigit():
        headers = {"retry-after": argument} if argument else {}
        status, standard, body = _json(int(name), {"error": {"message": f"status {name}"}})
        return status, standard | headers, body
    return _json(200, _completion(request, _text(request)))


def _text(request: Received) -> str:
    sampled = [request.body[name] for name in ("seed",) if name in request.body]
    return f"{request.body.get('model')} answers {request.prompt!r} {sampled or ''}".strip()


def _words(number: int) -> str:
    """That many words, no two alike: nothing that looks like a loop."""
    return " ".join(f"word{place}" for place in range(number))


def _completion(
    request: Received,
    text: str,
    *,
    refused: bool = False,
    cut: bool = False,
    reasoning: str | None = None,
) -> dict[str, Any]:
    read = sum(len(str(message["content"]).split()) for message in request.messages)
    written = len(text.split())
    if request.wants_response:
        return _response(request, text, (read, written), refused, cut, reasoning)
    message = {"content": None, "refusal": text} if refused else {"content": text}
    if reasoning is not None:
        message["reasoning_content"] = reasoning
    return {
        "id": "chatcmpl-fake",
        "object": "chat.completion",
        "created": 0,
        "model": request.body.get("model"),
        "choices": [
            {
                "index": 0,
                "finish_reason": "length" if cut else "stop",
                "message": {"role": "assistant", **message},
            }
        ],
        "usage": {
            "prompt_tokens": read,
            "completion_tokens": written,
            "total_tokens": read + written,
        },
    }


def _response(
    request: Received,
    text: str,
    counted: tuple[int, int],
    refused: bool,
    cut: bool,
    reasoning: str | None,
) -> dict[str, Any]:
    part = (
        {"type": "refusal", "refusal": text} if refused else {"type": "output_text", "text": text}
    )
    thought = {"type": "reasoning", "summary": [{"type": "summary_text", "text": reasoning}]}
    message = {"type": "message", "role": "assistant", "status": "completed", "content": [part]}
    return {
        "id": "resp_fake",
        "object": "response",
        "model": request.body.get("model"),
        "status": "incomplete" if cut else "completed",
        "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
        "output": [*([thought] if reasoning is not None else []), message],
        "usage": {"input_tokens": counted[0], "output_tokens": counted[1]},
    }


def _in_an_hour() -> str:
    return format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)


def _json(status: int, body: Any, headers: dict[str, str] | None = None) -> Reply:
    return (
        status,
        {"content-type": "application/json", **(headers or {})},
        json.dumps(body).encode(),
    )


def _write(writer: asyncio.StreamWriter, reply: Reply) -> None:
    status, headers, body = reply
    headers = {"content-type": "application/json", "content-length": str(len(body))} | headers
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode() + body)


async def _read_body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding") != "chunked":
        return await reader.readexactly(int(headers.get("content-length", 0)))
    body = b""
    while size := int(await reader.readline(), 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return body


async def _read_head(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str]] | None:
    first = await reader.readline()
    if not first:
        return None
    method, path, _ = first.decode("latin-1").split(" ")
    headers = {}
    while (line := (await reader.readline()).decode("latin-1").strip()) != "":
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return method, path, headers


@contextlib.contextmanager
def start_fake_llm(*, delay: float = 0.0) -> Iterator[FakeLLM]:
    """The server in a thread of this process, on a free port, until the block ends."""
    server = FakeLLM(delay=delay)
    ready = threading.Event()
    running: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def serve_until_stopped() -> None:
        stopped = asyncio.Event()
        running.append((asyncio.get_running_loop(), stopped))
        serving = asyncio.create_task(server.serve(ready.set))
        await stopped.wait()
        serving.cancel()

    thread = threading.Thread(
        target=asyncio.run, args=[serve_until_stopped()], name="fake-llm", daemon=True
    )
    thread.start()
    if not ready.wait(10):
        raise RuntimeError("The loopback model server did not start.")
    try:
        yield server
    finally:
        loop, stopped = running[0]
        loop.call_soon_threadsafe(stopped.set)
        thread.join(10)


def main() -> None:
    parser = argparse.ArgumentParser(description="A model server on loopback that misbehaves.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each reply")
    arguments = parser.parse_args()
    server = FakeLLM(delay=arguments.delay, port=arguments.port)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(server.serve(lambda: print(f"ready {server.base_url}", flush=True)))  # noqa: T201


if __name__ == "__main__":
    main()
