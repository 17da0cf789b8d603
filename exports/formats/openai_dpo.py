"""`openai_dpo`: pairs as OpenAI's preference fine-tuning takes them."""

from typing import ClassVar

import pyarrow as pa

from exports.formats.base import TURNS, Layout, Row, Source, reply
from exports.items import Pair
from exports.recipes import Recipe
from exports.validator import Reason, pair_problem

_INPUT = pa.struct(
    [("messages", TURNS), ("tools", pa.list_(pa.string())), ("parallel_tool_calls", pa.bool_())]
)


class OpenAIDPOFormat:
    """No column can be added: the service refuses rows with keys that it does not know."""

    name: ClassVar[str] = "openai_dpo"
    source: ClassVar[Source] = "comparisons"
    layout: ClassVar[Layout] = "lines"
    trains: ClassVar[str] = "preference fine-tuning (DPO) at OpenAI, Azure, Together, Fireworks"

    def schema(self, recipe: Recipe) -> pa.Schema:
        sides = [(name, TURNS) for name in ("preferred_output", "non_preferred_output")]
        return pa.schema([("input", _INPUT), *sides])

    def row(self, item: Pair, recipe: Recipe) -> Row | Reason:
        if problem := pair_problem(item):
            return problem
        return {
            "input": {
                "messages": item.prompt.messages,
                "tools": [],
                "parallel_tool_calls": True,
            },
            "preferred_output": reply(item.chosen),
            "non_preferred_output": reply(item.rejected),
        }
