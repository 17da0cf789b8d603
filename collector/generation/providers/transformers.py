"""Models that run in the worker itself, through the `transformers` library.

The conversation goes through the tokenizer's own chat template; a tokenizer without one is refused,
since any format made up here would ask the model something it was not trained on. What waits is
answered in batches. See docs/local-models.md.
"""

import asyncio
import importlib
import importlib.util
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from jinja2 import TemplateError

from collector.generation.providers.base import Completion, Permanent, Request
from collector.models import GeneratorRevision

INSTALL = "make local"
BATCH = 8
_LINGER_SECONDS = 0.05
"""So long a batch that is not full waits for more: what a worker leases comes within it."""
_SEED_BITS = 31
_one_at_a_time = Lock()  # the shelf of models and their adapters are shared by the process


@dataclass(frozen=True)
class _Waiting:
    request: Request
    answer: asyncio.Future[Completion]


class TransformersProvider:
    """Answers as many requests together as the revision has in flight (`limits.concurrency`)."""

    concurrency = BATCH

    def __init__(self, revision: GeneratorRevision) -> None:
        if importlib.util.find_spec("torch") is None:
            raise Permanent(f"Local models need torch, which is not installed here (`{INSTALL}`).")
        self._revision = revision
        self._size = int(revision.limits.get("concurrency", BATCH))
        self._waiting: list[_Waiting] = []
        self._full = asyncio.Event()
        self._working: asyncio.Task[None] | None = None

    async def generate(self, request: Request) -> Completion:
        answer: asyncio.Future[Completion] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(request, answer))
        if len(self._waiting) >= self._size:
            self._full.set()
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work())
        return await answer

    async def close(self) -> None:
        """Wait for a batch under way, which ends early; the model stays for the next turn."""
        if self._working is not None:
            await asyncio.gather(self._working, return_exceptions=True)

    async def _work(self) -> None:
        while self._waiting:
            await self._linger()
            batch, self._waiting = self._waiting[: self._size], self._waiting[self._size :]
            self._full.clear()
            batch = [waiting for waiting in batch if not waiting.answer.done()]
            if batch:
                await self._answer(batch)

    async def _linger(self) -> None:
        try:
            async with asyncio.timeout(_LINGER_SECONDS):
                await self._full.wait()
        except TimeoutError:
            return

    async def _answer(self, batch: Sequence[_Waiting]) -> None:
        outcomes: Sequence[Completion | Exception]
        try:
            outcomes = await asyncio.to_thread(self._complete, batch)
        except Exception as error:  # noqa: BLE001 - whatever it is, everyone who waits is told
            outcomes = [error] * len(batch)
        for waiting, outcome in zip(batch, outcomes, strict=True):
            if waiting.answer.done():
                continue
            if isinstance(outcome, Completion):
                waiting.answer.set_result(outcome)
            else:
                waiting.answer.set_exception(outcome)

    def _complete(self, batch: Sequence[_Waiting]) -> list[Completion | Exception]:
        """In a thread of its own: the loop goes on renewing leases meanwhile."""
        revision = self._revision
        with _one_at_a_time:
            try:
                local = _part("models").shelf.take(
                    model=revision.model,
                    precision=revision.parameters.get("precision", ""),
                    adapter=revision.adapter,
                )
                return _Turn(local, revision.parameters).answers(batch)
            except (OSError, ValueError, ImportError) as error:
                # What the library raises for unknown models, broken files, unusable parameters.
                raise Permanent(f"{revision.model}: {error}") from error


class _Turn:
    """One batch in one model."""

    def __init__(self, local: Any, parameters: Mapping[str, Any]) -> None:
        self._local = local
        self._sampling = _part("sampling")
        self._how = self._sampling.Sampling.of(parameters)

    def answers(self, batch: Sequence[_Waiting]) -> list[Completion | Exception]:
        """In the order of the batch; a prompt that cannot be asked keeps no other from it."""
        started = time.monotonic()
        rows = [self._row(waiting) for waiting in batch]
        asked = [row for row in rows if not isinstance(row, Permanent)]
        written = iter(
            self._sampling.write(
                model=self._local.model,
                tokenizer=self._local.tokenizer,
                rows=asked,
                how=self._how,
            )
            if asked
            else ()
        )
        latency_ms = round((time.monotonic() - started) * 1000)
        return [
            row if isinstance(row, Permanent) else self._completion(row, next(written), latency_ms)
            for row in rows
        ]

    def _row(self, waiting: _Waiting) -> Any:
        """The request as tokens, or why it cannot be asked."""
        try:
            tokens = self._sampling.encode(self._local.tokenizer, waiting.request.messages)
            self._sampling.refuse_overflow(
                self._local.model, read=len(tokens), wanted=self._how.max_tokens
            )
        except Permanent as error:
            return error
        except TemplateError as error:
            return Permanent(f"The model's chat template refuses the conversation: {error}")
        seed = waiting.request.parameters.get("seed", secrets.randbits(_SEED_BITS))
        return self._sampling.Row(tokens=tokens, seed=seed, given_up=waiting.answer.done)

    def _completion(self, row: Any, written: Any, latency_ms: int) -> Completion:
        return Completion(
            text=written.text,
            input_tokens=len(row.tokens),
            output_tokens=written.output_tokens,
            finish_reason=written.finish_reason,
            latency_ms=latency_ms,
            meta=self._local.meta | {"seed": row.seed},
        )


def _part(name: str) -> Any:
    """A module beside this one that imports torch: seconds that web and other workers never pay."""
    return importlib.import_module(f"{__package__}.transformers_{name}")
