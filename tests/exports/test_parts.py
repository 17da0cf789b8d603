"""Versions built in parts: by several workers, killed in the middle, always the same bytes."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exports.models import DatasetPart, DatasetVersion
from exports.services.deleting import delete_version
from exports.services.parts import build_part, ensure_parts, parts_folder
from exports.services.storage import version_folder, versions_folder
from exports.services.versions import build_version, cancel_version, plan_of, start_version
from exports.services.writing import frame_of, write_folder
from tests.conftest import BASE_DIR, service_environment
from tests.exports.bulk import simulate_pairs
from tests.factories import make_project

pytestmark = pytest.mark.django_db(transaction=True)
PART_KEYS = 300
BUILD = """
import sys, django
django.setup()
from exports.services.versions import build_version
build_version(version_id=int(sys.argv[1]))
"""


@pytest.fixture(autouse=True)
def _small_parts(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.EXPORT_PART_KEYS = PART_KEYS


def frozen(pairs: int = 1_000, container: str = "jsonl.gz") -> DatasetVersion:
    project = make_project()
    simulate_pairs(project, pairs)
    return start_version(
        project=project,
        name="parts",
        formats=["preference", "judgments"],
        container=container,
        recipe={"purposes": ["simulated"], "test_share": 0.2},
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def written_at_once(version: DatasetVersion, folder: Path) -> dict[str, bytes]:
    """What one process writes that builds the plan from end to end."""
    folder.mkdir()
    write_folder(plan=plan_of(version), folder=folder, on_progress=lambda share: None)
    return contents(folder)


def begun(version: DatasetVersion) -> DatasetVersion:
    """Leased and cut into parts, as by a builder that died right then."""
    DatasetVersion.objects.take(version.pk)
    plan = plan_of(version)
    ensure_parts(version, plan, frame_of(plan))
    return version


def let_leases_end(version: DatasetVersion) -> None:
    DatasetVersion.objects.filter(pk=version.pk).update(lease_until=version.cut_off)
    version.parts.filter(status="running").update(lease_until=version.cut_off)


@pytest.mark.parametrize("container", ["jsonl.zst", "parquet"])
def test_parts_are_numbered_files_that_add_up(container: str, tmp_path: Path) -> None:
    version = frozen(container=container)
    build_version(version_id=version.pk)
    version.refresh_from_db()
    assert version.status == "succeeded", version.error
    trained = version.files.filter(format="preference", split="train").order_by("name")
    assert [file.name for file in trained] == [
        f"preference.train-{number:05d}-of-00004.{container}" for number in range(4)
    ]
    tally = version.manifest["formats"]["preference"]
    assert tally["read"] == 1_000
    assert sum(tally["written"].values()) + sum(tally["refused"].values()) == 1_000
    assert sum(file.rows for file in trained) == tally["written"]["train"]
    assert version.manifest["formats"]["judgments"]["read"] == 1_000
    assert contents(version_folder(version.uid)) == written_at_once(version, tmp_path / "again")
    assert [path.name for path in versions_folder().iterdir()] == [str(version.uid)]
    assert not DatasetPart.objects.exists()


def test_whoever_builds_a_part_the_bytes_are_the_same(tmp_path: Path) -> None:
    version = begun(frozen())
    assert version.parts.count() == 8
    for part in version.parts.order_by("-ordinal")[:3]:
        build_part(part_id=part.pk, plan_of=plan_of)
        part.refresh_from_db()
        assert (part.status, part.progress) == ("succeeded", 1.0)
        build_part(part_id=part.pk, plan_of=plan_of)  # told twice
    let_leases_end(version)
    build_version(version_id=version.pk)
    version.refresh_from_db()
    assert version.status == "succeeded", version.error
    assert contents(version_folder(version.uid)) == written_at_once(version, tmp_path / "again")


def test_a_worker_that_is_killed_leaves_its_parts_to_others(tmp_path: Path) -> None:
    version = frozen(3_000)
    builder = subprocess.Popen(
        [sys.executable, "-c", BUILD, str(version.pk)],
        cwd=BASE_DIR,
        env=service_environment()
        | {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "EXPORT_PART_KEYS": str(PART_KEYS),
            "MEDIA_ROOT": str(tmp_path / "media"),
        },
    )
    while builder.poll() is None:
        if version.parts.filter(status="succeeded").count() >= 3:
            os.kill(builder.pid, signal.SIGKILL)
            break
    assert builder.wait() == -signal.SIGKILL
    done = set(version.parts.filter(status="succeeded").values_list("pk", "finished_at"))
    assert 3 <= len(done) < version.parts.count() == 20
    let_leases_end(version)
    build_version(version_id=version.pk)
    version.refresh_from_db()
    assert version.status == "succeeded", version.error
    assert contents(version_folder(version.uid)) == written_at_once(version, tmp_path / "again")


@pytest.mark.usefixtures("clean_redis")
def test_another_worker_builds_parts_meanwhile(
    celery_worker_process: Callable[..., subprocess.Popen[str]],
) -> None:
    version = begun(frozen())  # its builder lives, and has told the queue
    celery_worker_process("exports")
    while version.parts.filter(status="succeeded").count() < 7:
        assert not version.parts.filter(status="failed").exists()
    let_leases_end(version)
    build_version(version_id=version.pk)
    version.refresh_from_db()
    assert version.status == "succeeded", version.error


def test_a_part_whose_files_are_on_another_disk_is_built_again(tmp_path: Path) -> None:
    version = begun(frozen())
    part = version.parts.order_by("ordinal")[0]
    build_part(part_id=part.pk, plan_of=plan_of)
    next((parts_folder(version) / "00000").glob("preference.*")).unlink()
    let_leases_end(version)
    build_version(version_id=version.pk)
    version.refresh_from_db()
    assert version.status == "succeeded", version.error
    assert contents(version_folder(version.uid)) == written_at_once(version, tmp_path / "again")


def test_a_part_that_cannot_be_built_fails_the_version_with_its_reason() -> None:
    version = begun(frozen())
    version.parts.filter(ordinal=2).update(source="no such source")
    let_leases_end(version)
    build_version(version_id=version.pk)
    version.refresh_from_db()
    assert (version.status, version.error) == ("failed", "'no such source'")
    assert list(versions_folder().iterdir()) == []
    assert not DatasetPart.objects.exists()


def test_cancelling_stops_the_parts() -> None:
    version = begun(frozen())
    cancel_version(version=version)
    part = version.parts.order_by("ordinal")[0]
    build_part(part_id=part.pk, plan_of=plan_of)
    part.refresh_from_db()
    assert (part.status, part.attempts) == ("queued", 0)
    build_version(version_id=version.pk)
    version.refresh_from_db()
    assert version.status == "cancelled"
    delete_version(version=version)
    assert not DatasetPart.objects.exists()
