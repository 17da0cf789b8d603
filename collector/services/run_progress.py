"""How far a run is, how fast it goes, and what it costs."""

from dataclasses import asdict, dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum
from django.db.models.functions import Now

from collector.models import Generation, Run
from common.money import plain

WINDOW = timedelta(minutes=2)
"""A rate is what ended in so much time."""


@dataclass
class Counts:
    """Generations by state, and their money and speed.

    `cost` is in US dollars; `per_minute` is what succeeded or failed lately, None while nothing
    does; `seconds_left` is how long what is owed takes at that rate. `paused` says why nobody asks
    the generator.
    """

    total: int = 0
    pending: int = 0
    running: int = 0
    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0
    cost: Decimal = Decimal(0)
    input_tokens: int = 0
    output_tokens: int = 0
    recent: int = 0

    def add(self, row: dict[str, Any]) -> None:
        setattr(self, row["status"], getattr(self, row["status"]) + row["count"])
        self.total += row["count"]
        self.recent += row["recent"]
        self.cost += row["spent"] or 0
        self.input_tokens += row["read"] or 0
        self.output_tokens += row["written"] or 0

    @property
    def owed(self) -> int:
        return self.pending + self.running

    def shown(self, minutes: float) -> dict[str, Any]:
        values = asdict(self)
        recent = values.pop("recent")
        rate = recent / minutes if recent and self.owed and self.succeeded else None
        return values | {
            "cost": plain(self.cost),
            "per_minute": None if rate is None else round(rate, 1),
            "seconds_left": None if rate is None else round(self.owed / rate * 60),
        }


def run_progress(*, run: Run) -> dict[str, Any]:
    """How far a run is.

    `{"status", "error", "total", "pending", "running", "succeeded", "failed", "cancelled",
    "share" (0 to 1, of what has ended), "cost" (US dollars as text, of all that the run asked),
    "input_tokens", "output_tokens", "per_minute", "seconds_left", "generators": {name: the same
    counts, cost, tokens and speed, with "paused" (why nobody asks it, else "")}}`. Rates are those
    of the last two minutes, null while nothing is owed or nothing ends. Responses that were there
    before the run are not part of it.
    """
    run.refresh_from_db(fields=["status", "error", "spent"])
    names = run.revisions.order_by("generator__name").values_list(
        "generator__name", "generator__pause_reason"
    )
    paused = dict(names)
    generators = {name: Counts() for name in paused}
    overall = Counts()
    for row in _rows(run):
        overall.add(row)
        generators[row["revision__generator__name"]].add(row)
    minutes = _minutes(run)
    ended = overall.total - overall.owed
    return {
        "status": str(run.status),
        "error": run.error,
        **overall.shown(minutes),
        "share": ended / overall.total if overall.total else 1.0,
        "cost": plain(run.spent),
        "generators": {
            name: counts.shown(minutes) | {"paused": paused[name]}
            for name, counts in generators.items()
        },
    }


def common_errors(*, run: Run, most: int = 5) -> list[dict[str, Any]]:
    """What went wrong most often: `{"generator", "error", "count"}`, failures and retries."""
    said = Generation.objects.filter(run=run).exclude(error="")
    rows = said.values("revision__generator__name", "error").annotate(count=Count("pk"))
    return [
        {
            "generator": row["revision__generator__name"],
            "error": row["error"],
            "count": row["count"],
        }
        for row in rows.order_by("-count", "error")[:most]
    ]


def _rows(run: Run) -> Any:
    lately = Q(finished_at__gte=Now() - WINDOW) & ~Q(status=Generation.Status.CANCELLED)
    return (
        Generation.objects.filter(run=run)
        .values("revision__generator__name", "status")
        .annotate(
            count=Count("pk"),
            recent=Count("pk", filter=lately),
            spent=Sum("cost"),
            read=Sum("input_tokens"),
            written=Sum("output_tokens"),
        )
    )


def _minutes(run: Run) -> float:
    """How much of the window the run has been at work for; at least a second of it."""
    started = (
        Run.objects.filter(pk=run.pk, started_at__gt=Now() - WINDOW)
        .values_list(Now(), "started_at")
        .first()
    )
    spent = WINDOW if started is None else started[0] - started[1]
    return max(spent.total_seconds(), 1.0) / 60
