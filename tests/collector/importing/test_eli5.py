"""The preset `eli5`."""

import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from collector.models import ImportedPreference, Message, Project
from tests.collector.importing.conftest import ImportFile, counts, rejections
from tests.collector.importing.sources import answers, json_lines


def row(**changes: Any) -> dict[str, Any]:
    return {
        "q_id": "1oy5tc",
        "title": "In football whats the point?",
        "selftext": "Edit: a rushing play.",
        "subreddit": "explainlikeimfive",
        "answers": {
            "a_id": ["c1", "c2"],
            "text": ["Keep them honest.", "To throw."],
            "score": [3, -2],
        },
    } | changes


STORED = [
    ("human", "Keep them honest.", {"a_id": "c1", "score": 3}),
    ("human", "To throw.", {"a_id": "c2", "score": -2}),
]
PROMPT = "In football whats the point?\n\nEdit: a rushing play."


def parquet() -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([row()]), stream)
    return stream.getvalue()


def of_records() -> str:
    arrays = row()["answers"]
    records = [
        dict(zip(arrays, answer, strict=True)) for answer in zip(*arrays.values(), strict=True)
    ]
    return json_lines(row(answers=records))


@pytest.mark.parametrize(
    ("name", "content"),
    [("eli5.jsonl", json_lines(row())), ("eli5.parquet", parquet()), ("e.jsonl", of_records())],
)
def test_each_answer_keeps_the_score_of_its_place(
    import_file: ImportFile, project: Project, name: str, content: str | bytes
) -> None:
    job = import_file(content, name, "eli5")

    assert counts(job) == (1, 1, 0, 0)
    assert answers(project) == {PROMPT: STORED}
    assert Message.objects.get(role="user").meta == {
        "q_id": "1oy5tc",
        "tags": ["explainlikeimfive"],
    }
    assert not ImportedPreference.objects.exists()


@pytest.mark.parametrize("nothing", ["", None, " \n", "[deleted]", "[removed]"])
def test_without_a_text_below_the_title_is_all(
    import_file: ImportFile, project: Project, nothing: str | None
) -> None:
    import_file(json_lines(row(selftext=nothing)), "eli5.jsonl", "eli5")

    assert list(answers(project)) == ["In football whats the point?"]


def test_what_was_taken_away_is_no_answer_and_moves_no_score(
    import_file: ImportFile, project: Project
) -> None:
    arrays = {
        "a_id": ["c1", "c2", "c3"],
        "text": ["[deleted]", "", "To throw."],
        "score": [9, 8, -2],
    }

    import_file(json_lines(row(answers=arrays)), "eli5.jsonl", "eli5")

    assert answers(project) == {PROMPT: [("human", "To throw.", {"a_id": "c3", "score": -2})]}


def test_arrays_that_do_not_match_are_rejected(import_file: ImportFile) -> None:
    job = import_file(
        json_lines(
            row(),
            row(answers={"a_id": ["c1"], "text": ["x", "y"], "score": [1, 2]}),
            row(answers={"a_id": ["c1", "c2"], "text": ["x", "y"], "score": [1]}),
            row(answers={"a_id": ["c1"], "text": ["x"], "score": ["many"]}),
            row(answers="x"),
            row(title="", selftext="[deleted]"),
        ),
        "eli5.jsonl",
        "eli5",
    )

    assert counts(job) == (6, 1, 0, 5)
    assert rejections(job) == [
        (2, "ragged_answers"),
        (3, "ragged_answers"),
        (4, "not_a_number"),
        (5, "bad_answers"),
        (6, "empty_prompt"),
    ]


def test_a_question_without_answers_is_a_prompt(import_file: ImportFile, project: Project) -> None:
    import_file(
        json_lines(row(answers={"a_id": [], "text": [], "score": []})), "eli5.jsonl", "eli5"
    )

    assert answers(project) == {PROMPT: []}
