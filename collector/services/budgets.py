"""Budgets of projects: what asking models may cost, in US dollars."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from django.db import transaction
from django.utils.translation import gettext as _

from collector.models import Project
from common.errors import InvalidInput

BUDGETS = ("budget", "monthly_budget")
_BELOW = 1_000_000


def parse_budget(budget: Decimal | float | str | None, *, attr: str = "budget") -> Decimal | None:
    """US dollars, None for no bound; InvalidInput at `attr` if it is no amount."""
    if budget is None:
        return None
    try:
        limit = Decimal(str(budget))
    except InvalidOperation:
        limit = Decimal("NaN")
    if not limit.is_finite() or not 0 <= limit < _BELOW:
        raise InvalidInput(_("The budget is an amount of US dollars."), attr=attr)
    return limit.quantize(Decimal("0.000001"))


@transaction.atomic
def set_budgets(*, project: Project, budgets: Mapping[str, Decimal | float | str | None]) -> None:
    """Bound what the project may cost: `budget` of all time, `monthly_budget`; None is no bound.

    Those that are not given stay. Runs under way keep to them from their next request on; runs
    that a budget paused are resumed by whoever raises it.
    """
    limits = {name: parse_budget(budgets[name], attr=name) for name in BUDGETS if name in budgets}
    if limits:
        Project.objects.filter(pk=project.pk).update(**limits)
        project.refresh_from_db(fields=list(limits))
