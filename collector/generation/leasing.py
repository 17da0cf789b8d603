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
from django.db.models import F
from django.db.models.functions import Coalesce, Now

from collector.generation.budgets import release, reserve
from collector.models import Generation, GeneratorRevision, Run

LEASE = timedelta(seconds=60)
ATTEMPTS = 8
ACTIVE_RUNS = Run.ACTIVE


def attempts_allowed(revision: GeneratorRevision) -> int:
    """How often one generation is asked for before it has failed."""
    limit: int = revision.limits.get("attempts", ATTEMPTS)
    return limit


@transaction.atomic
def take(*, revision: GeneratorRevision, token: UUID, limit: int) -> list[Generation]:
    """Lease up to `limit` due generations of the revision, prompts and runs loaded.

    A generation whose run has a budget is leased only if the most it can cost still fits; that
    most is `reserved` until the real cost is known. Runs that can take no more are paused.
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
    taken = reserve(due, revision)
    for generation in taken:
        generation.attempts += 1
    _mark_running([generation.pk for generation in taken if generation.reserved is None], token)
    for generation in taken:
        if generation.reserved is not None:
            _mark_running(
                [generation.pk],
                token,
                reserved=generation.reserved,
                reserved_in=generation.reserved_in,
            )
    Run.objects.filter(
        pk__in={generation.run_id for generation in taken}, status=Run.Status.QUEUED
    ).update(status=Run.Status.RUNNING, started_at=Coalesce("started_at", Now()))
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
    costs = release((generation, None) for generation in expired)
    for generation in expired:
        _free(generation, costs[generation.pk])
    strays = Generation.objects.filter(
        status=Generation.Status.PENDING, run__status=Run.Status.CANCELLED
    )
    return len(expired) + strays.update(status=Generation.Status.CANCELLED, finished_at=Now())


def _free(generation: Generation, cost: Decimal | None) -> None:
    """Back to pending, unless its run is cancelled or it has outlived too many workers.

    The dead worker may have sent its request, which then is paid for.
    """
    over: dict[str, Any] = {"lease_token": None, "lease_until": None, "cost": cost}
    over |= {"reserved": None, "reserved_in": None}
    row = Generation.objects.filter(pk=generation.pk)
    if generation.run.status == Run.Status.CANCELLED:
        row.update(status=Generation.Status.CANCELLED, finished_at=Now(), **over)
    elif generation.attempts >= attempts_allowed(generation.revision):
        error = f"The worker died {generation.attempts} times while asking."
        row.update(status=Generation.Status.FAILED, error=error, finished_at=Now(), **over)
    else:
        row.update(status=Generation.Status.PENDING, next_attempt_at=Now(), **over)


def _mark_running(ids: list[int], token: UUID, **reserved: Any) -> None:
    Generation.objects.filter(pk__in=ids).update(
        status=Generation.Status.RUNNING,
        attempts=F("attempts") + 1,
        lease_token=token,
        lease_until=Now() + LEASE,
        next_attempt_at=None,
        **reserved,
    )
