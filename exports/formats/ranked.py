"""`ranked`: all responses of a prompt in one order, for the loss over all pairs of a prompt."""

from typing import ClassVar

import pyarrow as pa

from exports.formats.base import Layout, Row, Source
from exports.items import Ranking
from exports.recipes import Recipe
from exports.splits import TRAIN
from exports.validator import Reason, order_problem, turns_problem

_TEXTS = pa.list_(pa.string())


class RankedFormat:
    """`prefixes` are the turns before the answer, the user's first, then by turns.

    `split` repeats what the file's name says, in the reader's words. `augmented` is where
    Open-Assistant put made-up bad answers; nothing is made up here.
    """

    name: ClassVar[str] = "ranked"
    source: ClassVar[Source] = "rankings"
    layout: ClassVar[Layout] = "lines"
    trains: ClassVar[str] = "Open-Assistant (augment_oasst): K-choose-2 loss as in InstructGPT"

    def schema(self, recipe: Recipe) -> pa.Schema:
        return pa.schema(
            [
                ("prompt_id", pa.string()),
                ("split", pa.string()),
                ("prefixes", _TEXTS),
                ("responses", _TEXTS),
                ("augmented", _TEXTS),
            ]
        )

    def row(self, item: Ranking, recipe: Recipe) -> Row | Reason:
        if problem := order_problem(item) or turns_problem(item.prompt):
            return problem
        return {
            "prompt_id": item.prompt.uid,
            "split": "train" if item.prompt.split == TRAIN else "val",
            "prefixes": [turn["content"] for turn in item.prompt.messages],
            "responses": [item.responses[tier[0]].text for tier in item.tiers],
            "augmented": [],
        }
