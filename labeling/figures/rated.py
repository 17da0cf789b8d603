"""Strengths of the models that votes connect, by the way of rating that was asked for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from labeling.figures.choice import Choice
from labeling.figures.votes import Floats, Integers, VoteTable
from labeling.statistics import bradley_terry
from labeling.statistics.bradley_terry import Fit

if TYPE_CHECKING:
    from labeling.figures.leaderboard import Options


@dataclass(frozen=True, slots=True)
class Rated:
    """Strengths (logits) of `members`, places in the table's models, with 95% intervals.

    `groups` are the sets of models that votes connect, the largest first; `votes` is how many
    votes the strengths are of. `length` and `parameters` tell what else was estimated.
    """

    members: Integers
    groups: list[list[int]]
    strengths: Floats
    standard_errors: Floats
    lower: Floats
    upper: Floats
    votes: int
    length: dict[str, Any] | None = None
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Connected:
    """The votes within the largest group of models, numbered by their place in `members`."""

    members: Integers
    groups: list[list[int]]
    table: VoteTable


Rater = Callable[[Connected, Choice, "Options"], Rated]


def rate(table: VoteTable, choice: Choice, options: "Options") -> Rated:
    """Rate the largest group of models that these votes connect."""
    found = connected(table)
    if len(found.members) < 2:
        nothing = np.zeros(0)
        return Rated(found.members, found.groups, nothing, nothing, nothing, nothing, 0)
    return _plain(found, options)


def connected(table: VoteTable) -> Connected:
    """The largest group (by votes) of models that votes connect, and the votes within it."""
    size = len(table.models)
    votes = bradley_terry.read_votes(table.first, table.second, table.outcome, models=size)
    component = bradley_terry.components(votes)
    # A row stands for several votes; each is in one group whole.
    weight = np.bincount(component[table.first], table.votes, size) if size else np.zeros(0)
    ordered = [number for number in np.argsort(-weight, kind="stable") if weight[number] > 0]
    groups = [np.flatnonzero(component == number).tolist() for number in ordered]
    members = np.array(groups[0] if groups else [], np.intp)
    number = np.full(size, -1, np.intp)
    number[members] = np.arange(len(members))
    inside = number[table.first] >= 0
    return Connected(
        members,
        groups,
        VoteTable(
            models=[table.models[place] for place in members],
            first=number[table.first[inside]],
            second=number[table.second[inside]],
            outcome=table.outcome[inside],
            labelers=table.labelers[inside],
            votes=table.votes[inside],
            weights=table.weights[inside],
            squares=table.squares[inside],
        ),
    )


def _plain(found: Connected, options: "Options") -> Rated:
    table = found.table
    fit = bradley_terry.fit(
        table.first,
        table.second,
        table.outcome,
        models=len(table.models),
        weights=table.weights,
        clusters=table.labelers if options.cluster == "labeler" else None,
        squares=table.squares,
    )
    return of_fit(found, fit)


def of_fit(found: Connected, fit: Fit, **more: Any) -> Rated:
    """The strengths of a fit, with its intervals."""
    lower, upper = fit.interval()
    return Rated(
        found.members,
        found.groups,
        fit.strengths,
        fit.standard_errors,
        lower,
        upper,
        found.table.total,
        **more,
    )
