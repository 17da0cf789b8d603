"""`build_tasks PROJECT`"""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from collector.management.projects import counter, find_project
from labeling.services.building import build_tasks


class Command(BaseCommand):
    help = "Make compare tasks of every prompt that has enough responses; safe to repeat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="slug of the project")
        parser.add_argument("--json", action="store_true", help="print what was made as JSON")

    def handle(self, **options: Any) -> None:
        built = build_tasks(
            project=find_project(options["project"]),
            on_progress=counter(self.stderr, _("tasks"), quiet=options["json"]),
        )
        if options["json"]:
            self.stdout.write(json.dumps(asdict(built)))
        else:
            self.stdout.write(_("%(tasks)d tasks with %(slots)d slots built.") % asdict(built))
