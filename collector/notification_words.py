"""What a notification says in a mail, in the language that is in force."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """`title` stands for itself, as a subject does; `text` says more, or is empty."""

    title: str
    text: str = ""


def told(event: str, data: Data) -> Told:
    """The words for one event and its data."""
    return _WORDS[event](data)


def _run_finished(data: Data) -> Told:
    title = _("A run has finished")
    if data["status"] == "failed":
        title = _("A run has failed")
    counts = _("Responses: %(succeeded)d. Failed: %(failed)d. Cost: $%(cost)s.") % {
        "succeeded": data["succeeded"],
        "failed": data["failed"],
        "cost": data["cost"],
    }
    return Told(title, f"{counts} {data['error'] or ''}".strip())


def _run_paused(data: Data) -> Told:
    advice = _("Raise the budget and resume the run, or cancel it.")
    return Told(_("A run was paused"), f"{data['reason']} {advice}")


def _budget_near(data: Data) -> Told:
    of = {
        "project": _("the project's budget"),
        "project_month": _("this month's budget"),
        "run": _("a run's budget"),
    }
    text = _("$%(spent)s of $%(limit)s are spent or held for requests under way.") % {
        "spent": data["spent"],
        "limit": data["limit"],
    }
    return Told(_("Four fifths of %(budget)s are spent") % {"budget": of[data["budget"]]}, text)


def _generator_paused(data: Data) -> Told:
    title = _("%(name)s is paused") % {"name": data["name"]}
    advice = _("Runs wait for it. See what its server answers, then let it go on.")
    return Told(title, f"{data['reason']} {advice}")


def _agreement_fell(data: Data) -> Told:
    shares = {"before": 100 * data["before"], "now": 100 * data["now"]}
    return Told(
        _("Agreement fell from %(before).0f%% to %(now).0f%%") % shares,
        _("Look at who disagrees, and at what the guidelines leave open."),
    )


def _version(data: Data) -> dict[str, Any]:
    return {"dataset": data["dataset"]["name"], "number": data["number"]}


def _version_ready(data: Data) -> Told:
    return Told(_("%(dataset)s version %(number)d is ready") % _version(data))


def _version_failed(data: Data) -> Told:
    title = _("%(dataset)s version %(number)d could not be built") % _version(data)
    return Told(title, data["error"] or "")


def _version_withdrawn(data: Data) -> Told:
    title = _("%(dataset)s version %(number)d was withdrawn") % _version(data)
    return Told(title, _("Delete the copies that you have, and build another version."))


def _appeal(data: Data) -> Told:
    title = _("%(labeler)s asks for a decision") % {"labeler": data["labeler"]["pseudonym"]}
    return Told(title, _("Read the letter and answer it."))


def _labeler_paused(data: Data) -> Told:
    title = _("%(labeler)s was paused") % {"labeler": data["labeler"]["pseudonym"]}
    return Told(title, data["reason"])


def _adjudications(data: Data) -> Told:
    title = ngettext(
        "%(count)d disagreement waits for an expert",
        "%(count)d disagreements wait for an expert",
        data["count"],
    )
    return Told(title % {"count": data["count"]}, _("Decide on them, or mend the guidelines."))


_WORDS: dict[str, Callable[[Data], Told]] = {
    "run.finished": _run_finished,
    "run.paused": _run_paused,
    "budget.near": _budget_near,
    "generator.paused": _generator_paused,
    "agreement.fell": _agreement_fell,
    "dataset_version.ready": _version_ready,
    "dataset_version.failed": _version_failed,
    "dataset_version.withdrawn": _version_withdrawn,
    "appeal.waiting": _appeal,
    "labeler.paused": _labeler_paused,
    "adjudications.waiting": _adjudications,
}
