"""Keeping budgets: of a run, of its project, of its project's month, of the whole server's month.

Two sums stand for each run and each project's month: `spent`, and `reserved` for requests under
way. `reserve` is called where leases are taken, `release` where they end, each in its caller's
transaction, so that a budget is kept by reading a few rows however many generations there are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal

from django.conf import settings
from django.db import connection
from django.db.models import DateField, Q, QuerySet, Sum
from django.db.models.functions import Now, TruncMonth

from collector.generation.conversations import requests_for
from collector.generation.costs import add_up, cost_at_most, why_unbounded
from collector.generation.spending_sql import book, lock_month
from collector.models import Generation, GeneratorRevision, Project, Run, Spending
from common.money import plain

_NOTHING = Decimal(0)
_MONTH = TruncMonth(Now(), tzinfo=UTC, output_field=DateField())
_SERVERS_LOCK = 4_701_116_263_114_209  # any number that no other advisory lock uses


@dataclass
class Account:
    """One budget: whose it is, and what is left of it. US dollars."""

    name: str
    limit: Decimal
    left: Decimal
    reserved: Decimal

    def take(self, amount: Decimal) -> None:
        self.left -= amount
        self.reserved += amount

    @property
    def why_full(self) -> str:
        return f"Paused: the next response could pass {self.name} of ${plain(self.limit)}."


def reserve(due: Sequence[Generation], revision: GeneratorRevision) -> list[Generation]:
    """Those of the due generations (runs loaded) that may be asked for now.

    Where a budget bounds their run, the most that each can cost still fits and is set aside:
    `reserved` and `reserved_in` are set on the objects, for the caller to write with the lease.
    Runs none of which fits are paused, once nothing under way can still turn out cheaper.
    """
    accounts, months = _accounts(due)
    if not accounts:
        return list(due)
    unbounded = why_unbounded(revision)
    if unbounded is not None:
        _pause(accounts, f"Paused: {unbounded}")
        return [generation for generation in due if generation.run_id not in accounts]
    requests = requests_for((g for g in due if g.run_id in accounts), revision)
    taken: list[Generation] = []
    refused: dict[int, Account] = {}
    for generation in due:
        if generation.run_id in accounts:
            most = cost_at_most(revision, requests[generation.pk])
            full = set_aside(most, accounts[generation.run_id])
            if full is not None:
                refused.setdefault(generation.run_id, full)
                continue
            generation.reserved = most
            generation.reserved_in = months[generation.run.project_id].month
        taken.append(generation)
    book((generation, _NOTHING, generation.reserved or _NOTHING) for generation in taken)
    for run_id in refused.keys() - {generation.run_id for generation in taken}:
        if not refused[run_id].reserved:
            _pause([run_id], refused[run_id].why_full)
    return taken


def release(ended: Iterable[tuple[Generation, Decimal | None]]) -> dict[int, Decimal | None]:
    """Book attempts that have ended (runs loaded); by generation id, its `cost` from now on.

    With each comes what the attempt has cost in US dollars. None says that nobody told: then what
    was reserved counts as spent. The caller writes `cost`, and clears `reserved` and `reserved_in`.
    """
    costs: dict[int, Decimal | None] = {}
    bookings = []
    for generation, told in ended:
        paid = generation.reserved if told is None else told
        costs[generation.pk] = generation.cost if paid is None else add_up(generation.cost, paid)
        bookings.append((generation, paid or _NOTHING, -(generation.reserved or _NOTHING)))
    book(bookings)
    return costs


def spent_so_far(project: Project) -> dict[str, Decimal]:
    """What the project has cost `ever` and this `month` (UTC), in US dollars."""
    of_month = Sum("spent", filter=Q(month=_MONTH), default=_NOTHING)
    return Spending.objects.filter(project=project).aggregate(
        ever=Sum("spent", default=_NOTHING), month=of_month
    )


def left_of_budgets(project: Project) -> list[dict[str, str]]:
    """Each budget that bounds all runs of the project, as `{"name", "limit", "left"}` (text).

    Names are `project`, `project_month` and `server_month`. What is reserved is not left.
    """
    ever = Spending.objects.filter(project=project)
    month = Spending.objects.filter(month=_MONTH)
    named = {
        "project": _sum("", project.budget, ever),
        "project_month": _sum("", project.monthly_budget, month.filter(project=project)),
        "server_month": _sum("", settings.CONCORD_MONTHLY_BUDGET, month),
    }
    return [
        {"name": name, "limit": plain(account.limit), "left": plain(max(account.left, _NOTHING))}
        for name, accounts in named.items()
        for account in accounts
    ]


def lock_accounts(project: Project) -> tuple[list[Account], Spending]:
    """The budgets that bound all that the project asks models for, and its current month (UTC).

    Locked to the end of the transaction, so that workers ask in turn.
    """
    servers: Decimal | None = settings.CONCORD_MONTHLY_BUDGET
    if servers is not None:
        _lock_server()
    month = lock_month([project.pk])[project.pk]
    return [*_of_project(project, month), *_of_server(servers, month)], month


def set_aside(amount: Decimal, accounts: Iterable[Account]) -> Account | None:
    """Take the amount from all of them, or from none: then the first that has not as much."""
    full = next((account for account in accounts if amount > account.left), None)
    if full is None:
        for account in accounts:
            account.take(amount)
    return full


def _accounts(due: Sequence[Generation]) -> tuple[dict[int, list[Account]], dict[int, Spending]]:
    """The budgets of each run that has any, locked so that workers ask in turn.

    Also the current month of each project concerned.
    """
    projects = Project.objects.in_bulk({generation.run.project_id for generation in due})
    servers: Decimal | None = settings.CONCORD_MONTHLY_BUDGET
    bounded = {
        generation.run_id: projects[generation.run.project_id]
        for generation in due
        if servers is not None
        or generation.run.budget is not None
        or _has_budget(projects[generation.run.project_id])
    }
    if not bounded:
        return {}, {}
    if servers is not None:
        _lock_server()
    months = lock_month(project.pk for project in bounded.values())
    everybodys = _of_server(servers, next(iter(months.values())))
    shared = {pk: [*_of_project(projects[pk], months[pk]), *everybodys] for pk in months}
    # Not locked: whoever reserves for a run has locked its project's month before.
    runs = Run.objects.filter(pk__in=bounded)
    return {run.pk: [*_of_run(run), *shared[run.project_id]] for run in runs}, months


def _lock_server() -> None:
    """To the end of the transaction: what others reserve meanwhile would not be in the sum."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_SERVERS_LOCK])


