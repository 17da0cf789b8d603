"""An overview as its page shows it: words, bars and tables in place of codes and numbers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from labeling.pages.agreement_board import READINGS, TREND
from labeling.pages.axis import Axis, Bar, axis_over
from labeling.pages.boards import LEAST_ROOM, Picture, picture_of
from labeling.templatetags.figures import decimals, thousands

Body = Mapping[str, Any]

STEPS = {
    "prompts": _("prompts"),
    "responses": _("responses"),
    "tasks": _("tasks"),
    "judgments": _("judgments"),
    "comparisons": _("comparisons"),
}
BEFORE = {
    "responses": _("for each prompt"),
    "tasks": _("for each response"),
    "judgments": _("for each task"),
    "comparisons": _("for each judgment"),
}
SEVERITIES = {"urgent": _("Urgent"), "warning": _("Look at this"), "hint": _("Next")}
BUDGETS = {"project": _("budget"), "project_month": _("this month's budget")}


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the funnel; `for_each` of the one before it, None where that is empty.

    `count` is None while a worker counts for the first time.
    """

    words: Promise
    count: int | None
    last_day: int | None
    for_each: float | None
    before: Promise | str


@dataclass(frozen=True, slots=True)
class Place:
    """A rated model with its interval on the axis of all."""

    row: Body
    bar: Bar


@dataclass(frozen=True, slots=True)
class Budget:
    """Whose budget it is, and how much of it is gone (of 1)."""

    words: Promise
    body: Body


def look(body: Body) -> dict[str, Any]:
    """The context of `dashboard/overview.html` for `labeling.figures.overview.overview`."""
    agreement = body["agreement"]
    words, tone = READINGS.get(agreement["reading"], ("", ""))
    axis, places = _places(body["leaderboard"]["models"])
    cost = body["cost"]
    return {
        "body": body,
        "steps": _steps(body["funnel"]["steps"]),
        "counted": _moment(body["funnel"]["as_of"]),
        "agreement": agreement,
        "reading": words,
        "reading_tone": tone,
        "trend": _trend(agreement["trend"]),
        "hours": _counted((row["hour"], row) for row in body["pace"]["hours"]),
        "days": _counted(
            (datetime.combine(row["day"], time.min, UTC), row) for row in body["pace"]["days"]
        ),
        "axis": axis,
        "places": places,
        "rated_as_of": _moment(body["leaderboard"]["as_of"]),
        "cost": {name: money(cost[name]) for name in ("spent", "this_month", "forecast")},
        "runs_left": money(cost["runs_left"]) if Decimal(cost["runs_left"]) else "",
        "months": [{**row, "spent": money(row["spent"])} for row in cost["months"]],
        "budgets": [
            Budget(BUDGETS[each["name"]], {**each, "left": money(each["left"])})
            for each in cost["budgets"]
            if each["limit"] is not None
        ],
        "alerts": [{**each, "words": SEVERITIES[each["severity"]]} for each in body["alerts"]],
    }


def money(amount: str | None) -> str:
    """US dollars with cents, or as far as there are any where it is less; empty for None."""
    if amount is None:
        return ""
    value = float(amount)
    return f"${decimals(value, 2 if value >= 0.01 or not value else 4)}"


def _moment(told: str | None) -> datetime | None:
    return datetime.fromisoformat(told) if told else None


def _steps(steps: Sequence[Body]) -> list[Step]:
    return [
        Step(
            STEPS[step["name"]],
            step["count"],
            step["last_day"],
            step["for_each"],
            BEFORE.get(step["name"], ""),
        )
        for step in steps
    ]


def _trend(moments: Sequence[Body]) -> Picture:
    """The share of the same answers as it was written down."""
    dated = [(datetime.fromisoformat(moment["as_of"]), moment) for moment in moments]
    words, read = TREND["raw"]
    return picture_of(dated, {str(words): read}, lambda share: f"{decimals(100 * share, 1)}%")


def _counted(moments: Iterable[tuple[datetime, Body]]) -> Picture:
    """Judgments over time; a count has no interval."""

    def read(row: Body) -> tuple[float, float, float]:
        return (row["judgments"],) * 3

    return picture_of(moments, {str(STEPS["judgments"]): read}, thousands)


def _places(rows: Sequence[Body]) -> tuple[Axis | None, list[Place]]:
    if not rows:
        return None, []
    intervals = [(row["rating"], row["lower"], row["upper"]) for row in rows]
    axis = axis_over(intervals, least=LEAST_ROOM)
    bars = [axis.bar(*interval) for interval in intervals]
    return axis, [Place(row, bar) for row, bar in zip(rows, bars, strict=True)]
