"""Who works which generation: leases in PostgreSQL, all times the database's.

pending → running (leased by a worker's token) → succeeded | failed, or back to pending with
`next_attempt_at` set. Cancelling touches what is pending only; what runs is paid for and is kept.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Coalesce, Now

from collector.generation.budgets import release, reserve
from collector.generation.ends_sql import End, write_ends
from collector.models import Generation, Generator, GeneratorRevision, Run

LEASE = timedelta(seconds=60)
ATTEMPTS = 8
ACTIVE_RUNS = Run.ACTIVE
_LOCK = 0x67656E
"""With a generator's id, an advisory lock: whoever leases counts first what others have leased."""
_MARK_RUNNING = """
UPDATE collector_generation g
SET status = 'running', attempts = attempts + 1, lease_token = %s::uuid,
    lease_until = statement_timestamp() + make_interval(secs => %s), next_attempt_at = NULL,
    reserved = t.reserved, reserved_in = t.reserved_in
FROM unnest(%s::bigint[], %s::numeric[], %s::date[]) AS t (id, reserved, reserved_in)
WHERE g.id = t.id
"""


def attempts_allowed(revision: GeneratorRevision) -> int:
    """How often one generation is asked for before it has failed."""
    limit: int = revision.limits.get("attempts", ATTEMPTS)
    return limit


@transaction.atomic
def take(
    *, revision: GeneratorRevision, token: UUID, limit: int, at_once: int | None = None
) -> list[Generation]:
    """Lease up to `limit` due generations of the revision, prompts and runs loaded.

    Never more than make `at_once` of the generator's, all workers together; of a paused generator
    none, or one where the time has come to try. A generation whose run has a budget is leased only
    if the most it can cost still fits; that most is `reserved` until the real cost is known. Runs
    that can take no more are paused.
    """
    limit = room(revision.generator_id, limit, at_once)
    if limit <= 0:
        return []
    due = (
        due_generations(revision)
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("prompt", "run")
        .order_by("next_attempt_at")[:limit]
    )
    taken = reserve(list(due), revision)
    if taken:
        _mark_running(taken, token)
        runs = Run.objects.filter(pk__in={generation.run_id for generation in taken})
        runs.filter(status=Run.Status.QUEUED).update(
            status=Run.Status.RUNNING, started_at=Coalesce("started_at", Now())
        )
    return taken


def due_generations(revision: GeneratorRevision) -> "QuerySet[Generation]":
    """Those of the revision that may be asked for now."""
    return Generation.objects.filter(
        revision=revision,
        status=Generation.Status.PENDING,
        next_attempt_at__lte=Now(),
        run__status__in=ACTIVE_RUNS,
    )


def left_behind(*, token: UUID, known: Collection[int]) -> list[Generation]:
    """What the token holds beside `known`: leased by a commit whose acknowledgement got lost."""
    held = Generation.objects.filter(status=Generation.Status.RUNNING, lease_token=token)
    return list(held.exclude(pk__in=known).select_related("prompt", "run"))


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
    write_ends([_freed(generation, costs[generation.pk]) for generation in expired])
    strays = Generation.objects.filter(
        status=Generation.Status.PENDING, run__status=Run.Status.CANCELLED
    )
    return len(expired) + strays.update(status=Generation.Status.CANCELLED, finished_at=Now())


def _freed(generation: Generation, cost: Decimal | None) -> End:
    """Back to pending, unless its run is cancelled or it has outlived too many workers.

    The dead worker may have sent its request, which then is paid for.
    """
    over: dict[str, Any] = {"generation_id": generation.pk, "cost": cost}
    if generation.run.status == Run.Status.CANCELLED:
        return End(status=Generation.Status.CANCELLED, **over)
    if generation.attempts >= attempts_allowed(generation.revision):
        error = f"The worker died {generation.attempts} times while asking."
        return End(status=Generation.Status.FAILED, error=error, **over)
    return End(status=Generation.Status.PENDING, delay=0.0, error=generation.error, **over)


def room(
    generator_id: int,
    limit: int,
    at_once: int | None,
    *,
    also_under_way: Callable[[int], int] | None = None,
) -> int:
    """How many may be leased now; others of the generator wait until this transaction ends.

    `also_under_way` counts what else than generations a generator is being asked for.
    """
    if at_once is not None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, generator_id])
    paused = Generator.objects.filter(pk=generator_id, paused_at__isnull=False)
    if paused.exists():
        if not paused.filter(paused_until__lte=Now()).exists():
            return 0
        at_once = 1
    if at_once is None:
        return limit
    others = also_under_way(generator_id) if also_under_way else 0
    return min(limit, at_once - _under_way(generator_id) - others)


def _under_way(generator_id: int) -> int:
    return Generation.objects.filter(
        status=Generation.Status.RUNNING, batch=None, revision__generator=generator_id
    ).count()


def _mark_running(taken: list[Generation], token: UUID) -> None:
    for generation in taken:
        generation.attempts += 1
    rows: list[list[Any]] = [
        [generation.pk for generation in taken],
        [generation.reserved for generation in taken],
        [generation.reserved_in for generation in taken],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_MARK_RUNNING, [str(token), LEASE.total_seconds(), *rows])
