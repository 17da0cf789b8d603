"""`instruction`: one question as a string, with the better and the worse answer."""

from typing import ClassVar

import pyarrow as pa

from exports.formats.base import Layout, Row, Source
from exports.items import Pair
from exports.recipes import Recipe
from exports.validator import Reason, one_question_problem, pair_problem

_COLUMNS = ("system", "instruction", "input", "prompt", "chosen", "rejected")


class InstructionFormat:
    """The question stands under each of the three names that readers look for.

    Several turns have no place in one string: a reader would take the whole for one user turn.
    """

    name: ClassVar[str] = "instruction"
    source: ClassVar[Source] = "comparisons"
    layout: ClassVar[Layout] = "lines"
    trains: ClassVar[str] = "Axolotl (bradley_terry.chat_template), LLaMA-Factory (ranking: true)"

    def schema(self, recipe: Recipe) -> pa.Schema:
        return pa.schema([(name, pa.string()) for name in _COLUMNS])

    def row(self, item: Pair, recipe: Recipe) -> Row | Reason:
        if problem := pair_problem(item) or one_question_problem(item.prompt):
            return problem
        *before, asked = item.prompt.messages
        question = asked["content"]
        return {
            "system": before[0]["content"] if before else "",
            "instruction": question,
            "input": question,
            "prompt": question,
            "chosen": item.chosen.text,
            "rejected": item.rejected.text,
        }
