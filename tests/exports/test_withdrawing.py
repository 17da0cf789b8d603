"""Versions that hold an erased person's words go, their files too; others stay to the byte."""

from pathlib import Path
from typing import Any

import pytest

from accounts.models import Labeler
from collector.models import Project
from common.errors import Gone
from exports.models import DatasetVersion
from exports.services.files import open_file
from exports.services.storage import version_folder
from exports.services.versions import build_version, start_version
from exports.services.withdrawing import withdraw_erased
from exports.tasks import withdraw_erased as task
from labeling.models.judgments import Judgment
from labeling.services.privacy import anonymise, erase
from tests.exports.builders import judge, now
from tests.factories import make_answered_prompts, make_labeler, make_project, make_response

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = "I prefer it for its rhymes"


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def project() -> Project:
    return make_project("poems")


@pytest.fixture
def ana() -> Labeler:
    return make_labeler()


def judged(project: Project, labeler: Labeler, **fields: Any) -> Judgment:
    prompt = make_answered_prompts(project, 1, responses=0)[0]
    best, other = make_response(prompt), make_response(prompt, revision="model-b")
    return judge(prompt, [[best], [other]], labeler=labeler, **fields)


def built(project: Project, name: str = "rhymes") -> DatasetVersion:
    version = start_version(
        project=project, name=name, formats=["judgments"], container="jsonl", recipe={}
    )
    build_version(version_id=version.pk)
    version.refresh_from_db()
    assert version.status == "succeeded", version.error
    return version


def leave(labeler: Labeler) -> None:
    assert labeler.user
    erase(user=labeler.user, labeler=labeler)


def everything(version: DatasetVersion) -> bytes:
    folder = version_folder(version.uid)
    return b"".join(path.read_bytes() for path in sorted(folder.glob("*"))) if folder else b""


def test_a_version_with_the_words_is_withdrawn_and_its_files_deleted(
    project: Project, ana: Labeler
) -> None:
    judged(project, ana, rationale=WORDS)
    version = built(project)
    assert WORDS.encode() in everything(version)
    leave(ana)
    assert withdraw_erased() == [version]
    manifest = version.manifest
    version.refresh_from_db()
    assert version.status == "withdrawn"
    assert version.manifest == manifest != {}
    assert not version_folder(version.uid).exists()
    assert not version.files.exists()
    with pytest.raises(Gone):
        open_file(version=version, name="judgments.train.jsonl")
    assert withdraw_erased() == []


def test_no_download_comes_before_the_clock(project: Project, ana: Labeler) -> None:
    judged(project, ana, rationale=WORDS)
    version = built(project)
    name = version.files.exclude(format="").get().name
    assert open_file(version=version, name=name).bytes > 0
    leave(ana)
    with pytest.raises(Gone):
        open_file(version=version, name=name)
    assert not version_folder(version.uid).exists()


def test_versions_without_rows_of_theirs_stay(project: Project, ana: Labeler) -> None:
    elsewhere = make_project("songs")
    judged(elsewhere, make_labeler(), rationale="Bo says")
    other = built(elsewhere)
    before = built(project, "before")  # frozen before they judged
    judged(project, ana, rationale=WORDS)
    leave(ana)
    assert withdraw_erased() == []
    assert set(DatasetVersion.objects.values_list("status", flat=True)) == {"succeeded"}
    assert before.manifest["counts"]["judgments"] == 0
    assert b"Bo says" in everything(other)


def test_a_corrected_answer_counts_where_it_stood_at_the_cut_off(
    project: Project, ana: Labeler
) -> None:
    judgment = judged(project, ana, rationale=WORDS)
    built(project, "with it")
    Judgment.objects.filter(pk=judgment.pk).update(retired_at=now())
    without = built(project, "without")
    leave(ana)
    assert [version.dataset.name for version in withdraw_erased()] == ["with it"]
    without.refresh_from_db()
    assert without.status == "succeeded"


def test_a_rebuild_is_a_new_number_without_the_words(project: Project, ana: Labeler) -> None:
    judged(project, ana, rationale=WORDS)
    built(project)
    leave(ana)
    withdraw_erased()
    again = built(project)
    assert again.number == 2
    assert WORDS.encode() not in everything(again)
    assert withdraw_erased() == []
    assert again.manifest["counts"]["judgments"] == 1


def test_a_build_under_way_is_withdrawn_before_it_ends(project: Project, ana: Labeler) -> None:
    judged(project, ana, rationale=WORDS)
    version = start_version(
        project=project, name="late", formats=["judgments"], container="jsonl", recipe={}
    )
    leave(ana)
    task()
    build_version(version_id=version.pk)
    version.refresh_from_db()
    assert version.status == "withdrawn"
    assert not version_folder(version.uid).exists()


def test_anonymising_withdraws_nothing(project: Project, ana: Labeler) -> None:
    judged(project, ana, rationale=WORDS)
    version = built(project)
    anonymise(labeler=ana)
    assert withdraw_erased() == []
    assert WORDS.encode() in everything(version)


@pytest.mark.parametrize("versions", [1, 3])
def test_looking_costs_one_query_however_many_versions(
    project: Project, versions: int, django_assert_num_queries: Any
) -> None:
    judged(project, make_labeler())
    for number in range(versions):
        built(project, f"version {number}")
    with django_assert_num_queries(1):
        withdraw_erased()
