"""Write a project's judgments as a dataset folder that trainers load as it is."""

import json
import shutil
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.core.management.base import BaseCommand, CommandError

from collector.management.projects import find_project
from common.errors import DomainError
from common.progress import progress_bar
from exports.containers import CONTAINERS, check_container
from exports.formats import FORMATS
from exports.manifest import Manifest
from exports.recipes import join_repeated, parse_recipe
from exports.services.freezing import freeze
from exports.services.versions import about, check_formats
from exports.services.writing import Plan, write_folder


class Command(BaseCommand):
    help = (
        "Write a project's judgments, frozen now, as a dataset folder: one file a format and "
        "split, a dataset card and a manifest."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="slug of the project")
        parser.add_argument(
            "--format",
            action="append",
            required=True,
            metavar="NAME",
            help=f"one of {', '.join(FORMATS)}; may be given several times",
        )
        parser.add_argument(
            "--container",
            default="jsonl",
            metavar="NAME",
            help=f"one of {', '.join(CONTAINERS)} (default: %(default)s)",
        )
        parser.add_argument(
            "--out", required=True, type=Path, metavar="DIR", help="a new or empty folder"
        )
        parser.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="KEY=VALUE",
            help="a key of the recipe, e.g. pairs=best_worst, columns=margin, test_share=0.1",
        )
        parser.add_argument("--json", action="store_true", help="print the manifest as JSON")

    def handle(self, **options: Any) -> None:
        try:
            manifest = self._export(options)
        except (DomainError, OSError) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(manifest))
            return
        for entry in manifest["files"]:
            rows = f"{entry['rows']} rows, " if entry["format"] else ""
            self.stdout.write(f"{entry['name']}: {rows}{entry['bytes']} bytes")
        for name, tally in manifest["formats"].items():
            reasons = ", ".join(f"{number} {why}" for why, number in tally["refused"].items())
            self.stdout.write(f"{name}: {tally['read']} read, refused: {reasons or 'none'}")

    def _export(self, options: dict[str, Any]) -> Manifest:
        project = find_project(options["project"])
        out: Path = options["out"].absolute()
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise CommandError(f"{out} is not an empty folder.")
        formats = check_formats(options["format"])
        recipe = parse_recipe(_settings(options["set"]))
        plan = Plan(
            project_id=project.pk,
            about=about(project=project, dataset=project.name),
            formats=tuple(formats),
            container=check_container(options["container"]),
            recipe=recipe,
            cut_off=freeze(project_id=project.pk),
        )
        with progress_bar(self.stderr, "Exporting", total=1, quiet=options["json"]) as show:
            return _write(plan, out, show)


def _write(plan: Plan, out: Path, on_progress: Callable[[float], None]) -> Manifest:
    """Write beside `out` and rename: an interrupted export leaves no half folder there.

    The folder beside it has a name of its own: of two exports to one place, the one that is done
    first has it, and the other fails without harm.
    """
    part = out.with_name(f".{out.name}.{uuid4().hex}.part")
    part.mkdir(parents=True)
    try:
        manifest = write_folder(plan=plan, folder=part, on_progress=on_progress)
        part.replace(out)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return manifest


def _settings(pairs: list[str]) -> dict[str, str]:
    settings: dict[str, list[str]] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise CommandError(f"--set {pair}: write key=value.")
        settings.setdefault(key.strip(), []).append(value.strip())
    return join_repeated(settings)
