"""Imports: a stored file or a dataset of the hub becomes messages of a project, by a leased job."""

import logging
import re
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any, BinaryIO
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models.functions import Now
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from accounts.models import User
from collector.hygiene.inspecting import Inspector
from collector.hygiene.screening import Findings, compare, keep_found
from collector.importing.authors import AuthorIds, StoredAuthors
from collector.importing.chunks import Chunk
from collector.importing.files import kind_of
from collector.importing.hub import check_name
from collector.importing.opening import AS_WRITTEN, chunks_of
from collector.importing.options import Options
from collector.importing.presets import PRESETS
from collector.importing.read_ahead import read_ahead
from collector.importing.rows import InputError, one_line
from collector.importing.stored import StoredFile, forget, stored
from collector.importing.tally import Tally
from collector.models import ImportJob, Project, PromptTemplate, Source
from collector.services.import_ranges import keep_ranges
from collector.services.templates import find_template
from collector.templating.binding import Making
from common.errors import Conflict, InvalidInput

logger = logging.getLogger(__name__)

# The preset of tables whose prompts are made by a template.
TEMPLATED = "table"
# After so many rows, none of which could be imported, the file is not read any further: a small
# compressed file may hold millions.
HOPELESS_ROWS = 100_000
# Seconds without a row after which the lease is prolonged all the same.
PATIENCE = 10.0

OnProgress = Callable[[ImportJob], None]


class _LeaseLost(Exception):
    """Another worker has the job; what it does not have is not ours to write."""


def start_import(
    *,
    project: Project,
    preset: str,
    filename: str,
    content: BinaryIO | None = None,
    hub_name: str | None = None,
    mapping: dict[str, str] | None = None,
    options: Mapping[str, str] | None = None,
    user: User | None = None,
    enqueued: bool = True,
) -> ImportJob:
    """Store the file (or the hub dataset's name) as a queued job and enqueue it on commit.

    With `enqueued=False` the caller runs it; should that fail, the requeueing job finds it.

    `mapping` names a column for fields of the preset, and perhaps `delimiter` and `encoding`.
    `options` are those of `collector.importing.options`; `template` is a template's name. Raises
    InvalidInput where that can be told without reading the file, Conflict if the project is
    archived.
    """
    mapping = mapping or {}
    check_import(project=project, preset=preset, mapping=mapping)
    check_input(filename=filename, has_file=content is not None, hub_name=hub_name)
    chosen = chosen_options(project, preset, options or {})
    job = ImportJob(preset=preset, mapping=mapping, options=chosen, created_by=user)
    with stored(content, uid=job.uid, filename=one_line(filename)[-300:]) as kept:
        return _queue(job, project, filename, hub_name, kept, enqueued=enqueued)


def start_stored(
    *,
    project: Project,
    preset: str,
    filename: str,
    kept: StoredFile,
    hub_name: str | None,
    mapping: dict[str, str],
    options: dict[str, str],
    user: User | None,
) -> ImportJob:
    """As `start_import`, of a file that is in storage already and is the job's from now on.

    `options` are as `chosen_options` gives them.
    """
    check_import(project=project, preset=preset, mapping=mapping)
    job = ImportJob(preset=preset, mapping=mapping, options=options, created_by=user)
    return _queue(job, project, filename, hub_name, kept)


@transaction.atomic
def _queue(
    job: ImportJob,
    project: Project,
    filename: str,
    hub_name: str | None,
    kept: StoredFile,
    *,
    enqueued: bool = True,
) -> ImportJob:
    name = one_line(hub_name or filename)
    job.filename = name[-300:]
    job.path, job.sha256, job.bytes_total = kept.path, kept.sha256, kept.bytes_total
    job.source = _source(project, job, name, _hub_url(hub_name))
    job.save()
    if enqueued:
        _enqueue(job.pk)
    return job


def _source(project: Project, job: ImportJob, name: str, url: str) -> Source:
    """Where the job's rows come from: what has its name, or of votes what has its content.

    Row for row, votes are known by their source, so no two files of them may share one, and no two
    imports of one file may have two.
    """
    named = Source.objects.filter(project=project, kind=job.preset)
    short = name[-200:]
    if PRESETS[job.preset].votes and job.sha256:
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        if same := named.filter(jobs__sha256=job.sha256).first():
            return same
        if named.filter(name=short).exists():
            short = f"{name[-180:]} ({job.sha256[:16]})"
    return named.get_or_create(project=project, kind=job.preset, name=short, defaults={"url": url})[
        0
    ]


