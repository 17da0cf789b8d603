"""A reply is a verdict or an error that says why not; nothing is guessed."""

import json

import pytest

from labeling.judging.replies import UnreadableReplyError, read_reply


@pytest.mark.parametrize(
    ("reply", "tiers"),
    [
        ('{"reason": "clearer", "preference": "1"}', [[1], [2]]),
        ('{"preference": 2}', [[2], [1]]),
        ('{"preference": "Response 2"}', [[2], [1]]),
        ('{"preference": "tie"}', [[1, 2]]),
        ('{"preference": "both_bad"}', None),
        ('{"ranking": [["2"], ["1"]]}', [[2], [1]]),
        ('Let me see.\n```json\n{"preference": "2"}\n```\nThat is all.', [[2], [1]]),
        ('First I thought {"preference": "1"}, but: {"preference": "2"}', [[2], [1]]),
        ('{"thought": {"preference": "1"}} {"preference": "2"}', [[2], [1]]),
        ('{broken {"preference": "2"}', [[2], [1]]),
    ],
)
def test_verdicts_on_two_responses(reply: str, tiers: list[list[int]] | None) -> None:
    assert read_reply(reply, places=2).tiers == tiers


@pytest.mark.parametrize(
    ("ranking", "tiers"),
    [
        ([["2"], ["1", "3"]], [[2], [1, 3]]),
        ([3, 1, 2], [[3], [1], [2]]),
        ([["Response 3", 1], [], [2]], [[1, 3], [2]]),
        ([], None),
        (None, None),
    ],
)
def test_verdicts_on_three_responses(ranking: object, tiers: list[list[int]] | None) -> None:
    assert read_reply(json.dumps({"ranking": ranking}), places=3).tiers == tiers


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "The first one is better.",
        '{"winner": "1"}',
        '{"preference": "3"}',
        '{"preference": true}',
        '{"preference": ["1"]}',
        '["preference"]',
        "{" * 500,
        "[" * 100_000,
    ],
)
def test_what_is_no_verdict_on_two(reply: str) -> None:
    with pytest.raises(UnreadableReplyError):
        read_reply(reply, places=2)


@pytest.mark.parametrize(
    "ranking", [[["1"], ["2"]], [["1", "1"], ["2", "3"]], [["1"], ["2"], ["4"]], "1 > 2", [[[1]]]]
)
def test_what_is_no_ranking_of_three(ranking: object) -> None:
    with pytest.raises(UnreadableReplyError, match="none on 3 responses"):
        read_reply(json.dumps({"ranking": ranking}), places=3)


def test_a_preference_is_no_ranking_of_three() -> None:
    with pytest.raises(UnreadableReplyError, match="none on 3 responses"):
        read_reply('{"preference": "1"}', places=3)


def test_the_reason_is_kept_where_it_is_a_text() -> None:
    assert read_reply('{"reason": "clearer", "preference": "1"}', places=2).reason == "clearer"
    assert read_reply('{"reason": 7, "preference": "1"}', places=2).reason == ""
