"""`python -m bench export`: building datasets against PostgreSQL's own COPY of the same rows.

COPY writes the JSON text of the `preference` rows, built from the stored columns, through zstd at
the same level. Each build runs in a process of its own, so that its peak memory is its own; the
COPY runs before and after them, and the better of the two counts.
"""

import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import zstandard
from django.db import connection
from django.utils import timezone

from bench.export_data import seed_pairs
from collector.models import Project
from exports.recipes import parse_recipe
from exports.services.stream import stream_rows
from exports.services.versions import about
from exports.services.writing import Plan, write_folder

PAIRS = 1_000_000
RECIPE = {"purposes": ["simulated"]}
WANTED = {"jsonl.zst": 2.0, "parquet": 3.0}
WANTED_MEGABYTES = 300
WANTED_FIRST_BYTE = 0.2
_COPY = """
COPY (
    SELECT json_build_object(
        'prompt_id', p.uid, 'prompt', h.messages,
        'chosen', json_build_array(json_build_object('role', 'assistant', 'content', w.text)),
        'rejected', json_build_array(json_build_object('role', 'assistant', 'content', l.text)))
    FROM labeling_comparison c
    JOIN collector_message p ON p.id = c.prompt_id
    JOIN collector_thread h ON h.prompt_id = c.prompt_id
    JOIN collector_message w
      ON w.id = CASE c.outcome WHEN 'first' THEN c.first_id ELSE c.second_id END
    JOIN collector_message l
      ON l.id = CASE c.outcome WHEN 'first' THEN c.second_id ELSE c.first_id END
    WHERE c.project_id = {project} AND c.outcome IN ('first', 'second')
) TO STDOUT"""

_BUILD = """
import json, sys, django
django.setup()
from bench.export import build
print(json.dumps(build(*sys.argv[1:])))"""


def run(scale: float = 1.0) -> dict[str, Any]:
    """Seed `scale` million judged pairs, build and copy them, print the figures and return them."""
    pairs = int(PAIRS * scale)
    slug = f"bench-export-{time.time_ns()}"
    project = seed_pairs(slug=slug, pairs=pairs)
    first = min(_first_byte(project) for _ in range(3))
    with tempfile.TemporaryDirectory(prefix="concord-bench-") as folder:
        copies = [_copied(project, Path(folder))]
        builds = {container: _built(slug, container) for container in WANTED}
        copies.append(_copied(project, Path(folder)))
    seconds, megabytes = min(copies)
    print(f"export of {pairs:,} pairs, {megabytes:,.0f} MB of JSON:")
    print(f"  COPY through zstd -3   {seconds:6.1f} s")
    for container, figures in builds.items():
        ratio = figures["seconds"] / seconds
        print(
            f"  preference.{container:10}  {figures['seconds']:6.1f} s  {ratio:.2f} times COPY"
            f" (wanted: at most {WANTED[container]:.0f})  peak {figures['peak_mb']:.0f} MB"
        )
    print(f"  first byte of the stream after {first * 1000:.0f} ms")
    print(f"  wanted: below {WANTED_MEGABYTES} MB and {WANTED_FIRST_BYTE * 1000:.0f} ms")
    return {"pairs": pairs, "copy": seconds, "builds": builds, "first_byte": first}


def _first_byte(project: Project) -> float:
    began = time.perf_counter()
    next(stream_rows(project=project, format="preference", recipe=RECIPE))
    return time.perf_counter() - began


class _Counted:
    """What COPY writes to: compressed as it comes, and counted."""

    def __init__(self, file: Any) -> None:
        self._sink: Any = zstandard.ZstdCompressor(level=3).stream_writer(file, closefd=False)
        self.bytes = 0

    def write(self, block: bytes) -> None:
        self._sink.write(block)
        self.bytes += len(block)

    def close(self) -> None:
        self._sink.close()


def _copied(project: Project, folder: Path) -> tuple[float, float]:
    """Seconds, and megabytes before compression."""
    began = time.perf_counter()
    with (folder / "copy.zst").open("wb") as file, connection.cursor() as cursor:
        sink = _Counted(file)
        cursor.copy_expert(_COPY.format(project=project.pk), sink, size=1 << 20)
        sink.close()
    return time.perf_counter() - began, sink.bytes / 1e6


def _built(slug: str, container: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", _BUILD, slug, container],
        check=True,
        capture_output=True,
        text=True,
    )
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def build(slug: str, container: str) -> dict[str, float]:
    """Write one dataset folder as a worker does, and say how long it took and how much memory."""
    project = Project.objects.get(slug=slug)
    plan = Plan(
        project_id=project.pk,
        about=about(project=project, dataset="bench"),
        formats=("preference",),
        container=container,
        recipe=parse_recipe(RECIPE),
        cut_off=timezone.now(),
    )
    with tempfile.TemporaryDirectory(prefix="concord-bench-") as folder:
        began = time.perf_counter()
        write_folder(plan=plan, folder=Path(folder), on_progress=lambda share: None)
        seconds = time.perf_counter() - began
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return {"seconds": seconds, "peak_mb": int(found[1]) / 1024 if found else 0.0}