def _enqueue(job_id: int) -> None:
    """Tell the queue of a job once the current transaction has committed."""
    from collector.tasks import run_import as task  # noqa: PLC0415 - tasks are above services

    task.delay_on_commit(job_id)  # type: ignore[attr-defined]  # DjangoTask, unknown to the stubs


def check_import(*, project: Project, preset: str, mapping: Mapping[str, str]) -> None:
    """Raises InvalidInput for what no preset takes, Conflict if the project is archived."""
    if project.archived_at is not None:
        raise Conflict(_("The project is archived."))
    if preset not in PRESETS:
        raise InvalidInput(
            _("There is no preset “%(name)s”; there are %(known)s.")
            % {"name": preset, "known": ", ".join(PRESETS)},
            attr="preset",
        )
    fields = (*PRESETS[preset].fields, *AS_WRITTEN)
    for field in mapping:
        if field not in fields:
            raise InvalidInput(
                _("“%(field)s” cannot be mapped; %(known)s can.")
                % {"field": field, "known": ", ".join(fields)},
                attr="map",
            )
    if any(
        column != column.encode("utf-8", "replace").decode() or "\0" in column
        for column in mapping.values()
    ):
        raise InvalidInput(_("A column's name holds what is no text."), attr="map")


def check_input(*, filename: str, has_file: bool, hub_name: str | None) -> None:
    """Raises InvalidInput unless there is a file of a known kind, or a name of the hub's form."""
    if has_file == (hub_name is not None):
        raise InvalidInput(_("Give a file or the name of a hub dataset."), attr="file")
    try:
        check_name(hub_name) if hub_name is not None else kind_of(filename)
    except InputError as error:
        raise InvalidInput(str(error), attr="file") from error


def chosen_options(project: Project, preset: str, given: Mapping[str, str]) -> dict[str, str]:
    """The options as stored: a template by its uid, so that a later one of its name is another.

    Raises InvalidInput.
    """
    options = Options.of(given)
    if options.template:
        if preset != TEMPLATED:
            raise InvalidInput(
                _("A template takes the preset “%(preset)s”.") % {"preset": TEMPLATED},
                attr="options",
            )
        found = find_template(project=project, name=options.template)
        options = replace(options, template=str(found.uid))
    return options.stored()


def _hub_url(hub_name: str | None) -> str:
    return f"https://huggingface.co/datasets/{re.split('[:@]', hub_name)[0]}" if hub_name else ""


def run_import(*, job_id: int, on_progress: OnProgress | None = None) -> None:
    """Do the whole import, if its lease is free; how it ended is in the job.

    Each chunk commits its messages and the counts together, so that a job left by a dead worker
    goes on after the last row that was counted.
    """
    token = ImportJob.objects.take(job_id)
    if token is None:
        _forget_file(job_id)
        return
    job = ImportJob.objects.select_related("source__project").get(pk=job_id)
    importing = _Import(job, token, on_progress)
    try:
        error = importing.run()
    except _LeaseLost:
        return
    except DatabaseError:
        raise  # the lease runs out and the job is taken up again
    except Exception as failure:  # a fault of ours: said in the job, or it would be tried for ever
        logger.exception("Import %s stopped", job.uid)
        error = _("Internal error (%(name)s).") % {"name": type(failure).__name__}
    importing.finish(error)


def cancel_import(*, job: ImportJob) -> ImportJob:
    """Stop an import: rows that were counted stay, no other comes. One that has ended stays so.

    Its worker notices at the next chunk, which it does not keep.
    """
    unfinished = [ImportJob.Status.QUEUED, ImportJob.Status.RUNNING]
    cancelled = ImportJob.objects.filter(pk=job.pk, status__in=unfinished).update(
        status=ImportJob.Status.CANCELLED,
        lease_token=None,
        lease_until=None,
        finished_at=Now(),
        path="",
    )
    if cancelled:
        forget(job.path)
    job.refresh_from_db()
    return job


