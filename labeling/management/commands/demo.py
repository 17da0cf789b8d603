"""`manage.py demo`: make the demo project and say how to sign in to it."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common.errors import DomainError
from labeling.demo import create_demo, demo_file


class Command(BaseCommand):
    help = "Make the demo project, its people and its tasks, as far as they are missing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print what demo.json holds")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            demo = create_demo()
        except DomainError as error:
            raise CommandError(error.detail) from error
        if options["json"]:
            self.stdout.write(json.dumps(demo, indent=2))
            return
        self.stdout.write(f"{demo['url']}, project {demo['project']}")
        for name, user in demo["users"].items():
            self.stdout.write(f"  {name:<11} {user['email']:<24} {user['password']}")
        self.stdout.write(f"API tokens: {demo_file()}")
