"""`nemo`: a conversation with two completions and their ranks, 0 the better one."""

from typing import ClassVar

import pyarrow as pa

from exports.formats.base import TURNS, Layout, Row, Source, reply
from exports.items import Pair
from exports.recipes import Recipe
from exports.validator import Reason, pair_problem

_COMPLETIONS = pa.list_(pa.struct([("rank", pa.int64()), ("completion", TURNS)]))


class NemoFormat:
    """Exactly two completions a row: NeMo-RL's reward model and DPO take no more."""

    name: ClassVar[str] = "nemo"
    source: ClassVar[Source] = "comparisons"
    layout: ClassVar[Layout] = "lines"
    trains: ClassVar[str] = "NeMo-RL (PreferenceDataset)"

    def schema(self, recipe: Recipe) -> pa.Schema:
        return pa.schema([("context", TURNS), ("completions", _COMPLETIONS)])

    def row(self, item: Pair, recipe: Recipe) -> Row | Reason:
        if problem := pair_problem(item):
            return problem
        return {
            "context": item.prompt.messages,
            "completions": [
                {"rank": rank, "completion": reply(text)}
                for rank, text in enumerate((item.chosen, item.rejected))
            ],
        }
