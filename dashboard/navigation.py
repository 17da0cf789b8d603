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
    """A link of the bar above a project's pages, and the addresses that belong to it.

    `below` are the beginnings of those below the project's own address; with none, it is that
    address alone. `beside` are views of addresses that the project's members share.
    """

    words: Promise
    view: str
    below: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


RESULTS = (
    "leaderboard",
    "quality",
    "labelers",
    "conversations",
    "adjudications",
    "people",
    "reports",
    "inbox",
)
PLACES = (
    Place(_("Overview"), "admin:overview"),
    Place(_("Prompts"), "admin:prompts", ("prompts/",)),
    Place(_("Generators"), "admin:generators", ("generators/",)),
    Place(_("Runs"), "admin:runs", ("runs/",)),
    Place(_("Tasks"), "admin:tasks", ("tasks/",)),
    Place(_("Results"), "leaderboard", beside=RESULTS),
    Place(_("Datasets"), "admin:datasets", ("datasets/",)),
    Place(_("People"), "admin:people", ("people/",)),
    Place(_("Audit"), "admin:audit", ("audit/",)),
    Place(
        _("Settings"),
        "admin:settings",
        ("settings/", "prompts/templates/", "datasets/webhooks/"),
    ),
)


def places_of(request: HttpRequest, project: Project) -> list[dict[str, Any]]:
    """The links, and which of them the reader is at: the one that says most of the address."""
    home = reverse("admin:overview", args=[project.slug])
    fits = [max(_fit(place, request.path, home, project.slug), default=0) for place in PLACES]
    best = max(fits)
    return [
        {
            "words": place.words,
            "address": reverse(place.view, args=[project.slug]),
            "here": 0 < fit == best,
        }
        for place, fit in zip(PLACES, fits, strict=True)
    ]


def _fit(place: Place, path: str, home: str, slug: str) -> list[int]:
    """The lengths of the beginnings of the place's that the address has."""
    if place.view == "admin:overview":
        return [len(home)] if path == home else []
    beginnings = [home + below for below in place.below]
    beginnings += [reverse(view, args=[slug]) for view in place.beside]
    return [len(each) for each in beginnings if path.startswith(each)]
