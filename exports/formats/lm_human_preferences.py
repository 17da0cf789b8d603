"""`lm_human_preferences`: the best of four, as Ziegler et al. (2019) asked for it."""

from typing import ClassVar

import pyarrow as pa

from exports.formats.base import Layout, Row, Source
from exports.items import Ranking
from exports.recipes import Recipe
from exports.validator import Reason, bare_question_problem, best_problem

SAMPLES = 4


class LMHumanPreferencesFormat:
    """Texts; the reader of that paper wants token ids (`examples/loaders`).

    `best` is the place of the best sample, 0 to 3; the samples are in the order shown.
    """

    name: ClassVar[str] = "lm_human_preferences"
    source: ClassVar[Source] = "rankings"
    layout: ClassVar[Layout] = "array"
    trains: ClassVar[str] = "lm-human-preferences (best_of_4), after one step of tokenising"

    def schema(self, recipe: Recipe) -> pa.Schema:
        samples = [(f"sample{place}", pa.string()) for place in range(SAMPLES)]
        return pa.schema([("query", pa.string()), *samples, ("best", pa.int64())])

    def row(self, item: Ranking, recipe: Recipe) -> Row | Reason:
        if problem := best_problem(item, of=SAMPLES) or bare_question_problem(item.prompt):
            return problem
        return {
            "query": item.prompt.messages[0]["content"],
            **{f"sample{place}": text.text for place, text in enumerate(item.responses)},
            "best": item.tiers[0][0],
        }
