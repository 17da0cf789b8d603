"""What the pages of runs show beside the form: an estimate, and how far a run is."""

from typing import Any

from django.utils.translation import gettext as _

from collector.models import Generator, Run
from collector.services.estimates import estimate_run
from collector.services.run_progress import common_errors, run_progress


def live(run: Run) -> dict[str, Any]:
    """How far the run is, by generator, and what may be done with it."""
    progress = run_progress(run=run)
    names = [name for name, counts in progress["generators"].items() if counts["paused"]]
    keys = dict(Generator.objects.filter(name__in=names).values_list("name", "pk"))
    active, paused = run.status in Run.ACTIVE, run.status == Run.Status.PAUSED
    return {
        "run": run,
        "status": run.get_status_display(),
        "all": _row("", progress),
        "rows": [
            _row(name, counts) | {"generator": keys.get(name)}
            for name, counts in progress["generators"].items()
        ],
        "errors": common_errors(run=run) if progress["failed"] or progress["pending"] else [],
        "foreseen": run.estimate,
        "active": active,
        "paused": paused,
        "changes": active or progress["running"] > 0,
    }


def foreseen(asked: dict[str, Any]) -> dict[str, Any]:
    """An estimate as the page shows it."""
    found = estimate_run(**asked)
    words = {
        "project": _("the project's budget"),
        "project_month": _("the project's budget of this month"),
        "server_month": _("this server's budget of this month"),
    }
    return {
        "all": found,
        "rows": [{"name": name, **each} for name, each in found["generators"].items()],
        "budgets": [{**each, "name": words[each["name"]]} for each in found["budgets"]],
    }


def duration(seconds: int | None) -> str:
    """Hours and minutes, or seconds where it is less than a minute; empty for None."""
    if seconds is None:
        return ""
    if seconds < 60:
        return _("%(seconds)d s") % {"seconds": seconds}
    hours, minutes = divmod(round(seconds / 60), 60)
    if hours:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
    return _("%(minutes)d min") % {"minutes": minutes}


def _row(name: str, counts: dict[str, Any]) -> dict[str, Any]:
    ended = counts["total"] - counts["pending"] - counts["running"]
    return {
        "name": name,
        "left": duration(counts["seconds_left"]),
        "done": counts["succeeded"],
        "ended": ended,
        **counts,
    }
