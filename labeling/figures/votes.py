"""Who preferred which model, counted in SQL and given as columns."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from collector.models import Generator, Project
from labeling.figures.choice import PEOPLE, Choice
from labeling.figures.reading import Columns, numbered, read_columns

Integers = NDArray[np.intp]
Floats = NDArray[np.float64]

# Pairs of models with the lower id first, whichever text was written first: fewer kinds of rows.
_VOTES = """
SELECT least(c.first_generator_id, c.second_generator_id) AS first,
       greatest(c.first_generator_id, c.second_generator_id) AS second,
       CASE WHEN c.outcome IN ('tie', 'both_bad') THEN 1
            WHEN (c.outcome = 'first') = (c.first_generator_id < c.second_generator_id) THEN 2
            ELSE 0 END::bigint AS outcome,
       c.labeler_id AS labeler,
       count(*) AS votes,
       {chosen} AS chosen,
       {weights}::double precision AS weights,
       {squares}::double precision AS squares
FROM labeling_comparison c
{joins}
WHERE {where} AND c.first_generator_id <> c.second_generator_id
GROUP BY 1, 2, 3, 4
"""
_COLUMNS = {
    "first": "int",
    "second": "int",
    "outcome": "int",
    "labeler": "int",
    "votes": "int",
    "chosen": "int",
    "weights": "float",
    "squares": "float",
}
_CHOSEN = """
SELECT EXISTS (
    SELECT FROM labeling_task WHERE project_id = %s AND selection_probability IS NOT NULL)
"""
_OF_TASKS = """
JOIN labeling_judgment judgment ON judgment.id = c.judgment_id
JOIN labeling_task task ON task.id = judgment.task_id
"""


@dataclass(frozen=True, slots=True)
class Model:
    """A generator, as figures name it."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class VoteTable:
    """Votes between two models, those alike together: a row for each pair, outcome and labeler.

    `first` and `second` are places in `models`, `outcome` is 1 where the first won, 0 where the
    second did and ½ for ties and for both bad; `labelers` are ids. `votes` counts the row's votes.
    Where tasks were chosen with a stored probability p, `weights` sum up 1/p, scaled so that such
    votes weigh 1 on average; every other vote weighs 1. `squares` sum up the squared weights.
    """

    models: list[Model]
    first: Integers
    second: Integers
    outcome: Floats
    labelers: NDArray[np.int64]
    votes: Floats
    weights: Floats
    squares: Floats

    @property
    def total(self) -> int:
        """How many votes there are."""
        return int(self.votes.sum())


def read_votes(
    *,
    project: Project,
    purposes: Sequence[str] = PEOPLE,
    tag: str = "",
    language: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> VoteTable:
    """The project's votes between different models, of labelers who are not excluded.

    Human texts and two samples of one model say nothing of models and are left out. `models` are
    those that somebody voted on, by name.
    """
    return table_of(Choice(project, tuple(purposes), tag, language, since, until))


def table_of(choice: Choice) -> VoteTable:
    """The votes among these comparisons."""
    chosen = _any_chosen(choice.project)
    query = _VOTES.format(
        chosen="count(task.selection_probability)" if chosen else "0::bigint",
        weights="coalesce(sum(1 / task.selection_probability), 0)" if chosen else "0",
        squares="coalesce(sum((1 / task.selection_probability) ^ 2), 0)" if chosen else "0",
        joins=choice.joins + (_OF_TASKS if chosen else ""),
        where=choice.where,
    )
    return _table(read_columns(query, choice.parameters, _COLUMNS))


def read_models(ids: Iterable[int]) -> list[Model]:
    """These generators, by name."""
    named = Generator.objects.filter(pk__in=[*ids]).order_by("name", "pk")
    return [Model(pk, name) for pk, name in named.values_list("pk", "name")]


def _any_chosen(project: Project) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_CHOSEN, [project.pk])
        found: tuple[Any, ...] = cursor.fetchone()
    return bool(found[0])


def _table(columns: Columns) -> VoteTable:
    ids, (first, second) = numbered(columns["first"], columns["second"])
    models = read_models(ids.tolist())
    place_of = {model.id: place for place, model in enumerate(models)}
    places = np.array([place_of[pk] for pk in ids.tolist()], np.intp)
    votes = columns["votes"].astype(float)
    scale = _scale(columns)
    plain = votes - columns["chosen"]
    return VoteTable(
        models=models,
        first=places[first],
        second=places[second],
        outcome=columns["outcome"] / 2,
        labelers=columns["labeler"],
        votes=votes,
        weights=plain + scale * columns["weights"],
        squares=plain + scale**2 * columns["squares"],
    )


def _scale(columns: Columns) -> float:
    """What makes votes of chosen tasks weigh one on average.

    Inverse probabilities are relative: unscaled, a vote chosen among a thousand pairs would count
    as a thousand of those that nobody chose.
    """
    total = float(columns["weights"].sum())
    return float(columns["chosen"].sum()) / total if total else 1.0
