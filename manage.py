#!/usr/bin/env python
"""Concord's command line: `python manage.py help`."""

import os
import sys

from config import embedded


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    embedded.ensure_for_command(sys.argv)
    from django.core.management import execute_from_command_line  # noqa: PLC0415 - after the servers

    from audit.acting import acting  # noqa: PLC0415 - as above

    command = " ".join(sys.argv[1:2])
    with acting(lambda: {"via": "command", "place": command}):
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
