"""Every hostile row is planted, refused for its own reason, and the counts add up."""

import re
from pathlib import Path
from typing import Any

import pytest

from collector.models import Message, Project, Thread
from exports.formats import FORMATS
from exports.items import Prompt
from exports.manifest import Tally
from exports.recipes import parse_recipe
from exports.services.freezing import freeze
from exports.services.versions import about
from exports.services.writing import Plan, write_folder
from exports.validator import Reason, number_problem, text_problem, transcript_problem
from labeling.models import Comparison, Judgment
from tests.exports.builders import judge, thread_of
from tests.factories import make_project, make_prompt, make_response


def pair(project: Project, chosen: str, rejected: str, **fields: Any) -> Judgment:
    prompt = make_prompt(project)
    won, lost = make_response(prompt, chosen), make_response(prompt, rejected, "model-b")
    return judge(prompt, [[won], [lost]], **fields)


def tallies(project: Project, folder: Path, *formats: str, **recipe: Any) -> dict[str, Tally]:
    plan = Plan(
        project_id=project.pk,
        about=about(project=project, dataset="set"),
        formats=formats,
        container="jsonl",
        recipe=parse_recipe(recipe),
        cut_off=freeze(project_id=project.pk),
    )
    return write_folder(plan=plan, folder=folder, on_progress=lambda share: None)["formats"]


def plant(project: Project) -> None:
    """One good pair, and one of each kind that a trainer would read silently wrong."""
    pair(project, "good", "bad")
    pair(project, "same", " same\n")
    pair(project, "fine", " \t ")
    pair(project, "fine", "<|im_start|>system")
    pair(project, "stop </s> now", "fine")
    pair(project, "so: [INST] do it [/INST]", "fine")
    tied = pair(project, "one", "other")
    Comparison.objects.filter(judgment=tied).update(outcome="tie")
    bad = pair(project, "awful", "horrible")
    Comparison.objects.filter(judgment=bad).update(outcome="both_bad")
    lost = pair(project, "fine", "but no conversation")
    Thread.objects.filter(prompt=lost.task.prompt).delete()
    for turns in (
        [("user", "Hi"), ("assistant", "Hello")],
        [("prompter", "Hi")],
        [("user", "  ")],
        [("user", "<|eot_id|>")],
    ):
        prompt = make_prompt(project)
        thread_of(prompt, [{"role": role, "content": content} for role, content in turns])
        judge(prompt, [[make_response(prompt)], [make_response(prompt)]])


@pytest.mark.django_db
def test_each_hostile_row_is_refused_and_counted(tmp_path: Path) -> None:
    project = make_project()
    plant(project)
    tally = tallies(project, tmp_path, "preference", test_share=0)["preference"]
    assert tally == {
        "read": 13,
        "written": {"train": 1, "test": 0},
        "refused": {
            "both_bad": 1,
            "empty_text": 2,
            "equal_texts": 1,
            "last_role_not_user": 1,
            "no_conversation": 1,
            "special_token": 4,
            "tie": 1,
            "unknown_role": 1,
        },
    }


# Where items are not one a judgment: trees have messages, and nothing was rated.
READ = {"oasst_messages": 42, "unpaired": 0}
HOSTILE = re.compile(r"<\|im_start|</s>|\[INST\]|<\|eot_id|prompter\",\"content")


@pytest.mark.django_db
def test_rows_read_are_rows_written_and_refused_in_every_format(tmp_path: Path) -> None:
    project = make_project(languages=["en"])
    plant(project)
    pair(project, "Yes.\n\nHuman: and now?", "No.")
    found = tallies(project, tmp_path, *FORMATS)
    for name, tally in found.items():
        assert tally["read"] == sum(tally["written"].values()) + sum(tally["refused"].values())
        assert (name, tally["read"]) == (name, READ.get(name, 14))
        written = "".join(path.read_text() for path in tmp_path.glob(f"{name}.t*.json*"))
        assert not HOSTILE.search(written), name
    assert found["preference_text"]["refused"]["transcript_mark"] == 1
    assert "transcript_mark" not in found["preference"]["refused"]
    # Ties, and pairs that say the same, are opinions all the same.
    assert found["judgments"]["refused"] == {
        "empty_text": 2,
        "last_role_not_user": 1,
        "no_conversation": 1,
        "special_token": 4,
        "unknown_role": 1,
    }


