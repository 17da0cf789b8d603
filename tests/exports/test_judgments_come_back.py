"""Judgments out of one project and into another: nothing is lost but ids."""

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import zstandard

from collector.models import ImportedPreference, ImportJob, Project
from collector.services.imports import run_import, start_import
from labeling.models import Comparison, Judgment
from labeling.services.rebuilding import rebuild_comparisons
from tests.exports.builders import judge
from tests.exports.test_formats import judged_with_everything
from tests.exports.test_loading import export
from tests.factories import make_labeler, make_project, make_prompt, make_response

pytestmark = pytest.mark.django_db
Row = dict[str, Any]

IDS = ("judgment_id", "task_id", "prompt_id", "labeler_id", "response_id", "edit_of")
# What an imported judgment is; what it was is in its origin.
IMPORTED = {"purpose": "imported", "labeler_kind": "imported", "opinions": []}
NEITHER = ("created_at", "origin", "policy_version", "guideline_version")


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def project() -> Project:
    """With what labelers can say, and odd texts."""
    project = make_project("first")
    judged_with_everything(project)
    prompt = make_prompt(project, text="tabs\tand \\N and\u2028lines\r\n", language="en")
    pair = [make_response(prompt, revision=name, text=f"{name} \\ ü\n") for name in ("a", "b")]
    judge(prompt, None, order=pair, not_rankable="both are\toff")
    judge(prompt, [pair], order=pair[::-1], labeler=make_labeler(), rationale='"Tie"\\')
    judge(prompt, [pair[1:], pair[:1]], strength=0, seconds=0.25)
    return project


def exported(project: Project, out: Path, container: str = "jsonl", purposes: str = "") -> Path:
    recipe = ["test_share=0", *([f"purposes={purposes}"] if purposes else [])]
    export(project, out, "judgments", container=container, set=recipe)
    return out / f"judgments.train.{container}"


def read(path: Path) -> list[Row]:
    if path.suffix == ".parquet":
        rows: list[Row] = pq.read_table(path).to_pylist()
        return rows
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    if path.suffix == ".zst":
        data = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data)).read()
    return [json.loads(line) for line in data.split(b"\n") if line]


def import_into(project: Project, path: Path, name: str = "") -> ImportJob:
    job = start_import(
        project=project,
        preset="judgments",
        filename=name or path.name,
        content=io.BytesIO(path.read_bytes()),
        enqueued=False,
    )
    run_import(job_id=job.pk)
    job.refresh_from_db()
    assert (job.status, job.error) == ("succeeded", "")
    return job


def told(row: Row) -> Row:
    """What a row says but for ids, which are told by what they stand for."""
    text = {each["response_id"]: each["text"] for each in row["responses"]}
    kept = {name: value for name, value in row.items() if name not in (*IDS, *NEITHER)}
    responses = [
        {name: value for name, value in each.items() if name not in (*IDS, "origin", "masked")}
        for each in row["responses"]
    ]
    edit = row["edit"] and (text[row["edit"]["edit_of"]], row["edit"]["text"])
    spans = [each | {"response_id": text[each["response_id"]]} for each in row["spans"]]
    tiers = [[text[response] for response in tier] for tier in row["tiers"]]
    return kept | {"responses": responses, "edit": edit, "spans": spans, "tiers": tiers}


@pytest.mark.parametrize("container", ["jsonl", "jsonl.gz", "jsonl.zst", "parquet"])
def test_rows_are_the_same_but_for_ids(project: Project, tmp_path: Path, container: str) -> None:
    first = read(path := exported(project, tmp_path / "first", container))
    assert len(first) == 4

    job = import_into(there := make_project("second"), path)

    assert (job.created, job.rejected) == (4, 0)
    second = read(exported(there, tmp_path / "second", container, "imported"))
    assert [told(row) for row in second] == [told(row) | IMPORTED for row in first]
    labelers = [[row["labeler_id"] for row in rows] for rows in (first, second)]
    assert len(set(zip(*labelers, strict=True))) == len(set(labelers[0])) == len(set(labelers[1]))
    for before, after in zip(first, second, strict=True):
        origin = json.loads(after["origin"])
        assert origin == {
            name: value
            for name, value in {
                "uid": before["judgment_id"],
                "task": before["task_id"],
                "purpose": "work",
                "created_at": before["created_at"],
                "labeler_kind": "person",
                "policy_version": before["policy_version"],
                "guideline_version": before["guideline_version"],
                "opinions": before["opinions"],
            }.items()
            if value not in (None, [])
        }
    assert Comparison.objects.filter(project=there).count() == (
        Comparison.objects.filter(project=project).count()
        + 2  # the builder writes none of a judgment without tiers, nor of an edit
    )
    assert rebuild_comparisons(project=there) == 0
    # What people wrote is where it goes with them.
    left = ImportedPreference.objects.values_list("details", flat=True)
    assert list(left) == [{"identity": row["judgment_id"]} for row in first]


def test_what_came_in_goes_out_the_same_for_ever(project: Project, tmp_path: Path) -> None:
    import_into(there := make_project("second"), exported(project, tmp_path / "first"))
    path = exported(there, tmp_path / "second", purposes="imported")
    import_into(third := make_project("third"), path)

    again = read(exported(third, tmp_path / "third", purposes="imported"))
    assert [told(row) | {"origin": row["origin"]} for row in again] == [
        told(row) | {"origin": row["origin"]} for row in read(path)
    ]


def test_nothing_comes_in_twice(project: Project, tmp_path: Path) -> None:
    path = exported(project, tmp_path / "first")
    there = make_project("second")
    import_into(there, path)
    count = Judgment.objects.count()

    again = import_into(there, path, "of another name.jsonl")
    assert (again.created, again.duplicates) == (0, 4)
    # Other bytes, the same judgments.
    lines = path.read_bytes().split(b"\n")[:-1]
    path.write_bytes(b"\n".join(lines[::-1]))
    shuffled = import_into(there, path)
    assert (shuffled.created, shuffled.duplicates) == (0, 4)
    # Into the project they were made in, where they are judgments already.
    import_into(project, path)
    assert Judgment.objects.count() == count


def test_what_was_no_persons_own_vote_stays_what_it_was(tmp_path: Path) -> None:
    project, there = make_project("first"), make_project("second")
    for purpose in ("machine", "repeat", "simulated"):
        prompt = make_prompt(project)
        judge(prompt, [[make_response(prompt)], [make_response(prompt)]], purpose=purpose)

    import_into(there, exported(project, tmp_path / "first", purposes="machine,repeat,simulated"))

    found = Judgment.objects.filter(task__project=there).order_by("pk")
    purposes = list(found.values_list("purpose", "comparisons__purpose"))
    assert purposes == [(each, each) for each in ("machine", "repeat", "imported")]


def test_votes_without_texts_are_in_no_file(tmp_path: Path) -> None:
    project = make_project()
    votes = b"model_a,model_b,winner\nant,bee,tie\n"
    job = start_import(
        project=project,
        preset="arena",
        filename="battles.csv",
        content=io.BytesIO(votes),
        enqueued=False,
    )
    run_import(job_id=job.pk)
    assert Judgment.objects.count() == 1

    prompt = make_prompt(project)
    judge(prompt, [[make_response(prompt)], [make_response(prompt)]], purpose="imported")
    for name in ("judgments", "preference", "ranked", "unpaired", "oasst"):
        out = tmp_path / name
        export(project, out, name, container="jsonl", set=["test_share=0", "purposes=imported"])
    assert len(read(tmp_path / "judgments" / "judgments.train.jsonl")) == 1
