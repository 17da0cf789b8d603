"""What became of questions, written only while the lease is the writer's own."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from collector.generation.breaker import is_lasting
from collector.generation.costs import told_cost
from collector.generation.endpoints import scrub
from collector.generation.leasing import attempts_allowed
from collector.generation.providers.base import Completion, Transient
from collector.generation.results import Outcome, retry_delay
from collector.services.responses import storable
from labeling import locks
from labeling.judging.judgments import judge_what_is_complete
from labeling.judging.money import Deposit, book
from labeling.judging.replies import UnreadableReplyError, read_reply
from labeling.models import Judge, Verdict

READABLE_ATTEMPTS = 3
"""So often a question is asked whose replies hold no verdict."""
_ERROR_CHARACTERS = 2000
_REPLY_CHARACTERS = 20_000
_FIELDS = (
    *("status", "tiers", "reply", "error", "cost", "tokens_in", "tokens_out"),
    *("lease_token", "lease_until", "next_attempt_at", "finished_at"),
)


@transaction.atomic
def settle(
    *,
    judge: Judge,
    token: UUID,
    outcomes: Mapping[int, Outcome],
    paid: Mapping[int, Deposit],
    for_a_person: bool = False,
) -> None:
    """Store outcomes by verdict id; what is then complete becomes judgments.

    Those whose lease is no longer `token`'s are dropped. `paid` is what was paid for each in
    advance. Where the judge's generator is paused `for_a_person`, what failed by its fault is
    owed again.
    """
    locks.share_judgments(project_id=judge.project_id)
    held = list(
        Verdict.objects.filter(pk__in=outcomes, lease_token=token)
        .select_for_update(no_key=True, of=("self",))
        .order_by("pk")
    )
    if not held:
        return
    changes = [_charge(each, judge, outcomes[each.pk], paid.get(each.pk)) for each in held]
    for verdict in held:
        _end(verdict, judge, outcomes[verdict.pk], for_a_person)
    Verdict.objects.bulk_update(held, _FIELDS)
    book(judge=judge, changes=[change for change in changes if change is not None])
    answered = [each.task_id for each in held if each.status == Verdict.Status.SUCCEEDED]
    judge_what_is_complete(judge=judge, tasks=answered)


def _charge(
    verdict: Verdict, judge: Judge, outcome: Outcome, paid: Deposit | None
) -> Deposit | None:
    """The difference between what was paid in advance and what it cost, if that was told."""
    told = told_cost(judge.revision, outcome)
    if told is None or paid is None:
        return None
    difference = told - paid.amount
    verdict.cost = (verdict.cost or Decimal(0)) + difference
    return Deposit(difference, paid.month)


def _end(verdict: Verdict, judge: Judge, outcome: Outcome, for_a_person: bool) -> None:
    verdict.lease_token = verdict.lease_until = verdict.next_attempt_at = None
    verdict.finished_at = timezone.now()
    if isinstance(outcome, Completion):
        _read(verdict, judge, outcome)
        return
    verdict.status, verdict.error = Verdict.Status.FAILED, _error(str(outcome))
    again = isinstance(outcome, Transient) or (for_a_person and is_lasting(outcome))
    if again and verdict.attempts < attempts_allowed(judge.revision):
        waits = outcome.retry_after if isinstance(outcome, Transient) else None
        _ask_again(verdict, retry_delay(attempts=verdict.attempts, retry_after=waits))


def _read(verdict: Verdict, judge: Judge, completion: Completion) -> None:
    verdict.reply = storable(completion.text)[:_REPLY_CHARACTERS]
    verdict.tokens_in, verdict.tokens_out = completion.input_tokens, completion.output_tokens
    try:
        reply = read_reply(completion.text, places=len(verdict.order))
    except UnreadableReplyError as error:
        verdict.status, verdict.error = Verdict.Status.FAILED, _error(str(error))
        refused = completion.finish_reason == "refusal"
        if refused:
            verdict.error = _error(_("The judge refused: %s") % completion.text)
        allowed = min(READABLE_ATTEMPTS, attempts_allowed(judge.revision))
        if not refused and verdict.attempts < allowed:
            _ask_again(verdict, 0)
        return
    verdict.status, verdict.error = Verdict.Status.SUCCEEDED, ""
    verdict.tiers = reply.tiers and [
        [verdict.order[place - 1] for place in tier] for tier in reply.tiers
    ]


def _ask_again(verdict: Verdict, seconds: float) -> None:
    verdict.status, verdict.finished_at = Verdict.Status.PENDING, None
    verdict.next_attempt_at = timezone.now() + timedelta(seconds=seconds)


def _error(text: str) -> str:
    return storable(scrub(text))[:_ERROR_CHARACTERS]
