"""Claim → submit under load, against the bare view of the same server in the same run.

The ceiling is a view with one indexed SELECT and one INSERT; a cycle is two requests, so the
figure to look at is 2 × cycles/s ÷ the bare view's requests/s.
"""

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import orjson
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rich.console import Console
from rich.table import Table

from bench import seed, server, urls
from bench.http import Connection
from collector.models import Project
from labeling.models import Judgment, Slot

CROWDS = (8, 32, 64)
SIZES = (1_000, 100_000)
OVERLAPS = (1, 3)
DONE_BEFORE = 20_000
SECONDS = 6.0
WANTED_OF_CEILING = 0.40
WANTED_FLAT = 0.20
console = Console(width=130)


@dataclass
class Load:
    """What one load run did: request times in seconds, what was granted and acknowledged."""

    most: int  # judgments after which it ends, so that the queue never runs dry
    until: float = 0.0
    seconds: float = 0.0
    claims: list[float] = field(default_factory=list)
    submits: list[float] = field(default_factory=list)
    granted: list[str] = field(default_factory=list)
    judgments: list[str] = field(default_factory=list)
    failures: dict[str, int] = field(default_factory=dict)

    @property
    def cycles_per_second(self) -> float:
        return len(self.judgments) / self.seconds

    @property
    def granted_twice(self) -> int:
        """Slots that were handed out more than once, as the labelers saw it."""
        return len(self.granted) - len(set(self.granted))

    @property
    def goes_on(self) -> bool:
        return time.perf_counter() < self.until and len(self.granted) < self.most

    def fail(self, what: str) -> None:
        self.failures[what] = self.failures.get(what, 0) + 1


