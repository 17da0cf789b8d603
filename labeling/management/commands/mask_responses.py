"""`mask_responses PROJECT`"""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from collector.management.projects import find_project
from common.progress import progress_bar
from labeling.services.masking import mask_project


class Command(BaseCommand):
    help = "Hide from labelers where a response names its model, in tasks that exist already."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="slug of the project")
        parser.add_argument("--json", action="store_true", help="print what was done as JSON")

    def handle(self, **options: Any) -> None:
        project, label = find_project(options["project"]), _("Masking")
        with progress_bar(self.stderr, label, total=1, quiet=options["json"]) as show:
            made = mask_project(project=project, on_progress=show)
        if options["json"]:
            self.stdout.write(json.dumps({"masked": made}))
            return
        self.stdout.write(
            ngettext("%(made)d response masked.", "%(made)d responses masked.", made)
            % {"made": made}
        )
