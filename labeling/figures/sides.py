"""What was shown where and how long it was, beside who won: for biases of place and of length."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labeling.figures.choice import Choice
from labeling.figures.plain import plain
from labeling.figures.reading import read_columns
from labeling.figures.votes import Floats
from labeling.statistics.bias import LengthBias, binomial_p, length_bias
from labeling.statistics.intervals import wilson

# One labeler's choices between what was shown first and last, second and second last, and so on:
# in an order drawn at random these pairs are independent of each other, which all pairs of a
# ranking are not. Of two responses it is the one pair. An imported order that nobody knows, null
# in the judgment's origin, says nothing; nor does a better version that was written afterwards.
_PLACES = """
SELECT c.labeler_id AS labeler, count(*) AS chosen,
       count(*) FILTER (WHERE (c.outcome = 'first') = c.first_shown_before) AS first
FROM labeling_comparison c
JOIN labeling_judgment judgment ON judgment.id = c.judgment_id
{joins}
WHERE {where} AND c.outcome IN ('first', 'second')
  AND judgment.origin -> 'order' IS DISTINCT FROM 'null'::jsonb
  AND array_position(judgment."order", coalesce(c.first_id, c.first_generator_id))
    + array_position(judgment."order", coalesce(c.second_id, c.second_generator_id))
    = cardinality(judgment."order") + 1
GROUP BY 1 ORDER BY 1
"""
_SIDES = """
SELECT c.first_id AS first, c.second_id AS second,
       coalesce(c.first_generator_id, 0) AS first_model,
       coalesce(c.second_generator_id, 0) AS second_model,
       c.labeler_id AS labeler,
       CASE c.outcome WHEN 'first' THEN 1.0 WHEN 'second' THEN 0.0 ELSE 0.5 END::double precision
           AS outcome,
       {weight} AS weight
FROM labeling_comparison c
{joins}
WHERE {where} AND c.first_id IS NOT NULL
"""
_LENGTHS = """
SELECT text.id, char_length(text.text)::bigint AS length
FROM collector_message text
WHERE text.id IN (
    SELECT c.first_id FROM labeling_comparison c {joins} WHERE {where} AND c.first_id IS NOT NULL
    UNION
    SELECT c.second_id FROM labeling_comparison c {joins} WHERE {where} AND c.first_id IS NOT NULL
) ORDER BY 1
"""
OF_TASKS = """
JOIN labeling_judgment judgment ON judgment.id = c.judgment_id
JOIN labeling_task task ON task.id = judgment.task_id
"""


@dataclass(frozen=True, slots=True)
class Places:
    """By labeler (ids, ascending): how often they chose, and of these what was shown first."""

    labelers: NDArray[np.int64]
    chosen: Floats
    first: Floats


@dataclass(frozen=True, slots=True)
class Sides:
    """Comparisons of two texts: lengths in characters, models' ids (0 for people), who said what.

    `outcome` is 1 where the first won, 0 where the second did, ½ else; `weight` is 1/p of a task
    that was chosen with probability p, and NaN of others.
    """

    first_length: Floats
    second_length: Floats
    first_model: NDArray[np.int64]
    second_model: NDArray[np.int64]
    labeler: NDArray[np.int64]
    outcome: Floats
    weight: Floats

    def only(self, rows: NDArray[np.bool_]) -> "Sides":
        """These rows alone."""
        return Sides(*(getattr(self, each.name)[rows] for each in fields(self)))


def read_places(choice: Choice) -> Places:
    """Choices between two places among these comparisons."""
    query = _PLACES.format(joins=choice.joins, where=choice.where)
    types = dict.fromkeys(["labeler", "chosen", "first"], "int")
    rows = read_columns(query, choice.parameters, types)
    return Places(rows["labeler"], rows["chosen"].astype(float), rows["first"].astype(float))


def read_sides(choice: Choice, *, weighted: bool = False) -> Sides:
    """The two sides of each of these comparisons that has texts."""
    query = _SIDES.format(
        joins=choice.joins + (OF_TASKS if weighted else ""),
        where=choice.where,
        weight="coalesce(1 / task.selection_probability, 'NaN')" if weighted else "'NaN'::float8",
    )
    columns = ("first", "second", "first_model", "second_model", "labeler")
    types = dict.fromkeys(columns, "int") | {"outcome": "float", "weight": "float"}
    rows = read_columns(query, choice.parameters, types)
    query = _LENGTHS.format(joins=choice.joins, where=choice.where)
    texts = read_columns(query, choice.parameters, {"id": "int", "length": "int"})
    # A vote that came in between the two statements has texts whose length was not read.
    known = np.isin(rows["first"], texts["id"]) & np.isin(rows["second"], texts["id"])
    rows = {name: column[known] for name, column in rows.items()}
    lengths = texts["length"].astype(float)
    return Sides(
        lengths[np.searchsorted(texts["id"], rows["first"])],
        lengths[np.searchsorted(texts["id"], rows["second"])],
        rows["first_model"],
        rows["second_model"],
        rows["labeler"],
        rows["outcome"],
        rows["weight"],
    )


def position_of_all(choice: Choice) -> dict[str, Any] | None:
    """How often what was shown first won, of all choices together; None where nobody chose."""
    places = read_places(choice)
    chosen, first = places.chosen.sum(), places.first.sum()
    if not chosen:
        return None
    share = wilson(first, chosen)
    return {
        "first": plain(share.share),
        "n": int(chosen),
        "lower": plain(share.lower),
        "upper": plain(share.upper),
        "p": plain(binomial_p(first, chosen)),
    }


def lengths_of_all(choice: Choice) -> dict[str, Any] | None:
    """How often the longer text won, of all choices together; None where there was none."""
    sides = read_sides(choice)
    found = length_bias(sides.first_length, sides.second_length, sides.outcome)
    return told_length(found) if found.longer.total else None


def told_length(found: LengthBias) -> dict[str, Any]:
    """A length bias in plain numbers."""
    return {
        "longer": plain(found.longer.share),
        "n": int(found.longer.total),
        "lower": plain(found.longer.lower),
        "upper": plain(found.longer.upper),
        "coefficient": plain(found.coefficient),
        "standard_error": plain(found.standard_error),
    }