def _forget_file(job_id: int) -> None:
    """Remove what nothing reads again of a job that was given up."""
    job = ImportJob.objects.filter(pk=job_id, status=ImportJob.Status.FAILED).first()
    if job is not None and job.path:
        forget(job.path)
        ImportJob.objects.filter(pk=job_id).update(path="")


class _Import:
    """One worker's go at one job."""

    def __init__(self, job: ImportJob, token: UUID, on_progress: OnProgress | None) -> None:
        self.job = job
        self.token = token
        self.on_progress = on_progress
        self.tally = Tally.of(job)
        self.findings = Findings(dict(job.findings))
        self.options = Options.of(job.options)
        self.authors = StoredAuthors()

    def run(self) -> str:
        """Read and load everything; returns why it failed, "" if it did not."""
        try:
            rows = chunks_of(
                self.job, making=_making(self.options), inspector=Inspector.of(self.options)
            )
            with closing(read_ahead(rows, patience=PATIENCE)) as chunks:
                for chunk in chunks:
                    self._commit(chunk)
                    if self.tally.rejected == self.tally.read >= HOPELESS_ROWS:
                        break
        except InputError as error:
            return self._with_what_stands(str(error))
        tally = self.tally
        if not tally.read:
            return _("There are no rows in it.")
        if tally.rejected == tally.read:
            return _("None of %(rows)d rows can be imported; the first: %(detail)s.") % {
                "rows": tally.read,
                "detail": tally.errors[0]["detail"],
            }
        return ""

    def _commit(self, chunk: Chunk | None) -> None:
        """Load what was read and write the counts, which prolongs the lease."""
        author_ids = self.authors.ids(chunk.batch.authors_met) if chunk else {}
        with transaction.atomic():
            if chunk:
                self._load(chunk, author_ids)
            progress = self._progress() | ({"attempts": 0} if chunk else {})
            if not ImportJob.objects.renew(self.job.pk, self.token, **progress):
                raise _LeaseLost
        for follow_up in settings.AFTER_IMPORTED_ROWS:
            import_string(follow_up)(project=self.job.source.project)
        if self.on_progress:
            self.on_progress(self.job)

    def _load(self, chunk: Chunk, author_ids: dict[int, AuthorIds]) -> None:
        source = self.job.source
        left_out = compare(chunk, self.findings, project_id=source.project_id, options=self.options)
        created = chunk.batch.load(
            project_id=source.project_id, source_id=source.pk, author_ids=author_ids
        )
        keep_ranges(job=self.job, made=chunk.batch.made)
        keep_found(chunk, self.findings, project_id=source.project_id)
        self.tally.created += created
        self.tally.duplicates += chunk.batch.rows - created + left_out
        for number, error in chunk.rejected:
            self.tally.reject(number, error)
        self.job.bytes_read = chunk.bytes_read

    def _progress(self) -> dict[str, Any]:
        job, tally = self.job, self.tally
        job.read, job.created = tally.read, tally.created
        job.duplicates, job.rejected = tally.duplicates, tally.rejected
        job.errors, job.reasons = tally.errors, dict(tally.reasons)
        job.findings = self.findings.by_kind
        counts = ("read", "created", "duplicates", "rejected", "bytes_read")
        names = (*counts, "errors", "reasons", "findings")
        return {name: getattr(job, name) for name in names}

    def _with_what_stands(self, error: str) -> str:
        if not self.tally.read:
            return error
        return _("%(error)s Rows 1 to %(rows)d were read and stay.") % {
            "error": error,
            "rows": self.tally.read,
        }

    def finish(self, error: str) -> None:
        """Store how it ended and remove the file, which nothing reads again."""
        status = ImportJob.Status.FAILED if error else ImportJob.Status.SUCCEEDED
        ended = ImportJob.objects.finish(
            self.job.pk, self.token, status=status, error=one_line(error), path=""
        )
        if ended:
            forget(self.job.path)


def _making(options: Options) -> Making | None:
    """The template that makes the prompts, if there is one."""
    if not options.template:
        return None
    template = PromptTemplate.objects.filter(uid=options.template).first()
    if template is None:
        raise InputError(_("The template is gone."))
    return Making.of(template, targets=options.targets)
