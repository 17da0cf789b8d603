"""Imports as jobs: repeated, at the same time, killed, taken away."""

import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from collector.models import Generator, ImportJob, ImportUndo, Message, Project, Source
from collector.services.generators import create_generator
from collector.services.imports import run_import, start_import
from collector.tasks import requeue_imports
from collector.text import thread_hash
from common.jobs import ATTEMPTS
from tests.collector.importing.conftest import ImportFile, counts
from tests.factories import make_project, make_user

ROOT = Path(__file__).resolve().parents[3]
SHARED = ROOT.parent / "shared" / "data"


def started(project: Project, content: bytes, name: str = "p.csv") -> ImportJob:
    return start_import(
        project=project,
        preset="table",
        filename=name,
        content=io.BytesIO(content),
        enqueued=False,
    )


def rows(count: int, *, reverse: bool = False) -> bytes:
    numbers = range(count)[::-1] if reverse else range(count)
    lines = (f"prompt {number},answer,model {number % 7}\n" for number in numbers)
    return ("prompt,response,model\n" + "".join(lines)).encode()


def test_importing_again_creates_nothing(import_file: ImportFile) -> None:
    first = import_file(rows(300))
    again = import_file(rows(300))

    assert (counts(first), counts(again)) == ((300, 300, 0, 0), (300, 0, 300, 0))
    assert again.source == first.source
    assert again.sha256 == first.sha256 != ""
    assert Message.objects.count() == 600


def test_importing_again_creates_nothing_once_an_author_is_a_model(
    import_file: ImportFile,
) -> None:
    file = b"prompt,response,model\nOne?,Yes.,gA\nTwo?,No.,gB\n"
    import_file(file)
    create_generator(name="gA", provider="openai", model="m", base_url="http://127.0.0.1:9/v1")

    assert counts(import_file(file)) == (2, 0, 2, 0)


def test_projects_do_not_share_prompts(import_file: ImportFile) -> None:
    other = make_project()

    assert counts(import_file(rows(3))) == (3, 3, 0, 0)
    assert counts(import_file(rows(3), project=other)) == (3, 3, 0, 0)
    assert Message.objects.prompts().filter(project=other).count() == 3


def test_the_stored_file_is_removed_when_it_is_read(project: Project) -> None:
    job = started(project, rows(3))
    path = job.path
    assert default_storage.exists(path)

    run_import(job_id=job.pk)

    job.refresh_from_db()
    assert (job.path, default_storage.exists(path)) == ("", False)
    assert job.finished_at is not None


def test_a_file_name_cannot_leave_the_storage(project: Project) -> None:
    job = started(project, rows(1), "../../../../etc/x.csv")

    assert job.path == f"imports/{job.uid}.csv"
    assert default_storage.exists(job.path)


def test_progress_is_told(project: Project) -> None:
    seen: list[tuple[int, int]] = []
    job = started(project, rows(25_000))

    run_import(job_id=job.pk, on_progress=lambda now: seen.append((now.read, now.bytes_read)))

    assert [read for read, _ in seen] == [10_000, 20_000, 25_000]
    assert seen == sorted(seen)
    assert seen[-1][1] == job.bytes_total


def test_a_running_import_is_left_to_its_worker(project: Project) -> None:
    job = started(project, rows(3))
    assert ImportJob.objects.take(job.pk)

    run_import(job_id=job.pk)

    assert not Message.objects.exists()


def left_by_a_dead_worker(job: ImportJob) -> None:
    assert ImportJob.objects.take(job.pk)
    ImportJob.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_a_file_that_kills_its_workers_is_given_up(project: Project) -> None:
    job, other = started(project, rows(3)), started(project, rows(3))
    path = job.path
    for _ in range(ATTEMPTS):
        left_by_a_dead_worker(job)

    run_import(job_id=job.pk)

    job.refresh_from_db()
    assert (job.status, job.read, job.lease_token) == ("failed", 0, None)
    assert job.error == "Given up: 5 workers in a row died of it or were stopped."
    assert (job.path, default_storage.exists(path)) == ("", False)
    assert default_storage.exists(other.path)
    assert job not in ImportJob.objects.free()


