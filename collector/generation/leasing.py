"""Who works which generation: leases in PostgreSQL, all times the database's.

pending → running (leased by a worker's token) → succeeded | failed, or back to pending with
`next_attempt_at` set. Cancelling touches what is pending only; what runs is paid for and is kept.
"""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Sum
from django.db.models.functions import Coalesce, Now

from collector.generation.conversations import requests_for
from collector.generation.costs import add_up, cost_at_most
from collector.models import Generation, GeneratorRevision, Run

LEASE = timedelta(seconds=60)
ATTEMPTS = 8
ACTIVE_RUNS = (Run.Status.QUEUED, Run.Status.RUNNING)


def attempts_allowed(revision: GeneratorRevision) -> int:
    """How often one generation is asked for before it has failed."""
    limit: int = revision.limits.get("attempts", ATTEMPTS)
    return limit


@transaction.atomic
def take(*, revision: GeneratorRevision, token: UUID, limit: int) -> list[Generation]:
    """Lease up to `limit` due generations of the revision, prompts and runs loaded.

    A generation whose run has a budget is leased only if the most it can cost still fits; that
    most is `reserved` until the real cost is known. Runs that can take no more are stopped.
    """
    due = list(
        Generation.objects.filter(
            revision=revision,
            status=Generation.Status.PENDING,
            next_attempt_at__lte=Now(),
            run__status__in=ACTIVE_RUNS,
        )
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("prompt", "run")
        .order_by("next_attempt_at")[:limit]
    )
    taken = _within_budgets(due, revision)
    for generation in taken:
        generation.attempts += 1
    _mark_running([generation.pk for generation in taken if generation.reserved is None], token)
    for generation in taken:
        if generation.reserved is not None:
            _mark_running([generation.pk], token, reserved=generation.reserved)
    Run.objects.filter(
        pk__in={generation.run_id for generation in taken}, status=Run.Status.QUEUED
    ).update(status=Run.Status.RUNNING)
    return taken


def renew(*, token: UUID, ids: Iterable[int]) -> set[int]:
    """Extend the leases of these generations; those not returned are no longer the caller's."""
    held = Generation.objects.filter(pk__in=list(ids), lease_token=token)
    kept = set(held.values_list("pk", flat=True))
    held.filter(pk__in=kept).update(lease_until=Now() + LEASE)
    return kept


@transaction.atomic
def reclaim() -> int:
    """Free what dead workers left, and close what cancelled runs still owe; how many rows."""
    expired = (
        Generation.objects.filter(status=Generation.Status.RUNNING, lease_until__lt=Now())
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("run", "revision")
        .order_by("pk")
    )
    for generation in expired:
        _free(generation)
    strays = Generation.objects.filter(
        status=Generation.Status.PENDING, run__status=Run.Status.CANCELLED
    )
    return len(expired) + strays.update(status=Generation.Status.CANCELLED, finished_at=Now())


def _free(generation: Generation) -> None:
    """Back to pending, unless its run is cancelled or it has outlived too many workers.

    The dead worker may have sent its request, which then is paid for.
    """
    over: dict[str, Any] = {"lease_token": None, "lease_until": None, "reserved": None}
    if generation.reserved is not None:
        over["cost"] = add_up(generation.cost, generation.reserved)
    row = Generation.objects.filter(pk=generation.pk)
    if generation.run.status == Run.Status.CANCELLED:
        row.update(status=Generation.Status.CANCELLED, finished_at=Now(), **over)
    elif generation.attempts >= attempts_allowed(generation.revision):
        error = f"The worker died {generation.attempts} times while asking."
        row.update(status=Generation.Status.FAILED, error=error, finished_at=Now(), **over)
    else:
        row.update(status=Generation.Status.PENDING, next_attempt_at=Now(), **over)


def _mark_running(ids: list[int], token: UUID, reserved: Decimal | None = None) -> None:
    Generation.objects.filter(pk__in=ids).update(
        status=Generation.Status.RUNNING,
        attempts=F("attempts") + 1,
        lease_token=token,
        lease_until=Now() + LEASE,
        next_attempt_at=None,
        reserved=reserved,
    )


def _within_budgets(due: list[Generation], revision: GeneratorRevision) -> list[Generation]:
    budgets = {generation.run_id for generation in due if generation.run.budget is not None}
    if not budgets:
        return due
    left = {run_id: _left(run_id) for run_id in sorted(budgets)}
    requests = requests_for(due, revision)
    taken = []
    for generation in due:
        if generation.run_id in left:
            most = cost_at_most(revision, requests[generation.pk])
            if most > left[generation.run_id]:
                continue
            generation.reserved = most
            left[generation.run_id] -= most
        taken.append(generation)
    for run_id in budgets - {generation.run_id for generation in taken}:
        _stop_at_budget(run_id)
    return taken


def _left(run_id: int) -> Decimal:
    """What the run may still spend; the run stays locked, so that workers ask in turn."""
    run = Run.objects.select_for_update(no_key=True).get(pk=run_id)
    sums = Generation.objects.filter(run=run).aggregate(
        spent=Coalesce(Sum("cost"), Decimal(0)), reserved=Coalesce(Sum("reserved"), Decimal(0))
    )
    return (run.budget or Decimal(0)) - Decimal(sums["spent"]) - Decimal(sums["reserved"])


def _stop_at_budget(run_id: int) -> None:
    """Cancel what is owed, once no running request can still turn out cheaper than feared."""
    generations = Generation.objects.filter(run=run_id)
    if generations.filter(status=Generation.Status.RUNNING).exists():
        return
    Run.objects.filter(pk=run_id, status__in=ACTIVE_RUNS).update(
        status=Run.Status.CANCELLED,
        error="Stopped: the next response could pass the budget.",
        finished_at=Now(),
    )
    generations.filter(status=Generation.Status.PENDING).update(
        status=Generation.Status.CANCELLED, finished_at=Now()
    )
