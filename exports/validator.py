"""Refuses rows that trainers would read silently wrong; the manifest counts every one.

What readers do with such rows was found by running them: TRL 1.16 pins the loss at 0.6931 where
`chosen` equals `rejected`, accepts empty texts, unknown roles and `margin: NaN`, trlx drops equal
pairs without a word, and a special token inside a text ends the turn for the model.
"""

import math
import re
import sys
from collections.abc import Iterable, Iterator
from enum import StrEnum

from exports.items import Node, Pair, Prompt, Ranking, Rating, Text, Tree, Vote

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
    SYSTEM_TURN = "system_turn"
    SEVERAL_TURNS = "several_turns"
    NOT_IN_TURNS = "not_in_turns"
    NUMBER_OF_RESPONSES = "number_of_responses"
    MIDDLE_RATING = "middle_rating"
    NO_LANGUAGE = "no_language"
    TOO_DEEP = "too_deep"


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


def text_row_problem(prompt: Prompt, *texts: Text) -> Reason | None:
    """What makes a prompt, or one of the responses to it, unfit."""
    problems = (prompt.problem, *(text.problem for text in texts))
    return next((Reason(problem) for problem in problems if problem), None)


def vote_problem(vote: Vote) -> Reason | None:
    """What makes a judgment unfit for `judgments`; ties are welcome there."""
    if len(vote.responses) < 2:
        return Reason.TOO_FEW_RESPONSES
    return text_row_problem(vote.prompt, *(response.text for response in vote.responses))


def transcript_problem(prompt: Prompt, *texts: str) -> Reason | None:
    """Whether a text would open a turn of its own in a `\\n\\nHuman: …` transcript."""
    contents = [message["content"] for message in prompt.messages]
    marked = any(map(TRANSCRIPT_MARK.search, [*contents, *texts]))
    return Reason.TRANSCRIPT_MARK if marked else None


def turns_problem(prompt: Prompt) -> Reason | None:
    """Whether roles that are told by place alone, the user's first, would be told wrong."""
    roles = [message["role"] for message in prompt.messages]
    if "system" in roles:
        return Reason.SYSTEM_TURN
    return (
        None if set(roles[::2]) == {"user"} and "user" not in roles[1::2] else (Reason.NOT_IN_TURNS)
    )


def one_question_problem(prompt: Prompt) -> Reason | None:
    """Whether there is more than one turn, but for a system message before it."""
    roles = [message["role"] for message in prompt.messages]
    return None if roles in (["user"], ["system", "user"]) else Reason.SEVERAL_TURNS


def bare_question_problem(prompt: Prompt) -> Reason | None:
    """Whether there is anything but one user turn."""
    return one_question_problem(prompt) or (
        Reason.SYSTEM_TURN if len(prompt.messages) > 1 else None
    )


def order_problem(ranking: Ranking) -> Reason | None:
    """What makes a ranking unfit where each response has a place of its own."""
    if not ranking.tiers:
        return Reason.BOTH_BAD
    if len(ranking.responses) < 2:
        return Reason.TOO_FEW_RESPONSES
    if len(ranking.tiers) < len(ranking.responses):
        return Reason.TIE
    return text_row_problem(ranking.prompt, *ranking.responses) or _repeat(ranking.responses)


def best_problem(ranking: Ranking, *, of: int) -> Reason | None:
    """What makes a ranking unfit as the choice of one out of `of` responses."""
    if not ranking.tiers:
        return Reason.BOTH_BAD
    if len(ranking.responses) != of:
        return Reason.NUMBER_OF_RESPONSES
    if len(ranking.tiers[0]) > 1:
        return Reason.TIE
    return text_row_problem(ranking.prompt, *ranking.responses) or _repeat(ranking.responses)


def _repeat(texts: Iterable[Text]) -> Reason | None:
    seen = [text.text.strip() for text in texts]
    return Reason.EQUAL_TEXTS if len(set(seen)) < len(seen) else None


def rating_problem(rating: Rating, *, middle: float) -> Reason | None:
    """What makes a rated response unfit for a label: in the `middle` it is neither."""
    problem = text_row_problem(rating.prompt, rating.response)
    return problem or (Reason.MIDDLE_RATING if rating.overall == middle else None)


def tree_problem(tree: Tree, *, depth: int) -> Reason | None:
    """What makes a conversation unfit as a whole: its first message, its roles, or its depth.

    Of replies `withheld` is asked one by one: one of them does not spoil the rest.
    """
    if problem := node_problem(tree.root):
        return problem
    for level, node in _levels(tree.root):
        if level >= depth:
            return Reason.TOO_DEEP
        if node.role == "system":
            return Reason.SYSTEM_TURN
    return None


def node_problem(node: Node) -> Reason | None:
    """What makes the conversation of a message unfit, by its first message."""
    if node.prompt.problem:
        return Reason(node.prompt.problem)
    if node.role == "system" or node.prompt.messages[0]["role"] == "system":
        return Reason.SYSTEM_TURN
    return None


def _levels(root: Node) -> Iterator[tuple[int, Node]]:
    """Each message of a tree with its depth, without recursion: a tree may be deep."""
    waiting = [(0, root)]
    while waiting:
        level, node = waiting.pop()
        yield level, node
        waiting += [(level + 1, reply) for reply in node.replies]


def number_problem(value: float | None) -> Reason | None:
    """A margin that is absent or not finite: one such row makes the whole column unusable."""
    if value is None:
        return Reason.NO_STRENGTH
    return None if math.isfinite(value) else Reason.NOT_A_NUMBER
