"""`unpaired`: one response with what people thought of it by itself."""

from typing import ClassVar

import pyarrow as pa

from exports.formats.base import TURNS, Layout, Row, Source, reply
from exports.items import Rating
from exports.recipes import Recipe
from exports.validator import Reason, rating_problem

LOWEST, MIDDLE, HIGHEST = 1, 4, 7
_STEPS = 4


class UnpairedFormat:
    """`label` and `rating` are from overall ratings, never from pairs.

    A response that lost against a better one may be good all the same: labels made from pairs gave
    half of all completions both labels. `rating` has five steps, 0 to 4, for a head of five bins.
    """

    name: ClassVar[str] = "unpaired"
    source: ClassVar[Source] = "ratings"
    layout: ClassVar[Layout] = "lines"
    trains: ClassVar[str] = "TRL KTOTrainer; palm-rlhf-pytorch RewardModel(num_binned_output=5)"

    def schema(self, recipe: Recipe) -> pa.Schema:
        return pa.schema(
            [
                ("prompt", TURNS),
                ("completion", TURNS),
                ("label", pa.bool_()),
                ("rating", pa.int64()),
            ]
        )

    def row(self, item: Rating, recipe: Recipe) -> Row | Reason:
        if problem := rating_problem(item, middle=MIDDLE):
            return problem
        share = (item.overall - LOWEST) / (HIGHEST - LOWEST)
        return {
            "prompt": item.prompt.messages,
            "completion": reply(item.response),
            "label": item.overall > MIDDLE,
            "rating": int(share * _STEPS + 0.5),
        }
