"""`preference`: explicit prompt, chosen and rejected as conversations."""

from typing import ClassVar

import pyarrow as pa

from exports.formats.base import TURNS, Layout, Row, Source, reply
from exports.formats.pairwise import column_fields, with_columns
from exports.items import Pair
from exports.recipes import Recipe
from exports.validator import Reason, pair_problem


class PreferenceFormat:
    name: ClassVar[str] = "preference"
    source: ClassVar[Source] = "comparisons"
    layout: ClassVar[Layout] = "lines"
    trains: ClassVar[str] = "TRL RewardTrainer, DPO and ORPO; OpenRLHF; Axolotl"

    def schema(self, recipe: Recipe) -> pa.Schema:
        return pa.schema(
            [
                ("prompt_id", pa.string()),
                ("prompt", TURNS),
                ("chosen", TURNS),
                ("rejected", TURNS),
                *column_fields(recipe),
            ]
        )

    def row(self, item: Pair, recipe: Recipe) -> Row | Reason:
        if problem := pair_problem(item):
            return problem
        row = {
            "prompt_id": item.prompt.uid,
            "prompt": item.prompt.messages,
            "chosen": reply(item.chosen),
            "rejected": reply(item.rejected),
        }
        return with_columns(row, item, recipe) if recipe.columns else row
