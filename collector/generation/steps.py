"""What a worker's turn does between replies: synchronous, in the one thread of its connection.

Each step may be repeated if the database went away in the middle of it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import cast
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from collector.generation import breaker, limits
from collector.generation.context import reply_tokens
from collector.generation.conversations import requests_for
from collector.generation.leasing import (
    ACTIVE_RUNS,
    left_behind,
    renew,
    take,
)
from collector.generation.limits import Limits
from collector.generation.pace import Report
from collector.generation.providers.base import Completion, Failure, Permanent, Request, Transient
from collector.generation.results import Outcome, settle
from collector.generation.tokens import approximate_tokens
from collector.models import Generation, Generator, GeneratorRevision

USUAL_REPLY_TOKENS = 500.0
"""Expected of a model of which nothing is known yet."""
_NEWEST_REPLY_SHARE = 0.05
_AT_ONCE = 0.001
_LONGEST_HOLD_SECONDS = 24 * 3600.0


@dataclass
class Turn:
    """A worker's turn at a revision: its lease token and what it has learnt of the replies."""

    revision: GeneratorRevision
    token: UUID
    limits: Limits
    shared: bool
    """Whether `limits.concurrency` is of all workers together: a server's, not a local model's."""
    reply_tokens: float = USUAL_REPLY_TOKENS
    asked_tokens: float = 0.0
    """Of the newest requests, on average; the next ones are expected to need as many."""
    charged: dict[int, float] = field(default_factory=dict)
    runs: set[int] = field(default_factory=set)
    """Those it has worked for."""


@dataclass(frozen=True)
class Leased:
    """Requests by generation id, and how long to wait before asking for more.

    0 says that something is due and cannot be had now, None that nothing will be due.
    """

    requests: dict[int, Request] = field(default_factory=dict)
    wait: float | None = 0.0


def lease(turn: Turn, wanted: int) -> Leased:
    """Up to `wanted` requests, as far as limits, breaker and budgets let them be sent now."""
    each = turn.asked_tokens + turn.reply_tokens
    admission = limits.admit(turn.limits, wanted=wanted, tokens_each=each)
    if not admission.granted:
        return Leased(wait=admission.wait)
    at_once = min(turn.limits.concurrency, admission.window or turn.limits.concurrency)
    generations = take(
        revision=turn.revision,
        token=turn.token,
        limit=admission.granted,
        at_once=at_once if turn.shared else None,
    )
    requests = _requests(turn, generations)
    charge = sum(turn.charged[pk] for pk in requests) - admission.granted * each
    unused = admission.granted - len(requests)
    if unused or (turn.limits.tokens_per_minute and charge):
        limits.report(turn.limits, Report(unused=unused, tokens=charge))
    return Leased(requests, _AT_ONCE if generations else _seconds_to_next(turn.revision))


def resume(turn: Turn, wanted: int, known: Collection[int]) -> Leased:
    """The same after the database was away: first what an unacknowledged commit has leased."""
    found = left_behind(token=turn.token, known=known)
    return Leased(_requests(turn, found), _AT_ONCE) if found else lease(turn, wanted)


def store(turn: Turn, outcomes: Mapping[int, Outcome], in_flight: int) -> None:
    """Write what became of requests, and tell the other workers how the server does."""
    with transaction.atomic():
        verdict = breaker.record(turn.revision, outcomes.values())
        settle(
            token=turn.token,
            revision=turn.revision,
            outcomes=outcomes,
            for_a_person=verdict.for_a_person,
        )
    if verdict.changed:
        breaker.announce(turn.revision.generator_id)
    limits.report(turn.limits, _report(turn, outcomes, in_flight))


def keep(turn: Turn, ids: Iterable[int]) -> set[int]:
    """Renew the leases of these generations; those that are still the turn's."""
    return renew(token=turn.token, ids=ids)


def _requests(turn: Turn, generations: list[Generation]) -> dict[int, Request]:
    """What is to be sent. What cannot be is settled at once, and nobody's fault but its own."""
    turn.runs.update(generation.run_id for generation in generations)
    built = requests_for(generations, turn.revision)
    refused = {pk: why for pk, why in built.items() if isinstance(why, Permanent)}
    if refused:
        settle(token=turn.token, revision=turn.revision, outcomes=refused)
    requests = {pk: cast(Request, built[pk]) for pk in built.keys() - refused.keys()}
    if turn.limits.tokens_per_minute and requests:
        bound = reply_tokens(turn.revision)
        reply = turn.reply_tokens if bound is None else min(turn.reply_tokens, bound)
        asked = {pk: _asked_tokens(request) for pk, request in requests.items()}
        turn.asked_tokens = sum(asked.values()) / len(asked)
        turn.charged |= {pk: tokens + reply for pk, tokens in asked.items()}
    else:
        turn.charged |= dict.fromkeys(requests, 0.0)
    return requests


def _asked_tokens(request: Request) -> float:
    return float(sum(approximate_tokens(turn["content"]) for turn in request.messages))


def _report(turn: Turn, outcomes: Mapping[int, Outcome], in_flight: int) -> Report:
    failures = [each for each in outcomes.values() if isinstance(each, Transient)]
    waits = [failure.retry_after for failure in failures if failure.retry_after is not None]
    return Report(
        answered=len(outcomes) - len(failures),
        overloaded=len(failures),
        tokens=sum(_owed_tokens(turn, pk, outcome) for pk, outcome in outcomes.items()),
        in_flight=in_flight,
        retry_after=min(max(waits), _LONGEST_HOLD_SECONDS) if waits else None,
    )


def _owed_tokens(turn: Turn, pk: int, outcome: Completion | Failure) -> float:
    """By how much more than was charged a request has used."""
    charged = turn.charged.pop(pk, 0.0)
    if not turn.limits.tokens_per_minute:
        return 0.0
    if isinstance(outcome, Failure):
        return 0.0 if outcome.billed else -charged
    if outcome.input_tokens is None or outcome.output_tokens is None:
        return 0.0
    turn.reply_tokens += (outcome.output_tokens - turn.reply_tokens) * _NEWEST_REPLY_SHARE
    return outcome.input_tokens + outcome.output_tokens - charged


@transaction.atomic
def _seconds_to_next(revision: GeneratorRevision) -> float | None:
    """0 if something is due, else the seconds until something is; None if nothing will be.

    Nothing of a paused generator is due before its pause ends.
    """
    first = (
        Generation.objects.filter(
            revision=revision,
            status=Generation.Status.PENDING,
            next_attempt_at__isnull=False,
            run__status__in=ACTIVE_RUNS,
        )
        .order_by("next_attempt_at")
        .values_list("next_attempt_at", Now())
        .first()
    )
    if first is None or first[0] is None:
        return None
    due, now = first
    paused = Generator.objects.filter(pk=revision.generator_id, paused_at__isnull=False)
    for until in paused.values_list("paused_until", flat=True):
        if until is None:  # by a person
            return None
        due = max(due, until)
    return max(0.0, float((due - now).total_seconds()))
