"""What beat notices in runs, budgets and generators, and tells of once.

Rows say what happened, so that whoever changes them need not know that somebody is told: nothing
is lost with a worker, and a run that is resumed at once is told of to nobody.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, Sum
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from collector.models import Generation, Generator, Notification, Project, Run, Spending
from collector.services.notifications import notify
from common.money import plain

LOOKED_BACK = timedelta(days=1)
NEAR = Decimal("0.8")  # of a budget
PASSING = timedelta(minutes=10)  # a generator that is paused for less needs nobody
KEPT = timedelta(days=90)
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that may have been told of: its `key`, its page, and how to find its data."""

    project: Project
    key: str
    address: str
    data: Callable[[], Mapping[str, Any]]


def notice() -> int:
    """Tell of what nobody was told of yet; how many things. Forgets what was told long ago."""
    Notification.objects.filter(created_at__lt=Now() - KEPT).delete()
    found = {
        "run.finished": _finished_runs(),
        "run.paused": _paused_runs(),
        "budget.near": _near_budgets(),
        "generator.paused": _paused_generators(),
    }
    return sum(tell_of_new(event, rows) for event, rows in found.items())


def tell_of_new(event: str, facts: Iterable[Fact]) -> int:
    """Tell of those of them that were not told of yet; how many."""
    found = {(fact.project.pk, fact.key): fact for fact in facts}
    if not found:
        return 0
    known = Notification.objects.filter(
        event=event, project__in={pk for pk, _key in found}, key__in={key for _pk, key in found}
    )
    told = set(known.values_list("project_id", "key"))
    return sum(
        notify(
            project_id=fact.project.pk,
            event=event,
            key=fact.key,
            data=fact.data(),
            address=fact.address,
        )
        for key, fact in found.items()
        if key not in told
    )


def page_of(name: str, project: Project, *args: Any) -> str:
    """The path of a project's page, by the page's name."""
    return reverse(name, args=[project.slug, *args])


def _runs(**which: Any) -> Any:
    return Run.objects.filter(project__archived_at__isnull=True, **which).select_related("project")


def _finished_runs() -> Iterator[Fact]:
    ended = [Run.Status.SUCCEEDED, Run.Status.FAILED]
    for run in _runs(status__in=ended, finished_at__gt=Now() - LOOKED_BACK):
        key = f"{run.uid} {run.finished_at.isoformat()}"
        yield Fact(run.project, key, _page(run), partial(_outcome, run))


def _page(run: Run) -> str:
    return page_of("admin:run", run.project, run.uid)


def _outcome(run: Run) -> dict[str, Any]:
    statuses = run.generations.values_list("status")
    counts = dict(statuses.annotate(count=Count("pk")).order_by())
    return {
        "id": str(run.uid),
        "status": run.status,
        "succeeded": counts.get(Generation.Status.SUCCEEDED, 0),
        "failed": counts.get(Generation.Status.FAILED, 0),
        "cost": plain(run.spent),
        "error": run.error or None,
    }


def _paused_runs() -> Iterator[Fact]:
    """Those that a budget paused; who pauses a run by hand knows it."""
    for run in _runs(status=Run.Status.PAUSED, paused_at__gt=Now() - LOOKED_BACK).exclude(error=""):
        data = {"id": str(run.uid), "reason": run.error}
        key = f"{run.uid} {run.paused_at.isoformat()}"
        yield Fact(run.project, key, _page(run), partial(dict[str, Any], data))


def _near_budgets() -> Iterator[Fact]:
    """Of projects, of their month and of runs; a budget that is raised can be near once more."""
    taken = F("spent") + F("reserved")
    for run in _runs(status__in=[*Run.ACTIVE, Run.Status.PAUSED], budget__gt=0).filter(
        budget__lte=taken / NEAR
    ):
        data = _budget("run", run.budget, run.spent + run.reserved) | {"run": str(run.uid)}
        key = f"run {run.uid} {data['limit']}"
        yield Fact(run.project, key, _page(run), partial(dict[str, Any], data))
    month = timezone.now().date().replace(day=1)
    ever = dict(Spending.objects.values_list("project").annotate(sum=Sum(taken)))
    now = dict(Spending.objects.filter(month=month).values_list("project").annotate(sum=Sum(taken)))
    limited = Q(budget__gt=0) | Q(monthly_budget__gt=0)
    for project in Project.objects.filter(limited, archived_at__isnull=True):
        for name, key, limit, spent in (
            ("project", "project", project.budget, ever.get(project.pk, _ZERO)),
            ("project_month", str(month), project.monthly_budget, now.get(project.pk, _ZERO)),
        ):
            if limit and spent >= NEAR * limit:
                data = _budget(name, limit, spent) | {"run": None}
                page = page_of("admin:settings-budgets", project)
                yield Fact(project, f"{key} {data['limit']}", page, partial(dict[str, Any], data))


def _budget(name: str, limit: Decimal, spent: Decimal) -> dict[str, Any]:
    return {"budget": name, "limit": plain(limit), "spent": plain(spent)}


def _paused_generators() -> Iterator[Fact]:
    """Those that wait for a person, or long: told where runs wait for them."""
    for_long = Q(paused_until__isnull=True) | Q(paused_at__lt=Now() - PASSING)
    for generator in Generator.objects.filter(for_long, paused_at__isnull=False):
        owed = Generation.objects.filter(
            run__project=OuterRef("pk"),
            run__status__in=Run.ACTIVE,
            revision__generator=generator,
            status=Generation.Status.PENDING,
        )
        data = {
            "id": str(generator.uid),
            "name": generator.name,
            "reason": generator.pause_reason,
        }
        for project in Project.objects.filter(Exists(owed), archived_at__isnull=True):
            key = f"{generator.uid} {_moment(generator)}"
            page = page_of("admin:generator", project, generator.uid)
            yield Fact(project, key, page, partial(dict[str, Any], data))


def _moment(generator: Generator) -> str:
    return generator.paused_at.isoformat() if generator.paused_at else ""
