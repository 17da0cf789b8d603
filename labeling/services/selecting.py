"""Tasks of pairs that teach most, a few at a time, as votes come in (see docs/selection.md)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection, transaction
from numpy.random import Generator as Random

from collector.services.threads import ensure_threads
from labeling import locks
from labeling.choosing import Choice, choose
from labeling.figures.votes import VoteTable, read_votes
from labeling.models import PolicyVersion
from labeling.models.policies import Selection
from labeling.services.masking import mask_responses
from labeling.services.select_sql import NEWCOMERS, OWED, SELECT_TASKS, STOCK, UNTOUCHED
from labeling.statistics.bradley_terry import Votes
from labeling.statistics.rules import RULES, Known, Rule
from labeling.stock import Kind, Stock

AT_A_TIME = 2000  # tasks that one transaction makes
WORTH_IT = 0.1  # of the open tasks wanted: fewer missing ones wait for more votes
FOR_A_NEWCOMER = 10  # tasks about a model that nobody was asked about, however many are open


@dataclass(frozen=True, slots=True)
class _Wanted:
    """How many tasks to make; about any of the models `of`, where they are named."""

    tasks: int
    of: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class _Found:
    """The stock with its models' ids, each model's number being its place there."""

    stock: Stock
    models: list[int]


def select_tasks(*, policy: PolicyVersion, random: Random | None = None) -> int:
    """Make up to 2,000 of the tasks that the policy's selection wants now; returns how many.

    It wants `policy.selection_tasks` open tasks that nobody has begun, and some about each model
    that nobody was asked about yet. One transaction; from several places at once, each waits for
    the others and then looks again. `random` is for tests and simulations.
    """
    random = random or np.random.default_rng()
    with transaction.atomic():
        locks.one_builder(project_id=policy.project_id)
        wanted = _wanted(policy)
        if not wanted.tasks:
            return 0
        found = _stock(policy, wanted.tasks)
        rule = _rule(policy, found.models)
        choices = choose(
            rule=rule,
            stock=found.stock,
            tasks=wanted.tasks,
            votes=policy.overlap,
            random=random,
            of=_numbers(wanted.of, found.models),
        )
        return _make(policy, choices, found.models)


def _wanted(policy: PolicyVersion) -> _Wanted:
    asked = {"project": policy.project_id, "most": policy.selection_tasks}
    with connection.cursor() as cursor:
        cursor.execute(UNTOUCHED, asked)
        missing = policy.selection_tasks - cursor.fetchone()[0]
        if missing and missing >= policy.selection_tasks * WORTH_IT:
            return _Wanted(min(missing, AT_A_TIME))
        cursor.execute(NEWCOMERS, _parameters(policy))
        newcomers = frozenset(row[0] for row in cursor.fetchall())
    for_them = min(len(newcomers) * FOR_A_NEWCOMER, policy.selection_tasks, AT_A_TIME)
    return _Wanted(for_them, newcomers)


def _parameters(policy: PolicyVersion) -> dict[str, Any]:
    return {
        "project": policy.project_id,
        "kept_out": policy.excluded_flags,
        "overlap": policy.overlap,
    }


def _numbers(of: frozenset[int] | None, models: list[int]) -> set[int] | None:
    return None if of is None else {place for place, pk in enumerate(models) if pk in of}


def _stock(policy: PolicyVersion, takes: int) -> _Found:
    with connection.cursor() as cursor:
        cursor.execute(STOCK, {**_parameters(policy), "most": takes})
        rows = cursor.fetchall()
    models = sorted({pk for held, *_ in rows for pk in held})
    place = {pk: number for number, pk in enumerate(models)}
    kinds = (
        Kind(tuple(place[pk] for pk in held), used, size, prompts)
        for held, used, size, prompts in rows
    )
    return _Found(Stock(kinds, models=len(models), takes=takes), models)


def _rule(policy: PolicyVersion, models: list[int]) -> Rule:
    """The policy's rule, knowing all votes and what is owed. It numbers the stock's models first.

    Models without a response left to compare are known by their votes all the same.
    """
    table = read_votes(project=policy.project)
    voted = [model.id for model in table.models]
    everyone = models + sorted(set(voted) - set(models))
    place = {pk: number for number, pk in enumerate(everyone)}
    owed = np.zeros((len(everyone), len(everyone)))
    with connection.cursor() as cursor:
        cursor.execute(OWED, {"project": policy.project_id})
        for first, second, votes in cursor.fetchall():
            if first in place and second in place:
                owed[place[first], place[second]] = owed[place[second], place[first]] = votes
    votes = _votes(table, np.array([place[pk] for pk in voted], np.intp), len(everyone))
    return RULES[policy.selection](Known(votes, table.labelers, owed))


def _votes(table: VoteTable, places: np.ndarray[Any, np.dtype[np.intp]], models: int) -> Votes:
    return Votes(places[table.first], places[table.second], table.outcome, table.votes, models)


def _make(policy: PolicyVersion, choices: list[Choice], models: list[int]) -> int:
    asked = {
        "prompts": [choice.prompt for choice in choices],
        "first": [models[choice.first] for choice in choices],
        "second": [models[choice.second] for choice in choices],
        "probabilities": [choice.probability for choice in choices],
    }
    with connection.cursor() as cursor:
        cursor.execute(SELECT_TASKS, _parameters(policy) | asked)
        made, with_tasks = cursor.fetchone()
    ensure_threads(prompts=with_tasks or [])
    mask_responses(project=policy.project, prompts=with_tasks or [])
    return int(made)


def is_selected(policy: PolicyVersion) -> bool:
    """Whether tasks of the policy are selected as votes come in, and not all made at once."""
    return policy.selection != Selection.ALL
