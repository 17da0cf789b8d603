"""Answers from the page's fields, and back into them."""

from typing import Any

import pytest

from labeling.pages.forms import AnswerForm, form_data_of
from labeling.services.submitting import submit
from tests.factories import make_labeler
from tests.labeling.work import claimed, project_with_tasks


def read(places: int, modes: list[str] | None = None, **fields: str) -> dict[str, Any]:
    """What an answer holds beside the key; what is empty is left out."""
    form = AnswerForm({"submit_key": "k"} | fields, places=places, modes=modes)
    assert form.is_valid(), form.errors
    answer = form.answer()
    held = {name: getattr(answer, name) for name in answer.__slots__ if name != "submit_key"}
    return {name: value for name, value in held.items() if value not in (None, {}, [], "")}


def objections(places: int, modes: list[str], **fields: str) -> list[str]:
    form = AnswerForm({"submit_key": "k"} | fields, places=places, modes=modes)
    assert not form.is_valid()
    return [str(word) for words in form.errors.values() for word in words]


@pytest.mark.parametrize(
    ("mode", "places", "fields", "answer"),
    [
        ("rank", 3, {"ranking": "2 1=3"}, {"tiers": [["2"], ["1", "3"]]}),
        ("best", 3, {"choice": "2"}, {"tiers": [["2"], ["1", "3"]]}),
        ("best", 2, {"choice": "1"}, {"tiers": [["1"], ["2"]]}),
        ("best", 3, {"unacceptable": "1", "reason": " No. "}, {"not_rankable": "No."}),
        ("pair", 2, {"choice": "1"}, {"tiers": [["1"], ["2"]]}),
        ("pair", 2, {"choice": "2", "strength": "0"}, {"tiers": [["2"], ["1"]], "strength": 0}),
        ("pair", 2, {"choice": "tie", "strength": "2"}, {"tiers": [["1", "2"]]}),
        ("pair", 2, {"choice": "both_bad", "strength": "2"}, {"not_rankable": "both_bad"}),
        ("pair", 2, {"choice": "both_bad", "reason": "Rude."}, {"not_rankable": "Rude."}),
        ("pair_7", 2, {"scale": "-3"}, {"tiers": [["1"], ["2"]], "strength": 3}),
        ("pair_7", 2, {"scale": "-1"}, {"tiers": [["1"], ["2"]], "strength": 1}),
        ("pair_7", 2, {"scale": "0"}, {"tiers": [["1", "2"]]}),
        ("pair_7", 2, {"scale": "2"}, {"tiers": [["2"], ["1"]], "strength": 2}),
        ("pair_7", 2, {"scale": "-100"}, {"not_rankable": "neither_valid"}),
    ],
)
def test_each_way_to_order_becomes_tiers(
    mode: str, places: int, fields: dict[str, str], answer: dict[str, Any]
) -> None:
    assert read(places, [mode], **fields) == answer


@pytest.mark.parametrize(
    ("mode", "fields", "words"),
    [
        ("rank", {}, "Still to rank: 1, 2."),
        ("best", {}, "Choose the best response."),
        ("best", {"unacceptable": "1"}, "Say in a few words why no response is acceptable."),
        ("pair", {}, "Choose a response, a tie, or that both are bad."),
        ("pair", {"ranking": "2 1"}, "Choose a response, a tie, or that both are bad."),
        ("pair_7", {}, "Choose which response is better, or that they are the same."),
    ],
)
def test_an_order_that_is_missing_is_asked_for(
    mode: str, fields: dict[str, str], words: str
) -> None:
    assert objections(2, [mode], **fields) == [words]


@pytest.mark.parametrize(
    "fields",
    [
        {"choice": "3"},
        {"choice": "1", "overall_1": "8"},
        {"choice": "1", "attr_2_helpfulness": "5"},
        {"choice": "1", "flag_1_hallucination": "maybe"},
        {"choice": "1", "label_1_quality": "0.3"},
        {"choice": "1", "confidence": "0"},
        {"choice": "1", "safety": "none"},
        {"choice": "1", "edit_text": "Better."},
        {"choice": "1", "spans": "{"},
        {"choice": "1", "spans": '{"1": 2}'},
    ],
)
def test_what_is_off_its_scale_is_said_in_words(fields: dict[str, str]) -> None:
    assert objections(2, ["pair"], **fields)


