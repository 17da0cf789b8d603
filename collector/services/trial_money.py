"""What trials of generators cost: paid in advance from a project's month, settled by the reply."""

from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import DecimalField, F, Value
from django.db.models.functions import Least
from django.utils.translation import gettext as _

from collector.generation.budgets import Account, lock_accounts, set_aside
from collector.generation.costs import cost_at_most, why_unbounded
from collector.generation.providers import Request
from collector.models import GeneratorRevision, Project, Spending
from common.errors import Conflict
from common.money import plain

_NOTHING = Decimal(0)
_COLUMN_HOLDS = Value(Decimal("99999999.99999999"), DecimalField(max_digits=16, decimal_places=8))


class BudgetUsedUp(Conflict):
    """The trial could pass a budget."""

    code = "budget_used_up"


@dataclass(frozen=True, slots=True)
class Advance:
    """What was booked before asking, in US dollars; `month` is the row it was booked in."""

    month: int | None
    amount: Decimal


@transaction.atomic
def pay_in_advance(
    *, project: Project | None, revision: GeneratorRevision, request: Request
) -> Advance:
    """Book the most that the request can cost on the project, as far as its budgets allow.

    None pays nothing: whoever operates the server tries on their own account. What has no prices
    is let through while anything is left, as nobody can tell what it costs. Raises BudgetUsedUp.
    """
    if project is None:
        return Advance(None, _NOTHING)
    accounts, month = lock_accounts(project)
    most = cost_at_most(revision, request) if accounts else _NOTHING
    full = set_aside(most, accounts)
    if full is None and why_unbounded(revision):
        full = next((account for account in accounts if account.left <= 0), None)
    if full is not None:
        raise BudgetUsedUp(_why(full))
    _book(month.pk, most)
    return Advance(month.pk, most)


def settle(advance: Advance, *, cost: Decimal | None) -> None:
    """Book what the trial has cost in place of the advance; None: nobody told, so that it stays."""
    if advance.month is not None and cost is not None:
        _book(advance.month, cost - advance.amount)


def _book(month: int, amount: Decimal) -> None:
    if amount:
        Spending.objects.filter(pk=month).update(spent=Least(F("spent") + amount, _COLUMN_HOLDS))


def _why(full: Account) -> str:
    words = _("%(budget)s of $%(limit)s has not enough left to ask. Raise it, or wait for it.")
    return words % {"budget": full.name.capitalize(), "limit": plain(full.limit)}
