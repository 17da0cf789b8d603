"""`build_tasks PROJECT`"""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from collector.management.projects import find_project
from common.progress import progress_bar
from labeling.services.building import Built, build_steps


class Command(BaseCommand):
    help = "Make compare tasks of every prompt that has enough responses; safe to repeat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="slug of the project")
        parser.add_argument("--json", action="store_true", help="print what was made as JSON")

    def handle(self, **options: Any) -> None:
        project, built = find_project(options["project"]), Built(tasks=0, slots=0)
        label = _("Building tasks")
        with progress_bar(self.stderr, label, total=1, quiet=options["json"]) as show:
            for built, share in build_steps(project=project):
                show(share, words=_("%(tasks)d tasks") % {"tasks": built.tasks})
        if options["json"]:
            self.stdout.write(json.dumps(asdict(built)))
        else:
            self.stdout.write(_("%(tasks)d tasks with %(slots)d slots built.") % asdict(built))
