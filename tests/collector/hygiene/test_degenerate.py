"""Responses that repeat themselves, refuse or were cut off."""

import json
from pathlib import Path

import pytest

from collector.hygiene.degenerate import look_at

OASST = Path(__file__).resolve().parents[4] / "shared" / "data" / "oasst_en_100_trees.jsonl"
PROSE = "The sea was calm that night. Nobody spoke until the light came up over the harbour wall. "


def kinds(text, **given):
    return [str(found.kind) for found in look_at(text, **given)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no " * 60, ["repetitive"]),
        (PROSE * 3 + "I am here. " * 20, ["repetitive"]),
        ("abc" * 100, ["repetitive"]),
        ("\n".join(f"{n % 7}. the same thing said" for n in range(400)), ["repetitive"]),
        ("ha ha ha ha ha ha", []),
        ("-" * 400, []),
        (PROSE * 3, []),
        ("| a | b |\n|---|---|\n" + "".join(f"| {n} | {n * n} |\n" for n in range(60)), []),
    ],
)
def test_loops(text, expected):
    assert kinds(text) == expected


def test_a_loop_says_what_is_repeated_and_how_often():
    (found,) = look_at("Well." + " again and again," * 30)
    assert found.detail == {"loop": " again and again,", "times": 30}


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't help with that.",
        "I’m sorry, but as an AI language model I cannot provide medical advice.",
        "Sorry, I cannot do that.",
        "I cannot assist with this request.",
        "I must decline.",
        "As an AI language model, I am not able to browse the web.",
        "Es tut mir leid, aber ich kann dabei nicht helfen.",
        "Lo siento, pero no puedo ayudar con eso.",
        "Désolé, je ne peux pas répondre.",
        "抱歉，我无法回答这个问题。",
    ],
)
def test_refusals(text):
    assert kinds(text) == ["refusal"]


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry to hear that. Have you tried turning it off?",
        "I cannot recommend this book enough!",
        "She said: “I'm sorry, I can't help you”, and left.",
        "As an AI researcher I work on language.",
    ],
)
def test_what_only_sounds_like_a_refusal(text):
    assert kinds(text) == []


@pytest.mark.parametrize(
    ("reason", "expected"),
    [("length", ["truncated"]), ("content_filter", ["refusal"]), ("stop", []), ("", [])],
)
def test_what_the_server_said_counts(reason, expected):
    assert kinds(PROSE, finish_reason=reason) == expected


@pytest.mark.skipif(not OASST.exists(), reason=f"{OASST} is not here")
def test_few_of_the_replies_that_people_wrote_are_flagged():
    replies = []

    def walk(node):
        replies.extend([node["text"]] if node["role"] == "assistant" else [])
        for reply in node.get("replies", []):
            walk(reply)

    for line in OASST.read_text().splitlines():
        walk(json.loads(line)["prompt"])
    found = [kind for reply in replies for kind in kinds(reply)]
    assert len(replies) == 687
    assert found == ["refusal"] * 3
