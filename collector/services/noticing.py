"""What beat notices in runs, budgets and generators, and tells of once.

Rows say what happened, so that whoever changes them need not know that somebody is told: nothing
is lost with a worker, and a run that is resumed at once is told of to nobody.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
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
Found = tuple[Project, str, Callable[[], Mapping[str, Any]]]
"""Where, the key, and how to find the data of something that may have been told of."""


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


def tell_of_new(event: str, found: Iterable[Found], *, page: str = "admin:overview") -> int:
    """Tell of those of them that were not told of yet; how many. `page` is the project's about it,
    by name.
    """
    rows = {(project.pk, key): (project, data) for project, key, data in found}
    if not rows:
        return 0
    known = Notification.objects.filter(
        event=event, project__in={pk for pk, _key in rows}, key__in={key for _pk, key in rows}
    )
    told = set(known.values_list("project_id", "key"))
    return sum(
        notify(
            project_id=project.pk,
            event=event,
            key=key,
            data=data(),
            address=reverse(page, args=[project.slug]),
        )
        for (pk, key), (project, data) in rows.items()
        if (pk, key) not in told
    )


def _runs(**which: Any) -> Any:
    return Run.objects.filter(project__archived_at__isnull=True, **which).select_related("project")


def _finished_runs() -> Iterator[Found]:
    ended = [Run.Status.SUCCEEDED, Run.Status.FAILED]
    for run in _runs(status__in=ended, finished_at__gt=Now() - LOOKED_BACK):
        yield run.project, f"{run.uid} {run.finished_at.isoformat()}", partial(_outcome, run)


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


def _paused_runs() -> Iterator[Found]:
    """Those that a budget paused; who pauses a run by hand knows it."""
    for run in _runs(status=Run.Status.PAUSED, paused_at__gt=Now() - LOOKED_BACK).exclude(error=""):
        data = {"id": str(run.uid), "reason": run.error}
        yield run.project, f"{run.uid} {run.paused_at.isoformat()}", partial(dict, data)


def _near_budgets() -> Iterator[Found]:
    """Of projects, of their month and of runs; a budget that is raised can be near once more."""
    taken = F("spent") + F("reserved")
    for run in _runs(status__in=[*Run.ACTIVE, Run.Status.PAUSED], budget__gt=0).filter(
        budget__lte=taken / NEAR
    ):
        data = _budget("run", run.budget, run.spent + run.reserved) | {"run": str(run.uid)}
        yield run.project, f"run {run.uid} {data['limit']}", partial(dict, data)
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
                yield project, f"{key} {data['limit']}", partial(dict, data)


def _budget(name: str, limit: Decimal, spent: Decimal) -> dict[str, Any]:
    return {"budget": name, "limit": plain(limit), "spent": plain(spent)}


def _paused_generators() -> Iterator[Found]:
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
            yield project, f"{generator.uid} {_moment(generator)}", partial(dict, data)


def _moment(generator: Generator) -> str:
    return generator.paused_at.isoformat() if generator.paused_at else ""
