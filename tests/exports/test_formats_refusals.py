"""What each format refuses of items that others take, and for which reason."""

from datetime import UTC, datetime
from typing import Any

import pytest

from exports.containers import json_lines
from exports.formats import format_in, get_format
from exports.formats.base import Withholds
from exports.formats.oasst import DEPTH
from exports.items import (
    Demonstration,
    Node,
    Pair,
    Prompt,
    Question,
    Ranking,
    Rating,
    Text,
    Tree,
)
from exports.recipes import Recipe
from exports.validator import Reason, conversation_problem, text_problem

RECIPE = Recipe()
PAIRWISE = ("preference", "preference_text", "openai_dpo", "nemo", "instruction")
OF_RANKINGS = ("ranked", "lm_human_preferences")


def prompt(*turns: tuple[str, str]) -> Prompt:
    messages = [{"role": role, "content": text} for role, text in turns or [("user", "sky?")]]
    return Prompt("p", messages, "train", conversation_problem(messages))


SYSTEM = prompt(("system", "Be brief."), ("user", "sky?"))
SEVERAL = prompt(("user", "Hi"), ("assistant", "Hello"), ("user", "sky?"))
TWICE = prompt(("user", "Hi"), ("user", "sky?"))


def text(content: str) -> Text:
    return Text(content, text_problem(content))


def texts(*contents: str) -> list[Text]:
    return [text(content) for content in contents]


def pair(
    chosen: str = "blue", rejected: str = "green", asked: Prompt | None = None, undecided: str = ""
) -> Pair:
    return Pair(asked or prompt(), text(chosen), text(rejected), undecided, None, 2)


def ranking(
    contents: str = "abcd", tiers: Any = ((0,), (1,), (2,), (3,)), asked: Prompt | None = None
) -> Ranking:
    return Ranking(asked or prompt(), texts(*contents), [list(tier) for tier in tiers])


def row(name: str, item: Any) -> Any:
    return get_format(name).row(item, RECIPE)


@pytest.mark.parametrize("name", PAIRWISE)
@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (pair("same", " same\n"), Reason.EQUAL_TEXTS),
        (pair(" \t", "green"), Reason.EMPTY_TEXT),
        (pair("blue", "<|im_start|>"), Reason.SPECIAL_TOKEN),
        (pair("blue", "half \ud83d"), Reason.LONE_SURROGATE),
        (pair(undecided="tie"), Reason.TIE),
        (pair(undecided="both_bad"), Reason.BOTH_BAD),
        (pair(asked=prompt(("user", "Hi"), ("assistant", "Hello"))), Reason.LAST_ROLE_NOT_USER),
        (pair(asked=prompt(("prompter", "Hi"))), Reason.UNKNOWN_ROLE),
        (pair(asked=Prompt("p", [], "train", "no_conversation")), Reason.NO_CONVERSATION),
    ],
)
def test_every_pairwise_format_refuses(name: str, item: Pair, reason: Reason) -> None:
    assert row(name, item) is reason


@pytest.mark.parametrize("name", OF_RANKINGS)
@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (ranking(tiers=()), Reason.BOTH_BAD),
        (ranking(tiers=((0, 1), (2,), (3,))), Reason.TIE),
        (ranking(tiers=((0, 1, 2, 3),)), Reason.TIE),
        (Ranking(prompt(), texts("a", "b ", "b", "c"), [[0], [1], [2], [3]]), Reason.EQUAL_TEXTS),
        (
            Ranking(prompt(), texts("a", "b", "</s>", "c"), [[0], [1], [2], [3]]),
            Reason.SPECIAL_TOKEN,
        ),
        (ranking(asked=prompt(("user", " "))), Reason.EMPTY_TEXT),
        (ranking(asked=SYSTEM), Reason.SYSTEM_TURN),
    ],
)
def test_every_format_of_rankings_refuses(name: str, item: Ranking, reason: Reason) -> None:
    assert row(name, item) is reason


def test_a_ranking_of_one_is_none() -> None:
    assert row("ranked", ranking("a", [[0]])) is Reason.TOO_FEW_RESPONSES


def test_ties_below_the_best_matter_to_an_order_only() -> None:
    tied = ranking(tiers=((2,), (0, 1, 3)))
    assert row("ranked", tied) is Reason.TIE
    assert row("lm_human_preferences", tied)["best"] == 2


@pytest.mark.parametrize("contents", ["ab", "abc", "abcde"])
def test_best_of_four_is_of_four(contents: str) -> None:
    tiers = [[number] for number in range(len(contents))]
    assert row("lm_human_preferences", ranking(contents, tiers)) is Reason.NUMBER_OF_RESPONSES
    assert row("ranked", ranking(contents, tiers))["responses"] == list(contents)


