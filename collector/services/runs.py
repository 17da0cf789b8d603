"""Runs: asking generators for responses to a project's prompts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation
from time import monotonic, sleep
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, Count, Exists, OuterRef, Sum, Value, When
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.models import User
from collector.generation.costs import check_bounded
from collector.generation.leasing import ACTIVE_RUNS
from collector.generation.queue import hint_on_commit
from collector.models import Generation, Generator, GeneratorRevision, Project, Run
from collector.selectors import newest_revisions
from collector.services.prompt_filters import PromptFilter, parse_prompts
from common.errors import InvalidInput

SAMPLES_AT_MOST = 100
_HINTS_A_REVISION = 4  # workers that start on a revision at once; more join as turns end
_PENDING, _RUNNING = Generation.Status.PENDING, Generation.Status.RUNNING

# What is pending, running or there already is left alone: asking twice never pays twice.
_INSERT = """
INSERT INTO collector_generation (run_id, prompt_id, revision_id, sample_index, status, attempts,
                                  next_attempt_at, error, finish_reason, created_at)
SELECT %s, wanted.id, %s, sample, 'pending', 0, now(), '', '', now()
FROM ({prompts}) AS wanted (id) CROSS JOIN generate_series(0, %s - 1) AS sample
ORDER BY wanted.id, sample
ON CONFLICT (prompt_id, revision_id, sample_index) DO NOTHING
"""
# A second statement rather than ON CONFLICT DO UPDATE, which would also lock the rows it leaves
# alone and wait for the workers that hold them.
_TAKE_OVER = """
UPDATE collector_generation
SET run_id = %s, status = 'pending', attempts = 0, next_attempt_at = now(), error = '',
    finished_at = NULL, cost = NULL, input_tokens = NULL, output_tokens = NULL, latency_ms = NULL,
    finish_reason = ''
WHERE status IN ('failed', 'cancelled') AND revision_id = %s AND sample_index < %s
  AND run_id <> %s AND prompt_id IN ({prompts})
