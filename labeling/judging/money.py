"""What judges cost, kept within the judge's budget, its project's and the server's. US dollars.

A question is paid for before it is asked, with the most that it can cost, and the rest is given
back once the reply tells the real cost. So no sum is ever passed, and of a worker that died
between the two the most counts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection
from django.db.models import F

from collector.generation.budgets import Account, lock_accounts, set_aside
from collector.generation.costs import cost_at_most, why_unbounded
from collector.generation.providers.base import Request
from collector.models import GeneratorRevision
from common.money import plain
from labeling.models import Judge, Verdict

_NOTHING = Decimal(0)
_BOOK_MONTHS = """
INSERT INTO collector_spending (project_id, month, spent, reserved)
SELECT %s, month, 0, 0 FROM unnest(%s::date[]) AS month ORDER BY month
ON CONFLICT (project_id, month) DO NOTHING;
UPDATE collector_spending t
SET spent = least(greatest(t.spent + b.spent, 0), 99999999.99999999)
FROM (
    SELECT month, sum(spent) AS spent FROM unnest(%s::date[], %s::numeric[]) AS one (month, spent)
    GROUP BY month ORDER BY month
) b
WHERE t.project_id = %s AND t.month = b.month
"""


@dataclass(frozen=True, slots=True)
class Deposit:
    """What was paid for a question in advance, and the month that it was booked in."""

    amount: Decimal
    month: date

    @classmethod
    def nothing(cls) -> "Deposit":
        return cls(_NOTHING, date.min)


@dataclass(frozen=True, slots=True)
class Affordable:
    """Questions that may be asked, with what was paid for each; else why not all of them."""

    deposits: Mapping[int, Deposit]
    full: str = ""


def pay_in_advance(
    *, judge: Judge, revision: GeneratorRevision, requests: Mapping[int, Request]
) -> Affordable:
    """Book the most that each question by verdict id can cost, as far as every budget allows.

    In the transaction that leases them. Without any budget it is enough to book what they cost.
    """
    accounts, month = lock_accounts(judge.project)
    judge = Judge.objects.select_for_update(no_key=True).get(pk=judge.pk)
    if judge.budget is not None:
        left = judge.budget - judge.spent
        accounts.insert(0, Account("the judge's budget", judge.budget, left, _NOTHING))
    if not accounts:
        return Affordable({pk: Deposit(_NOTHING, month.month) for pk in requests})
    why = why_unbounded(revision)
    if why is not None:
        return Affordable({}, f"Paused: {why}")
    deposits: dict[int, Deposit] = {}
    for pk, request in requests.items():
        most = cost_at_most(revision, request)
        full = set_aside(most, accounts)
        if full is not None:
            book(judge=judge, changes=deposits.values())
            return Affordable(deposits, _why_full(full))
        deposits[pk] = Deposit(most, month.month)
    book(judge=judge, changes=deposits.values())
    return Affordable(deposits)


def book(*, judge: Judge, changes: Iterable[Deposit]) -> None:
    """Add to what the judge and its project's months have cost; amounts may be below 0."""
    booked = [change for change in changes if change.amount]
    if not booked:
        return
    months = [change.month for change in booked]
    amounts = [change.amount for change in booked]
    with connection.cursor() as cursor:
        project = judge.project_id
        cursor.execute(_BOOK_MONTHS, [project, sorted(set(months)), months, amounts, project])
    Judge.objects.filter(pk=judge.pk).update(spent=F("spent") + sum(amounts, _NOTHING))


def pause_unless_cheaper(*, judge: Judge, why: str) -> None:
    """Pause the judge, unless a question under way may still turn out cheaper than was paid."""
    under_way = Verdict.objects.filter(judge=judge, status=Verdict.Status.RUNNING, cost__gt=0)
    if not under_way.exists():
        Judge.objects.filter(pk=judge.pk).update(paused_reason=why)


def _why_full(account: Account) -> str:
    return f"Paused: the next question could pass {account.name} of ${plain(account.limit)}."
