"""Who asks which question to a judge: leases in PostgreSQL, all times the database's.

pending → running (leased by a worker's token) → succeeded | failed, or back to pending with
`next_attempt_at` set. Cancelling touches what is pending only.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce, Now

from collector.generation.leasing import LEASE, attempts_allowed, room
from collector.models import GeneratorRevision
from labeling.judging.money import Deposit
from labeling.models import Judge, Verdict

_MARK_RUNNING = """
UPDATE labeling_verdict v
SET status = 'running', attempts = attempts + 1, lease_token = %s::uuid,
    lease_until = statement_timestamp() + make_interval(secs => %s), next_attempt_at = NULL,
    cost = coalesce(v.cost, 0) + t.paid
FROM unnest(%s::bigint[], %s::numeric[]) AS t (id, paid)
WHERE v.id = t.id
"""
# Whoever waits on a person is not asked: a judge that is switched off or paused.
ASKED = Q(enabled=True, paused_reason="")


def due(judge: Judge) -> "QuerySet[Verdict]":
    """Questions of the judge that may be asked now."""
    return Verdict.objects.filter(
        Q(next_attempt_at__isnull=True) | Q(next_attempt_at__lte=Now()),
        judge=judge,
        judge__enabled=True,
        judge__paused_reason="",
        status=Verdict.Status.PENDING,
    )


def lock_due(judge: Judge, *, limit: int, at_once: int | None) -> list[Verdict]:
    """Up to `limit` due questions, locked, tasks loaded; others' locked ones are passed over.

    With what else its generator is asked for, no more than `at_once` are under way.
    """
    generator = judge.revision.generator_id
    limit = room(generator, limit, at_once, also_under_way=under_way)
    if limit <= 0:
        return []
    found = due(judge).select_for_update(skip_locked=True, no_key=True, of=("self",))
    return list(found.select_related("task__gold_item").order_by("pk")[:limit])


def under_way(generator_id: int) -> int:
    """Questions that the generator's judges are being asked."""
    running = Verdict.objects.filter(status=Verdict.Status.RUNNING)
    return running.filter(judge__revision__generator=generator_id).count()


def mark_running(verdicts: Sequence[Verdict], token: UUID, paid: dict[int, Deposit]) -> None:
    """Lease these; what was paid in advance is in their cost until the reply is there."""
    ids = [verdict.pk for verdict in verdicts]
    with connection.cursor() as cursor:
        cursor.execute(
            _MARK_RUNNING,
            [str(token), LEASE.total_seconds(), ids, [paid[pk].amount for pk in ids]],
        )


def renew(*, token: UUID, ids: Iterable[int]) -> set[int]:
    """Extend the leases of these; those not returned are no longer the caller's."""
    held = Verdict.objects.filter(pk__in=list(ids), lease_token=token)
    kept = set(held.values_list("pk", flat=True))
    held.filter(pk__in=kept).update(lease_until=Now() + LEASE)
    return kept


@transaction.atomic
def reclaim() -> int:
    """Free what dead workers left; how many rows. What they had paid for counts as spent."""
    expired = list(
        Verdict.objects.filter(status=Verdict.Status.RUNNING, lease_until__lt=Now())
        .select_for_update(skip_locked=True, no_key=True, of=("self",))
        .select_related("judge__revision")
        .order_by("pk")
    )
    over = [each.pk for each in expired if _worn_out(each, each.judge.revision)]
    left = Verdict.objects.filter(pk__in=[each.pk for each in expired])
    left.filter(pk__in=over).update(
        status=Verdict.Status.FAILED,
        error="Given up: its workers died or were stopped.",
        lease_token=None,
        lease_until=None,
        finished_at=Now(),
    )
    left.exclude(pk__in=over).update(
        status=Verdict.Status.PENDING, lease_token=None, lease_until=None, next_attempt_at=Now()
    )
    return len(expired)


def seconds_to_next(judge: Judge) -> float | None:
    """0 if something is due, else the seconds until something is; None if nothing will be."""
    if not Judge.objects.filter(ASKED, pk=judge.pk).exists():
        return None
    waiting = Verdict.objects.filter(judge=judge, status=Verdict.Status.PENDING)
    first = (
        waiting.annotate(at=Coalesce(F("next_attempt_at"), Now()), now=Now())
        .order_by("at")
        .values_list("at", "now")
        .first()
    )
    if first is None:
        return None
    at, now = first
    generator = judge.revision.generator
    generator.refresh_from_db()
    if generator.paused_at is not None:
        if generator.paused_until is None:  # by a person
            return None
        at = max(at, generator.paused_until)
    wait: timedelta = at - now
    return max(0.0, wait.total_seconds())


def _worn_out(verdict: Verdict, revision: GeneratorRevision) -> bool:
    return verdict.attempts >= attempts_allowed(revision)
