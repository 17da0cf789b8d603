"""What comes next in a new project, in the order in which it is done."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from collector.models import Project
from dashboard.pages.access import of_project, page
from exports.first_steps import Done, done


@dataclass(frozen=True, slots=True)
class NextStep:
    """Something to do, at `address`; `done` where there is some of it already."""

    words: str
    why: str
    action: str
    address: str
    done: bool


@require_safe
@of_project
def first_steps(request: HttpRequest, project: Project) -> HttpResponse:
    """The list, with what is done already ticked off."""
    steps = _steps(project, done(project=project))
    return page(
        request,
        "dashboard/first_steps.html",
        title=_("First steps"),
        project=project,
        steps=steps,
        next=next((step for step in steps if not step.done), None),
    )


def _steps(project: Project, so_far: Done) -> list[NextStep]:
    return [
        NextStep(
            words=words,
            why=why,
            action=action,
            address=reverse(f"admin:{view}", args=[project.slug]),
            done=is_done,
        )
        for words, why, action, view, is_done in [*_preparing(so_far), *_judging(so_far)]
    ]


def _preparing(so_far: Done) -> list[tuple[str, str, str, str, bool]]:
    """What comes before tasks: words, why, the action's name and view, and whether it is done."""
    return [
        (
            _("Write guidelines"),
            _("What makes a response better, with examples."),
            _("Guidelines"),
            "settings-guidelines",
            so_far.guidelines,
        ),
        (
            _("Import prompts"),
            _(
                "From a file or a hub, with responses or without. You see them before they are "
                "kept."
            ),
            _("Import"),
            "new-import",
            so_far.prompts,
        ),
        (
            _("Let models answer"),
            _("Set up generators and start a run; not needed where the responses were imported."),
            _("Start a run") if so_far.generators else _("Set up a generator"),
            "new-run" if so_far.generators else "new-generator",
            so_far.responses,
        ),
    ]


def _judging(so_far: Done) -> list[tuple[str, str, str, str, bool]]:
    """As `_preparing`, from tasks to datasets."""
    return [
        (
            _("Build tasks"),
            _("Of prompts with enough responses, as the policy says."),
            _("Tasks"),
            "tasks",
            so_far.tasks,
        ),
        (
            _("Invite labelers"),
            _("By mail or by a link. They accept the terms, read the guidelines and begin.")
            if so_far.labelers or not so_far.invited
            else _("They were invited; nobody has come yet."),
            _("People"),
            "people",
            so_far.labelers,
        ),
        (
            _("Make a dataset"),
            _("Once there are judgments: choose a format, look at samples, freeze a version."),
            _("Datasets"),
            "datasets",
            so_far.datasets,
        ),
    ]
