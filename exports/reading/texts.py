"""Prompts and texts of a page: each read and checked once, however many items use it."""

import orjson

from collector.services.threads import READ as PATHS
from collector.text import split_hash
from exports.items import Prompt, Text
from exports.reading.keys import fetch
from exports.recipes import Recipe
from exports.splits import TRAIN, split_of
from exports.validator import conversation_problem, text_problem

# Looked up by key, one by one: joined, the whole table was read for each page.
_PROMPTS = """
SELECT m.id, m.uid::text, h.messages, h.split_hash FROM collector_message m
LEFT JOIN LATERAL (
    SELECT t.messages, t.split_hash FROM collector_thread t WHERE t.prompt_id = m.id OFFSET 0
) AS h ON true
WHERE m.id = ANY(%(ids)s)"""
_TEXTS = "SELECT m.id, m.text FROM collector_message m WHERE m.id = ANY(%(ids)s)"


def read_prompts(ids: set[int], recipe: Recipe) -> dict[int, Prompt]:
    """The prompts by their message ids, each with its conversation and split."""
    return {
        key: make_prompt(uid, messages, split_hash, recipe)
        for key, uid, messages, split_hash in fetch(_PROMPTS, {"ids": list(ids)})
    }


def read_conversations(ids: set[int], recipe: Recipe) -> dict[int, Prompt]:
    """The same of prompts that may have no task yet, and so no stored conversation."""
    prompts = read_prompts(ids, recipe)
    missing = [key for key, prompt in prompts.items() if not prompt.messages]
    if missing:
        for key, messages, roles, texts in fetch(PATHS, {"prompts": missing}):
            hashed = split_hash(zip(roles, texts, strict=True))
            prompts[key] = make_prompt(prompts[key].uid, messages, hashed, recipe)
    return prompts


def make_prompt(uid: str, stored: str | None, split_hash: bytes | None, recipe: Recipe) -> Prompt:
    """A prompt of its stored conversation, if it has one, with its split."""
    messages: list[dict[str, str]] = orjson.loads(stored) if stored else []
    split = TRAIN
    if split_hash is not None:
        split = split_of(bytes(split_hash), seed=recipe.split_seed, test_share=recipe.test_share)
    turns = [{"role": turn["role"], "content": turn["content"]} for turn in messages]
    return Prompt(uid, turns, split, conversation_problem(turns))


def read_texts(ids: set[int]) -> dict[int, Text]:
    """The texts of messages by their ids."""
    rows = fetch(_TEXTS, {"ids": list(ids)})
    return {key: checked_text(text) for key, text in rows}


def checked_text(text: str) -> Text:
    """A response's text with what makes it unfit."""
    return Text(text, text_problem(text))
