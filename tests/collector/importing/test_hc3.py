"""The preset `hc3`."""

import io

import pyarrow as pa
import pyarrow.parquet as pq

from collector.models import GeneratorRevision, ImportedPreference, Message, Project
from tests.collector.importing.conftest import ImportFile, counts, rejections
from tests.collector.importing.sources import answers, json_lines

ROW = {
    "id": "0",
    "question": "Why is the sky blue ?",
    "human_answers": ["Because .", "Of light ."],
    "chatgpt_answers": ["It scatters."],
    "source": "reddit_eli5",
}


def test_both_lists_become_responses_by_their_authors(
    import_file: ImportFile, project: Project
) -> None:
    job = import_file(json_lines(ROW), "all.jsonl", "hc3")

    assert (job.status, counts(job)) == ("succeeded", (1, 1, 0, 0))
    assert answers(project) == {
        "Why is the sky blue ?": [
            ("human", "Because .", {}),
            ("chatgpt", "It scatters.", {}),
            ("human", "Of light .", {}),
        ]
    }
    assert Message.objects.get(role="user").meta == {"tags": ["reddit_eli5"]}
    assert GeneratorRevision.objects.get().provider == "recorded"


def test_who_wrote_an_answer_is_no_preference(import_file: ImportFile) -> None:
    import_file(json_lines(ROW), "all.jsonl", "hc3")

    assert not ImportedPreference.objects.exists()


def test_either_list_may_be_empty(import_file: ImportFile, project: Project) -> None:
    job = import_file(
        json_lines(
            {"question": "a?", "human_answers": [], "chatgpt_answers": ["x"]},
            {"question": "b?", "human_answers": ["y"], "chatgpt_answers": []},
            {"question": "c?", "human_answers": [], "chatgpt_answers": None},
            {"question": "d?", "human_answers": ["  "], "chatgpt_answers": [None]},
        ),
        "all.jsonl",
        "hc3",
    )

    assert counts(job) == (4, 4, 0, 0)
    assert answers(project) == {
        "a?": [("chatgpt", "x", {})],
        "b?": [("human", "y", {})],
        "c?": [],
        "d?": [],
    }


def test_bad_rows_are_rejected_with_their_reason(import_file: ImportFile) -> None:
    job = import_file(
        json_lines(
            ROW,
            {"question": " ", "human_answers": ["a"], "chatgpt_answers": []},
            {"question": "q", "human_answers": "a", "chatgpt_answers": []},
            {"question": "q", "human_answers": [3], "chatgpt_answers": []},
            "q",
        ),
        "all.jsonl",
        "hc3",
    )

    assert counts(job) == (5, 1, 0, 4)
    assert rejections(job) == [
        (2, "empty_prompt"),
        (3, "not_a_list"),
        (4, "not_text"),
        (5, "not_an_object"),
    ]


def test_parquet_holds_the_same(import_file: ImportFile, project: Project) -> None:
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([ROW]), stream)

    import_file(stream.getvalue(), "hc3.parquet", "hc3")
    again = import_file(json_lines(ROW), "all.jsonl", "hc3")

    assert counts(again) == (1, 0, 1, 0)
    assert len(answers(project)["Why is the sky blue ?"]) == 3


def test_a_missing_column_is_said(import_file: ImportFile) -> None:
    job = import_file(json_lines({"question": "q", "human_answers": []}), "all.jsonl", "hc3")

    assert job.error == (
        "There is no column “chatgpt_answers”; the columns are “question”, “human_answers”."
        " Name the one that holds the chatgpt by chatgpt=COLUMN."
    )
