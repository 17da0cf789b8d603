"""A run worked in this process: for commands on machines without a worker."""

from collections.abc import Callable
from time import sleep
from typing import Any

from django.db.models import Q

from collector.generation.leasing import ACTIVE_RUNS, reclaim
from collector.generation.worker import work
from collector.models import Generation, Run
from collector.services.runs import finish_runs, run_progress

_PAUSE_SECONDS = 1.0


def work_run(
    *, run: Run, on_progress: Callable[[dict[str, Any]], None] | None = None
) -> dict[str, Any]:
    """Work a run until it ends, its back-offs included; its last progress.

    It also returns once all that is left waits for a person to unpause a generator.

    Workers may work it too: both lease, so neither asks for what the other has.
    """
    revisions = list(run.revisions.values_list("pk", flat=True))
    while True:
        for revision_id in revisions:
            work(revision_id=revision_id)
        reclaim()
        finish_runs(run_ids={run.pk})
        progress = run_progress(run=run)
        if on_progress is not None:
            on_progress(progress)
        if progress["status"] not in ACTIVE_RUNS or _waits_for_a_person(run):
            return progress
        sleep(_PAUSE_SECONDS)


def _waits_for_a_person(run: Run) -> bool:
    owed = run.generations.filter(status__in=[Generation.Status.PENDING, Generation.Status.RUNNING])
    stuck = Q(
        status=Generation.Status.PENDING,
        revision__generator__paused_at__isnull=False,
        revision__generator__paused_until=None,
    )
    return owed.exists() and not owed.exclude(stuck).exists()
