"""The names, scales and fields of the questions."""

import re
from pathlib import Path

import pytest

from labeling import questions
from labeling.models.policies import Mode

EVERY = ["pair", "safety", "strength", "confidence", "overall", "attributes", "flags", "labels"]


def test_fields_are_named_once_and_say_their_place() -> None:
    asked = list(questions.choices_asked(EVERY, places=2))
    fields = [question.field_for(place) for question in asked for place in "12"]
    of_each = {field for field in fields if re.search(r"_[12](_|$)", field)}
    assert len(of_each) == 2 * (1 + 5 + 11 + 15)
    assert set(fields) - of_each == {"choice", "safety", "strength", "confidence"}
    assert {"overall_2", "attr_1_helpfulness", "flag_2_hallucination", "label_1_spam"} <= of_each


@pytest.mark.parametrize(
    ("modes", "values"),
    [
        (["rank"], None),
        (["best"], ("1", "2", "3", "4")),
        (["pair", "strength"], ("1", "2", "tie", "both_bad")),
        (["pair_7"], ("-3", "-2", "-1", "0", "1", "2", "3", "-100")),
    ],
)
def test_the_question_of_order(modes: list[str], values: tuple[str, ...] | None) -> None:
    question = questions.ordering(modes, places=4)
    assert (question and question.values) == values


def test_scales_are_those_of_the_literature() -> None:
    assert questions.OVERALL.values == tuple("1234567")
    assert questions.CONFIDENCE.values == tuple("123456789")
    assert {question.values for question in questions.ATTRIBUTES} == {tuple("01234")}
    assert {question.values for question in questions.LABELS_STEPS} == {
        ("0", "0.25", "0.5", "0.75", "1")
    }
    assert [question.name for question in questions.LABELS if question.required] == ["spam"]


def test_every_mode_is_asked_somewhere() -> None:
    in_text = {"rank", "spans", "edit", "rationale"}
    by_choice = {"best", "pair", "pair_7", *questions.OF_THE_TASK, *questions.OF_EACH_RESPONSE}
    assert in_text | by_choice == set(Mode.values)


def test_the_handbook_names_every_mode_and_every_question() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "judging.md").read_text("utf-8")
    attributes = " ".join(questions.NAMES["attributes"])
    assert attributes.replace(" ", ", ") in text
    for name in [*Mode.values, *questions.NAMES["flags"], *questions.NAMES["labels"]]:
        assert f"`{name}`" in text, name