def test_attempts_count_from_the_last_progress(project: Project) -> None:
    job = started(project, rows(25_000))
    for _ in range(ATTEMPTS - 1):
        left_by_a_dead_worker(job)
    seen = []

    def note(now: ImportJob) -> None:
        seen.append(ImportJob.objects.get(pk=now.pk).attempts)

    run_import(job_id=job.pk, on_progress=note)

    assert set(seen) == {0}
    job.refresh_from_db()
    assert (job.status, job.read) == ("succeeded", 25_000)


class Upload(io.BytesIO):
    """A body that is looked at while it is read, and may break off."""

    def __init__(self, content: bytes, *, breaks: bool = False) -> None:
        super().__init__(content)
        self.breaks = breaks
        self.sources: list[int] = []

    def read(self, size: int | None = -1) -> bytes:
        self.sources.append(Source.objects.count())
        data = super().read(size)
        if self.breaks and not data:
            raise ConnectionError("The upload broke off.")
        return data


def test_an_upload_is_stored_before_any_row_is_written(project: Project) -> None:
    upload = Upload(rows(3))

    start_import(project=project, preset="table", filename="p.csv", content=upload, enqueued=False)

    assert set(upload.sources) == {0}
    assert Source.objects.count() == 1


def test_an_import_that_does_not_start_leaves_no_file(project: Project) -> None:
    with pytest.raises(ConnectionError):
        start_import(
            project=project, preset="table", filename="p.csv", content=Upload(b"a", breaks=True)
        )
    with pytest.raises(ValueError, match="unsaved related object"):
        start_import(
            project=project,
            preset="table",
            filename="p.csv",
            content=io.BytesIO(rows(3)),
            user=User(email="nobody@example.org"),
        )

    assert not Source.objects.exists()
    assert default_storage.listdir("imports") == ([], [])


def test_who_lost_the_lease_writes_nothing_more(project: Project) -> None:
    job = started(project, rows(25_000))

    def lose_it(now: ImportJob) -> None:
        ImportJob.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(hours=1))
        if now.read == 10_000:
            assert ImportJob.objects.take(job.pk)

    run_import(job_id=job.pk, on_progress=lose_it)

    job.refresh_from_db()
    assert (job.status, job.read, job.created) == ("running", 10_000, 10_000)
    assert Message.objects.prompts().count() == 10_000


@pytest.mark.django_db(transaction=True)
def test_one_file_at_the_same_time_in_opposite_orders() -> None:
    project = make_project()
    content = [rows(21_000), rows(21_000, reverse=True)]
    jobs = [started(project, data) for data in content]

    def work(job: ImportJob) -> None:
        run_import(job_id=job.pk)
        connection.close()

    threads = [threading.Thread(target=work, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for job in jobs:
        job.refresh_from_db()
        assert (job.status, job.read, job.rejected) == ("succeeded", 21_000, 0)
    assert sum(job.created for job in jobs) == 21_000
    assert Message.objects.prompts().count() == 21_000
    assert Message.objects.candidates().count() == 21_000
    assert Generator.objects.count() == 7


KILLED = """
import os, signal, sys
import django
django.setup()
from collector.services.imports import run_import

def die(job):
    if job.read >= 20_000:
        os.kill(os.getpid(), signal.SIGKILL)

run_import(job_id=int(sys.argv[1]), on_progress=die)
"""


@pytest.fixture
def child_environment(settings: Settings) -> dict[str, str]:
    """The environment of a process that works on the test database."""
    base, _, _name = os.environ["DATABASE_URL"].rpartition("/")
    return os.environ | {
        "DATABASE_URL": f"{base}/{connection.settings_dict['NAME']}",
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }


@pytest.mark.django_db(transaction=True)
def test_a_killed_import_goes_on_where_it_was(child_environment: dict[str, str]) -> None:
    project = make_project()
    job = started(project, rows(35_000) + b"short\n")

    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(job.pk)], cwd=ROOT, env=child_environment, check=False
    )

    assert killed.returncode == -signal.SIGKILL
    job.refresh_from_db()
    assert (job.status, *counts(job)) == ("running", 20_000, 20_000, 0, 0)
    assert Message.objects.prompts().count() == 20_000

    run_import(job_id=job.pk)
    assert Message.objects.prompts().count() == 20_000  # its lease has not run out
    ImportJob.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    run_import(job_id=job.pk)

    job.refresh_from_db()
    assert (job.status, *counts(job)) == ("succeeded", 35_001, 35_000, 0, 1)
    assert [sample["row"] for sample in job.errors] == [35_001]
    assert Message.objects.prompts().count() == 35_000


