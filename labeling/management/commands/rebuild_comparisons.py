"""`rebuild_comparisons PROJECT`"""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from collector.management.projects import find_project
from common.progress import counted, progress_bar
from labeling.models import Judgment
from labeling.services.rebuilding import rebuild_comparisons


class Command(BaseCommand):
    help = "Derive a project's comparisons anew from its judgments; right rows are not touched."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="slug of the project")
        parser.add_argument("--json", action="store_true", help="print what changed as JSON")

    def handle(self, **options: Any) -> None:
        project = find_project(options["project"])
        total = Judgment.objects.filter(task__project=project).count
        label = _("Deriving comparisons")
        with progress_bar(self.stderr, label, total=total, quiet=options["json"]) as show:
            changed = rebuild_comparisons(
                project=project, on_progress=counted(show, _("judgments"))
            )
        if options["json"]:
            self.stdout.write(json.dumps({"changed": changed}))
        else:
            self.stdout.write(_("%(changed)d comparisons changed.") % {"changed": changed})
