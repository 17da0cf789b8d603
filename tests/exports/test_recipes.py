"""Recipes: what is accepted, and which key is blamed for what is not."""

from datetime import UTC, datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from common.errors import InvalidInput
from exports.recipes import Recipe, join_repeated, parse_recipe, recipe_schema


def test_an_empty_recipe_is_work_judged_by_people_in_all_pairs() -> None:
    assert parse_recipe({}) == Recipe()
    assert parse_recipe({}).as_json() == {
        "pairs": "all",
        "votes": "each",
        "adjudicated": "ignore",
        "ties": "drop",
        "columns": [],
        "margin_table": "small",
        "models": [],
        "languages": [],
        "topics": [],
        "created_after": None,
        "created_before": None,
        "purposes": ["work"],
        "excluded_flags": [],
        "consented": False,
        "min_votes": 1,
        "min_agreement": 0.0,
        "min_labeler_quality": 0.0,
        "max_pairs": 0,
        "balance": "none",
        "test_share": 0.05,
        "split_seed": 0,
        "anonymise_seed": 0,
    }


def test_strings_of_a_command_line_and_json_mean_the_same() -> None:
    strings = {
        "columns": "margin,weight",
        "models": "b, a",
        "purposes": "simulated,work",
        "created_after": "2026-01-31",
        "created_before": "2026-02-01T01:00:00+01:00",
        "test_share": "0.25",
        "split_seed": "7",
        "consented": "true",
        "min_votes": "2",
        "min_agreement": "0.5",
        "excluded_flags": "pii,refusal",
    }
    parsed = parse_recipe(strings)
    assert parsed.columns == ("margin", "weight")
    assert parsed.models == ("a", "b")
    assert parsed.created_after == datetime(2026, 1, 31, tzinfo=UTC)
    assert parsed.created_before == datetime(2026, 2, 1, tzinfo=UTC)
    assert (parsed.test_share, parsed.split_seed) == (0.25, 7)
    assert (parsed.consented, parsed.min_votes, parsed.min_agreement) == (True, 2, 0.5)
    assert parsed.excluded_flags == ("pii", "refusal")
    assert parse_recipe(parsed.as_json()) == parsed


@pytest.mark.parametrize(
    ("data", "attr"),
    [
        ({"pair": "all"}, "pair"),
        ({"pairs": "some"}, "pairs"),
        ({"pairs": ["all"]}, "pairs"),
        ({"votes": "most"}, "votes"),
        ({"ties": "win"}, "ties"),
        ({"columns": ["agreements"]}, "columns"),
        ({"columns": ["weight"], "max_pairs": 2}, "columns"),
        ({"columns": ["weight"], "balance": "model"}, "columns"),
        ({"pairs": "one_per_prompt", "max_pairs": 2}, "max_pairs"),
        ({"pairs": "adjacent", "votes": "consensus", "balance": "length"}, "balance"),
        ({"balance": "topic"}, "balance"),
        ({"adjudicated": "prefer"}, "adjudicated"),
        ({"adjudicated": "yes", "votes": "consensus"}, "adjudicated"),
        ({"excluded_flags": ["ugly"]}, "excluded_flags"),
        ({"consented": "yes"}, "consented"),
        ({"min_votes": 0}, "min_votes"),
        ({"min_agreement": 1.01}, "min_agreement"),
        ({"min_labeler_quality": "good"}, "min_labeler_quality"),
        ({"max_pairs": -1}, "max_pairs"),
        ({"columns": ["weight"], "pairs": "adjacent"}, "columns"),
        ({"margin_table": "huge"}, "margin_table"),
        ({"models": [1]}, "models"),
        ({"models": "a,,b"}, "models"),
        ({"languages": {"en": 1}}, "languages"),
        ({"purposes": []}, "purposes"),
        ({"purposes": ["gold"]}, "purposes"),
        ({"test_share": 1.5}, "test_share"),
        ({"test_share": "nan"}, "test_share"),
        ({"test_share": True}, "test_share"),
        ({"split_seed": -1}, "split_seed"),
        ({"split_seed": 1.5}, "split_seed"),
        ({"anonymise_seed": "x"}, "anonymise_seed"),
        ({"created_after": "yesterday"}, "created_after"),
        ({"created_after": "0001-01-01T00:00:00+14:00"}, "created_after"),
        ({"created_before": "9999-12-31T23:59:59-14:00"}, "created_before"),
        ({"created_after": 10**5000}, "created_after"),
        ({"models": "\0"}, "models"),
        ({"languages": ["e\0n"]}, "languages"),
        ({"models": ["\ud800"]}, "models"),
        ({"columns": "\udfff"}, "columns"),
        ({"\ud800": 1}, "\\ud800"),
        ({"test_share": 10**5000}, "test_share"),
        ({"test_share": float("nan")}, "test_share"),
        ({"split_seed": "9" * 5000}, "split_seed"),
        ({"split_seed": 10**5000}, "split_seed"),
        ({"created_after": "2026-02-01", "created_before": "2026-01-01"}, "created_after"),
    ],
)
def test_a_bad_recipe_names_the_key_at_fault(data: dict[str, Any], attr: str) -> None:
    with pytest.raises(InvalidInput) as error:
        parse_recipe(data)
    assert error.value.attr == attr


def test_a_key_given_twice_is_joined_if_it_is_a_list_and_refused_if_not() -> None:
    given = {"models": ["a", "b"], "columns": ["margin,weight"], "pairs": ["all"]}
    assert join_repeated(given) == {"models": "a,b", "columns": "margin,weight", "pairs": "all"}
    with pytest.raises(InvalidInput, match="pairs is given more than once") as error:
        join_repeated({"pairs": ["all", "all"]})
    assert error.value.attr == "pairs"


SENSELESS: list[dict[str, Any]] = [
    {"columns": ["weight"], "pairs": "adjacent"},
    {"columns": ["margin", "weight"], "max_pairs": 1},
    {"columns": ["weight"], "balance": "length"},
    {"pairs": "one_per_prompt", "max_pairs": 1},
    {"votes": "consensus", "pairs": "best_worst", "balance": "model"},
    {"adjudicated": "prefer"},
    {"adjudicated": "prefer", "votes": "each"},
]
BAD: list[dict[str, Any]] = [
    {"pair": "all"},
    {"pairs": "some"},
    {"models": "a,b"},
    {"models": [""]},
    {"purposes": []},
    {"purposes": ["gold"]},
    {"min_votes": 0},
    {"max_pairs": 1.5},
    {"test_share": 1.5},
    {"consented": "true"},
    {"split_seed": 2**63},
    {"created_after": 7},
]
GOOD: list[dict[str, Any]] = [
    {},
    Recipe().as_json(),
    {"columns": ["weight"], "pairs": "all", "balance": "none", "max_pairs": 0},
    {"votes": "consensus", "pairs": "best_worst", "max_pairs": 2, "min_agreement": 0.5},
    {"created_after": "2026-01-31", "created_before": "2026-02-01T00:00:00Z"},
]


def test_the_schema_says_of_json_data_what_the_parser_says() -> None:
    validator = Draft202012Validator(recipe_schema())
    Draft202012Validator.check_schema(recipe_schema())
    for data in GOOD:
        parse_recipe(data)
    assert [data for data in GOOD if not validator.is_valid(data)] == []
    assert [data for data in BAD + SENSELESS if validator.is_valid(data)] == []
    for data in SENSELESS:
        with pytest.raises(InvalidInput):
            parse_recipe(data)
