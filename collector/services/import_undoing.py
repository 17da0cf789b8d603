"""Imports taken back: what one import created goes, as long as nothing builds on it.

Range by range, the newest first, each in a transaction of its own; so it may be stopped, killed or
asked for twice. What other imports or people have is never touched.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from collector.importing.loader import LOCK
from collector.models import ImportedRange, ImportJob, ImportUndo
from collector.services.import_undoing_sql import (
    BLANK_MESSAGES,
    BUILT,
    DELETE_ATTACHED,
    DELETE_PREFERENCES,
    LOCK_MESSAGES,
    MOST,
    Rows,
)
from common.errors import Conflict

# Rows that an import created; of more a worker finds out whether anything builds on them.
CHECKED_AT_ONCE = 20_000
OVER = (ImportJob.Status.SUCCEEDED, ImportJob.Status.FAILED, ImportJob.Status.CANCELLED)


@dataclass(frozen=True, slots=True)
class Built:
    """Something that rests on what an import created: `count` of it, or more if `more`."""

    kind: str
    count: int
    more: bool
    words: str


def built_on(*, job: ImportJob) -> list[Built]:
    """What would have to go first; nothing where the import can be taken back."""
    return list(_built(Rows(job.source.project_id, job.source_id, job.pk)))


def _built(rows: Rows) -> Iterator[Built]:
    with connection.cursor() as cursor:
        for kind, statement in BUILT.items():
            cursor.execute(statement, rows.named)
            (count,) = cursor.fetchone()
            if count:
                yield Built(kind, min(count, MOST), count > MOST, _words(kind, min(count, MOST)))
    for further in settings.BUILT_ON_IMPORTS:
        yield from import_string(further)(rows=rows)


def _words(kind: str, count: int) -> str:
    if kind == "generations":
        return ngettext(
            "%(count)d response was asked for in runs.",
            "%(count)d responses were asked for in runs.",
            count,
        ) % {"count": count}
    return ngettext(
        "%(count)d message of another import or of a person stands below its messages.",
        "%(count)d messages of other imports or of people stand below its messages.",
        count,
    ) % {"count": count}


def start_undo(*, job: ImportJob, user: User | None) -> ImportUndo:
    """Have an import taken back; if that is under way or done already, that.

    Raises Conflict while the import is not over, where something builds on it, or where it was made
    when nobody noted yet what an import creates.
    """
    with transaction.atomic():
        job = ImportJob.objects.select_for_update(of=("self",)).get(pk=job.pk)
        undo = ImportUndo.objects.select_for_update().filter(import_job=job).first()
        if undo is not None and undo.status != ImportUndo.Status.FAILED:
            return undo
        _check(job)
        if undo is None:
            undo = ImportUndo(import_job=job, ranges=job.ranges.count())
        undo.status, undo.error, undo.attempts = ImportUndo.Status.QUEUED, "", 0
        undo.created_by, undo.finished_at = user, None
        undo.save()
        _enqueue(undo.pk)
    return undo


def _check(job: ImportJob) -> None:
    if job.status not in OVER:
        raise Conflict(_("The import is not over. Cancel it first."))
    if job.created and not job.ranges.exists():
        raise Conflict(_("It is not known any more which messages this import created."))
    if is_checked_at_once(job):
        _check_nothing_builds(job)


def is_checked_at_once(job: ImportJob) -> bool:
    """Whether somebody can wait for `built_on`."""
    return job.created <= CHECKED_AT_ONCE


def _check_nothing_builds(job: ImportJob) -> None:
    if found := built_on(job=job):
        raise Conflict(_("Something builds on this import. %s") % _told(found))


def _told(found: list[Built]) -> str:
    return " ".join(each.words for each in found)


def _enqueue(undo_id: int) -> None:
    from collector.tasks import undo_import as task  # noqa: PLC0415 - tasks are above services

    task.delay_on_commit(undo_id)  # type: ignore[attr-defined]  # DjangoTask, unknown to the stubs


def run_undo(*, undo_id: int) -> None:
    """Take back all that is left, if the job's lease is free; how it ended is in the job."""
    token = ImportUndo.objects.take(undo_id)
    if token is None:
        return
    undo = ImportUndo.objects.select_related("import_job__source").get(pk=undo_id)
    error = ""
    try:
        _check_nothing_builds(undo.import_job)
        for each in undo.import_job.ranges.order_by("-pk"):
            if not _take_back(undo, each, token):
                return  # another worker has it now
    except Conflict as conflict:
        error = conflict.detail
    status = ImportUndo.Status.FAILED if error else ImportUndo.Status.SUCCEEDED
    ImportUndo.objects.finish(undo.pk, token, status=status, error=error)


def _take_back(undo: ImportUndo, each: ImportedRange, token: UUID) -> bool:
    """Take back the rows of one range; False if the lease is not the caller's any more.

    Raises Conflict where something was built on them meanwhile.
    """
    source = undo.import_job.source
    rows = Rows(source.project_id, source.pk, undo.import_job_id, each.pk)
    with transaction.atomic(), connection.cursor() as cursor:
        for before in settings.BEFORE_IMPORTS_GO:
            import_string(before)(rows=rows)
        cursor.execute(LOCK, [source.project_id])
        cursor.execute(LOCK_MESSAGES, rows.named)
        if found := list(_built(rows)):
            raise Conflict(_told(found))
        for statement in DELETE_ATTACHED:
            cursor.execute(statement, rows.named)
        cursor.execute(DELETE_PREFERENCES, rows.named)
        preferences = cursor.rowcount
        cursor.execute(BLANK_MESSAGES, rows.named)
        counts = {
            "messages": F("messages") + cursor.rowcount,
            "preferences": F("preferences") + preferences,
        }
        each.delete()
        kept = ImportUndo.objects.renew(undo.pk, token, attempts=0, **counts)
        if not kept:
            transaction.set_rollback(True)
    return kept
