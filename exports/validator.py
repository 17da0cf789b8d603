"""Refuses rows that trainers would read silently wrong; the manifest counts every one.

What readers do with such rows was found by running them: TRL 1.16 pins the loss at 0.6931 where
`chosen` equals `rejected`, accepts empty texts, unknown roles and `margin: NaN`, trlx drops equal
pairs without a word, and a special token inside a text ends the turn for the model.
"""

import math
import re
import sys
from enum import StrEnum

from exports.items import Pair, Prompt, Vote

ROLES = frozenset({"system", "user", "assistant"})
# The two patterns and this string are also read by PostgreSQL, which draws pairs that can pass.
SPACES = "".join(character for character in map(chr, range(sys.maxunicode)) if character.isspace())
# Marks that chat templates put between turns: ChatML, Llama 2 and 3, Gemma, DeepSeek, Zephyr, …
SPECIAL_TOKEN = re.compile(
    r"<\|[A-Za-z0-9_]{1,40}\|>|<｜[^｜<>]{1,40}｜>|</?s>|<</?SYS>>|\[/?INST\]"
    r"|<(?:start_of_turn|end_of_turn|bos|eos)>"
)
TRANSCRIPT_MARK = re.compile(r"\n\n(?:Human|Assistant):")


class Reason(StrEnum):
    """Why a row was refused, as the manifest says it."""

    NO_CONVERSATION = "no_conversation"
    UNKNOWN_ROLE = "unknown_role"
    LAST_ROLE_NOT_USER = "last_role_not_user"
    EMPTY_TEXT = "empty_text"
    LONE_SURROGATE = "lone_surrogate"
    SPECIAL_TOKEN = "special_token"  # noqa: S105
    TIE = "tie"
    BOTH_BAD = "both_bad"
    EQUAL_TEXTS = "equal_texts"
    NO_STRENGTH = "no_strength"
    NOT_A_NUMBER = "not_a_number"
    TOO_FEW_RESPONSES = "too_few_responses"
    TRANSCRIPT_MARK = "transcript_mark"


def text_problem(text: str) -> Reason | None:
    """What makes one text unfit for every format."""
    if not text or text.isspace():
        return Reason.EMPTY_TEXT
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return Reason.LONE_SURROGATE
    if ("<" in text or "[" in text) and SPECIAL_TOKEN.search(text):
        return Reason.SPECIAL_TOKEN
    return None


def conversation_problem(messages: list[dict[str, str]]) -> Reason | None:
    """What makes a prompt, `[{"role", "content"}, …]` up to the last user turn, unfit."""
    if not messages:
        return Reason.NO_CONVERSATION
    for message in messages:
        if message["role"] not in ROLES:
            return Reason.UNKNOWN_ROLE
        if problem := text_problem(message["content"]):
            return problem
    return None if messages[-1]["role"] == "user" else Reason.LAST_ROLE_NOT_USER


def pair_problem(pair: Pair) -> Reason | None:
    """What makes a pair unfit for the pairwise formats."""
    if pair.undecided:
        return Reason(pair.undecided)
    problem = pair.prompt.problem or pair.chosen.problem or pair.rejected.problem
    if problem:
        return Reason(problem)
    if pair.chosen.text.strip() == pair.rejected.text.strip():
        return Reason.EQUAL_TEXTS
    return None


def vote_problem(vote: Vote) -> Reason | None:
    """What makes a judgment unfit for `judgments`; ties are welcome there."""
    if len(vote.responses) < 2:
        return Reason.TOO_FEW_RESPONSES
    problems = [vote.prompt.problem, *(response.text.problem for response in vote.responses)]
    return next((Reason(problem) for problem in problems if problem), None)


def transcript_problem(prompt: Prompt, *texts: str) -> Reason | None:
    """Whether a text would open a turn of its own in a `\\n\\nHuman: …` transcript."""
    contents = [message["content"] for message in prompt.messages]
    marked = any(map(TRANSCRIPT_MARK.search, [*contents, *texts]))
    return Reason.TRANSCRIPT_MARK if marked else None


def number_problem(value: float | None) -> Reason | None:
    """A margin that is absent or not finite: one such row makes the whole column unusable."""
    if value is None:
        return Reason.NO_STRENGTH
    return None if math.isfinite(value) else Reason.NOT_A_NUMBER