def test_turns_that_are_told_by_their_place_alone() -> None:
    assert row("ranked", ranking(asked=SEVERAL))["prefixes"] == ["Hi", "Hello", "sky?"]
    assert row("ranked", ranking(asked=TWICE)) is Reason.NOT_IN_TURNS


def test_one_string_holds_one_turn() -> None:
    assert row("instruction", pair(asked=SEVERAL)) is Reason.SEVERAL_TURNS
    assert row("instruction", pair(asked=TWICE)) is Reason.SEVERAL_TURNS
    assert row("instruction", pair(asked=SYSTEM))["system"] == "Be brief."
    assert row("lm_human_preferences", ranking(asked=SEVERAL)) is Reason.SEVERAL_TURNS


@pytest.mark.parametrize(
    ("overall", "label", "rating"),
    [(1, False, 0), (2, False, 1), (3, False, 1), (3.9, False, 2), (4.1, True, 2), (5, True, 3),
     (6, True, 3), (6.3, True, 4), (7, True, 4)],
)  # fmt: skip
def test_five_steps_out_of_seven(overall: float, label: bool, rating: int) -> None:
    found = row("unpaired", Rating(prompt(), text("blue"), overall, 1))
    assert (found["label"], found["rating"]) == (label, rating)


def test_a_rating_in_the_middle_is_no_label() -> None:
    assert row("unpaired", Rating(prompt(), text("blue"), 4.0, 3)) is Reason.MIDDLE_RATING


@pytest.mark.parametrize(
    ("name", "item"),
    [
        ("unpaired", Rating(prompt(), text("<s>"), 7.0, 1)),
        ("sft", Demonstration(prompt(), text("[INST]"), "best")),
        ("prompts", Question(prompt(("user", "<|user|>")))),
    ],
)
def test_formats_of_one_text_refuse_special_tokens(name: str, item: Any) -> None:
    assert row(name, item) is Reason.SPECIAL_TOKEN


def node(content: str, role: str = "user", above: Node | None = None, **fields: Any) -> Node:
    made = Node(
        prompt=above.prompt if above else fields.pop("asked", None) or prompt(("user", content)),
        uid=content, parent=above.uid if above else None, role=role, text=text(content),
        language="en", origin="imported", model=None, labeler=None,
        created_at=datetime(2026, 1, 2, tzinfo=UTC),
        **fields,
    )  # fmt: skip
    if above:
        above.replies.append(made)
    return made


def test_a_reply_that_is_unfit_is_left_out_with_its_text_and_counted() -> None:
    root = node("sky?")
    bad = node("so <|endoftext|>", "assistant", root)
    node("why?", "user", bad)
    node("blue", "assistant", root)
    tree, form = Tree(root.prompt, root), get_format("oasst")
    first, second = row("oasst", tree)["prompt"]["replies"]
    assert (first["text"], first["deleted"], first["review_result"]) == ("", True, False)
    assert first["replies"][0]["text"] == "why?"
    assert (second["text"], second["deleted"], second["review_result"]) == ("blue", False, True)
    assert isinstance(form, Withholds)
    assert form.withheld(tree) == [Reason.SPECIAL_TOKEN]
    messages = get_format("oasst_messages")
    assert isinstance(messages, Withholds)
    assert row("oasst_messages", bad)["text"] == ""
    assert [messages.withheld(each) for each in (root, bad)] == [[], [Reason.SPECIAL_TOKEN]]


@pytest.mark.parametrize("name", ["oasst", "oasst_messages"])
def test_a_tree_is_refused_for_its_first_message(name: str) -> None:
    for root, reason in (
        (node("<s>"), Reason.SPECIAL_TOKEN),
        (node("sky?", asked=SYSTEM), Reason.SYSTEM_TURN),
    ):
        item = Tree(root.prompt, root) if name == "oasst" else root
        assert row(name, item) is reason
        assert format_in(name, "parquet").row(item, RECIPE) is reason


def test_a_tree_has_no_system_turn_in_its_midst_and_is_not_too_deep_for_json() -> None:
    root = node("sky?")
    node("Be brief.", "system", root)
    assert row("oasst", Tree(root.prompt, root)) is Reason.SYSTEM_TURN
    root = last = node("0")
    for number in range(1, DEPTH):
        last = node(str(number), "user" if number % 2 == 0 else "assistant", last)
    (whole,) = json_lines([row("oasst", Tree(root.prompt, root))]).splitlines()
    assert whole.count(b'"message_id"') == DEPTH == 120
    node("more", "user", last)
    assert row("oasst", Tree(root.prompt, root)) is Reason.TOO_DEEP
