"""What became of leased generations, written only while the lease is the writer's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from secrets import SystemRandom
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from collector.generation.budgets import release
from collector.generation.costs import told_cost
from collector.generation.endpoints import scrub
from collector.generation.leasing import attempts_allowed
from collector.generation.providers.base import Completion, Permanent, Transient
from collector.models import Generation, GeneratorRevision, Run
from collector.services.responses import add_response, storable

Outcome = Completion | Transient | Permanent

_FIRST_DELAY_SECONDS = 1.0
_LONGEST_DELAY_SECONDS = 300.0
_LONGEST_RETRY_AFTER_SECONDS = 24 * 3600.0
_ERROR_CHARACTERS = 2000
_random = SystemRandom()


@dataclass(frozen=True)
class _End:
    """Columns of a generation after an outcome."""

    status: str
    columns: Mapping[str, Any]


@transaction.atomic
def settle(
    *, token: UUID, revision: GeneratorRevision, outcomes: Mapping[int, Outcome]
) -> set[int]:
    """Store outcomes by generation id; the runs they belong to.

    Those whose lease is no longer `token`'s are dropped: another worker has them, or will.
    """
    held = list(
        Generation.objects.filter(pk__in=outcomes, lease_token=token)
        .select_for_update(of=("self",))
        .select_related("prompt", "run")
        .order_by("pk")
    )
    costs = release((each, told_cost(revision, outcomes[each.pk])) for each in held)
    for generation in held:
        end = _end(generation, revision, outcomes[generation.pk])
        Generation.objects.filter(pk=generation.pk).update(
            status=end.status,
            lease_token=None,
            lease_until=None,
            reserved=None,
            reserved_in=None,
            cost=costs[generation.pk],
            finished_at=None if end.status == Generation.Status.PENDING else Now(),
            **{"error": "", **end.columns},
        )
    return {generation.run_id for generation in held}


def retry_delay(*, attempts: int, retry_after: float | None) -> timedelta:
    """Exponential with jitter, 1 s to 5 min; never before the server's own Retry-After."""
    backoff = min(_FIRST_DELAY_SECONDS * 2.0 ** (attempts - 1), _LONGEST_DELAY_SECONDS)
    wait = _random.uniform(backoff / 2, backoff)
    if retry_after is not None:
        asked = min(retry_after, _LONGEST_RETRY_AFTER_SECONDS)
        wait = max(wait, _random.uniform(asked, asked * 1.1))
    return timedelta(seconds=wait)


def _end(generation: Generation, revision: GeneratorRevision, outcome: Outcome) -> _End:
    if isinstance(outcome, Transient):
        return _after_transient(generation, revision, outcome)
    if isinstance(outcome, Permanent):
        return _End(Generation.Status.FAILED, {"error": _error(str(outcome))})
    counted = _counted(outcome)
    if outcome.text.strip():
        response = (
            outcome.message_id
            or add_response(
                prompt=generation.prompt, revision=revision, text=outcome.text, meta=outcome.meta
            ).pk
        )
        return _End(Generation.Status.SUCCEEDED, {"response_id": response, **counted})
    why = f"empty response: {outcome.text!r} (finish reason: {outcome.finish_reason or 'none'})"
    return _End(Generation.Status.FAILED, {"error": _error(why), **counted})


def _after_transient(
    generation: Generation, revision: GeneratorRevision, outcome: Transient
) -> _End:
    error = _error(str(outcome))
    if generation.run.status == Run.Status.CANCELLED:
        return _End(Generation.Status.CANCELLED, {"error": error})
    if generation.attempts >= attempts_allowed(revision):
        return _End(Generation.Status.FAILED, {"error": error})
    delay = retry_delay(attempts=generation.attempts, retry_after=outcome.retry_after)
    return _End(Generation.Status.PENDING, {"error": error, "next_attempt_at": Now() + delay})


def _counted(completion: Completion) -> dict[str, Any]:
    return {
        "input_tokens": completion.input_tokens,
        "output_tokens": completion.output_tokens,
        "latency_ms": completion.latency_ms,
        "finish_reason": storable(completion.finish_reason)[:32],
    }


def _error(text: str) -> str:
    return storable(scrub(text))[:_ERROR_CHARACTERS]
