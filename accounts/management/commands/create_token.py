"""`create_token EMAIL`: an API token for an account."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from accounts.services import create_token


class Command(BaseCommand):
    help = "Make an API token for an account and print it. Only its hash is stored."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="e-mail address of the account")
        parser.add_argument("--json", action="store_true", help='print {"email", "token"}')

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"].strip().lower()
        user = User.objects.filter(email=email, is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active account with the address {email}.")
        token = create_token(user=user)
        self.stdout.write(
            json.dumps({"email": email, "token": token}) if options["json"] else token
        )
