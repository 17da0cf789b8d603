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
from labeling.models import Judgment, Slot

CROWDS = (8, 32, 64)
SIZES = (1_000, 100_000)
OVERLAPS = (1, 3)
DONE_BEFORE = 20_000
SECONDS = 6.0
console = Console()


@dataclass
class Load:
    """What one load run did: request times in seconds, and what the server acknowledged."""

    seconds: float = 0.0
    claims: list[float] = field(default_factory=list)
    submits: list[float] = field(default_factory=list)
    judgments: list[str] = field(default_factory=list)
    failures: dict[str, int] = field(default_factory=dict)

    @property
    def cycles_per_second(self) -> float:
        return len(self.judgments) / self.seconds

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


async def _labeler(load: Load, port: int, slug: str, token: str, until: float) -> None:
    number = 0
    async with Connection("127.0.0.1", port, token) as http:
        while time.perf_counter() < until:
            status, body = await _timed(
                load.claims,
                http.request("POST", f"/api/v1/projects/{slug}/claim/", {"holding": []}),
            )
            if status == 204:
                return
            if status != 200:
                load.fail(f"claim {status}")
                continue
            number += 1
            slot = orjson.loads(body)["slot"]
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


def label(port: int, slug: str, tokens: list[str], seconds: float = SECONDS) -> Load:
    """Let one labeler a token claim and submit until the time is over or the queue empty."""

    async def everyone() -> Load:
        load = Load()
        start = time.perf_counter()
        await asyncio.gather(
            *(_labeler(load, port, slug, token, start + seconds) for token in tokens)
        )
        load.seconds = time.perf_counter() - start
        return load

    return asyncio.run(everyone())


def bare(port: int, clients: int, seconds: float = SECONDS) -> float:
    """Requests per second of the bare view with `clients` connections."""

    async def one(until: float, offset: int) -> int:
        done = 0
        async with Connection("127.0.0.1", port) as http:
            while time.perf_counter() < until:
                status, _ = await http.request(
                    "GET", f"/bench/bare/{(done * 64 + offset) % 99_999 + 1}"
                )
                assert status == 200, status
                done += 1
        return done

    async def everyone() -> float:
        start = time.perf_counter()
        counts = await asyncio.gather(*(one(start + seconds, i) for i in range(clients)))
        return sum(counts) / (time.perf_counter() - start)

    return asyncio.run(everyone())


def granted_twice() -> int:
    """Slots with more than one judgment in force, and labelers with two slots of one task."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT slot_id FROM labeling_judgment WHERE retired_at IS NULL "
            "GROUP BY slot_id HAVING count(*) > 1 UNION ALL "
            "SELECT min(slot_id) FROM labeling_judgment WHERE retired_at IS NULL "
            "GROUP BY task_id, labeler_id HAVING count(*) > 1) doubled"
        )
        return int(cursor.fetchone()[0])


def absent(load: Load) -> int:
    """Judgments the server acknowledged that the database does not hold."""
    held = Judgment.objects.filter(uid__in=load.judgments).count()
    return len(load.judgments) - held


def statements(slug: str, token: str) -> tuple[int, int]:
    """SQL statements of one claim and of one submit, through the whole stack."""
    client = Client(headers={"authorization": f"Token {token}"})
    counts = []
    body: dict[str, Any] = {"holding": []}
    path = f"/api/v1/projects/{slug}/claim/"
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            reply = client.post(path, body, content_type="application/json")
        counts.append(len(captured))
        if reply.status_code == 200:
            slot = reply.json()["slot"]
            path = f"/api/v1/slots/{slot}/submit/"
            body = {"submit_key": "count", "tiers": [["1"], ["2"], ["3"], ["4"]], "seconds": 1}
    return counts[0], counts[1]


def _row(table: Table, name: str, load: Load, ceiling: float) -> None:
    table.add_row(
        name,
        f"{load.cycles_per_second:.1f}",
        f"{100 * 2 * load.cycles_per_second / ceiling:.0f}%",
        *(f"{quantile(load.claims, share):.1f}" for share in (0.5, 0.95, 0.99)),
        *(f"{quantile(load.submits, share):.1f}" for share in (0.5, 0.95, 0.99)),
        str(absent(load)),
        " ".join(f"{count}×{what}" for what, count in load.failures.items()) or "–",
    )


def run(scale: float = 1.0, seconds: float = SECONDS) -> dict[str, Any]:
    """Seed, serve, load, check, print; returns the figures. `scale` shrinks the projects."""
    with connection.cursor() as cursor:
        cursor.execute(urls.TABLES)
    table = Table(title="claim → submit, K = 4 responses of 300 tokens")
    for heading in (
        "tasks, overlap, labelers", "cycles/s", "of bare view", "claim p50", "p95", "p99",
        "submit p50", "p95", "p99", "lost", "failures",
    ):  # fmt: skip
        table.add_column(heading, justify="right")
    figures: dict[str, Any] = {"runs": {}}
    projects = {}
    for size, overlap in product(SIZES, OVERLAPS):
        count = max(100, int(size * scale))
        console.print(f"seeding {count:,} tasks, overlap {overlap} …")
        projects[size, overlap] = seed.make_project(
            slug=f"bench-{size}-{overlap}", tasks=count, overlap=overlap
        )
    crowds = {
        key: seed.make_crowd(project=project, size=max(CROWDS) + 2)
        for key, project in projects.items()
    }
    with server.running(DJANGO_SETTINGS_MODULE="bench.settings") as port:
        bare(port, 32, 2.0)  # warm-up
        ceilings = {clients: bare(port, clients, seconds) for clients in CROWDS}
        for (size, overlap), clients in product(projects, CROWDS):
            project, crowd = projects[size, overlap], crowds[size, overlap]
            load = label(port, project.slug, crowd.tokens[:clients], seconds)
            name = f"{size:,} · {overlap} · {clients}"
            figures["runs"][name] = load.cycles_per_second
            _row(table, name, load, ceilings[clients])
        _veteran(table, figures, port, projects[SIZES[-1], 3], crowds[SIZES[-1], 3], scale)
    console.print(table)
    return figures | _closing(ceilings, projects, crowds)


def _veteran(
    table: Table,
    figures: dict[str, Any],
    port: int,
    project: Any,
    crowd: seed.Crowd,
    scale: float,
) -> None:
    """One labeler alone, new and then with 20,000 tasks of the queue's front done."""
    ceiling = bare(port, 1, 2.0)
    done = int(DONE_BEFORE * scale)
    seed.mark_done(project=project, labeler=crowd.labelers[-1], count=done)
    for name, index in (("1 labeler, new", -2), (f"1 labeler, {done:,} done", -1)):
        load = label(port, project.slug, [crowd.tokens[index]], SECONDS)
        figures["runs"][name] = load.cycles_per_second
        _row(table, name, load, ceiling)


def _closing(
    ceilings: dict[int, float], projects: dict[Any, Any], crowds: dict[Any, seed.Crowd]
) -> dict[str, Any]:
    key = (SIZES[-1], 3)
    claim, submit = statements(projects[key].slug, crowds[key].tokens[-1])
    doubled = granted_twice()
    for clients, ceiling in ceilings.items():
        console.print(f"bare view, {clients} connections: {ceiling:.0f} requests/s")
    console.print(f"statements: claim {claim}, submit {submit}; slots granted twice: {doubled}")
    console.print(f"slots submitted: {Slot.objects.filter(state='submitted').count():,}")
    return {
        "bare": ceilings,
        "statements": {"claim": claim, "submit": submit},
        "granted_twice": doubled,
    }
