"""`python -m bench generate`: how many responses a second a generation worker collects.

A model server on loopback takes a second a reply. The bare SDK asks it with as many requests in
flight as the worker is allowed, right before and after the worker does, so that a noisy minute
weighs on both sides. The worker is the one that the Procfile ships; its run ends with every
response stored, priced and counted.
"""

import asyncio
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import psutil
from openai import AsyncOpenAI
from rich.console import Console

from collector.models import Generation, Message, Project, Run
from collector.services.generators import create_generator
from collector.services.runs import start_run
from collector.text import content_hash, thread_hash

ROOT = Path(__file__).resolve().parent.parent
GENERATIONS = 50_000
BARE_REQUESTS = 3_000
IN_FLIGHT = 200
REPLY_SECONDS = 1.0
WANTED_A_SECOND = 100
WANTED_OF_BARE = 0.5
WANTED_GROWTH_MB = 30.0
WARM = 0.2
"""The share of a run after which a worker's memory should grow no more."""
console = Console(width=130)


@contextmanager
def model_server(delay: float = REPLY_SECONDS) -> Iterator[int]:
    """The loopback server in a process of its own; its port."""
    command = [sys.executable, "-m", "bench.model_server", "--delay", str(delay)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait()


@contextmanager
def worker() -> Iterator[psutil.Process]:
    """The `generation` process of the Procfile."""
    lines = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    line = next(line for line in lines if line.startswith("generation:"))
    command = [sys.executable, "-m", *line.removeprefix("generation:").split()]
    process = psutil.Popen(command, cwd=ROOT, env=os.environ | {"LOG_LEVEL": "WARNING"})
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


async def bare(port: int, requests: int = BARE_REQUESTS, in_flight: int = IN_FLIGHT) -> float:
    """Requests a second of the SDK alone, replies parsed and thrown away."""
    async with AsyncOpenAI(
        api_key="none", base_url=f"http://127.0.0.1:{port}/v1", max_retries=0
    ) as client:
        owed = iter(range(requests))

        async def ask() -> None:
            for number in owed:
                await client.chat.completions.create(
                    model="bench",
                    messages=[{"role": "user", "content": f"{number}: {PROMPT}"}],
                    max_tokens=300,
                )

        start = time.perf_counter()
        await asyncio.gather(*(ask() for _ in range(in_flight)))
        return requests / (time.perf_counter() - start)


PROMPT = "Why is the sky blue, and what would change if the air were thinner? " * 3


def make_prompts(project: Project, count: int) -> None:
    """`count` prompts of some 200 characters."""
    texts = (f"{number}: {PROMPT}" for number in range(count))
    messages = (
        Message(
            project=project,
            role=Message.Role.USER,
            text=text,
            origin=Message.Origin.IMPORTED,
            content_hash=content_hash(text),
            thread_hash=thread_hash([("user", text)]),
        )
        for text in texts
    )
    Message.objects.bulk_create(messages, batch_size=2000)


@dataclass
class Watched:
    """A run as seen from outside: the worker's memory by share done, its processor seconds."""

    seconds: float = 0.0
    most_in_flight: int = 0
    cpu: float = 0.0
    memory: list[tuple[float, float]] = field(default_factory=list)

    def peak_mb(self, low: float, high: float) -> float:
        return max((mb for share, mb in self.memory if low <= share < high), default=0.0)

    @property
    def growth_mb(self) -> float:
        """By how much the last fifth's peak is over that of the second fifth."""
        return self.peak_mb(0.8, 2.0) - self.peak_mb(WARM, 2 * WARM)


def watch(run: Run, process: psutil.Process, port: int, generations: int) -> Watched:
    """Follow the run until it ends."""
    seen = Watched()
    before = _stats(port)["requests"]
    start = time.perf_counter()
    while True:
        time.sleep(0.5)
        run.refresh_from_db(fields=["status", "error"])
        stats = _stats(port)
        rss = process.memory_info().rss / 2**20
        seen.memory.append(((stats["requests"] - before) / generations, rss))
        if run.status not in (Run.Status.QUEUED, Run.Status.RUNNING):
            break
    seen.seconds = time.perf_counter() - start
    seen.most_in_flight = stats["most_in_flight"]
    used = process.cpu_times()
    seen.cpu = used.user + used.system
    return seen


def _stats(port: int) -> dict[str, int]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/stats") as reply:
        stats: dict[str, int] = orjson.loads(reply.read())
    return stats


def run(scale: float = 1.0) -> dict[str, Any]:
    """Measure, check and print; returns the figures. `scale` shrinks the run."""
    generations = int(GENERATIONS * scale)
    slug = f"bench-generate-{time.time_ns()}"
    project = Project.objects.create(slug=slug, name=slug)
    make_prompts(project, generations)
    with model_server() as port:
        create_generator(
            name=slug,
            provider="openai",
            model="bench",
            base_url=f"http://127.0.0.1:{port}/v1",
            parameters={"max_tokens": 300},
            prices={"input": 1, "output": 2},
            limits={"concurrency": IN_FLIGHT},
        )
        asyncio.run(bare(port, IN_FLIGHT))  # warm-up
        before = asyncio.run(bare(port))
        with worker() as process:
            started = start_run(project=project, generators=[slug])
            seen = watch(started, process, port, generations)
        after = asyncio.run(bare(port))
        requests = _stats(port)["requests"] - IN_FLIGHT - 2 * BARE_REQUESTS
    stored = Generation.objects.filter(run=started, response__isnull=False).count()
    assert (stored, requests) == (generations, generations), (stored, requests, started.error)
    return _verdict(seen, generations, (before + after) / 2)


def _verdict(seen: Watched, generations: int, ceiling: float) -> dict[str, Any]:
    rate = generations / seen.seconds
    console.print(
        f"{generations:,} generations, {seen.most_in_flight} in flight at most,"
        f" a reply takes {REPLY_SECONDS:g} s:\n"
        f"  {rate:.1f}/s; the bare SDK {ceiling:.1f}/s; processor of the worker"
        f" {seen.cpu / generations * 1000:.2f} ms a generation;"
        f" memory {seen.peak_mb(WARM, 2 * WARM):.0f} MB, at last {seen.peak_mb(0.8, 2.0):.0f} MB"
    )
    for what, value, good in (
        ("generations a second", rate, rate >= WANTED_A_SECOND),
        ("of the bare SDK", rate / ceiling, rate / ceiling >= WANTED_OF_BARE),
        ("MB grown", seen.growth_mb, seen.growth_mb <= WANTED_GROWTH_MB),
    ):
        console.print(f"{'ok  ' if good else 'MISS'} {what}: {value:.2f}")
    return {
        "generations_a_second": rate,
        "bare_a_second": ceiling,
        "of_bare": rate / ceiling,
        "growth_mb": seen.growth_mb,
        "most_in_flight": seen.most_in_flight,
    }