@pytest.mark.django_db
def test_a_judgment_of_one_response_is_refused(tmp_path: Path) -> None:
    project = make_project()
    prompt = make_prompt(project)
    judge(prompt, [[make_response(prompt)]])
    tally = tallies(project, tmp_path, "judgments")["judgments"]
    assert (tally["read"], tally["refused"]) == (1, {"too_few_responses": 1})


@pytest.mark.django_db
def test_rows_without_a_margin_are_refused_where_margins_are_asked_for(tmp_path: Path) -> None:
    project = make_project()
    pair(project, "good", "bad", strength=3)
    pair(project, "good", "bad")
    with_margin = tallies(project, tmp_path, "preference", columns=["margin"], test_share=0)
    assert with_margin["preference"]["written"]["train"] == 1
    assert with_margin["preference"]["refused"] == {"no_strength": 1}


@pytest.mark.django_db
def test_deleted_retired_and_foreign_rows_are_not_even_read(tmp_path: Path) -> None:
    project = make_project()
    pair(make_project(), "of another", "project")
    deleted = pair(project, "deleted", "text")
    Message.objects.filter(pk=deleted.order[1]).update(text="", deleted_at=deleted.created_at)
    retired = pair(project, "retired", "judgment")
    for model in (Judgment, Comparison):
        rows = model.objects.filter(created_at=retired.created_at)
        assert rows.update(retired_at=retired.created_at) == 1
    for purpose in ("gold", "practice", "qualification", "simulated"):
        pair(project, "not", "work", purpose=purpose)
    kept = pair(project, "kept", "row")
    found = tallies(project, tmp_path, "preference", "judgments", test_share=0)
    assert [tally["read"] for tally in found.values()] == [1, 1]
    assert str(kept.task.about.uid) in (tmp_path / "preference.train.jsonl").read_text()
    assert str(kept.uid) in (tmp_path / "judgments.train.jsonl").read_text()


@pytest.mark.parametrize(
    "text",
    [
        "<|im_end|>", "<|endoftext|>", "<|start_header_id|>", "<s>", "</s>", "[/INST]", "<<SYS>>",
        "<</SYS>>", "<start_of_turn>", "<end_of_turn>", "<bos>", "<eos>", "<｜User｜>", "<|user|>",
    ],
)  # fmt: skip
def test_special_tokens_are_found_inside_text(text: str) -> None:
    assert text_problem(f"before {text} after") is Reason.SPECIAL_TOKEN


@pytest.mark.parametrize("text", ["a < b [see] <b>bold</b>", "x = y[0] <| z", "日本語", "if a|>b"])
def test_ordinary_text_passes(text: str) -> None:
    assert text_problem(text) is None


def test_what_postgresql_would_not_store_is_refused_too() -> None:
    assert text_problem("half a \ud83d pair") is Reason.LONE_SURROGATE
    assert number_problem(float("nan")) is Reason.NOT_A_NUMBER
    assert number_problem(float("inf")) is Reason.NOT_A_NUMBER
    assert number_problem(None) is Reason.NO_STRENGTH
    assert number_problem(0.0) is None


def test_transcript_marks_are_found_in_the_prompt() -> None:
    prompt = Prompt("", [{"role": "user", "content": "Hi\n\nAssistant: no"}], "train")
    assert transcript_problem(prompt, "fine") is Reason.TRANSCRIPT_MARK
    prompt = Prompt("", [{"role": "user", "content": "The Assistant: a\nHuman: b"}], "train")
    assert transcript_problem(prompt, "fine") is None
