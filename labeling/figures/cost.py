"""What asking models has cost a project, and what it will have cost by the end of the month."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from collector.models import Project, Run, Spending
from common.money import plain

Body = dict[str, Any]

RUNS = 20
MONTHS = 12
NEAR = Decimal("0.8")  # of a budget
EARLIEST = timedelta(days=1)  # before that a month foretells nothing
_NOTHING = Decimal(0)
_CENTS = Decimal("0.01")


def unfinished_runs(*, project: Project) -> list[Run]:
    """The project's runs that still ask, or are paused: the newest RUNS."""
    states = [*Run.ACTIVE, Run.Status.PAUSED]
    return list(Run.objects.filter(project=project, status__in=states).order_by("-pk")[:RUNS])


def cost_of(*, project: Project, runs: Sequence[Run], now: datetime) -> Body:
    """US dollars as text: `spent` of all time, `this_month` (UTC) with `forecast` at its end.

    The forecast is this month's pace so far, or what the runs under way were expected to cost yet
    where that is more; null on a month's first day without runs. `budgets` are the project's own,
    with the share that is spent or reserved; `months` is the newest first.
    """
    rows = list(Spending.objects.filter(project=project).order_by("-month"))
    month = now.date().replace(day=1)
    current = next((row for row in rows if row.month == month), None)
    this_month = current.spent if current else _NOTHING
    of_runs = sum((_left(run) for run in runs if run.status in Run.ACTIVE), _NOTHING)
    return {
        "spent": plain(sum((row.spent for row in rows), _NOTHING)),
        "this_month": plain(this_month),
        "runs_left": plain(of_runs),
        "forecast": _forecast(this_month, of_runs, now),
        "budgets": [
            _budget("project", project.budget, rows),
            _budget("project_month", project.monthly_budget, [current] if current else []),
        ],
        "months": [
            {"month": row.month, "spent": plain(row.spent), "reserved": plain(row.reserved)}
            for row in rows[:MONTHS]
        ],
    }


def _left(run: Run) -> Decimal:
    """What an active run was expected to cost beyond what it did."""
    expected = (run.estimate.get("cost") or {}).get("likely") if run.estimate else None
    return max(Decimal(expected or 0) - run.spent, _NOTHING)


def _forecast(this_month: Decimal, of_runs: Decimal, now: datetime) -> str | None:
    days = monthrange(now.year, now.month)[1]
    gone = now - now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    by_runs = this_month + of_runs
    if gone < EARLIEST:
        return plain(by_runs.quantize(_CENTS)) if by_runs else None
    by_pace = this_month * Decimal(days * 86_400) / Decimal(gone.total_seconds())
    return plain(max(by_pace, by_runs).quantize(_CENTS))


def _budget(name: str, limit: Decimal | None, rows: Sequence[Spending]) -> Body:
    taken = sum((row.spent + row.reserved for row in rows), _NOTHING)
    if limit is None:
        return {"name": name, "limit": None, "left": None, "share": None, "near": False}
    return {
        "name": name,
        "limit": plain(limit),
        "left": plain(max(limit - taken, _NOTHING)),
        "share": float(taken / limit) if limit else 1.0,
        "near": taken >= NEAR * limit,
    }
