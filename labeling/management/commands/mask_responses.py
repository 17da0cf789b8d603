"""`mask_responses PROJECT`"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import ngettext

from collector.management.projects import find_project
from labeling.services.masking import mask_project


class Command(BaseCommand):
    help = "Hide from labelers where a response names its model, in tasks that exist already."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="slug of the project")

    def handle(self, **options: Any) -> None:
        made = mask_project(project=find_project(options["project"]))
        self.stdout.write(
            ngettext("%(made)d response masked.", "%(made)d responses masked.", made)
            % {"made": made}
        )
