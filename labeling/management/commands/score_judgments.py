"""`score_judgments PROJECT --model DIR`"""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from collector.management.projects import find_project
from common.errors import DomainError
from common.progress import counted, progress_bar
from labeling.scorers import RewardModel
from labeling.services.opinions import CONFIDENCE, score_judgments


class Command(BaseCommand):
    help = (
        "Let a trained reward model read a project's judgments and mark those that surprise it. "
        "Labelers see the mark on answers they have given; exports hold it beside the judgment."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="slug of the project")
        parser.add_argument(
            "--model",
            type=Path,
            required=True,
            metavar="DIR",
            help="folder of a reward model, as examples/reward_model.py --out leaves it",
        )
        parser.add_argument(
            "--confidence",
            type=float,
            default=CONFIDENCE,
            help="how sure the model must be of the opposite to be surprised (%(default)s)",
        )
        parser.add_argument("--batch-size", type=int, default=8, help="conversations at a time")
        parser.add_argument("--json", action="store_true", help="print what was done as JSON")

    def handle(self, **options: Any) -> None:
        project = find_project(options["project"])
        bar = progress_bar(self.stderr, _("Reading judgments"), quiet=options["json"])
        try:
            with bar as show:
                done = score_judgments(
                    project=project,
                    scorer=RewardModel(options["model"], batch_size=options["batch_size"]),
                    confidence=options["confidence"],
                    on_progress=counted(show, _("judgments")),
                )
        except DomainError as error:
            raise CommandError(error.detail) from error
        if options["json"]:
            self.stdout.write(json.dumps(asdict(done)))
        else:
            self.stdout.write(
                _("%(judgments)d judgments read, %(surprising)d surprising (%(scorer)s).")
                % asdict(done)
            )
