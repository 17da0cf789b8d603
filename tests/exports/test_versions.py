"""Versions: frozen, numbered, built once, the same bytes for ever."""

import hashlib
from pathlib import Path
from threading import Thread
from typing import Any

import orjson
import pytest
from django.db import connection, transaction

from collector.models import Generator, Project
from common.errors import Conflict, InvalidInput, NotFound
from exports import tasks
from exports.models import Dataset, DatasetVersion
from exports.services.files import open_file
from exports.services.storage import version_folder, versions_folder
from exports.services.versions import (
    build_version,
    cancel_version,
    plan_of,
    start_version,
    unfinished_versions,
)
from exports.services.writing import write_folder
from labeling.locks import share_judgments
from labeling.models import Comparison, Judgment
from tests.exports.builders import judge, judged_prompts, now
from tests.factories import make_project, make_prompt, make_response, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]
FORMATS = ["preference", "preference_text", "judgments"]


@pytest.fixture
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


def started(project: Any, **options: Any) -> DatasetVersion:
    given = {"name": "main", "formats": FORMATS, "container": "jsonl", "recipe": {}} | options
    return start_version(project=project, **given)


def built(project: Any, **options: Any) -> DatasetVersion:
    version = started(project, **options)
    build_version(version_id=version.pk)
    version.refresh_from_db()
    return version


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_a_build_records_its_files_and_a_manifest_that_is_true() -> None:
    project = make_project(licence="CC0-1.0")
    judged_prompts(project, 12, responses=3)
    version = built(project, recipe={"test_share": 0.5})
    assert (version.status, version.progress, version.error) == ("succeeded", 1.0, "")
    assert version.finished_at is not None
    found = contents(version_folder(version.uid))
    assert set(found) == {
        *(f"{name}.{split}.jsonl" for name in FORMATS for split in ("train", "test")),
        "README.md", "LICENSE", "manifest.json",
    }  # fmt: skip
    manifest = orjson.loads(found["manifest.json"])
    assert version.manifest == manifest
    for entry in manifest["files"]:
        content = found[entry["name"]]
        assert entry["sha256"] == hashlib.sha256(content).hexdigest()
        assert entry["bytes"] == len(content)
        if entry["format"]:
            assert entry["rows"] == len(content.splitlines()) > 0
            written = manifest["formats"][entry["format"]]["written"]
            assert written[entry["split"]] == entry["rows"]
    assert manifest["formats"]["preference"]["read"] == 36
    assert manifest["formats"]["judgments"]["read"] == 12
    assert manifest["counts"] == {
        "judgments": 12,
        "labelers": 12,
        "prompts": 12,
        "languages": [],
        "models": {"model-0": 24, "model-1": 24, "model-2": 24},
    }
    assert manifest["recipe"]["test_share"] == 0.5
    assert manifest["parent"] is None
    assert found["LICENSE"] == b"CC0-1.0\n"
    assert set(version.files.values_list("name", flat=True)) == set(found)


@pytest.mark.parametrize("container", ["jsonl", "jsonl.gz", "jsonl.zst", "parquet"])
def test_a_version_is_reproducible_to_the_byte_after_later_judgments(
    container: str, tmp_path: Path
) -> None:
    project = make_project()
    judgments = judged_prompts(project, 20, responses=3)
    version = built(project, container=container, recipe={"test_share": 0.3})
    first = contents(version_folder(version.uid))
    assert len(first) == 9

    judged_prompts(project, 5)
    for model in (Judgment, Comparison):
        stamp = judgments[0].created_at
        assert model.objects.filter(created_at=stamp).update(retired_at=now())
    again = tmp_path / "again"
    again.mkdir()
    write_folder(plan=plan_of(version), folder=again, on_progress=lambda share: None)
    assert contents(again) == first

    later = built(project, container=container, recipe={"test_share": 0.3})
    assert later.manifest["formats"]["judgments"]["read"] == 24
    assert later.manifest["formats"]["preference"]["read"] == 19 * 3 + 5
    assert (later.number, later.parent) == (2, version)
    assert later.manifest["parent"] == str(version.uid)


