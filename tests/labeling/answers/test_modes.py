"""What makes sense for a task: its modes, and the responses it showed. No database."""

from typing import Any

import pytest

from labeling.answers import Answer, Checked, Edit, Mark, Rating, check_answer, check_form
from labeling.errors import InvalidAnswer, InvalidTiers

PAIR = [20, 10]  # message ids by place
THREE = [30, 10, 20]
ONE_OVER_TWO = [["1"], ["2"]]


def checked(modes: list[str], order: list[int], **fields: Any) -> Checked:
    answer = Answer(**{"submit_key": "k"} | fields)
    check_form(answer)
    return check_answer(answer=answer, modes=modes, order=order, span_labels=["wrong", "good"])


def refused(modes: list[str], order: list[int], **fields: Any) -> str | None:
    with pytest.raises(InvalidAnswer) as error:
        checked(modes, order, **fields)
    return error.value.attr


# --- the four ways to order ---


def test_the_best_of_n_is_one_response_over_all_the_others() -> None:
    assert checked(["best"], THREE, tiers=[["2"], ["1", "3"]]).tiers == [[10], [20, 30]]


@pytest.mark.parametrize("tiers", [[["1"], ["2"], ["3"]], [["1", "2"], ["3"]], [["1", "2", "3"]]])
def test_best_of_n_takes_no_ranking_and_no_tie(tiers: list[list[str]]) -> None:
    with pytest.raises(InvalidTiers):
        checked(["best"], THREE, tiers=tiers)


@pytest.mark.parametrize(
    ("tiers", "by_id"),
    [([["2"], ["1"]], [[10], [20]]), ([["1", "2"]], [[10, 20]])],
)
def test_a_pair_has_a_winner_or_a_tie(tiers: list[list[str]], by_id: list[list[int]]) -> None:
    assert checked(["pair"], PAIR, tiers=tiers).tiers == by_id


def test_a_pair_can_be_bad_both() -> None:
    assert checked(["pair"], PAIR, not_rankable="both_bad").tiers is None


@pytest.mark.parametrize(
    ("tiers", "strength"),
    [(ONE_OVER_TWO, 1), (ONE_OVER_TWO, 3), ([["1", "2"]], None)],
)
def test_seven_points_are_a_side_and_a_strength_or_a_tie(
    tiers: list[list[str]], strength: int | None
) -> None:
    checked(["pair_7"], PAIR, tiers=tiers, strength=strength)


@pytest.mark.parametrize(
    ("tiers", "strength"), [(ONE_OVER_TWO, None), (ONE_OVER_TWO, 0), ([["1", "2"]], 2)]
)
def test_seven_points_need_their_strength(tiers: list[list[str]], strength: int | None) -> None:
    assert refused(["pair_7"], PAIR, tiers=tiers, strength=strength) == "strength"


# --- questions of the task ---


@pytest.mark.parametrize(
    ("mode", "values", "bad"),
    [
        ("confidence", [1, 9], [0, 10, 5.0, "5", True]),
        ("safety", ["first", "second", "both", "neither"], ["none", "", 1, ["first"]]),
    ],
)
def test_confidence_and_safety_have_their_scales(
    mode: str, values: list[Any], bad: list[Any]
) -> None:
    for value in values:
        found = checked(["pair", mode], PAIR, tiers=ONE_OVER_TWO, answers={mode: value})
        assert found.answers == {mode: value}
    for value in bad:
        attr = refused(["pair", mode], PAIR, tiers=ONE_OVER_TWO, answers={mode: value})
        assert attr == f"answers.{mode}"
    attr = refused(["pair"], PAIR, tiers=ONE_OVER_TWO, answers={mode: values[0]})
    assert attr == f"answers.{mode}"


def test_a_question_answered_with_null_was_not_answered() -> None:
    found = checked(
        ["pair", "confidence", "attributes", "flags"],
        PAIR,
        tiers=ONE_OVER_TWO,
        answers={"confidence": None},
        ratings={"1": {"attributes": {"verbosity": None}, "flags": {"hallucination": None}}},
    )
    assert (found.answers, found.ratings) == ({}, {})


# --- questions of each response ---


def test_ratings_are_kept_by_response_and_only_what_was_answered() -> None:
    found = checked(
        ["pair", "overall", "attributes", "flags", "labels"],
        PAIR,
        tiers=ONE_OVER_TWO,
        ratings={
            "1": {"attributes": {"helpfulness": 0, "verbosity": 4}, "labels": {"spam": True}},
            "2": {
                "overall": 7,
                "flags": {"hallucination": False, "denigrates": True},
                "labels": {"spam": False, "quality": 0.25, "toxicity": 0},
            },
        },
    )
    assert found.ratings == {
        20: Rating(attributes={"helpfulness": 0, "verbosity": 4}, labels={"spam": True}),
        10: Rating(
            overall=7,
            flags={"hallucination": False, "denigrates": True},
            labels={"spam": False, "quality": 0.25, "toxicity": 0},
        ),
    }


def test_a_list_of_flags_names_those_that_are_raised() -> None:
    ratings = {"1": {"flags": ["hallucination", "denigrates"]}}
    found = checked(["pair", "flags"], PAIR, tiers=ONE_OVER_TWO, ratings=ratings)
    assert found.ratings == {20: Rating(flags={"hallucination": True, "denigrates": True})}


