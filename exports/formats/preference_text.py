"""`preference_text`: strings only; prompt + chosen is a transcript as in Anthropic's hh-rlhf."""

from typing import ClassVar

import pyarrow as pa

from exports.formats.base import Layout, Row, Source
from exports.formats.pairwise import column_fields, with_columns
from exports.items import Pair
from exports.recipes import Recipe
from exports.validator import Reason, pair_problem, transcript_problem

_OPENERS = {"user": "\n\nHuman: ", "assistant": "\n\nAssistant: ", "system": ""}


def transcript(messages: list[dict[str, str]]) -> str:
    """The conversation up to and with the opening of the assistant's next turn.

    hh-rlhf has no system turn: a system message is the text before the first `\\n\\nHuman:`.
    """
    turns = [_OPENERS[message["role"]] + message["content"] for message in messages]
    return "".join([*turns, "\n\nAssistant:"])


class PreferenceTextFormat:
    name: ClassVar[str] = "preference_text"
    source: ClassVar[Source] = "comparisons"
    layout: ClassVar[Layout] = "lines"
    trains: ClassVar[str] = "TRL (standard format), trlx, verl, NeMo-RL BinaryPreference"

    def schema(self, recipe: Recipe) -> pa.Schema:
        strings = [(name, pa.string()) for name in ("prompt", "chosen", "rejected")]
        return pa.schema([*strings, *column_fields(recipe)])

    def row(self, item: Pair, recipe: Recipe) -> Row | Reason:
        chosen, rejected = item.chosen.text, item.rejected.text
        problem = pair_problem(item) or transcript_problem(item.prompt, chosen, rejected)
        if problem:
            return problem
        row: Row = {
            "prompt": transcript(item.prompt.messages),
            "chosen": f" {chosen}",
            "rejected": f" {rejected}",
        }
        return with_columns(row, item, recipe)
