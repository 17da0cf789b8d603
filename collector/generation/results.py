"""What became of leased generations, written only while the lease is the writer's."""

from collections.abc import Iterable, Mapping
from secrets import SystemRandom
from typing import Any
from uuid import UUID

from django.db import transaction

from collector.generation.breaker import is_lasting
from collector.generation.budgets import release
from collector.generation.costs import told_cost
from collector.generation.endpoints import scrub
from collector.generation.ends_sql import End, write_ends
from collector.generation.leasing import attempts_allowed
from collector.generation.providers.base import Completion, Permanent, Transient
from collector.hygiene.degenerate import look_at
from collector.hygiene.storing import flag_messages
from collector.models import Generation, GeneratorRevision, Message, Run
from collector.services.responses import NewResponse, add_responses, storable

Outcome = Completion | Transient | Permanent

_FIRST_DELAY_SECONDS = 1.0
_LONGEST_DELAY_SECONDS = 300.0
_LONGEST_RETRY_AFTER_SECONDS = 24 * 3600.0
_ERROR_CHARACTERS = 2000
_random = SystemRandom()


@transaction.atomic
def settle(
    *,
    token: UUID,
    revision: GeneratorRevision,
    outcomes: Mapping[int, Outcome],
    for_a_person: bool = False,
) -> set[int]:
    """Store outcomes by generation id; the runs they belong to.

    Those whose lease is no longer `token`'s are dropped: another worker has them, or will. Where
    the generator is paused `for_a_person`, what failed by its fault is owed again.
    """
    held = list(
        Generation.objects.filter(pk__in=outcomes, lease_token=token)
        .select_for_update(of=("self",))
        .select_related("prompt", "run")
        .defer("prompt__text", "prompt__meta", "run__prompts", "run__estimate")
        .order_by("pk")
    )
    costs = release((each, told_cost(revision, outcomes[each.pk])) for each in held)
    responses = _stored_responses(held, revision, outcomes)
    ends = []
    for generation in held:
        outcome = outcomes[generation.pk]
        if isinstance(outcome, Completion):
            end = _after_completion(outcome, responses.get(generation.pk))
        else:
            end = _after_failure(generation, revision, outcome, for_a_person)
        ends.append(End(generation_id=generation.pk, cost=costs[generation.pk], **end))
    write_ends(ends)
    return {generation.run_id for generation in held}


def retry_delay(*, attempts: int, retry_after: float | None) -> float:
    """Seconds: exponential with jitter, 1 s to 5 min; never before the server's own Retry-After."""
    backoff = min(_FIRST_DELAY_SECONDS * 2.0 ** (attempts - 1), _LONGEST_DELAY_SECONDS)
    wait = _random.uniform(backoff / 2, backoff)
    if retry_after is not None:
        asked = min(retry_after, _LONGEST_RETRY_AFTER_SECONDS)
        wait = max(wait, _random.uniform(asked, asked * 1.1))
    return wait


def _stored_responses(
    held: Iterable[Generation], revision: GeneratorRevision, outcomes: Mapping[int, Outcome]
) -> dict[int, int]:
    """The message ids of the responses, by generation id; what has no text has none."""
    linked, texts = {}, {}
    for generation in held:
        outcome = outcomes[generation.pk]
        if isinstance(outcome, Completion) and outcome.text.strip():
            if outcome.message_id is not None:
                linked[generation.pk] = outcome.message_id
            else:
                texts[generation.pk] = NewResponse(generation.prompt, outcome.text, outcome.meta)
    messages = add_responses(revision=revision, responses=list(texts.values()))
    _flag(messages, [outcomes[pk] for pk in texts])
    return linked | {pk: message.pk for pk, message in zip(texts, messages, strict=True)}


def _flag(messages: Iterable[Message], outcomes: Iterable[Outcome]) -> None:
    """Flag what repeats itself, refuses or was cut off."""
    flag_messages(
        (message.pk, finding)
        for message, outcome in zip(messages, outcomes, strict=True)
        if isinstance(outcome, Completion)
        for finding in look_at(message.text, finish_reason=outcome.finish_reason)
    )


def _after_completion(completion: Completion, response_id: int | None) -> dict[str, Any]:
    end = {
        "status": Generation.Status.SUCCEEDED,
        "response_id": response_id,
        "input_tokens": completion.input_tokens,
        "output_tokens": completion.output_tokens,
        "latency_ms": completion.latency_ms,
        "finish_reason": storable(completion.finish_reason)[:32],
    }
    if response_id is None:
        reason = completion.finish_reason or "none"
        why = f"empty response: {completion.text!r} (finish reason: {reason})"
        end |= {"status": Generation.Status.FAILED, "error": _error(why)}
    return end


def _after_failure(
    generation: Generation,
    revision: GeneratorRevision,
    failure: Transient | Permanent,
    for_a_person: bool,
) -> dict[str, Any]:
    error = {"error": _error(str(failure))}
    again = isinstance(failure, Transient) or (for_a_person and is_lasting(failure))
    if again and generation.run.status == Run.Status.CANCELLED:
        return {"status": Generation.Status.CANCELLED, **error}
    if not again or generation.attempts >= attempts_allowed(revision):
        return {"status": Generation.Status.FAILED, **error}
    retry_after = failure.retry_after if isinstance(failure, Transient) else None
    delay = retry_delay(attempts=generation.attempts, retry_after=retry_after)
    return {"status": Generation.Status.PENDING, "delay": delay, **error}


def _error(text: str) -> str:
    return storable(scrub(text))[:_ERROR_CHARACTERS]
