"""Builds as processes: killed in the middle they are completed, and none takes much memory."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache

from collector.models import Project
from exports.models import DatasetVersion
from exports.services.versions import (
    build_version,
    plan_of,
    start_version,
    unfinished_versions,
    version_folder,
    versions_folder,
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
        parts = versions_folder().glob(f".{version.uid}-*/preference.train.jsonl.gz")
        if any(path.stat().st_size > 0 for path in parts):
            os.kill(process.pid, signal.SIGKILL)
            break
    process.wait()
    process.communicate()
    version.refresh_from_db()
    assert version.status == "running"
    assert not version_folder(version).exists()
    assert len(list(versions_folder().iterdir())) == 1


def test_a_killed_build_is_taken_up_again_and_gives_the_same_bytes(tmp_path: Path) -> None:
    version = frozen(bulk_project(10_000))
    killed_in_the_middle(version, process(BUILD, version.pk))
    assert unfinished_versions() == []  # until its lease is over
    DatasetVersion.objects.filter(pk=version.pk).update(lease_until=version.cut_off)
    assert unfinished_versions() == [version.pk]
    build_version(version_id=version.pk)
    version.refresh_from_db()
    assert version.status == "succeeded"
    assert [path.name for path in versions_folder().iterdir()] == [str(version.uid)]
    (tmp_path / "again").mkdir()
    write_folder(plan=plan_of(version), folder=tmp_path / "again", on_progress=lambda share: None)
    assert contents(tmp_path / "again") == contents(version_folder(version))
    tally = version.manifest["formats"]["preference"]
    assert tally["read"] == sum(tally["written"].values()) == 10_000


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
    assert after < 300 * 1024
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
