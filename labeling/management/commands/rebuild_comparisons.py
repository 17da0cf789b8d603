"""`rebuild_comparisons PROJECT`"""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from collector.management.projects import counter, find_project
from labeling.services.rebuilding import rebuild_comparisons


class Command(BaseCommand):
    help = "Derive a project's comparisons anew from its judgments; right rows are not touched."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="slug of the project")
        parser.add_argument("--json", action="store_true", help="print what changed as JSON")

    def handle(self, **options: Any) -> None:
        changed = rebuild_comparisons(
            project=find_project(options["project"]),
            on_progress=counter(self.stderr, _("judgments"), quiet=options["json"]),
        )
        if options["json"]:
            self.stdout.write(json.dumps({"changed": changed}))
        else:
            self.stdout.write(_("%(changed)d comparisons changed.") % {"changed": changed})
