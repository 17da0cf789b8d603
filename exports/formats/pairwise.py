"""Columns on request that every pairwise format can carry."""

from math import comb

import pyarrow as pa

from exports.formats.base import Row
from exports.items import Pair
from exports.recipes import Recipe, margin_of
from exports.validator import Reason, number_problem


def column_fields(recipe: Recipe) -> list[pa.Field]:
    """The fields of the requested columns, in the order they are written."""
    kinds = {"votes": pa.int64()}
    return [pa.field(name, kinds.get(name, pa.float64())) for name in recipe.columns]


def with_columns(row: Row, pair: Pair, recipe: Recipe) -> Row | Reason:
    """The row with its requested columns; a Reason where one has no value.

    `margin` is by strength, Llama 2's table. `weight` is 1/C(K,2), so that a ranking of K
    responses counts as one (InstructGPT).
    """
    margin = margin_of(pair.strength, recipe)
    if "margin" in recipe.columns and (problem := number_problem(margin)):
        return problem
    values = {
        "margin": margin,
        "weight": 1 / comb(pair.responses, 2),
        "agreement": pair.agreement,
        "votes": pair.votes,
        "probability": pair.probability,
    }
    for name in recipe.columns:
        row[name] = values[name]
    return row
