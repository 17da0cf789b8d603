"""The preset `arena`: votes on battles of two models."""

import json
from typing import Any

import pytest

from accounts.models import Labeler
from collector.importing.authors import imported_labeler
from collector.models import ImportedPreference, Message, Project, Source
from labeling.models import Comparison, Judgment, Task
from labeling.services.rebuilding import rebuild_comparisons
from tests.collector.importing.conftest import ImportFile, counts, rejections
from tests.collector.importing.sources import answers, json_lines


def vote(**changes: Any) -> dict[str, Any]:
    return {"model_a": "ant", "model_b": "bee", "winner": "model_a", "judge": "j1"} | changes


def battle(**changes: Any) -> dict[str, Any]:
    texts = {"prompt": "Sky?", "response_a": "Blue.", "response_b": "Green."}
    return vote(**texts) | changes


def outcomes() -> list[tuple[str | None, str | None, str, bool, str]]:
    """First, second, outcome, whether the first was shown before, and the purpose."""
    models = ("first_generator__name", "second_generator__name")
    said = ("outcome", "first_shown_before", "purpose")
    return list(Comparison.objects.order_by("pk").values_list(*models, *said))


CSV = """model_a,model_b,winner,judge
ant,bee,model_a,j1
bee,ant,model_a,j1
ant,bee,tie,j2
bee,ant,tie (bothbad),j2
ant,bee,both_bad,j2
ant,bee,model_b,
"""


def test_votes_without_texts_are_between_models(import_file: ImportFile, project: Project) -> None:
    job = import_file(CSV, "battles.csv", "arena")

    assert counts(job) == (6, 6, 0, 0)
    assert not Message.objects.exists()
    ant, bee = "ant", "bee"
    assert outcomes() == [
        (ant, bee, "first", True, "imported"),
        (ant, bee, "second", False, "imported"),
        (ant, bee, "tie", True, "imported"),
        (ant, bee, "both_bad", False, "imported"),
        (ant, bee, "both_bad", True, "imported"),
        (ant, bee, "second", True, "imported"),
    ]
    assert not Comparison.objects.exclude(first=None, second=None, prompt=None)
    by = list(Judgment.objects.order_by("pk").values_list("labeler", flat=True))
    judges = [imported_labeler(name) for name in ("j1", "j1", "j2", "j2", "j2", "arena")]
    assert by == judges
    assert set(Labeler.objects.values_list("kind", flat=True)) == {"imported"}
    assert not Task.objects.exclude(state="complete", prompt=None)
    assert rebuild_comparisons(project=project) == 0
    Comparison.objects.filter(outcome="tie").update(outcome="first")
    Comparison.objects.filter(outcome="both_bad").delete()
    assert rebuild_comparisons(project=project) == 4  # one goes and comes again, two come
    assert sorted(outcome for _, _, outcome, _, _ in outcomes()) == [
        *("both_bad", "both_bad", "first", "second", "second", "tie")
    ]


def test_votes_about_texts_meet_on_them(import_file: ImportFile, project: Project) -> None:
    swapped = battle(
        model_a="bee",
        model_b="ant",
        response_a="Green.",
        response_b="Blue.",
        winner="model_b",
        judge="j2",
    )
    job = import_file(
        json_lines(battle(), swapped, battle(winner="both_bad")), "battles.jsonl", "arena"
    )

    assert counts(job) == (3, 3, 0, 0)
    assert answers(project) == {"Sky?": [("ant", "Blue.", {}), ("bee", "Green.", {})]}
    blue, green = Message.objects.candidates().order_by("text")
    pairs = Comparison.objects.order_by("pk").values_list("first", "second", "prompt__text")
    low, high = sorted((blue.pk, green.pk))
    assert list(pairs) == [(low, high, "Sky?")] * 3
    one, other, bad = Judgment.objects.order_by("pk")
    assert (one.tiers, other.tiers) == ([[blue.pk], [green.pk]],) * 2
    assert (one.order, other.order) == ([blue.pk, green.pk], [green.pk, blue.pk])
    assert (bad.tiers, bad.not_rankable, bad.order) == (None, "both_bad", [blue.pk, green.pk])
    assert rebuild_comparisons(project=project) == 0


def test_what_else_the_row_says_is_kept(import_file: ImportFile) -> None:
    said = {"tstamp": 1700000000.5, "question_id": "q1", "pair_probability": 0.25}
    import_file(
        json_lines(
            battle(**said, language="en", tags=["sky"]),
            vote(
                pair_probability="0.5",
                language="de",
                tags=f"a, b, a, {'t' * 80}",
                tstamp="2024-05-01",
            ),
            vote(),
        ),
        "battles.jsonl",
        "arena",
    )

    tasks = Task.objects.order_by("pk")
    kept = list(tasks.values_list("selection_probability", "language", "topics"))
    assert kept == [(0.25, "en", ["sky"]), (0.5, "de", ["a", "b", "t" * 64]), (None, "", [])]
    assert list(Judgment.objects.order_by("pk").values_list("origin", flat=True)) == [
        {"id": "q1", "tstamp": 1700000000.5},
        {"tstamp": "2024-05-01"},
        None,
    ]
    prompt = Message.objects.prompts().get()
    assert (prompt.language, prompt.meta) == ("en", {"tags": ["sky"]})