"""


@transaction.atomic
def start_run(
    *,
    project: Project,
    generators: Sequence[str],
    samples: int = 1,
    prompts: str | Mapping[str, Any] = "all",
    budget: Decimal | float | str | None = None,
    user: User | None = None,
) -> Run:
    """A run that owes `samples` responses of each generator to each prompt that lacks them.

    `prompts` is "all" or a filter (see `collector.services.prompt_filters`). Responses that are
    there, or that another run is working on, are left alone; failed and cancelled ones are taken
    into this run and asked for again. `budget` is in US dollars: requests stop before it could be
    passed. InvalidInput names the field at fault.
    """
    wanted = parse_prompts(prompts, project=project)
    revisions = _named_revisions(generators)
    if not isinstance(samples, int) or not 1 <= samples <= SAMPLES_AT_MOST:
        raise InvalidInput(
            _("samples must be 1 to %(most)d.") % {"most": SAMPLES_AT_MOST}, attr="samples"
        )
    limit = _checked_budget(budget, revisions)
    # Runs of a project start one after the other: two that take over the same rows cannot deadlock.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    run = Run.objects.create(
        project=project,
        prompts=dict(prompts) if isinstance(prompts, Mapping) else prompts,
        samples=samples,
        budget=limit,
        created_by=user,
    )
    run.revisions.set(revisions)
    for revision in revisions:
        owed = _owe(run, revision, wanted)
        hint_on_commit(revision, times=min(owed, _HINTS_A_REVISION))
    finish_runs(run_ids={run.pk})
    run.refresh_from_db()
    return run


def cancel_run(*, run: Run) -> Run:
    """Stop a run: nothing more is asked. What is being asked right now is paid for, and kept."""
    # In two transactions: a worker that leases a row may be waiting for the run's lock.
    Run.objects.filter(pk=run.pk, status__in=[*ACTIVE_RUNS, Run.Status.PAUSED]).update(
        status=Run.Status.CANCELLED, finished_at=Now()
    )
    run.refresh_from_db()
    if run.status == Run.Status.CANCELLED:
        Generation.objects.filter(run=run, status=_PENDING).update(
            status=Generation.Status.CANCELLED, finished_at=Now()
        )
    return run


def finish_runs(*, run_ids: Iterable[int]) -> None:
    """End those runs that owe nothing more: failed if every generation failed, else succeeded."""
    of_run = Generation.objects.filter(run=OuterRef("pk"))
    open_ones = of_run.filter(status__in=[_PENDING, _RUNNING])
    failed = of_run.filter(status=Generation.Status.FAILED)
    ended_well = of_run.filter(status=Generation.Status.SUCCEEDED)
    nothing_came = Exists(failed) & ~Exists(ended_well)
    Run.objects.filter(~Exists(open_ones), pk__in=list(run_ids), status__in=ACTIVE_RUNS).update(
        status=Case(
            When(nothing_came, then=Value(Run.Status.FAILED)), default=Value(Run.Status.SUCCEEDED)
        ),
        error=Case(When(nothing_came, then=Value("Every generation failed.")), default=Value("")),
        finished_at=Now(),
    )


@dataclass
class Counts:
    """Generations by state."""

    total: int = 0
    pending: int = 0
    running: int = 0
    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0

    def add(self, status: str, count: int) -> None:
        setattr(self, status, getattr(self, status) + count)
        self.total += count


def run_progress(*, run: Run) -> dict[str, Any]:
    """How far a run is.

    `{"status", "error", "total", "pending", "running", "succeeded", "failed", "cancelled",
    "share" (0 to 1, of what has ended), "cost" (US dollars as text), "input_tokens",
    "output_tokens", "generators": {name: the same six counts}}`. Responses that were there before
    the run are not part of it.
    """
    run.refresh_from_db(fields=["status", "error"])
    rows = (
        Generation.objects.filter(run=run)
        .values("revision__generator__name", "status")
        .annotate(
            count=Count("pk"),
            spent=Sum("cost"),
            read=Sum("input_tokens"),
            written=Sum("output_tokens"),
        )
    )
    names = run.revisions.order_by("generator__name").values_list("generator__name", flat=True)
    generators = {name: Counts() for name in names}
    overall = Counts()
    cost, read, written = Decimal(0), 0, 0
    for row in rows:
        overall.add(row["status"], row["count"])
        generators[row["revision__generator__name"]].add(row["status"], row["count"])
        cost += row["spent"] or 0
        read += row["read"] or 0
        written += row["written"] or 0
    ended = overall.total - overall.pending - overall.running
    return {
        "status": str(run.status),
        "error": run.error,
        **asdict(overall),
        "share": ended / overall.total if overall.total else 1.0,
        "cost": str(cost.normalize() + 0) if cost else "0",
        "input_tokens": read,
        "output_tokens": written,
        "generators": {name: asdict(counts) for name, counts in generators.items()},
    }


def wait_for_run(
    *,
    run: Run,
    timeout: float | None = None,
    every: float = 0.5,
    on_progress: Callable[[dict[str, Any]], None] | None = None,
) -> dict[str, Any]:
    """Follow a run that workers work until it ends (or `timeout` seconds); its last progress."""
    give_up = monotonic() + timeout if timeout is not None else None
    while True:
        progress = run_progress(run=run)
        if on_progress is not None:
            on_progress(progress)
        if progress["status"] not in ACTIVE_RUNS:
            return progress
        if give_up is not None and monotonic() >= give_up:
            return progress
        sleep(every)


def _named_revisions(names: Sequence[str]) -> list[GeneratorRevision]:
    if isinstance(names, str) or not names:
        raise InvalidInput(_("Name at least one generator."), attr="generators")
    newest = newest_revisions().filter(generator__name__in=names, generator__enabled=True)
    found = {revision.generator.name: revision for revision in newest}
    for name in names:
        if name not in found:
            known = Generator.objects.filter(enabled=True).order_by("name")[:20]
            listed = ", ".join(generator.name for generator in known) or "–"
            raise InvalidInput(
                _("There is no generator “%(name)s” that is enabled (there are: %(known)s).")
                % {"name": name, "known": listed},
                attr="generators",
            )
    return list(found.values())


def _checked_budget(
    budget: Decimal | float | str | None, revisions: Iterable[GeneratorRevision]
) -> Decimal | None:
    if budget is None:
        return None
    try:
        limit = Decimal(str(budget))
    except InvalidOperation:
        limit = Decimal("NaN")
    if not limit.is_finite() or not 0 <= limit < 1_000_000:
        raise InvalidInput(_("The budget is an amount of US dollars."), attr="budget")
    for revision in revisions:
        check_bounded(revision)
    return limit.quantize(Decimal("0.000001"))


def _owe(run: Run, revision: GeneratorRevision, wanted: PromptFilter) -> int:
    """Write the run's generations for one revision; how many it owes now."""
    prompts = wanted.prompts(revision).values("pk")
    sql, params = prompts.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_INSERT.format(prompts=sql), [run.pk, revision.pk, *params, run.samples])
        new: int = cursor.rowcount
        cursor.execute(
            _TAKE_OVER.format(prompts=sql),
            [run.pk, revision.pk, run.samples, run.pk, *params],
        )
        taken_over: int = cursor.rowcount
    return new + taken_over
