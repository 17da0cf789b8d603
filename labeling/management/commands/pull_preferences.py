"""`pull_preferences PROJECT`"""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from collector.management.projects import find_project
from collector.models import ImportedPreference
from common.progress import counted, progress_bar
from labeling.services.imported import pull_preferences


class Command(BaseCommand):
    help = (
        "Make judgments of the preferences that were imported; safe to repeat. A worker does the"
        " same every few seconds."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="slug of the project")
        parser.add_argument("--json", action="store_true", help="print what was made as JSON")

    def handle(self, **options: Any) -> None:
        project = find_project(options["project"])
        total = ImportedPreference.objects.filter(
            source__project=project, judged_at__isnull=True
        ).count
        label = _("Making judgments")
        with progress_bar(self.stderr, label, total=total, quiet=options["json"]) as show:
            made = pull_preferences(project=project, on_progress=counted(show, _("judgments")))
        if options["json"]:
            self.stdout.write(json.dumps({"judgments": made}))
        else:
            self.stdout.write(_("%(number)d judgments made.") % {"number": made})