def _has_budget(project: Project) -> bool:
    return project.budget is not None or project.monthly_budget is not None


def _of_run(run: Run) -> list[Account]:
    return _account("the run's budget", run.budget, run.spent, run.reserved)


def _of_project(project: Project, month: Spending) -> list[Account]:
    name, limit = "the project's monthly budget", project.monthly_budget
    monthly = _account(name, limit, month.spent, month.reserved)
    ever = Spending.objects.filter(project=project)
    return [*monthly, *_sum("the project's budget", project.budget, ever)]


def _of_server(limit: Decimal | None, month: Spending) -> list[Account]:
    of_month = Spending.objects.filter(month=month.month)
    return _sum("this server's monthly budget", limit, of_month)


def _sum(name: str, limit: Decimal | None, rows: "QuerySet[Spending]") -> list[Account]:
    if limit is None:
        return []
    sums = rows.aggregate(
        spent=Sum("spent", default=_NOTHING), reserved=Sum("reserved", default=_NOTHING)
    )
    return _account(name, limit, sums["spent"], sums["reserved"])


def _account(name: str, limit: Decimal | None, spent: Decimal, reserved: Decimal) -> list[Account]:
    return [] if limit is None else [Account(name, limit, limit - spent - reserved, reserved)]


def _pause(run_ids: Iterable[int], why: str) -> None:
    """What the runs owe stays, for when the budget is raised."""
    Run.objects.filter(pk__in=list(run_ids), status__in=Run.ACTIVE).update(
        status=Run.Status.PAUSED, error=why, paused_at=Now()
    )
