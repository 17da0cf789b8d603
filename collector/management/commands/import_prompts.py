"""`import_prompts PROJECT FILE|hub:NAME --preset …`"""

import json
from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from collector.importing.options import CHOICES
from collector.importing.presets import PRESETS
from collector.management.projects import find_project
from collector.models import ImportJob, Project
from collector.services.imports import run_import, start_import
from common.errors import DomainError
from common.progress import progress_bar

HUB = "hub:"


class Command(BaseCommand):
    help = "Import prompts, and responses where there are any, into a project."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="slug of the project")
        parser.add_argument(
            "input",
            metavar="FILE|hub:NAME",
            help="a file (.csv, .tsv, .jsonl, .parquet, .txt; .gz or .zst may follow),"
            " or a dataset of the Hugging Face hub: hub:OWNER/NAME[:CONFIGURATION][@SPLIT]",
        )
        parser.add_argument("--preset", required=True, help=", ".join(PRESETS))
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="FIELD=COLUMN",
            help="read a field of the preset (prompt, response, model, tags, …) from this column;"
            " delimiter=CHARACTER|tab and encoding=NAME say how the file is written",
        )
        parser.add_argument(
            "--option",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="what is done with the rows: template=NAME; "
            + "; ".join(f"{name}={'|'.join(words)}" for name, words in CHOICES.items()),
        )
        parser.add_argument("--json", action="store_true", help="print the finished job as JSON")

    def handle(self, *, project: str, input: str, preset: str, json: bool, **options: Any) -> None:
        mapping = _mapping(options["map"])
        wanted = _mapping(options["option"], "--option")
        found = find_project(project)
        try:
            job = _start(found, input, preset, mapping, wanted)
        except DomainError as error:
            raise CommandError(error.detail) from error
        except OSError as error:
            raise CommandError(
                _("Cannot read %(file)s: %(reason)s.")
                % {"file": input, "reason": error.strerror or error}
            ) from error
        self._run(job, quiet=json)
        job.refresh_from_db()
        self._report(job, as_json=json)

    def _run(self, job: ImportJob, *, quiet: bool) -> None:
        total = job.bytes_total or None
        with progress_bar(self.stderr, job.filename, total=total, quiet=quiet) as show:

            def follow(now: ImportJob) -> None:
                show(now.bytes_read, words=_("%(rows)d rows") % {"rows": now.read})

            run_import(job_id=job.pk, on_progress=follow)

    def _report(self, job: ImportJob, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(_described(job), ensure_ascii=False))
        elif job.read:
            self.stdout.write(
                _(
                    "%(read)d rows read: %(created)d created, %(duplicates)d duplicates,"
                    " %(rejected)d rejected."
                )
                % _described(job)
            )
            for kind, found in job.findings.items():
                rows = ", ".join(str(sample["row"]) for sample in found["samples"])
                self.stdout.write(f"  {kind}: {found['count']} (rows {rows})")
            for sample in job.errors:
                self.stdout.write(f"  row {sample['row']}: {sample['code']}: {sample['detail']}")
        if job.status != ImportJob.Status.SUCCEEDED:
            raise CommandError(job.error or _("The import is being done elsewhere."))


def _mapping(given: list[str], argument: str = "--map") -> dict[str, str]:
    pairs = [pair.partition("=") for pair in given]
    for (field, equals, column), text in zip(pairs, given, strict=True):
        if not (field and equals and column):
            raise CommandError(
                _("%(argument)s takes NAME=VALUE, not “%(text)s”.")
                % {"argument": argument, "text": text}
            )
    return {field: column for field, _equals, column in pairs}


def _start(
    project: Project, name: str, preset: str, mapping: dict[str, str], options: dict[str, str]
) -> ImportJob:
    start = partial(
        start_import,
        project=project, preset=preset, mapping=mapping, options=options, enqueued=False,
    )  # fmt: skip
    if name.startswith(HUB):
        return start(filename="", hub_name=name.removeprefix(HUB))
    path = Path(name)
    with path.open("rb") as content:
        return start(filename=path.name, content=content)


def _described(job: ImportJob) -> dict[str, Any]:
    counts = ("read", "created", "duplicates", "rejected", "errors", "findings")
    names = ("status", "error", *counts, "sha256")
    return {"id": str(job.uid)} | {name: getattr(job, name) for name in names}
