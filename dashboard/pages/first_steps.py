"""What comes next in a new project, in the order in which it is done."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from collector.models import Project
from dashboard.pages.access import of_project, page
from labeling.first_steps import Done, done


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
    def at(name: str) -> str:
        return reverse(f"admin:{name}", args=[project.slug])

    return [
        NextStep(
            _("Write guidelines"),
            _("What makes a response better, with examples."),
            _("Guidelines"),
            at("settings-guidelines"),
            so_far.guidelines,
        ),
    ]