def test_every_question_is_read_and_an_open_one_is_absent() -> None:
    assert read(
        2,
        ["pair", "safety", "confidence", "overall", "attributes", "flags", "labels", "edit"],
        choice="2",
        safety="both",
        confidence="9",
        overall_1="7",
        attr_1_helpfulness="0",
        attr_2_verbosity="",
        flag_1_hallucination="no",
        flag_2_denigrates="yes",
        label_1_spam="no",
        label_2_quality="0.25",
        label_2_toxicity="0",
        overall_3="4",
        edit_response="2",
        edit_text="Two\r\nlines.\r\n",
        spans='[{"response": "1", "start": 0, "end": 2, "label": "wrong"}]',
        rationale="Because.\r\nSo.",
        seconds="12.5",
    ) == {
        "tiers": [["2"], ["1"]],
        "answers": {"safety": "both", "confidence": 9},
        "ratings": {
            "1": {
                "overall": 7,
                "attributes": {"helpfulness": 0},
                "flags": {"hallucination": False},
                "labels": {"spam": False},
            },
            "2": {"flags": {"denigrates": True}, "labels": {"quality": 0.25, "toxicity": 0.0}},
        },
        "edit": {"response": "2", "text": "Two\nlines.\n"},
        "spans": [{"response": "1", "start": 0, "end": 2, "label": "wrong"}],
        "rationale": "Because.\nSo.",
        "seconds": 12.5,
    }


EXTRAS = {
    "confidence": "3",
    "safety": "first",
    "overall_1": "2",
    "attr_1_coherence": "4",
    "flag_2_hallucination": "no",
    "flag_2_denigrates": "yes",
    "label_1_spam": "no",
    "label_2_spam": "yes",
    "label_2_humor": "0.75",
    "rationale": "Because.",
    "edit_response": "2",
    "edit_text": "Better.\nMuch better.",
    "spans": '[{"response":"1","start":0,"end":8,"label":"wrong","note":"No."}]',
    "seconds": "12.5",
}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("modes", "fields"),
    [
        (["rank", "strength"], {"ranking": "2 1", "strength": "0"}),
        (["rank"], {"ranking": "1=2"}),
        (["rank"], {"unacceptable": "1", "reason": "Both wrong."}),
        (["best", "strength"], {"choice": "2", "strength": "3"}),
        (["best"], {"unacceptable": "1", "reason": "Both wrong."}),
        (["pair", "strength"], {"choice": "1", "strength": "2"}),
        (["pair"], {"choice": "tie"}),
        (["pair"], {"choice": "both_bad"}),
        (["pair"], {"choice": "both_bad", "reason": "Rude."}),
        (["pair_7"], {"scale": "-2"}),
        (["pair_7"], {"scale": "3"}),
        (["pair_7"], {"scale": "0"}),
        (["pair_7"], {"scale": "-100"}),
        (["pair_7"], {"scale": "-100", "reason": "Not in English."}),
    ],
)
def test_a_stored_answer_fills_the_form_as_it_was_posted(
    modes: list[str], fields: dict[str, str]
) -> None:
    extras = ["confidence", "safety", "overall", "attributes", "flags", "labels"]
    modes = [*modes, *extras, "rationale", "edit", "spans"]
    project = project_with_tasks(1, responses=2, modes=modes, span_labels=["wrong"])
    labeler = make_labeler()
    task = claimed(project, labeler)
    posted = fields | EXTRAS
    form = AnswerForm({"submit_key": "k"} | posted, places=2, modes=modes)
    assert form.is_valid(), form.errors
    judgment = submit(slot_uid=task.slot, labeler=labeler, answer=form.answer())
    judgment.refresh_from_db()
    assert form_data_of(judgment) == posted
