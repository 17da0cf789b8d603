"""A project at a glance: what there is, how fast it grows, what it says, costs and asks for."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.core.cache import cache
from django.utils import timezone
from redis import RedisError

from collector.models import Project
from labeling.figures.alerts import Facts, alerts_of
from labeling.figures.cost import cost_of, unfinished_runs
from labeling.figures.funnel import DAYS, counts_of
from labeling.figures.present import pace_of, present_in
from labeling.figures.snapshots import agreement_now, ask_for_snapshots, history, leaderboard_now
from labeling.models import AgreementSnapshot, LeaderboardSnapshot

Body = dict[str, Any]

KEPT_FOR = 30  # seconds, of agreement and leaderboard
AT_ONCE = 50_000  # comparisons; of more, the overview shows figures as written down last
MODELS = 10
MOMENTS = 60  # of the trend
STEPS = ("prompts", "responses", "tasks", "judgments", "comparisons")
# Too large a project to be counted while somebody waits has some of each: no alert is due to none.
_SOME = {"prompts": 1, "responses": 1, "judgments": 1}
_AGREEMENT = ("raw", "raw_lower", "raw_upper", "alpha", "reading", "pairs", "comparisons", "as_of")
_MOMENT = ("raw", "raw_lower", "raw_upper", "alpha", "pairs", "comparisons", "as_of")
_NO_AGREEMENT: Body = dict.fromkeys(_AGREEMENT) | {
    "alpha": {"nominal": None, "ordinal": None, "interval": None},
    "pairs": 0,
    "comparisons": 0,
}
_NO_LEADERBOARD: Body = {"as_of": None, "comparisons": 0, "models": []}
_MODEL = ("model", "rating", "lower", "upper", "votes", "rank", "rank_best", "rank_worst")


def overview(*, project: Project) -> Body:
    """The project's overview as `GET projects/{slug}/overview/` answers it (docs/overview.md).

    Each part that is not of this very moment says its own `as_of`.
    """
    now = timezone.now()
    counts = counts_of(project=project)
    hours = pace_of(project=project, now=now)
    runs = unfinished_runs(project=project)
    people, queue = present_in(project=project, now=now)
    large = counts is None or counts["comparisons"] > AT_ONCE
    agreement, leaderboard = _said(project, large=large)
    cost = cost_of(project=project, runs=runs, now=now)
    facts = Facts(
        project=project,
        now=now,
        counts=counts or _SOME,
        people=people,
        queue=queue,
        agreement=agreement,
        budgets=cost["budgets"],
        runs=runs,
    )
    return {
        "as_of": now,
        "funnel": _funnel(counts),
        "pace": _pace(counts, hours, now),
        "agreement": agreement,
        "leaderboard": leaderboard,
        "cost": cost,
        "people": people,
        "queue": queue,
        "alerts": [alert.told for alert in alerts_of(facts)],
    }


def _funnel(counts: Body | None) -> Body:
    """Each step's count, the last day's share of it, and how many there are for one before it.

    All null where a worker counts for the first time.
    """
    if counts is None:
        unknown = {"count": None, "last_day": None, "for_each": None}
        return {
            "as_of": None,
            "stale": True,
            "steps": [{"name": step, **unknown} for step in STEPS],
        }
    before = {step: counts[prior] for prior, step in pairwise(STEPS)}
    steps = [
        {
            "name": step,
            "count": counts[step],
            "last_day": counts.get(f"{step}_day"),
            "for_each": counts[step] / before[step] if before.get(step) else None,
        }
        for step in STEPS
    ]
    return {"as_of": counts["as_of"], "stale": counts["stale"], "steps": steps}


def _pace(known: Body | None, hours: Sequence[Body], now: datetime) -> Body:
    """How fast people judge, and when what is owed would be done at the last day's pace.

    What is owed is null, and there are no days, where a worker counts for the first time.
    """
    counts = known or {"owed": None, "responses_owed": None, "days": {}}
    last_day = sum(hour["judgments"] for hour in hours)
    owed = counts["owed"]
    done_at = None
    if owed and last_day:
        done_at = _moment_after(now, owed / last_day)
    days = [now.date() - timedelta(days=back) for back in range(DAYS - 1, -1, -1) if known]
    return {
        "last_day": last_day,
        "an_hour": last_day / len(hours),
        "owed": owed,
        "responses_owed": counts["responses_owed"],
        "done_at": done_at,
        "hours": list(hours),
        "days": [{"day": day, "judgments": counts["days"].get(str(day), 0)} for day in days],
    }


def _moment_after(now: datetime, days: float) -> datetime | None:
    """None beyond ten years, which no pace foretells."""
    return now + timedelta(days=days) if days < 3650 else None


def _said(project: Project, *, large: bool) -> tuple[Body, Body]:
    """Agreement and leaderboard, of this moment or a little earlier.

    Of a `large` project as beat wrote them down, within ten minutes of new votes, since there are
    too many for a reader to wait for; null before the first time, which a worker is asked for.
    """
    name = f"overview:said:{project.pk}"
    with suppress(RedisError):  # without a broker everything is computed
        kept: tuple[Body, Body] | None = cache.get(name)
        if kept is not None:
            return kept
    moments = history(kind=AgreementSnapshot, project=project, most=MOMENTS)
    written = large or (bool(moments) and moments[-1]["comparisons"] > AT_ONCE)
    newest = _newest_leaderboard(project) if written else None
    if large and not (moments and newest):
        ask_for_snapshots(project=project)
        return {**_NO_AGREEMENT, "trend": []}, _leaderboard(_NO_LEADERBOARD)
    body = moments[-1] if written else agreement_now(project=project)
    trend = [{name: moment[name] for name in _MOMENT} for moment in moments]
    agreement = {name: body[name] for name in _AGREEMENT} | {"trend": trend}
    found = agreement, _leaderboard(newest or leaderboard_now(project=project))
    with suppress(RedisError):
        cache.set(name, found, KEPT_FOR)
    return found


def _newest_leaderboard(project: Project) -> Body | None:
    rows = LeaderboardSnapshot.objects.filter(project=project, key="").order_by("-created_at")
    newest = rows.first()
    return newest.body if newest else None


def _leaderboard(body: Body) -> Body:
    """The first models; those without a rating come last and are counted only."""
    rated = [row for row in body["models"] if row["rating"] is not None]
    return {
        "as_of": body["as_of"],
        "comparisons": body["comparisons"],
        "models": [{name: row[name] for name in _MODEL} for row in rated[:MODELS]],
        "rated": len(rated),
        "unrated": len(body["models"]) - len(rated),
    }
