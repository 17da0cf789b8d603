"""The preset `shp`."""

from typing import Any

import pytest

from collector.models import ImportedPreference, Message, Project
from tests.collector.importing.conftest import ImportFile, counts, rejections
from tests.collector.importing.sources import answers, json_lines, preferences


def row(**changes: Any) -> dict[str, Any]:
    return {
        "post_id": "himc90",
        "domain": "askacademia_train",
        "history": "How do I ask?",
        "human_ref_A": "Politely.",
        "human_ref_B": "Loudly.",
        "c_root_id_A": "fwhnqao",
        "c_root_id_B": "fwhy3xp",
        "labels": 1,
        "score_A": 52,
        "score_B": 54,
        "score_ratio": 1.0384615385,
    } | changes


def test_label_1_prefers_a_and_label_0_prefers_b(import_file: ImportFile, project: Project) -> None:
    job = import_file(
        json_lines(row(), row(history="And then?", labels=0), row(history="So?", labels="1")),
        "shp.jsonl",
        "shp",
    )

    assert counts(job) == (3, 3, 0, 0)
    assert preferences(project) == [
        (1, "How do I ask?", [["Politely."], ["Loudly."]], "shp"),
        (2, "And then?", [["Loudly."], ["Politely."]], "shp"),
        (3, "So?", [["Politely."], ["Loudly."]], "shp"),
    ]


def test_comments_keep_their_scores_and_the_post_its_domain(
    import_file: ImportFile, project: Project
) -> None:
    import_file(json_lines(row()), "shp.jsonl", "shp")

    assert answers(project) == {
        "How do I ask?": [
            ("human", "Loudly.", {"score": 54, "comment_id": "fwhy3xp"}),
            ("human", "Politely.", {"score": 52, "comment_id": "fwhnqao"}),
        ]
    }
    assert Message.objects.get(role="user").meta == {
        "post_id": "himc90",
        "tags": ["askacademia_train"],
    }


def test_pairs_of_one_post_share_prompt_and_comments(
    import_file: ImportFile, project: Project
) -> None:
    rows = [row(), row(human_ref_B="Twice."), row(human_ref_A="Twice.", labels=0)]

    assert counts(import_file(json_lines(*rows), "shp.jsonl", "shp")) == (3, 3, 0, 0)

    assert len(answers(project)["How do I ask?"]) == 3
    assert [tiers for _row, _prompt, tiers, _author in preferences(project)] == [
        [["Politely."], ["Loudly."]],
        [["Politely."], ["Twice."]],
        [["Loudly."], ["Twice."]],
    ]


def test_one_statement_counts_once_in_whatever_file_and_row(import_file: ImportFile) -> None:
    rows = [row(), row(history="And then?"), row()]

    first = import_file(json_lines(*rows), "train.jsonl", "shp")
    again = import_file(json_lines(*rows), "train.jsonl", "shp")
    moved = import_file(json_lines(*rows[::-1]), "renamed.jsonl", "shp")

    assert counts(first) == (3, 2, 1, 0)
    assert (counts(again), counts(moved)) == ((3, 0, 3, 0), (3, 0, 3, 0))
    assert ImportedPreference.objects.count() == 2


def test_a_changed_file_of_the_same_name_loses_nothing(
    import_file: ImportFile, project: Project
) -> None:
    import_file(json_lines(row()), "shp.jsonl", "shp")

    job = import_file(json_lines(row(human_ref_B="Twice.")), "shp.jsonl", "shp")

    assert counts(job) == (1, 1, 0, 0)
    assert [tiers for _row, _prompt, tiers, _author in preferences(project)] == [
        [["Politely."], ["Loudly."]],
        [["Politely."], ["Twice."]],
    ]


def test_a_preference_between_stored_responses_is_new(import_file: ImportFile) -> None:
    import_file(json_lines(row()), "shp.jsonl", "shp")

    job = import_file(json_lines(row(labels=0)), "shp.jsonl", "shp")

    assert counts(job) == (1, 1, 0, 0)
    assert Message.objects.count() == 3


def test_ids_do_not_tell_which_was_preferred(import_file: ImportFile) -> None:
    rows = [row(history=f"Question {number}?") for number in range(40)]
    texts = [{"human_ref_A": f"Good {n}.", "human_ref_B": f"Bad {n}."} for n in range(40)]
    import_file(
        json_lines(*(row | text for row, text in zip(rows, texts, strict=True))), "s.jsonl", "shp"
    )

    stated = ImportedPreference.objects.values_list("tiers", flat=True)
    lower_won = sum(best < worst for [best], [worst] in stated)
    assert lower_won == 21  # of 40, by the texts' hashes; 40 would be the order of the file


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"labels": 2}, "bad_label"),
        ({"labels": None}, "bad_label"),
        ({"labels": True}, "not_a_number"),
        ({"labels": "A"}, "not_a_number"),
        ({"human_ref_B": ""}, "empty_response"),
        ({"human_ref_B": " Politely.\n"}, "same_responses"),
        ({"history": None}, "empty_prompt"),
        ({"post_id": 7}, "not_text"),
    ],
)
def test_a_row_that_says_nothing_clear_is_rejected(
    import_file: ImportFile, change: dict[str, Any], code: str
) -> None:
    job = import_file(json_lines(row(), row(**change)), "shp.jsonl", "shp")

    assert counts(job) == (2, 1, 0, 1)
    assert rejections(job) == [(2, code)]
    assert ImportedPreference.objects.count() == 1
