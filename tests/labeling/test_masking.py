"""Responses that name their writer: what is hidden, what is not, and how offsets find back."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from labeling.texts.masking import MASK, masked, spans_to_hide, to_original, to_shown
from labeling.texts.model_names import KNOWN

REAL_TEXTS = Path(__file__).resolve().parents[3] / "shared" / "data"


def shown(text: str, *own: str, asked: str = "") -> str:
    return masked(text, spans_to_hide(text, own=own, asked=asked)).replace(MASK, "▮")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("As ChatGPT, I cannot say.", "As ▮, I cannot say."),
        (
            "I am ChatGPT, a large language model trained by OpenAI.",
            "I am ▮, a large language model trained by ▮.",
        ),
        ("I'm Claude, an AI assistant made by Anthropic.", "I'm ▮, an AI assistant made by ▮."),
        (
            "I'm Bard, a large language model from Google AI.",
            "I'm ▮, a large language model from ▮.",
        ),
        (
            "As an AI model developed by OpenAI, I do not feel.",
            "As an AI model developed by ▮, I do not feel.",
        ),
        ("I was trained by Google.", "I was trained by ▮."),
        (
            'I am an artificial intelligence called "Open Assistant".',
            'I am an artificial intelligence called "▮".',
        ),
        ("My name is **Qwen**.", "My name is **▮**."),
        ("**ChatGPT:** Sure!", "**▮:** Sure!"),
        ("Hi! ChatGPT here. OpenAI trained me.", "Hi! ▮ here. ▮ trained me."),
        ("Dear you,\n\nYours truly,\n\nOpen Assistant", "Dear you,\n\nYours truly,\n\n▮"),
        ("Ich bin ChatGPT, ein Sprachmodell von OpenAI.", "Ich bin ▮, ein Sprachmodell von ▮."),
        (
            "Je suis un modèle de langage créé par OpenAI.",
            "Je suis un modèle de langage créé par ▮.",
        ),
        (
            "Soy un modelo de lenguaje entrenado por Meta.",
            "Soy un modelo de lenguaje entrenado por ▮.",
        ),
        ("Sou o ChatGPT.", "Sou o ▮."),
        ("我是通义千问，由阿里云开发的大型语言模型。", "我是▮，由▮开发的大型语言模型。"),
        ("作为ChatGPT，我不能回答。", "作为▮，我不能回答。"),
        ("أنا ChatGPT، نموذج لغوي.", "أنا ▮، نموذج لغوي."),
    ],
)
def test_a_writer_that_introduces_itself_loses_its_name_alone(text: str, expected: str) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "ChatGPT was made by OpenAI in 2022.",
        "I am not sure what ChatGPT is.",
        "I am using Claude and I like the models made by Google.",
        "As a chatbot, ChatGPT can help you.",
        "As Claude Monet said, colour is all.",
        "I am Claude Monet, a painter.",
        "I'm a Gemini; my falcon is called Koala.",
        "I work at Meta as an engineer.",
        "As an AI language model, I have no opinions.",
        "See https://openai.com/ and me@openai.com.",
        "I am a llama. As Google Maps shows, the palm is near.",
        "My name is Sydney and I live in Sydney.",
    ],
)
def test_other_texts_keep_every_name(text: str) -> None:
    assert spans_to_hide(text) == []


def test_the_exact_name_of_the_own_model_is_hidden_unless_one_asked_about_it() -> None:
    text = "Ask acme/zephyr-7b-beta, or Zephyr-7B-beta; a zephyr is a wind."
    assert shown(text, "acme/zephyr-7b-beta") == "Ask ▮, or ▮; a zephyr is a wind."
    assert shown(text, "acme/zephyr-7b-beta", asked="What is zephyr-7b-beta?") == text
    assert shown("I am Zephyr.", "acme/zephyr-7b-beta") == "I am ▮."
    assert shown("I am Zephyr.", "other-1b") == "I am Zephyr."
    assert (
        shown("A baseline is a line.", "baseline", "model", "recorded") == "A baseline is a line."
    )


def test_masks_are_equally_long_whatever_they_hide() -> None:
    short, long = "I am GPT-4.", "I am ChatGPT Plus."
    assert (
        masked(short, spans_to_hide(short)) == masked(long, spans_to_hide(long)) == f"I am {MASK}."
    )


def test_spans_are_ascending_and_apart() -> None:
    text = "I am gpt-4o, OpenAI's ChatGPT."
    spans = spans_to_hide(text, own=["gpt-4o"])
    assert [text[start:end] for start, end in spans] == ["gpt-4o", "OpenAI's", "ChatGPT"]


def test_offsets_find_back_to_the_original() -> None:
    text = "I am GPT-4, made by OpenAI. Ask away."
    spans = spans_to_hide(text)
    seen = masked(text, spans)
    assert seen == f"I am {MASK}, made by {MASK}. Ask away."
    for word in ("I am", ", made by", "Ask away."):
        start = seen.index(word)
        assert to_original(spans, start) == text.index(word)
        assert to_original(spans, start + len(word), end=True) == text.index(word) + len(word)
        assert to_shown(spans, text.index(word)) == start
    inside = seen.index(MASK) + 2
    assert text[to_original(spans, inside) : to_original(spans, inside, end=True)] == "GPT-4"
    within = text.index("GPT-4") + 2
    assert seen[to_shown(spans, within) : to_shown(spans, within, end=True)] == MASK
    assert to_original([], 7) == to_shown([], 7) == 7


def real_texts(name: str) -> Iterator[str]:
    path = REAL_TEXTS / name
    if not path.exists():
        pytest.skip(f"no real texts here: {name} is missing")
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield from [row] if isinstance(row, str) else _replies(row["prompt"])


def _replies(message: dict[str, Any]) -> Iterator[str]:
    if message["role"] != "prompter":
        yield message["text"]
    for reply in message["replies"]:
        yield from _replies(reply)


def test_of_real_answers_only_those_that_introduce_themselves_are_masked() -> None:
    texts = list(real_texts("oasst_en_100_trees.jsonl"))
    hidden = [text[start:end] for text in texts for start, end in spans_to_hide(text)]
    assert len(texts) == 687
    assert sum(bool(re.search(KNOWN, text, re.IGNORECASE)) for text in texts) == 26
    assert hidden == ["OpenAI", "OpenAI", *["Open Assistant"] * 4]


def test_of_real_prompts_none_is_masked() -> None:
    texts = list(real_texts("oasst_prompt_lottery_en_250.jsonl"))
    assert len(texts) == 250
    assert [text for text in texts if spans_to_hide(text)] == []
