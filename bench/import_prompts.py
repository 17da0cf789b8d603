"""`python -m bench.import_prompts [--rows N]`: how fast a CSV of prompts is imported, how lean.

The real command is run in a process of its own, on as many different prompts as asked for, of 8 to
60 words each; then once more, when every row is a duplicate.
"""

import argparse
import contextlib
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

ROWS = 1_000_000
WANTED_ROWS_A_SECOND = 20_000
WANTED_MEGABYTES = 300
BASE_DIR = Path(__file__).resolve().parent.parent


def run(rows: int = ROWS) -> dict[str, Any]:
    """Import `rows` prompts twice and print the figures, which are returned.

    Needs Django set up and a migrated database named in DATABASE_URL.
    """
    from collector.models import Project  # noqa: PLC0415 - once Django is set up

    slug = f"bench-import-{time.time_ns()}"
    Project.objects.create(slug=slug, name=slug)
    with tempfile.TemporaryDirectory(prefix="concord-bench-") as folder:
        file = Path(folder) / "prompts.csv"
        write_prompts(file, rows)
        megabytes = file.stat().st_size / 1e6
        first = measured_import(slug, file)
        again = measured_import(slug, file)
    assert (first["created"], again["created"], again["duplicates"]) == (rows, 0, rows)
    print(f"import of {rows:,} prompts, CSV of {megabytes:.0f} MB:")
    for name, figures in (("new", first), ("duplicates", again)):
        print(
            f"  {name:10} {figures['rows_a_second']:>8,.0f} rows/s"
            f"  {figures['seconds']:.1f} s (of the importer's processor {figures['cpu']:.1f} s)"
            f"  peak {figures['peak_mb']:.0f} MB"
        )
    print(f"  wanted: {WANTED_ROWS_A_SECOND:,} rows/s of new ones, below {WANTED_MEGABYTES} MB")
    return {"rows": rows, "new": first, "duplicates": again}


def write_prompts(file: Path, rows: int) -> None:
    """A CSV of different prompts, the same ones every time."""
    chance = random.Random(1)
    words = [f"word{number}" for number in range(3_000)]
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["prompt", "language"])
        for number in range(rows):
            said = " ".join(chance.choices(words, k=chance.randint(8, 60)))
            writer.writerow([f"{number}: {said}, isn't it?", "en"])


def measured_import(slug: str, file: Path) -> dict[str, Any]:
    """Counts, seconds, rows a second, processor seconds and peak resident megabytes."""
    command = [sys.executable, "manage.py", "import_prompts", slug, str(file)]
    began = time.monotonic()
    importer = psutil.Popen(
        [*command, "--preset", "table", "--json"], cwd=BASE_DIR, stdout=subprocess.PIPE, text=True
    )
    cpu, peak = 0.0, 0
    while importer.poll() is None:
        with contextlib.suppress(psutil.Error), importer.oneshot():
            used = importer.cpu_times()
            cpu, peak = used.user + used.system, max(peak, importer.memory_info().rss)
        time.sleep(0.02)
    seconds = time.monotonic() - began
    job = json.loads(importer.stdout.read())
    assert importer.returncode == 0, job
    return {
        "created": job["created"],
        "duplicates": job["duplicates"],
        "seconds": seconds,
        "cpu": cpu,
        "rows_a_second": job["read"] / seconds,
        "peak_mb": peak / 2**20,
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.import_prompts", description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    arguments = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from config import embedded  # noqa: PLC0415 - before Django is set up

    embedded.ensure()
    import django  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415

    django.setup()
    call_command("migrate", verbosity=0)
    run(arguments.rows)


if __name__ == "__main__":
    main()
