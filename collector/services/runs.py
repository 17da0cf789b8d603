"""Runs: asking generators for responses to a project's prompts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from time import monotonic, sleep
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, Exists, OuterRef, Value, When
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.models import User
from collector.generation.queue import hint_on_commit
from collector.models import Generation, GeneratorRevision, Project, Run
from collector.services.budgets import parse_budget
from collector.services.estimates import estimate
from collector.services.prompt_filters import PromptFilter, parse_prompts
from collector.services.run_progress import run_progress
from collector.services.run_requests import (
    SAMPLES_AT_MOST,
    check_budgets_can_be_kept,
    check_samples,
    named_revisions,
)
from common.errors import Conflict

__all__ = [
    "SAMPLES_AT_MOST",
    "cancel_run",
    "finish_runs",
    "pause_run",
    "resume_run",
    "run_progress",
    "start_run",
    "wait_for_run",
]

_HINTS_A_REVISION = 4  # workers that start on a revision at once; more join as turns end
_UNENDED = (*Run.ACTIVE, Run.Status.PAUSED)
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
    passed. What is foreseen is kept as the run's `estimate`. InvalidInput names the field at fault.
    """
    wanted = parse_prompts(prompts, project=project)
    revisions = named_revisions(generators)
    check_samples(samples)
    limit = parse_budget(budget)
    check_budgets_can_be_kept(budget=limit, project=project, revisions=revisions)
    foreseen = estimate(wanted, revisions, samples)
    # Runs of a project start one after the other: two that take over the same rows cannot deadlock.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    run = Run.objects.create(
        project=project,
        prompts=dict(prompts) if isinstance(prompts, Mapping) else prompts,
        samples=samples,
        budget=limit,
        estimate=foreseen,
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
    Run.objects.filter(pk=run.pk, status__in=_UNENDED).update(
        status=Run.Status.CANCELLED, error="", finished_at=Now()
    )
    run.refresh_from_db()
    if run.status == Run.Status.CANCELLED:
        Generation.objects.filter(run=run, status=_PENDING).update(
            status=Generation.Status.CANCELLED, finished_at=Now()
        )
    return run


def pause_run(*, run: Run) -> Run:
    """Ask nothing more until the run is resumed. What is being asked right now is kept.

    A run that is not active stays as it is.
    """
    Run.objects.filter(pk=run.pk, status__in=Run.ACTIVE).update(
        status=Run.Status.PAUSED, error="", paused_at=Now()
    )
    run.refresh_from_db()
    return run


@transaction.atomic
def resume_run(*, run: Run, budget: Decimal | float | str | None = None) -> Run:
    """Ask on where a paused run stopped, with another budget of its own if one is given.

    Conflict unless it is paused; InvalidInput if the budget is none.
    """
    run = Run.objects.select_for_update(no_key=True).select_related("project").get(pk=run.pk)
    if run.status != Run.Status.PAUSED:
        raise Conflict(_("Only a paused run can be resumed."))
    revisions = list(run.revisions.select_related("generator"))
    if budget is not None:
        run.budget = parse_budget(budget)
    check_budgets_can_be_kept(budget=run.budget, project=run.project, revisions=revisions)
    run.status = Run.Status.RUNNING if run.started_at else Run.Status.QUEUED
    run.error, run.paused_at = "", None
    run.save(update_fields=["budget", "status", "error", "paused_at"])
    for revision in revisions:
        hint_on_commit(revision, times=_HINTS_A_REVISION)
    finish_runs(run_ids={run.pk})
    run.refresh_from_db()
    return run


def finish_runs(*, run_ids: Iterable[int]) -> None:
    """End those runs that owe nothing more: failed if every generation failed, else succeeded.

    A paused run ends too, with the last of what was under way.
    """
    of_run = Generation.objects.filter(run=OuterRef("pk"))
    open_ones = of_run.filter(status__in=[_PENDING, _RUNNING])
    failed = of_run.filter(status=Generation.Status.FAILED)
    ended_well = of_run.filter(status=Generation.Status.SUCCEEDED)
    nothing_came = Exists(failed) & ~Exists(ended_well)
    Run.objects.filter(~Exists(open_ones), pk__in=list(run_ids), status__in=_UNENDED).update(
        status=Case(
            When(nothing_came, then=Value(Run.Status.FAILED)), default=Value(Run.Status.SUCCEEDED)
        ),
        error=Case(When(nothing_came, then=Value("Every generation failed.")), default=Value("")),
        finished_at=Now(),
    )


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
        if progress["status"] not in Run.ACTIVE:
            return progress
        if give_up is not None and monotonic() >= give_up:
            return progress
        sleep(every)


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