@pytest.mark.parametrize(
    ("kind", "given", "attr"),
    [
        ("attributes", {"helpfulness": 5}, "ratings.1.attributes.helpfulness"),
        ("attributes", {"helpfulness": -1}, "ratings.1.attributes.helpfulness"),
        ("attributes", {"helpfulness": True}, "ratings.1.attributes.helpfulness"),
        ("attributes", {"charm": 1}, "ratings.1.attributes"),
        ("attributes", ["helpfulness"], "ratings.1.attributes"),
        ("flags", {"hallucination": 1}, "ratings.1.flags.hallucination"),
        ("flags", {"spam": True}, "ratings.1.flags"),
        ("flags", ["spam"], "ratings.1.flags"),
        ("flags", [["hallucination"]], "ratings.1.flags"),
        ("flags", "hallucination", "ratings.1.flags"),
        ("flags", 0, "ratings.1.flags"),
        ("labels", {"spam": 1}, "ratings.1.labels.spam"),
        ("labels", {"quality": True}, "ratings.1.labels.quality"),
        ("labels", {"quality": 0.3}, "ratings.1.labels.quality"),
        ("labels", {"quality": float("nan")}, "ratings.1.labels.quality"),
        ("labels", {"quality": "0.5"}, "ratings.1.labels.quality"),
        ("labels", {"verbosity": 1}, "ratings.1.labels"),
    ],
)
def test_ratings_off_their_scale_name_the_question(kind: str, given: Any, attr: str) -> None:
    modes = ["pair", "attributes", "flags", "labels"]
    assert refused(modes, PAIR, tiers=ONE_OVER_TWO, ratings={"1": {kind: given}}) == attr


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("attributes", {"helpfulness": 2}),
        ("flags", ["hallucination"]),
        ("labels", {"quality": 0.5}),
    ],
)
def test_ratings_that_are_not_asked_for_are_refused(kind: str, given: Any) -> None:
    ratings = {"2": {kind: given}}
    assert refused(["pair"], PAIR, tiers=ONE_OVER_TWO, ratings=ratings) == f"ratings.2.{kind}"


def test_spam_must_be_answered_of_every_response_even_where_none_is_acceptable() -> None:
    said: dict[str, Any] = {"1": {"labels": {"spam": False}}}
    assert refused(["rank", "labels"], PAIR, tiers=ONE_OVER_TWO) == "ratings.1.labels.spam"
    for order in ({"tiers": ONE_OVER_TWO}, {"not_rankable": "All spam."}):
        attr = refused(["rank", "labels"], PAIR, ratings=said, **order)
        assert attr == "ratings.2.labels.spam"
        both = said | {"2": {"labels": {"spam": True}}}
        assert len(checked(["rank", "labels"], PAIR, ratings=both, **order).ratings) == 2


# --- edits and spans ---


def test_an_edit_is_of_a_response_shown() -> None:
    edit = {"response": "2", "text": "Better."}
    found = checked(["pair", "edit"], PAIR, tiers=ONE_OVER_TWO, edit=edit)
    assert found.edit == Edit(10, "Better.")
    assert checked(["pair", "edit"], PAIR, tiers=ONE_OVER_TWO, edit={}).edit is None


@pytest.mark.parametrize(
    ("edit", "attr"),
    [
        ({"response": "3", "text": "x"}, "edit.response"),
        ({"response": 1, "text": "x"}, "edit.response"),
        ({"response": "1", "text": " "}, "edit.text"),
        ({"response": "1", "text": "a\0"}, "edit.text"),
        ({"response": "1", "text": "x" * 200_001}, "edit.text"),
        ({"response": "1"}, "edit"),
        ({"response": "1", "text": "x", "by": "me"}, "edit"),
        ("x", "edit"),
    ],
)
def test_an_edit_that_is_none_is_refused(edit: Any, attr: str) -> None:
    assert refused(["pair", "edit"], PAIR, tiers=ONE_OVER_TWO, edit=edit) == attr
    assert refused(["pair"], PAIR, tiers=ONE_OVER_TWO, edit={"response": "1", "text": "x"}) == (
        "edit"
    )


SPAN = {"response": "1", "start": 0, "end": 4, "label": "wrong", "note": "No."}


def test_spans_are_stretches_with_a_label_of_the_policy() -> None:
    spans = [SPAN, {"response": "2", "start": 3, "end": 5, "label": "good"}]
    found = checked(["pair", "spans"], PAIR, tiers=ONE_OVER_TWO, spans=spans)
    assert found.marks == [Mark(20, 0, 4, "wrong", "No."), Mark(10, 3, 5, "good", "")]


@pytest.mark.parametrize(
    ("span", "attr"),
    [
        (SPAN | {"label": "odd"}, "spans.1.label"),
        (SPAN | {"label": ""}, "spans.1.label"),
        (SPAN | {"response": "3"}, "spans.1.response"),
        (SPAN | {"response": None}, "spans.1.response"),
        (SPAN | {"start": 4}, "spans.1"),
        (SPAN | {"start": -1}, "spans.1"),
        (SPAN | {"start": 0.5}, "spans.1"),
        (SPAN | {"end": 2**31}, "spans.1"),
        (SPAN | {"note": "x" * 2001}, "spans.1.note"),
        (SPAN | {"note": 5}, "spans.1.note"),
        (SPAN | {"colour": "red"}, "spans.1"),
        ({"response": "1"}, "spans.1"),
        ("wrong", "spans.1"),
    ],
)
def test_a_span_out_of_bounds_is_named(span: Any, attr: str) -> None:
    assert refused(["pair", "spans"], PAIR, tiers=ONE_OVER_TWO, spans=[SPAN, span]) == attr


def test_spans_are_a_list_that_ends_and_only_where_they_are_asked_for() -> None:
    assert refused(["pair", "spans"], PAIR, tiers=ONE_OVER_TWO, spans=[SPAN] * 201) == "spans"
    assert refused(["pair", "spans"], PAIR, tiers=ONE_OVER_TWO, spans={"1": SPAN}) == "spans"
    assert refused(["pair"], PAIR, tiers=ONE_OVER_TWO, spans=[SPAN]) == "spans"