@pytest.mark.parametrize("row", [vote(), battle()])
def test_equal_rows_are_votes_of_their_own(
    import_file: ImportFile, project: Project, row: dict[str, Any]
) -> None:
    rows = json_lines(*[row] * 5, row | {"tstamp": 1}, row | {"tstamp": 1})

    assert counts(import_file(rows, "battles.jsonl", "arena")) == (7, 7, 0, 0)
    assert Comparison.objects.count() == 7
    again = import_file(rows, "of another name.jsonl", "arena")
    assert counts(again) == (7, 0, 7, 0)
    assert Source.objects.count() == 1

    more = import_file(rows + json_lines(row), "battles.jsonl", "arena")
    assert more.source_id != again.source_id
    # Of the same texts a time tells which votes are known; without, each row counts.
    known = 2 if "prompt" in row else 0
    assert counts(more) == (8, 8 - known, known, 0)
    assert Comparison.objects.count() == Judgment.objects.count() == 15 - known
    assert not ImportedPreference.objects.filter(judged_at=None)


def test_a_body_of_other_votes_under_one_name_is_another_source(import_file: ImportFile) -> None:
    for number in range(3):
        rows = json_lines(*[vote()] * (number + 1))
        assert counts(import_file(rows, "body.jsonl", "arena"))[1] == number + 1

    assert Comparison.objects.count() == 6


def test_conversations_of_public_files(import_file: ImportFile, project: Project) -> None:
    def said(*texts: str) -> list[dict[str, Any]]:
        roles = ("user", "assistant")
        return [{"role": roles[n % 2], "content": text} for n, text in enumerate(texts)]

    parts = [
        {"role": "user", "content": [{"type": "text", "text": "Sky?"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "Grey."}]},
    ]
    rows = [
        vote(conversation_a=said("Sky?", "Blue."), conversation_b=parts),
        # They went different ways before the last question: no prompt that both answer.
        vote(
            conversation_a=said("Sky?", "Blue.", "Sure?", "Yes."),
            conversation_b=said("Sky?", "Grey.", "Sure?", "No."),
        ),
        vote(conversation_a=json.dumps(said("Sea?", "Wet.")), conversation_b=said("Sea?", "Dry.")),
        vote(conversation_a=said("Sky?"), conversation_b=said("Sky?", "Grey.")),
    ]

    job = import_file(json_lines(*rows), "battles.jsonl", "arena")

    assert counts(job) == (4, 3, 0, 1)
    assert rejections(job) == [(4, "bad_conversation")]
    assert answers(project) == {
        "Sky?": [("ant", "Blue.", {}), ("bee", "Grey.", {})],
        "Sea?": [("bee", "Dry.", {}), ("ant", "Wet.", {})],
    }
    assert list(Comparison.objects.order_by("pk").values_list("prompt__text", flat=True)) == [
        "Sky?",
        None,
        "Sea?",
    ]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (vote(winner="ant"), "bad_winner"),
        (vote(winner=None), "bad_winner"),
        (vote(model_a=""), "bad_model"),
        (vote(model_b="ant"), "same_model"),
        (vote(judge="j" * 201), "bad_judge"),
        (vote(pair_probability=0), "bad_probability"),
        (vote(pair_probability=1.5), "bad_probability"),
        (vote(pair_probability="often"), "not_a_number"),
        (battle(prompt=" "), "empty_prompt"),
        (battle(response_b=None), "empty_response"),
        (battle(model_b="ant", response_b="Blue. "), "same_responses"),
    ],
)
def test_rows_that_are_no_votes(import_file: ImportFile, row: dict[str, Any], code: str) -> None:
    job = import_file(json_lines(row, vote()), "battles.jsonl", "arena")

    assert counts(job) == (2, 1, 0, 1)
    assert rejections(job) == [(1, code)]


def test_columns_are_needed_and_may_be_mapped(import_file: ImportFile) -> None:
    missing = import_file("a,b,winner\n", "battles.csv", "arena")
    assert missing.error.startswith("There is no column “model_a”")
    content = "left,right,won,by\nant,bee,model_b,me\n"
    mapping = {"model_a": "left", "model_b": "right", "winner": "won", "judge": "by"}
    assert counts(import_file(content, "mapped.csv", "arena", **mapping)) == (1, 1, 0, 0)
    assert Judgment.objects.get().labeler_id == imported_labeler("me")