def test_what_a_version_says_of_its_project_is_kept_from_the_freeze(tmp_path: Path) -> None:
    project = make_project(description="As it was.", licence="CC0-1.0")
    judged_prompts(project, 3)
    version = started(project)
    changed = {"description": "Changed.", "licence": "MIT", "slug": "elsewhere", "name": "Other"}
    Project.objects.filter(pk=project.pk).update(**changed)
    Dataset.objects.filter(pk=version.dataset_id).update(name="renamed")
    build_version(version_id=version.pk)
    first = contents(version_folder(version.uid))
    assert first["LICENSE"] == b"CC0-1.0\n"
    assert b"As it was." in first["README.md"]
    manifest = orjson.loads(first["manifest.json"])
    assert (manifest["project"], manifest["dataset"]) == (project.slug, "main")

    Project.objects.filter(pk=project.pk).update(description="Again.", licence="Apache-2.0")
    again = tmp_path / "again"
    again.mkdir()
    kept = DatasetVersion.objects.get(pk=version.pk)
    write_folder(plan=plan_of(kept), folder=again, on_progress=lambda share: None)
    assert contents(again) == first


def test_a_version_records_what_it_leaves_out_and_the_ids_there_were() -> None:
    project = make_project()
    judgments = judged_prompts(project, 2, responses=3)
    last = {
        "comparisons": Comparison.objects.latest("pk").pk,
        "judgments": judgments[-1].pk,
    }
    version = started(project, recipe={"models": ["model-0", "model-2"], "purposes": "work,repeat"})
    judged_prompts(project, 1)
    version.refresh_from_db()
    assert version.key_ranges == [
        {"source": source, "low": 0, "high": high} for source, high in last.items()
    ]
    left_out = Generator.objects.get(name="model-1").pk
    assert version.exclusions["generators"] == [left_out]
    assert {"gold", "practice"} <= set(version.exclusions["purposes"])
    assert not {"work", "repeat"} & set(version.exclusions["purposes"])
    assert started(project).exclusions["generators"] == []


def test_an_empty_split_has_no_file() -> None:
    project = make_project()
    judged_prompts(project, 3)
    version = built(project, formats=["preference"], recipe={"test_share": 0})
    assert set(contents(version_folder(version.uid))) == {
        "preference.train.jsonl", "README.md", "LICENSE", "manifest.json",
    }  # fmt: skip


def test_versions_are_numbered_within_their_dataset() -> None:
    project = make_project()
    user = make_user()
    numbers = [(v.dataset.name, v.number) for v in (
        started(project, user=user), started(project), started(project, name="other"),
    )]  # fmt: skip
    assert numbers == [("main", 1), ("main", 2), ("other", 1)]
    assert Dataset.objects.get(name="main").created_by == user


@pytest.mark.parametrize(
    ("options", "attr"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"formats": []}, "formats"),
        ({"formats": ["preference", "csv"]}, "formats"),
        ({"container": "zip"}, "container"),
        ({"recipe": {"pairs": "none"}}, "pairs"),
        ({"recipe": {"models": ["nobody"]}}, "models"),
    ],
)
def test_a_bad_request_starts_nothing(options: dict[str, Any], attr: str) -> None:
    with pytest.raises(InvalidInput) as error:
        started(make_project(), **options)
    assert error.value.attr == attr
    assert not Dataset.objects.exists()


