"""Runs and estimates as their pages show them: words and amounts in place of codes."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from collector.admin.run_page import duration
from collector.models import Generator, Project, Run
from collector.selectors import newest_revisions
from collector.services.estimates import estimate_run
from collector.services.run_errors import errors_of
from collector.services.run_health import (
    ADVICE,
    Condition,
    Outcomes,
    condition_of,
    outcomes_of,
    owing_of,
)
from collector.services.run_progress import run_progress
from dashboard.pages.looks import money
from labeling.templatetags.figures import decimals, thousands

TONES = {"succeeded": "good", "failed": "bad", "paused": "warn", "cancelled": ""}
WORSE = {Condition.FAILING: "bad", Condition.ALL_FAILED: "bad"}  # other conditions only warn


def listed(run: Run) -> dict[str, Any]:
    """A run of the list `with_outcomes`; what it asks is as foreseen, which needs no counting."""
    asked = [each.generator for each in run.revisions.all()]
    outcomes = Outcomes(answered=bool(vars(run)["answered"]), failed=bool(vars(run)["failed"]))
    condition = condition_of(
        run=run, outcomes=outcomes, owing=[each.paused_at is not None for each in asked]
    )
    return {
        "run": run,
        "tone": TONES.get(run.status, "") if condition is None else "",
        "condition": _told(condition),
        "generators": sorted({each.name for each in asked}),
        "prompts": prompts_in_words(run.prompts),
        "requests": run.estimate.get("requests"),
        "spent": money(str(run.spent)),
        "budget": "" if run.budget is None else money(str(run.budget)),
    }


def look(run: Run) -> dict[str, Any]:
    """How far a run is, by generator, and what may be done with it."""
    progress = run_progress(run=run)
    active, paused = run.status in Run.ACTIVE, run.status == Run.Status.PAUSED
    names = list(progress["generators"])
    in_force = newest_revisions().filter(generator__name__in=names)
    newest = {each.generator.name: each for each in in_force}
    asked = {each.generator.name: each.number for each in run.revisions.all()}
    rows = [
        _row(name, counts, newest[name].generator)
        for name, counts in progress["generators"].items()
    ]
    revised = [name for name in names if asked.get(name, 0) < newest[name].number]
    errors = errors_of(run=run) if progress["failed"] or progress["pending"] else []
    condition = _told(
        condition_of(run=run, outcomes=outcomes_of(progress, errors), owing=owing_of(progress))
    )
    return {
        "job": _job(run, progress) | {"tone": condition["tone"] if condition else ""},
        "condition": condition,
        "all": _counts(progress),
        "rows": rows,
        "revised": revised,
        "errors": errors,
        "prompts": prompts_in_words(run.prompts),
        "foreseen": money((run.estimate.get("cost") or {}).get("likely")),
        "budget": "" if run.budget is None else money(str(run.budget)),
        "tone": TONES.get(run.status, ""),
        "active": active,
        "paused": paused,
        "can_retry": progress["failed"] and run.status != Run.Status.CANCELLED,
    }


def _told(condition: Condition | None) -> dict[str, Any] | None:
    if condition is None:
        return None
    tone = WORSE.get(condition, "warn")
    return {"words": condition.label, "advice": ADVICE[condition], "tone": tone}


def _foreseen_cost(found: Mapping[str, Any]) -> dict[str, str]:
    """The sums in words: one that leaves a generator out for want of prices is no bound, and one
    that leaves all of them out is no amount."""
    cost = {name: money(amount) for name, amount in found["cost"].items()}
    unknown = _("unknown: there are no prices")
    if len(found["unpriced"]) == len(found["generators"]):
        return dict.fromkeys(cost, unknown)
    return cost | ({"at_most": unknown} if found["unpriced"] else {})


def foreseen(project: Project, asked: Mapping[str, Any]) -> dict[str, Any]:
    """An estimate as the page shows it."""
    found = estimate_run(project=project, **asked)
    words = {
        "project": _("the project's budget"),
        "project_month": _("the project's budget of this month"),
        "server_month": _("this server's budget of this month"),
    }
    likely = float(found["cost"]["likely"])
    return {
        "all": found,
        "cost": _foreseen_cost(found),
        "rows": [
            {"name": name, **each, "price": money(each["cost"]["likely"]) if each["cost"] else ""}
            for name, each in found["generators"].items()
        ],
        "budgets": [
            {
                "words": words[each["name"]],
                "left": money(each["left"]),
                "short": float(each["left"]) < likely,
            }
            for each in found["budgets"]
        ],
    }


def prompts_in_words(prompts: Any) -> str:
    """The filter of a run: which prompts it asks about."""
    if not isinstance(prompts, Mapping):
        return _("all prompts")
    words = {
        "source": _("from %s"),
        "language": _("in %s"),
        "tag": _("tagged %s"),
        "missing": _("with fewer than %s responses"),
        "limit": _("at most %s"),
    }
    said = [words[name] % value for name, value in prompts.items() if name in words]
    if "ids" in prompts:
        said.append(_("%d chosen ones") % len(prompts["ids"]))
    return ", ".join(said)


def _job(run: Run, progress: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "address": reverse("api:run", args=[run.uid]),
        "status": progress["status"],
        "words": run.get_status_display(),
        "progress": progress["share"],
        "detail": _detail(progress),
        "error": progress["error"],
    }


def _detail(progress: Mapping[str, Any]) -> str:
    said = _("%(done)s of %(total)s answered") % {
        "done": thousands(progress["succeeded"]),
        "total": thousands(progress["total"]),
    }
    if not progress["failed"]:
        return said
    return said + ", " + _("%s failed") % thousands(progress["failed"])


def _row(name: str, counts: Mapping[str, Any], generator: Generator) -> dict[str, Any]:
    return {"name": name, "uid": generator.uid, "paused": counts["paused"], **_counts(counts)}


def _counts(counts: Mapping[str, Any]) -> dict[str, Any]:
    rate = counts["per_minute"]
    return {
        **{name: thousands(counts[name]) for name in _NUMBERS},
        "any_failed": bool(counts["failed"]),
        "cost": money(counts["cost"]),
        "rate": "" if rate is None else decimals(rate, 1),
        "left": duration(counts["seconds_left"]),
    }


_NUMBERS = (
    *("total", "pending", "running", "succeeded", "failed", "cancelled"),
    *("input_tokens", "output_tokens"),
)
