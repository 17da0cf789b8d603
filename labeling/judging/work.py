"""A worker's turn at one judge, on the loop that asks for responses (`collector.generation`)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from collector.generation import breaker, limits
from collector.generation.context import reply_tokens
from collector.generation.limits import Limits
from collector.generation.pace import Report
from collector.generation.providers.base import Permanent, Request, Transient
from collector.generation.requeue import anybody_waits
from collector.generation.results import Outcome
from collector.generation.steps import USUAL_REPLY_TOKENS, Leased
from collector.generation.worker import turn_at
from collector.models import Generator
from labeling.judging import leasing
from labeling.judging.money import Deposit, pause_unless_cheaper, pay_in_advance
from labeling.judging.questions import requests_for
from labeling.judging.queue import hint_on_commit
from labeling.judging.results import settle
from labeling.models import Judge, Verdict

_SOON = 0.001
_REFUSED_STATUSES = (400, 422)
_OF_THE_SCHEMA = ("response_format", "json_schema", "text.format", "schema")


def work(*, judge_id: int) -> None:
    """Ask the judge what is due for one turn; safe to call any number of times at once."""
    judge = Judge.objects.select_related("project", "revision__generator").get(pk=judge_id)
    turn = Questions(judge)
    if turn_at(judge.revision, turn.at_the_pace_of):
        hint_on_commit(judge)


def unattended() -> "QuerySet[Judge]":
    """Judges with something due that nobody works, unless their generator is paused."""
    waiting = Verdict.objects.filter(judge=OuterRef("pk"), status=Verdict.Status.PENDING)
    is_due = waiting.filter(Q(next_attempt_at__isnull=True) | Q(next_attempt_at__lte=Now()))
    worked = Verdict.objects.filter(judge=OuterRef("pk"), status=Verdict.Status.RUNNING)
    generator = Q(revision__generator__paused_at=None)
    generator |= Q(revision__generator__paused_until__lte=Now())
    return Judge.objects.filter(leasing.ASKED, generator, Exists(is_due), ~Exists(worked))


def requeue() -> None:
    """Beat: free what dead workers left, and tell workers again of judges that nobody asks."""
    leasing.reclaim()
    with transaction.atomic():
        for judge in unattended().select_related("revision"):
            hint_on_commit(judge)


@dataclass
class Questions:
    """The questions that a judge is owed answers to."""

    judge: Judge
    token: UUID = field(default_factory=uuid4)
    limits: Limits = field(init=False)
    by_schema: bool = True
    """Until the server says that it cannot hold replies to one."""
    paid: dict[int, Deposit] = field(default_factory=dict)

    def at_the_pace_of(self, found: Limits) -> Self:
        self.limits = found
        return self

    def lease(self, wanted: int) -> Leased:
        """Up to `wanted` questions, as far as limits, breaker and budgets let them be asked now."""
        each = min(USUAL_REPLY_TOKENS, reply_tokens(self.judge.revision) or USUAL_REPLY_TOKENS)
        admission = limits.admit(self.limits, wanted=wanted, tokens_each=each)
        if not admission.granted:
            return Leased(wait=admission.wait)
        at_once = min(self.limits.concurrency, admission.window or self.limits.concurrency)
        taken, requests = self._take(admission.granted, at_once)
        unused = admission.granted - len(requests)
        if unused:
            limits.report(self.limits, Report(unused=unused, tokens=-unused * each))
        return Leased(requests, _SOON if taken else leasing.seconds_to_next(self.judge))

    def resume(self, wanted: int, known: Collection[int]) -> Leased:
        """What an unacknowledged commit has leased waits for its lease to end: it was not sent."""
        return self.lease(wanted)

    def store(self, outcomes: Mapping[int, Outcome], in_flight: int) -> None:
        kept = {pk: self._without_schema(outcome) for pk, outcome in outcomes.items()}
        sent = [each for pk, each in kept.items() if each is outcomes[pk]]
        with transaction.atomic():
            found = breaker.record(self.judge.revision, sent)
            settle(
                judge=self.judge,
                token=self.token,
                outcomes=kept,
                paid=self.paid,
                for_a_person=found.for_a_person,
            )
        if found.changed:
            breaker.announce(self.judge.revision.generator_id)
        for pk in outcomes:
            self.paid.pop(pk, None)
        limits.report(self.limits, _report(outcomes, in_flight))

    def keep(self, ids: Iterable[int]) -> set[int]:
        return leasing.renew(token=self.token, ids=ids)

    def finish(self) -> None:
        """A judge is never finished: new tasks come."""

    def is_due(self) -> bool:
        return leasing.due(self.judge).exists()

    def others_wait(self) -> bool:
        local = Q(revision__provider=Generator.Provider.TRANSFORMERS)
        mine = self.judge.revision.provider == Generator.Provider.TRANSFORMERS
        others = unattended().filter(local if mine else ~local).exclude(pk=self.judge.pk)
        return anybody_waits(self.judge.revision) or others.exists()

    @transaction.atomic
    def _take(self, limit: int, at_once: int) -> tuple[bool, dict[int, Request]]:
        """Whether any was taken, and what is to be sent; what cannot be is settled at once."""
        shared = self.judge.revision.provider == Generator.Provider.OPENAI
        found = leasing.lock_due(self.judge, limit=limit, at_once=at_once if shared else None)
        if not found:
            return False, {}
        built = requests_for(found, judge=self.judge, by_schema=self.by_schema)
        asked = {pk: each for pk, each in built.items() if isinstance(each, Request)}
        affordable = pay_in_advance(judge=self.judge, revision=self.judge.revision, requests=asked)
        refused = {pk: each for pk, each in built.items() if isinstance(each, Permanent)}
        if affordable.full and not affordable.deposits:
            pause_unless_cheaper(judge=self.judge, why=affordable.full)
        paid = dict(affordable.deposits) | dict.fromkeys(refused, Deposit.nothing())
        taken = [verdict for verdict in found if verdict.pk in paid]
        leasing.mark_running(taken, self.token, paid)
        if refused:
            settle(judge=self.judge, token=self.token, outcomes=refused, paid={})
        self.paid |= affordable.deposits
        return bool(taken), {pk: asked[pk] for pk in affordable.deposits}

    def _without_schema(self, outcome: Outcome) -> Outcome:
        """A server that knows no schemas is asked again without one."""
        said = str(outcome).lower()
        if (
            isinstance(outcome, Permanent)
            and outcome.status in _REFUSED_STATUSES
            and any(word in said for word in _OF_THE_SCHEMA)
        ):
            self.by_schema = False
            return Transient(str(outcome), billed=False, status=outcome.status)
        return outcome


def _report(outcomes: Mapping[int, Outcome], in_flight: int) -> Report:
    failures = [each for each in outcomes.values() if isinstance(each, Transient)]
    waits = [each.retry_after for each in failures if each.retry_after is not None]
    return Report(
        answered=len(outcomes) - len(failures),
        overloaded=len(failures),
        in_flight=in_flight,
        retry_after=max(waits) if waits else None,
    )