def test_filters_by_model_language_and_time() -> None:
    project = make_project()
    prompt = make_prompt(project, language="de")
    a, b, c = (make_response(prompt, revision=f"model-{name}") for name in "abc")
    first = judge(prompt, [[a], [b], [c]])
    french = make_prompt(project, language="fr")
    second = judge(french, [[make_response(french)], [make_response(french, revision="model-b")]])

    def read(**recipe: Any) -> list[int]:
        manifest = built(project, formats=["preference", "judgments"], recipe=recipe).manifest
        return [manifest["formats"][name]["read"] for name in ("preference", "judgments")]

    assert read() == [4, 2]
    assert read(models=["model-a", "model-b"]) == [2, 1]
    assert read(languages=["de"]) == [3, 1]
    assert read(created_after=second.created_at.isoformat()) == [1, 1]
    assert read(created_before=second.created_at.isoformat()) == [3, 1]
    assert first.created_at < second.created_at


def test_building_twice_changes_nothing() -> None:
    version = built(make_project())
    before = DatasetVersion.objects.values().get(pk=version.pk)
    tasks.build_version(version.pk)
    assert DatasetVersion.objects.values().get(pk=version.pk) == before


def test_a_version_that_another_builder_holds_is_left_alone() -> None:
    version = started(make_project())
    assert DatasetVersion.objects.take(version.pk)
    build_version(version_id=version.pk)
    version.refresh_from_db()
    assert (version.status, version_folder(version.uid).exists()) == ("running", False)
    assert unfinished_versions() == []


def test_a_cancelled_version_is_not_built_and_a_finished_one_not_cancelled() -> None:
    version = started(make_project())
    cancel_version(version=version)
    build_version(version_id=version.pk)
    version.refresh_from_db()
    assert (version.status, version_folder(version.uid).exists()) == ("cancelled", False)
    with pytest.raises(Conflict):
        cancel_version(version=version)


def test_a_build_that_fails_says_why_in_one_line_and_leaves_no_files(media: Path) -> None:
    version = started(make_project())
    version_folder(version.uid).parent.mkdir(parents=True)
    version_folder(version.uid).write_text("in the way")
    build_version(version_id=version.pk)
    version.refresh_from_db()
    assert version.status == "failed"
    assert version.error.startswith("[Errno 20] Not a directory")
    assert [path.name for path in versions_folder().iterdir()] == [str(version.uid)]


def test_files_are_found_by_recorded_name_only(media: Path) -> None:
    project = make_project()
    judged_prompts(project, 2)
    version = built(project, formats=["preference"], recipe={"test_share": 0})
    file = open_file(version=version, name="preference.train.jsonl")
    content = file.path.read_bytes()
    assert (file.bytes, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert file.content_type == "application/x-ndjson"
    (media / "secret").write_text("secret")
    for name in ("../../secret", "preference.test.jsonl", "/etc/passwd", "", "."):
        with pytest.raises(NotFound):
            open_file(version=version, name=name)
    with pytest.raises(Conflict):
        open_file(version=started(project), name="manifest.json")


@pytest.mark.django_db(transaction=True)
def test_a_writer_that_came_first_is_in_and_the_freeze_waits_for_it() -> None:
    project = make_project()
    prompt = make_prompt(project)
    responses = [make_response(prompt), make_response(prompt)]
    frozen: list[DatasetVersion] = []

    def freeze() -> None:
        frozen.append(started(project, formats=["judgments"]))
        connection.close()

    freezer = Thread(target=freeze)
    with transaction.atomic():
        share_judgments(project_id=project.pk)
        freezer.start()
        wait_for_a_waiting_lock()
        assert not frozen
        judgment = judge(prompt, [[responses[0]], [responses[1]]])
    freezer.join(timeout=30)
    (version,) = frozen
    assert version.cut_off is not None
    assert version.cut_off > judgment.created_at
    build_version(version_id=version.pk)
    version.refresh_from_db()
    assert version.manifest["formats"]["judgments"]["read"] == 1


def wait_for_a_waiting_lock() -> None:
    """Until another session waits for an advisory lock of this database."""
    for _ in range(100_000):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
            if cursor.fetchone()[0]:
                return
    raise AssertionError("nobody waits")
