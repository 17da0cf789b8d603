"""The places of a project, in the order in which work goes through them."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from collector.models import Project


@dataclass(frozen=True, slots=True)
class Place:
    """A link of the bar above a project's pages: `prefix` of the addresses that belong to it."""

    words: Promise
    view: str
    prefix: str = ""  # below the project's address; empty: that address alone


PLACES = (
    Place(_("Overview"), "admin:overview"),
    Place(_("Prompts"), "admin:prompts", "prompts/"),
    Place(_("Generators"), "admin:generators", "generators/"),
    Place(_("Runs"), "admin:runs", "runs/"),
    Place(_("Tasks"), "admin:tasks", "tasks/"),
    Place(_("Datasets"), "admin:datasets", "datasets/"),
    Place(_("People"), "admin:people", "people/"),
    Place(_("Audit"), "admin:audit", "audit/"),
    Place(_("Settings"), "admin:settings", "settings/"),
)


def places_of(request: HttpRequest, project: Project) -> list[dict[str, Any]]:
    """The links, and which of them the reader is at."""
    home = reverse("admin:overview", args=[project.slug])
    here = request.path.removeprefix(home)
    return [
        {
            "words": place.words,
            "address": reverse(place.view, args=[project.slug]),
            "here": here.startswith(place.prefix) if place.prefix else not here,
        }
        for place in PLACES
    ]
