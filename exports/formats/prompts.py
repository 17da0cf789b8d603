"""`prompts`: conversations that wait for a response."""

from typing import ClassVar

import pyarrow as pa

from exports.formats.base import TURNS, Layout, Row, Source
from exports.items import Question
from exports.recipes import Recipe
from exports.validator import Reason, text_row_problem


class PromptsFormat:
    name: ClassVar[str] = "prompts"
    source: ClassVar[Source] = "prompts"
    layout: ClassVar[Layout] = "lines"
    trains: ClassVar[str] = "TRL GRPOTrainer and RLOOTrainer; trlx and RL4LMs (examples/loaders)"

    def schema(self, recipe: Recipe) -> pa.Schema:
        return pa.schema([("prompt", TURNS)])

    def row(self, item: Question, recipe: Recipe) -> Row | Reason:
        return text_row_problem(item.prompt) or {"prompt": item.prompt.messages}
