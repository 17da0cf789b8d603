"""`simulate_labelers PROJECT --labelers N|--crowd KIND:N,… --judgments M --seed S`"""

import json
import math
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from collector.management.projects import find_project
from common.errors import DomainError
from common.progress import counted, progress_bar
from labeling.crowds import Person, people, read_crowd
from labeling.services.simulating import Simulated, simulate_crowd, simulate_labelers
from labeling.tastes import Taste, longer, plackett_luce, shorter

MOST_SPREAD = 10


class Command(BaseCommand):
    help = (
        "Let synthetic people with known tastes judge a project's open tasks, through the same "
        "services as everybody. Their judgments have the purpose “simulated”."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="slug of the project")
        who = parser.add_mutually_exclusive_group(required=True)
        who.add_argument("--labelers", type=int, metavar="N", help="N people of one --taste")
        who.add_argument(
            "--crowd",
            metavar="KIND:N,…",
            help="people who differ, as tastes:8,random:2: tastes (own ones, around --strengths),"
            " random (any order), lazy (the order shown), adversarial (tastes upside down),"
            " length (the longer answer)",
        )
        parser.add_argument("--judgments", type=int, required=True, metavar="M")
        parser.add_argument("--seed", type=int, required=True, metavar="S")
        taste = parser.add_mutually_exclusive_group()
        taste.add_argument(
            "--taste",
            choices=("longer", "shorter", "bradley-terry"),
            default="longer",
            help="what they prefer (default: %(default)s); bradley-terry: all generators alike",
        )
        taste.add_argument(
            "--strengths",
            metavar="JSON",
            help='Bradley–Terry strengths by generator, e.g. {"model-a": 1.2, "model-b": 0}',
        )
        parser.add_argument(
            "--spread",
            type=float,
            default=0.3,
            metavar="SD",
            help="how much tastes in a --crowd differ from --strengths (default: %(default)s)",
        )
        parser.add_argument("--json", action="store_true", help="print what was done as JSON")

    def handle(self, **options: Any) -> None:
        label, total = _("Judging"), options["judgments"]
        try:
            with progress_bar(self.stderr, label, total=total, quiet=options["json"]) as show:
                done = _simulate(options, counted(show, _("judgments")))
        except DomainError as error:
            raise CommandError(error.detail) from error
        if options["json"]:
            self.stdout.write(json.dumps(asdict(done)))
        else:
            self.stdout.write(_("%(judgments)d judgments by %(labelers)d labelers.") % asdict(done))


def _simulate(options: dict[str, Any], on_progress: Callable[[int], None]) -> Simulated:
    project = find_project(options["project"])
    if options["crowd"] is not None:
        return simulate_crowd(
            project=project,
            crowd=_crowd(options),
            judgments=options["judgments"],
            seed=options["seed"],
            on_progress=on_progress,
        )
    return simulate_labelers(
        project=project,
        taste=_taste(options["taste"], options["strengths"]),
        labelers=options["labelers"],
        judgments=options["judgments"],
        seed=options["seed"],
        on_progress=on_progress,
    )


def _crowd(options: dict[str, Any]) -> list[Person]:
    if not 0 <= options["spread"] <= MOST_SPREAD:
        raise CommandError(_("--spread is 0 to %(most)d.") % {"most": MOST_SPREAD})
    return people(
        read_crowd(options["crowd"]),
        strengths=_strengths(options["strengths"] or "{}"),
        spread=options["spread"],
        seed=options["seed"],
    )


def _taste(name: str, strengths: str | None) -> Taste:
    if strengths is not None:
        return plackett_luce(_strengths(strengths))
    return {"longer": longer, "shorter": shorter, "bradley-terry": plackett_luce({})}[name]


def _strengths(text: str) -> dict[str, float]:
    try:
        given = json.loads(text)
        strengths = {str(name): float(value) for name, value in given.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise CommandError(_("--strengths takes a JSON object of numbers.")) from error
    if not all(math.isfinite(value) for value in strengths.values()):
        raise CommandError(_("--strengths takes a JSON object of numbers."))
    return strengths