MEMORY = """
import sys
import django, psutil
django.setup()
from collector.services.imports import run_import

rss = []
run_import(
    job_id=int(sys.argv[1]),
    on_progress=lambda job: rss.append(psutil.Process().memory_info().rss >> 20),
)
print(rss[1], max(rss))
"""


@pytest.mark.django_db(transaction=True)
def test_memory_does_not_grow_with_the_file(child_environment: dict[str, str]) -> None:
    text = "word " * 40
    content = "prompt\n" + "".join(f"{number} {text}\n" for number in range(200_000))
    job = started(make_project(), content.encode())

    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(job.pk)],
        cwd=ROOT,
        env=child_environment,
        check=True,
        capture_output=True,
        text=True,
    )

    job.refresh_from_db()
    assert counts(job) == (200_000, 200_000, 0, 0)
    early, late = map(int, done.stdout.split())
    assert late - early < 20  # MiB, of a file of 40
    assert late < 300


@pytest.mark.django_db(transaction=True)
def test_what_the_broker_forgot_is_enqueued_again(celery_messages: list[int]) -> None:
    project = make_project()
    forgotten, held, done = (started(project, rows(1)) for _ in range(3))
    ImportJob.objects.take(held.pk)
    run_import(job_id=done.pk)

    requeue_imports()

    assert celery_messages == [forgotten.pk]


@pytest.mark.django_db(transaction=True)
def test_what_is_being_taken_back_is_enqueued_again(celery_messages: list[int]) -> None:
    forgotten, done = (started(make_project(), rows(1)) for _ in range(2))
    for job in (forgotten, done):
        run_import(job_id=job.pk)
    undo = ImportUndo.objects.create(import_job=forgotten)
    ImportUndo.objects.create(import_job=done, status="succeeded")

    requeue_imports()

    assert celery_messages == [undo.pk]


@pytest.mark.django_db(transaction=True)
def test_a_start_is_enqueued_once_it_is_committed(celery_messages: list[int]) -> None:
    job = start_import(
        project=make_project(),
        preset="table",
        filename="p.txt",
        content=io.BytesIO(b"x\n"),
        user=make_user(),
    )

    assert celery_messages == [job.pk]


@pytest.fixture
def celery_messages() -> Iterator[list[int]]:
    """Ids of imports, and of undoings, that were sent to the queue."""
    from celery.signals import before_task_publish

    sent: list[int] = []

    def note(sender: str, body: tuple[list[int], object, object], **_: object) -> None:
        if sender in {"collector.tasks.run_import", "collector.tasks.undo_import"}:
            sent.append(body[0][0])

    before_task_publish.connect(note)
    yield sent
    before_task_publish.disconnect(note)


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"no real inputs here: {SHARED} is not there")
@pytest.mark.parametrize(
    ("name", "expected"),
    [("awesome_chatgpt_prompts.csv", 197), ("oasst_prompt_lottery_en_250.jsonl", 250)],
)
def test_real_inputs(import_file: ImportFile, name: str, expected: int) -> None:
    content = (SHARED / name).read_bytes()

    assert counts(import_file(content, name)) == (expected, expected, 0, 0)
    assert counts(import_file(content, name)) == (expected, 0, expected, 0)
    prompt = Message.objects.prompts().first()
    assert prompt is not None
    assert prompt.thread_hash is not None
    assert bytes(prompt.thread_hash) == thread_hash([("user", prompt.text)])
