"""A run of 2,000 generations in which everything dies once: `python -m …chaos FOLDER`.

In a process of its own, with servers of its own in FOLDER, because it kills them. A loopback model
server counts what is asked of it, which is what would be paid. Prints what came of it as JSON.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from config import embedded

ROOT = Path(__file__).resolve().parents[3]
PROMPTS, SAMPLES, GENERATORS = 500, 2, ("bot", "rival")
NEED = PROMPTS * SAMPLES * len(GENERATORS)
IN_FLIGHT = 40
PATIENCE = 240.0


class Workers:
    """Generation workers, as many threads each as the Procfile gives them."""

    def __init__(self, folder: Path) -> None:
        self._log = (folder / "workers.log").open("ab")
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self, count: int = 2) -> None:
        for number in range(count):
            self._processes.append(
                subprocess.Popen(
                    [
                        *(sys.executable, "-m", "celery", "-A", "config", "worker"),
                        *("-Q", "generation", "--pool", "threads", "--concurrency", "2"),
                        *("--loglevel", "info", "--hostname", f"w{number}-{os.getpid()}@%h"),
                        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
                    ],
                    cwd=ROOT,
                    stdout=self._log,
                    stderr=self._log,
                )
            )

    def kill(self) -> None:
        """`kill -9`, all of them."""
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()
        self._processes.clear()


class Asked:
    """Lets a thread wait for the model server to have been asked so many times."""

    def __init__(self) -> None:
        self.count = 0
        self._changed = threading.Condition()

    def add(self, _: object) -> None:
        with self._changed:
            self.count += 1
            self._changed.notify_all()

    def reach(self, count: int, timeout: float = PATIENCE) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self.count >= count, timeout)


def restart_database(folder: Path) -> None:
    """`kill -9` of PostgreSQL; its lifeline starts it again."""
    from django.db import OperationalError, connection

    place = next(path for path in (folder, *folder.parents) if (path / "run").is_dir())
    pid = int(json.loads((place / "run" / "postgres.json").read_text())["pid"])
    os.kill(pid, signal.SIGKILL)
    while True:
        connection.close()
        try:
            connection.ensure_connection()
        except OperationalError:
            continue
        return


def bury(run: Any) -> int:
    """Let the minute pass that dead workers' leases last; how many requests they had in flight."""
    from django.db.models import F

    from collector.generation.leasing import LEASE
    from collector.models import Generation

    left = run.generations.filter(status=Generation.Status.RUNNING)
    return int(left.update(lease_until=F("lease_until") - 2 * LEASE))


def cause(folder: Path) -> dict[str, Any]:
    """Start a run, break everything, wait for its end."""
    from django.core.cache import cache

    from collector.generation.queue import hint_on_commit
    from collector.generation.requeue import requeue
    from collector.models import Message
    from collector.services.generators import create_generator
    from collector.services.runs import run_progress, start_run
    from tests.factories import make_project, make_prompt
    from tests.fake_llm import start_fake_llm

    project = make_project("chaos")
    for number in range(PROMPTS):
        make_prompt(project, f"Prompt {number}?")
    asked, workers = Asked(), Workers(folder)
    with start_fake_llm(delay=0.2) as llm:
        llm.on_request = asked.add
        for name in GENERATORS:
            create_generator(
                name=name,
                provider="openai",
                model=name,
                base_url=llm.base_url,
                limits={"concurrency": IN_FLIGHT},
                prices={"input": 1, "output": 1},
            )
        run = start_run(project=project, generators=GENERATORS, samples=SAMPLES)
        workers.start()

        asked.reach(300)
        workers.kill()
        in_flight = [bury(run)]
        requeue()
        workers.start()

        asked.reach(700)
        cache.clear()
        for revision in run.revisions.all():
            hint_on_commit(revision, times=5)

        asked.reach(1100)
        restart_database(folder)

        asked.reach(1500)
        workers.kill()
        in_flight.append(bury(run))
        workers.start(1)
        while run_progress(run=run)["status"] in type(run).ACTIVE:
            requeue()
            asked.reach(asked.count + 1, 1.0)
        workers.kill()
        responses = Message.objects.filter(role="assistant")
        return {
            "progress": run_progress(run=run),
            "responses": responses.count(),
            "answered": responses.values("parent", "revision").distinct().count(),
            "linked": responses.filter(generation__isnull=False).count(),
            "attempts": sum(run.generations.values_list("attempts", flat=True)),
            "requests": asked.count,
            "in_flight_at_kills": in_flight,
            "most_in_flight": llm.most_in_flight,
        }


def main(folder: Path) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    embedded.ensure(folder)
    try:
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        sys.stdout.write(json.dumps(cause(folder), default=str) + "\n")
    finally:
        embedded.release()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
