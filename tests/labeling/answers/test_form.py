"""What may be answered: pure rules, no database."""

import json

import pytest

from labeling.answers import Answer, Rating, check_answer, check_form
from labeling.errors import InvalidAnswer, InvalidTiers, NotRanked

ORDER = [30, 10, 20]  # message ids by place
ALL_MODES = ["rank", "strength", "overall", "rationale"]


def checked(modes=ALL_MODES, **fields):
    answer = Answer(**{"submit_key": "k", "tiers": [["1"], ["2"], ["3"]]} | fields)
    check_form(answer)
    return check_answer(answer=answer, modes=modes, order=ORDER)


@pytest.mark.parametrize(
    ("tiers", "by_id"),
    [
        ([["1"], ["2"], ["3"]], [[30], [10], [20]]),
        ([["3"], ["2"], ["1"]], [[20], [10], [30]]),
        ([["1", "2"], ["3"]], [[10, 30], [20]]),
        ([["2"], ["3", "1"]], [[10], [20, 30]]),
        ([["1", "2", "3"]], [[10, 20, 30]]),
        (None, None),
    ],
)
def test_tiers_of_places_become_tiers_of_responses(tiers, by_id):
    fields = {"not_rankable": "All wrong."} if tiers is None else {}
    assert checked(tiers=tiers, **fields).tiers == by_id


@pytest.mark.parametrize(
    "tiers",
    [
        [],
        [[]],
        [["1"], [], ["2", "3"]],
        [["1"], ["2"]],
        [["1"], ["2"], ["3"], ["4"]],
        [["1"], ["2"], ["4"]],
        [["1"], ["2"], ["3", "3"]],
        [["1"], ["2"], ["3"], ["1"]],
        [["0"], ["1"], ["2"]],
        [["01"], ["2"], ["3"]],
        [[" 1"], ["2"], ["3"]],
        [["١"], ["2"], ["3"]],
        [[1], [2], [3]],
        [[None], ["2"], ["3"]],
        [[["1"]], ["2"], ["3"]],
        ["1", "2", "3"],
        "123",
        {"1": 1},
        3,
        [["1"] * 100_000],
        [["1"]] * 100_000,
        [["1" * 100_000], ["2"], ["3"]],
        [[float("nan")], ["2"], ["3"]],
    ],
)
def test_tiers_that_do_not_place_everything_once_are_refused(tiers):
    with pytest.raises(InvalidTiers) as refused:
        checked(tiers=tiers)
    assert refused.value.attr == "tiers"
    assert refused.value.status == 400


def test_an_answer_says_one_thing():
    with pytest.raises(NotRanked) as refused:
        checked(tiers=None)
    assert refused.value.attr == "tiers"
    with pytest.raises(InvalidAnswer) as refused:
        checked(not_rankable="All wrong.")
    assert refused.value.attr == "not_rankable"


@pytest.mark.parametrize(
    ("fields", "attr"),
    [
        ({"submit_key": ""}, "submit_key"),
        ({"submit_key": "k" * 65}, "submit_key"),
        ({"submit_key": "a\0"}, "submit_key"),
        ({"submit_key": None}, "submit_key"),
        ({"tiers": None, "not_rankable": " "}, "not_rankable"),
        ({"tiers": None, "not_rankable": "x" * 2001}, "not_rankable"),
        ({"strength": -1}, "strength"),
        ({"strength": 4}, "strength"),
        ({"strength": 1.0}, "strength"),
        ({"strength": True}, "strength"),
        ({"strength": float("nan")}, "strength"),
        ({"strength": 2, "tiers": [["1", "2", "3"]]}, "strength"),
        ({"strength": 2, "tiers": None, "not_rankable": "All wrong."}, "strength"),
        ({"rationale": "x" * 10_001}, "rationale"),
        ({"rationale": "nul \0"}, "rationale"),
        ({"rationale": "half \ud83d"}, "rationale"),
        ({"rationale": 5}, "rationale"),
        ({"seconds": -0.1}, "seconds"),
        ({"seconds": 86_400.5}, "seconds"),
        ({"seconds": float("nan")}, "seconds"),
        ({"seconds": float("inf")}, "seconds"),
        ({"seconds": 10**400}, "seconds"),
        ({"seconds": True}, "seconds"),
        ({"seconds": "5"}, "seconds"),
        ({"answers": {"spam": True}}, "answers"),
        ({"ratings": []}, "ratings"),
        ({"ratings": {"1": 5}}, "ratings"),
        ({"ratings": {"4": {"overall": 5}}}, "ratings"),
        ({"ratings": {str(place): {} for place in range(10)}}, "ratings"),
        ({"ratings": {"1": {"overall": 0}}}, "ratings.1.overall"),
        ({"ratings": {"2": {"overall": 8}}}, "ratings.2.overall"),
        ({"ratings": {"2": {"overall": 3.5}}}, "ratings.2.overall"),
        ({"ratings": {"2": {"overall": 10**30}}}, "ratings.2.overall"),
        ({"ratings": {"3": {"overall": 5, "flags": ["harmful"]}}}, "ratings.3.flags"),
        ({"ratings": {"3": {"overall": 5, "mood": "good"}}}, "ratings.3"),
    ],
)
def test_an_answer_out_of_bounds_names_the_field(fields, attr):
    with pytest.raises(InvalidAnswer) as refused:
        checked(**fields)
    assert refused.value.attr == attr


@pytest.mark.parametrize(
    ("fields", "attr"),
    [
        ({"strength": 1}, "strength"),
        ({"rationale": "Because."}, "rationale"),
        ({"ratings": {"1": {"overall": 4}}}, "ratings"),
    ],
)
def test_what_the_policy_does_not_ask_for_is_refused(fields, attr):
    with pytest.raises(InvalidAnswer) as refused:
        checked(modes=["rank"], **fields)
    assert refused.value.attr == attr
    checked(modes=ALL_MODES, **fields)


def test_fields_left_empty_are_no_answer():
    empty = {"1": {"overall": None, "attributes": {}, "flags": []}}
    assert checked(modes=["rank"], ratings=empty).ratings == {}


def test_ratings_are_of_the_responses_shown():
    ratings = {"1": {"overall": 7}, "3": {"overall": 1, "flags": []}, "2": {}}
    assert checked(ratings=ratings).ratings == {30: Rating(overall=7), 20: Rating(overall=1)}


def test_limits_themselves_are_allowed():
    for fields in ({"seconds": 0}, {"seconds": 86_400}, {"strength": 0}, {"strength": 3}):
        checked(**fields)
    checked(submit_key="k" * 64, rationale="x" * 10_000)


def test_the_body_is_everything_but_the_key():
    answer = Answer(submit_key="a", tiers=[["1"], ["2"]], seconds=2.5)
    same = Answer(
        **json.loads(json.dumps({"submit_key": "b", "tiers": [["1"], ["2"]]})), seconds=2.5
    )
    assert answer.body_hash(slot="s") == same.body_hash(slot="s")
    assert answer.body_hash(slot="s") != answer.body_hash(slot="t")
    others = [
        Answer(submit_key="a", tiers=[["2"], ["1"]], seconds=2.5),
        Answer(submit_key="a", tiers=[["1", "2"]], seconds=2.5),
        Answer(submit_key="a", tiers=[["1"], ["2"]], seconds=2.6),
        Answer(submit_key="a", tiers=[["1"], ["2"]], seconds=2.5, rationale="x"),
    ]
    assert len({other.body_hash(slot="s") for other in [answer, *others]}) == 5