def quantile(values: list[float], share: float) -> float:
    """The `share` quantile in milliseconds; 0 for no values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000 if ordered else 0.0


async def _timed(into: list[float], request: Awaitable[tuple[int, bytes]]) -> tuple[int, bytes]:
    start = time.perf_counter()
    reply = await request
    into.append(time.perf_counter() - start)
    return reply


async def _labeler(load: Load, port: int, slug: str, token: str) -> None:
    async with Connection("127.0.0.1", port, token) as http:
        while load.goes_on:
            status, body = await _timed(
                load.claims,
                http.request("POST", f"/api/v1/projects/{slug}/claim/", {"holding": []}),
            )
            if status != 200:
                load.fail("queue ran dry" if status == 204 else f"claim {status}")
                return
            slot = orjson.loads(body)["slot"]
            load.granted.append(slot)
            answer = {
                "submit_key": f"bench-{slot}",
                "tiers": [["2"], ["1", "3"], ["4"]],
                "seconds": 12.5,
            }
            status, body = await _timed(
                load.submits, http.request("POST", f"/api/v1/slots/{slot}/submit/", answer)
            )
            if status == 201:
                load.judgments.append(orjson.loads(body)["judgment"])
            else:
                load.fail(f"submit {status}")


def label(port: int, slug: str, tokens: list[str], *, most: int, seconds: float = SECONDS) -> Load:
    """Let one labeler a token claim and submit for `seconds` or until `most` are granted."""

    async def everyone() -> Load:
        load = Load(most)
        start = time.perf_counter()
        load.until = start + seconds
        await asyncio.gather(*(_labeler(load, port, slug, token) for token in tokens))
        load.seconds = time.perf_counter() - start
        return load

    return asyncio.run(everyone())


def bare(port: int, clients: int, seconds: float = SECONDS) -> float:
    """Requests per second of the bare view with `clients` connections."""

    async def one(until: float, offset: int) -> int:
        done = 0
        async with Connection("127.0.0.1", port) as http:
            while time.perf_counter() < until:
                number = (done * 64 + offset) % 99_999 + 1
                status, _ = await http.request("GET", f"/bench/bare/{number}")
                assert status == 200, status
                done += 1
        return done

    async def everyone() -> float:
        start = time.perf_counter()
        counts = await asyncio.gather(*(one(start + seconds, i) for i in range(clients)))
        return sum(counts) / (time.perf_counter() - start)

    return asyncio.run(everyone())


def absent(load: Load) -> int:
    """Judgments the server acknowledged that the database does not hold."""
    held = Judgment.objects.filter(uid__in=load.judgments, retired_at=None).count()
    return len(load.judgments) - held


def statements(slug: str, token: str) -> tuple[int, int]:
    """SQL statements of one claim and of one submit, through the whole stack."""
    client = Client(headers={"authorization": f"Token {token}", "host": "127.0.0.1"})
    with CaptureQueriesContext(connection) as claimed:
        reply = client.post(
            f"/api/v1/projects/{slug}/claim/", {"holding": []}, content_type="application/json"
        )
    answer = {"submit_key": "count", "tiers": [["1"], ["2"], ["3"], ["4"]], "seconds": 1}
    with CaptureQueriesContext(connection) as submitted:
        client.post(
            f"/api/v1/slots/{reply.json()['slot']}/submit/", answer, content_type="application/json"
        )
    return len(claimed), len(submitted)


@dataclass
class Bench:
    """One run: its table and its figures, load by load."""

    port: int
    scale: float
    table: Table
    loads: dict[str, Load] = field(default_factory=dict)
    of_ceiling: dict[str, float] = field(default_factory=dict)

    def measure(self, name: str, project: Project, tokens: list[str]) -> None:
        """Load the project after its ceiling was taken in the same minute."""
        ceiling = bare(self.port, len(tokens), SECONDS / 2)
        open_slots = Slot.objects.filter(project=project, state=Slot.State.OPEN).count()
        load = label(self.port, project.slug, tokens, most=int(open_slots * 0.7))
        self.loads[name] = load
        self.of_ceiling[name] = share = 2 * load.cycles_per_second / ceiling
        self.table.add_row(
            name,
            f"{ceiling:.0f}",
            f"{load.cycles_per_second:.1f}",
            f"{share:.0%}",
            *(f"{quantile(load.claims, q):.1f}" for q in (0.5, 0.95, 0.99)),
            *(f"{quantile(load.submits, q):.1f}" for q in (0.5, 0.95, 0.99)),
            f"{load.granted_twice} / {absent(load)}",
            " ".join(f"{count}×{what}" for what, count in load.failures.items()) or "–",
        )


def _table() -> Table:
    table = Table(title="claim → submit, K = 4 responses of 300 tokens; times in ms", padding=0)
    headings = "tasks·overlap·crowd|bare/s|cycles/s|2c ÷ bare|claim p50|p95|p99"
    headings += "|submit p50|p95|p99|twice / lost|failures"
    for heading in headings.split("|"):
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def run(scale: float = 1.0) -> dict[str, Any]:
    """Seed, serve, load, check, print; returns the figures. `scale` shrinks the projects."""
    with connection.cursor() as cursor:
        cursor.execute(urls.TABLES)
    large = {}
    for overlap in OVERLAPS:
        console.print(f"seeding {int(SIZES[-1] * scale):,} tasks, overlap {overlap} …")
        large[overlap] = seed.make_project(
            slug=f"large-{overlap}", tasks=int(SIZES[-1] * scale), overlap=overlap
        )
    with server.running(DJANGO_SETTINGS_MODULE="bench.settings") as port:
        bare(port, 32, 3.0)  # warm-up
        bench = Bench(port, scale, _table())
        for overlap, clients in product(OVERLAPS, CROWDS):
            small = seed.make_project(
                slug=f"small-{overlap}-{clients}", tasks=SIZES[0], overlap=overlap
            )
            for size, project in ((SIZES[0], small), (SIZES[-1], large[overlap])):
                crowd = seed.make_crowd(project=project, size=clients)
                bench.measure(f"{size:,}·{overlap}·{clients}", project, crowd.tokens)
        crowd = seed.make_crowd(project=large[3], size=max(CROWDS) + 2)
        done = int(DONE_BEFORE * scale)
        seed.mark_done(project=large[3], labeler=crowd.labelers[-1], count=done)
        bench.measure("one labeler, new", large[3], crowd.tokens[-2:-1])
        bench.measure(f"one labeler, {done:,} done", large[3], crowd.tokens[-1:])
    console.print(bench.table)
    claim, submit = statements(large[3].slug, crowd.tokens[0])
    console.print(f"statements: claim {claim}, submit {submit} (BEGIN and COMMIT not counted)")
    return _verdicts(bench, f"one labeler, {done:,} done")


def _verdicts(bench: Bench, veteran: str) -> dict[str, Any]:
    """Compare the shares of the ceiling, so that a noisy minute weighs on both sides alike."""
    share = bench.of_ceiling
    lowest = min(value for name, value in share.items() if name.endswith("·32"))
    flat = {
        f"100,000 ÷ 1,000 tasks, overlap {overlap}": share[f"100,000·{overlap}·32"]
        / share[f"1,000·{overlap}·32"]
        for overlap in OVERLAPS
    } | {f"{veteran} ÷ new": share[veteran] / share["one labeler, new"]}
    for what, value, good in (
        ("2 × cycles ÷ bare at 32 labelers, lowest", lowest, lowest >= WANTED_OF_CEILING),
        *((name, value, value >= 1 - WANTED_FLAT) for name, value in flat.items()),
    ):
        console.print(f"{'ok  ' if good else 'MISS'} {what}: {value:.0%}")
    twice = sum(load.granted_twice for load in bench.loads.values())
    lost = sum(absent(load) for load in bench.loads.values())
    console.print(f"{'MISS' if twice or lost else 'ok  '} granted twice {twice}, lost {lost}")
    return {"share_of_bare": share, "flat": flat, "granted_twice": twice, "lost": lost}
