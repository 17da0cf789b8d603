"""Imports that are cancelled, before they start or in the middle, and those that are hopeless."""

import pytest
from django.core.files.storage import default_storage

from collector.models import ImportJob, Message, Project
from collector.services import imports
from collector.services.imports import cancel_import, run_import
from tests.collector.importing.conftest import ImportFile, counts
from tests.collector.importing.test_jobs import rows, started


def test_a_cancelled_import_keeps_what_was_counted_and_reads_no_further(project: Project) -> None:
    job = started(project, rows(25_000))
    path = job.path

    def stop(seen: ImportJob) -> None:
        cancel_import(job=seen)

    run_import(job_id=job.pk, on_progress=stop)

    job.refresh_from_db()
    assert job.status == ImportJob.Status.CANCELLED
    assert 0 < job.read < 25_000
    assert job.read == job.created == Message.objects.prompts().count()
    assert not default_storage.exists(path)
    run_import(job_id=job.pk)  # what the queue still holds of it
    assert Message.objects.prompts().count() == job.created


def test_an_import_that_waits_is_cancelled_and_one_that_ended_is_not(project: Project) -> None:
    waiting, ended = started(project, rows(3)), started(project, rows(3), "q.csv")
    path = waiting.path
    run_import(job_id=ended.pk)
    ended.refresh_from_db()

    assert cancel_import(job=waiting).status == ImportJob.Status.CANCELLED
    assert cancel_import(job=ended).status == ImportJob.Status.SUCCEEDED

    run_import(job_id=waiting.pk)
    assert not default_storage.exists(path)
    assert Message.objects.prompts().count() == 3


def test_a_file_without_a_single_good_row_is_not_read_to_its_end(
    import_file: ImportFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "HOPELESS_ROWS", 20_000)
    bad = b"prompt,response\n" + b",no prompt\n" * 60_000

    job = import_file(bad)

    assert (job.status, job.read, job.rejected) == (ImportJob.Status.FAILED, 20_000, 20_000)
    assert job.error.startswith("None of 20000 rows can be imported; the first: ")

    late = import_file(b"prompt,response\nA prompt?,yes\n" + b",no prompt\n" * 60_000)
    assert counts(late) == (60_001, 1, 0, 60_000)
