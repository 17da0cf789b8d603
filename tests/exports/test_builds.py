"""Builds as processes: killed in the middle they are completed, and none takes much memory."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, transaction

from collector.models import Project
from common import jobs
from exports.models import DatasetVersion
from exports.services.storage import version_folder, versions_folder
from exports.services.versions import (
    build_version,
    plan_of,
    remove_leftovers,
    start_version,
    unfinished_versions,
)
from exports.services.writing import write_folder
from exports.tasks import requeue_versions
from tests.conftest import BASE_DIR, service_environment
from tests.exports.bulk import simulate_pairs
from tests.factories import make_project

pytestmark = pytest.mark.django_db(transaction=True)

BUILD = """
import sys, django
django.setup()
from exports.services.versions import build_version
build_version(version_id=int(sys.argv[1]))
"""
# VmHWM and not ru_maxrss: that one remembers the process that this one was forked from.
MEASURED_BUILDS = """
import re, sys, django
from pathlib import Path
django.setup()
from exports.models import DatasetVersion
from exports.services.versions import build_version
first, *versions = map(int, sys.argv[1:])
for keys in (versions[:first], versions[first:]):
    for key in keys:
        build_version(version_id=key)
    assert DatasetVersion.objects.filter(pk__in=keys, status="succeeded").count() == len(keys)
    print(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


def process(script: str, *arguments: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        cwd=BASE_DIR,
        env=service_environment() | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        stdout=subprocess.PIPE,
        text=True,
    )


def bulk_project(pairs: int, **options: Any) -> Project:
    project = make_project()
    simulate_pairs(project, pairs, **options)
    return project


def frozen(project: Project, container: str = "jsonl.gz") -> DatasetVersion:
    return start_version(
        project=project,
        name=container,
        formats=["preference", "judgments"],
        container=container,
        recipe={"purposes": ["simulated"], "test_share": 0.2},
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def killed_in_the_middle(version: DatasetVersion, process: subprocess.Popen[str]) -> None:
    """End a builder with SIGKILL once it has written rows, and before it is done."""
    while process.poll() is None:
        parts = versions_folder().glob(f".{version.uid}-parts/*/.preference.train-*")
        if any(path.stat().st_size > 0 for path in parts):
            os.kill(process.pid, signal.SIGKILL)
            break
    process.wait()
    process.communicate()
    version.refresh_from_db()
    assert version.status == "running"
    assert not version_folder(version.uid).exists()
    assert len(list(versions_folder().iterdir())) == 2  # of the build, and of its parts


def test_a_killed_build_is_taken_up_again_and_gives_the_same_bytes(tmp_path: Path) -> None:
    version = frozen(bulk_project(10_000))
    killed_in_the_middle(version, process(BUILD, version.pk))
    assert unfinished_versions() == []  # until its lease is over
    DatasetVersion.objects.filter(pk=version.pk).update(lease_until=version.cut_off)
    version.parts.filter(status="running").update(lease_until=version.cut_off)
    assert unfinished_versions() == [version.pk]
    build_version(version_id=version.pk)
    version.refresh_from_db()
    assert version.status == "succeeded"
    assert [path.name for path in versions_folder().iterdir()] == [str(version.uid)]
    (tmp_path / "again").mkdir()
    write_folder(plan=plan_of(version), folder=tmp_path / "again", on_progress=lambda share: None)
    assert contents(tmp_path / "again") == contents(version_folder(version.uid))
    tally = version.manifest["formats"]["preference"]
    assert tally["read"] == sum(tally["written"].values()) == 10_000


def waits_for_a_table() -> bool:
    """Whether another session of this database waits for the lock on a table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'relation' AND NOT granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
        )
        return bool(cursor.fetchone()[0])


def database_time() -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def build_in_a_thread(version: DatasetVersion) -> Thread:
    def build() -> None:
        build_version(version_id=version.pk)
        connection.close()

    thread = Thread(target=build)
    thread.start()
    return thread


def test_a_step_that_outlives_the_lease_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "LEASE", timedelta(seconds=3))
    version = start_version(
        project=bulk_project(10),
        name="slow",
        formats=["preference"],
        container="jsonl",
        recipe={"purposes": ["simulated"]},
    )
    with transaction.atomic(), connection.cursor() as cursor:
        # Nothing reads generators before the counts at the end of this build.
        cursor.execute("LOCK TABLE collector_generator IN ACCESS EXCLUSIVE MODE")
        builder = build_in_a_thread(version)
        while not waits_for_a_table():
            assert builder.is_alive()
        version.refresh_from_db()
        lease = version.lease_token
        ends = version.lease_until
        assert lease is not None
        assert ends is not None
        while database_time() <= ends:
            pass
        build_version(version_id=version.pk)  # what a beat or a second delivery would do
        version.refresh_from_db()
        assert (version.status, version.lease_token) == ("running", lease)
        folders = {path.name for path in versions_folder().iterdir()}
        assert folders == {f".{version.uid}-{lease}", f".{version.uid}-parts"}
    builder.join()
    version.refresh_from_db()
    assert (version.status, version.error) == ("succeeded", "")
    assert version.manifest["counts"]["judgments"] == 10


def test_only_what_dead_builders_left_is_removed() -> None:
    version = frozen(bulk_project(1))
    token = DatasetVersion.objects.take(version.pk)
    dead = versions_folder() / f".{version.uid}-dead"
    mine = versions_folder() / f".{version.uid}-{token}"
    parts = versions_folder() / f".{version.uid}-parts"
    for folder in (dead, mine, parts):
        folder.mkdir(parents=True)
    remove_leftovers(version)
    assert set(versions_folder().iterdir()) == {mine, parts}
    DatasetVersion.objects.filter(pk=version.pk).update(status="cancelled")
    remove_leftovers(version)
    assert list(versions_folder().iterdir()) == [mine]


@pytest.mark.usefixtures("clean_redis")
def test_a_worker_builds_what_the_broker_forgot(
    celery_worker_process: Callable[..., subprocess.Popen[str]],
) -> None:
    version = frozen(bulk_project(10))
    cache.clear()  # the message of start_version is gone; beat finds the version by its row
    requeue_versions()
    celery_worker_process("exports")
    while version.status in {"queued", "running"}:
        version.refresh_from_db()
    assert version.status == "succeeded"


def test_memory_does_not_grow_with_the_size_of_the_dataset() -> None:
    small, large = bulk_project(10_000), bulk_project(50_000)
    before, after = measured(
        [frozen(small, "jsonl.zst"), frozen(small, "parquet")],
        [frozen(large, "jsonl.zst"), frozen(large, "parquet")],
    )
    assert after < 350 * 1024  # most of it is what a process of ours starts with
    assert after - before < 40 * 1024


def test_memory_does_not_grow_with_the_size_of_the_texts() -> None:
    small, large = bulk_project(300), bulk_project(300, words=15_000)  # 1 MB a pair
    before, after = measured([frozen(small)], [frozen(large)])
    assert after - before < 100 * 1024


def measured(small: list[DatasetVersion], large: list[DatasetVersion]) -> tuple[int, int]:
    """Peak memory in KiB of one process after the small builds, and after the large ones."""
    keys = [version.pk for version in (*small, *large)]
    output, _ = process(MEASURED_BUILDS, len(small), *keys).communicate()
    before, after = map(int, output.split())
    return before, after
