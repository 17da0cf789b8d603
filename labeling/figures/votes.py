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

# Not grouped: pairs of fifty models and hundreds of labelers are about as many as votes, and numpy
# sorts their numbers in a tenth of the time in which PostgreSQL hashes the rows.
_VOTES = """
SELECT c.first_generator_id AS first, c.second_generator_id AS second, c.labeler_id AS labeler,
       CASE c.outcome WHEN 'first' THEN 2 WHEN 'second' THEN 0 ELSE 1 END::bigint AS outcome
       {inverse}
FROM labeling_comparison c
{joins}
WHERE {where} AND c.first_generator_id <> c.second_generator_id
"""
_COLUMNS = dict.fromkeys(["first", "second", "labeler", "outcome"], "int")
# Of a vote that nobody chose, zero.
_INVERSE = ", coalesce(1 / task.selection_probability, 0)::double precision AS inverse"
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
        inverse=_INVERSE if chosen else "",
        joins=choice.joins + (_OF_TASKS if chosen else ""),
        where=choice.where,
    )
    types = _COLUMNS | ({"inverse": "float"} if chosen else {})
    return _table(read_columns(query, choice.parameters, types))


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
    people, (labeler,) = numbered(columns["labeler"])
    models = read_models(ids.tolist())
    place_of = {model.id: place for place, model in enumerate(models)}
    places = np.array([place_of[pk] for pk in ids.tolist()], np.intp)
    kinds, kind, votes = _alike(first, second, labeler, columns["outcome"], (len(ids), len(people)))
    lower, higher, outcome, labeler = np.unravel_index(
        kinds, (max(len(ids), 1), max(len(ids), 1), 3, max(len(people), 1))
    )
    weights, squares = _weights(columns.get("inverse"), kind, votes)
    return VoteTable(
        models=models,
        first=places[lower],
        second=places[higher],
        outcome=outcome / 2,
        labelers=people[labeler],
        votes=votes,
        weights=weights,
        squares=squares,
    )


def _alike(
    first: Integers, second: Integers, labeler: Integers, outcome: Integers, sizes: tuple[int, int]
) -> tuple[Integers, Integers, Floats]:
    """Kinds of votes, each vote's kind, and how many there are of each.

    The model with the lower id comes first, whichever text was written first: fewer kinds.
    """
    models, people = sizes
    turned = first > second
    lower, higher = np.where(turned, second, first), np.where(turned, first, second)
    won = np.where(turned, 2 - outcome, outcome)
    keys = ((lower * models + higher) * 3 + won) * people + labeler
    kinds, (kind,) = numbered(keys)
    return kinds, kind, np.bincount(kind, minlength=len(kinds)).astype(float)


def _weights(inverse: Floats | None, kind: Integers, votes: Floats) -> tuple[Floats, Floats]:
    """Summed and summed squared weights of each kind; chosen votes weigh one on average.

    Inverse probabilities are relative: unscaled, a vote chosen among a thousand pairs would count
    as a thousand of those that nobody chose.
    """
    if inverse is None or not inverse.any():
        return votes, votes
    weight = inverse / inverse[inverse > 0].mean()
    weight[inverse == 0] = 1.0
    sums, squares = (np.bincount(kind, each, len(votes)) for each in (weight, weight**2))
    return np.asarray(sums, float), np.asarray(squares, float)
