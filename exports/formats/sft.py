"""`sft`: whole conversations that end in a response worth imitating."""

from typing import ClassVar

import pyarrow as pa

from exports.formats.base import TURNS, Layout, Row, Source, reply
from exports.items import Demonstration
from exports.recipes import Recipe
from exports.validator import Reason, text_row_problem


class SFTFormat:
    name: ClassVar[str] = "sft"
    source: ClassVar[Source] = "demonstrations"
    layout: ClassVar[Layout] = "lines"
    trains: ClassVar[str] = (
        "TRL SFTTrainer; chat fine-tuning at OpenAI (10 rows and more), Azure, Together, Fireworks"
    )

    def schema(self, recipe: Recipe) -> pa.Schema:
        return pa.schema([("messages", TURNS)])

    def row(self, item: Demonstration, recipe: Recipe) -> Row | Reason:
        if problem := text_row_problem(item.prompt, item.response):
            return problem
        return {"messages": [*item.prompt.messages, *reply(item.response)]}
