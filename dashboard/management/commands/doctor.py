"""`manage.py doctor`: looks at everything an installation stands on, and says what to do."""

import json
import shutil
from argparse import ArgumentParser
from dataclasses import asdict
from io import StringIO
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from dashboard.doctor import CHECKS, Finding, examine
from dashboard.doctor.finding import State

_LOOKS = {State.OK: "[green]ok", State.WARNING: "[yellow]look", State.FAILED: "[red]broken"}


class Command(BaseCommand):
    """Exit status 1 where something does not work; warnings alone leave it at 0."""

    help = "Check settings, servers, workers, storage and models, and say what to do."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--ask", action="store_true", help="send each model one tiny request (it may cost)"
        )
        parser.add_argument("--only", nargs="+", choices=list(CHECKS), default=[], metavar="PART")
        parser.add_argument("--json", action="store_true", help="print the findings as JSON")

    def handle(self, **options: Any) -> None:
        found = list(examine(only=options["only"], ask_models=options["ask"]))
        broken = sum(each.state == State.FAILED for each in found)
        if options["json"]:
            self.stdout.write(json.dumps([asdict(each) for each in found]))
        else:
            page = Console(
                file=StringIO(),
                highlight=False,
                force_terminal=self.stdout.isatty(),
                width=_width(),
            )
            page.print(_table(found))
            self.stdout.write(page.file.getvalue(), ending="")  # type: ignore[attr-defined]
        if broken:
            raise CommandError(f"{broken} of {len(found)} things looked at do not work.")

    def _show(self, found: list[Finding]) -> None:
        page, terminal = StringIO(), self.stdout.isatty()
        console = Console(file=page, highlight=False, force_terminal=terminal, width=_width())
        console.print(_table(found))
        self.stdout.write(page.getvalue(), ending="")


def _width() -> int:
    return min(shutil.get_terminal_size().columns, 120)


def _table(found: list[Finding]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    for column in ("state", "part", "what"):
        table.add_column(column, overflow="fold", no_wrap=column != "what")
    for each in found:
        said = escape(each.detail) + (f"\n[bold]→[/] {escape(each.advice)}" if each.advice else "")
        table.add_row(_LOOKS[each.state], each.part, said)
    return table
