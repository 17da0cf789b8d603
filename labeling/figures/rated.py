"""Strengths of the models that votes connect, by the way of rating that was asked for."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from labeling.figures.choice import Choice
from labeling.figures.sides import Sides, read_sides
from labeling.figures.votes import Floats, Integers, VoteTable, table_of
from labeling.statistics import bradley_terry, controlled, ties
from labeling.statistics.bradley_terry import Fit
from labeling.statistics.crowd import crowd_bt, crowd_covariance
from labeling.statistics.jackknife import blocks

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
    inside: NDArray[np.bool_]  # which rows of the whole table are these


def rate(table: VoteTable, choice: Choice, options: "Options") -> Rated:
    """Rate the largest group of models that these votes connect.

    With the length of texts controlled, votes without texts are left out.
    """
    if options.length_controlled:
        return _length_controlled(choice, options)
    found = connected(table)
    if len(found.members) < 2:
        return _nothing(found)
    if options.model == "crowd_bt":
        return _crowd(found)
    if options.model in ("davidson", "rao_kupper"):
        return _with_ties(found, options)
    return _plain(found, options)


def _nothing(found: "Connected") -> Rated:
    none = np.zeros(0)
    return Rated(found.members[:0], found.groups, none, none, none, none, 0)


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
        inside,
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


def _length_controlled(choice: Choice, options: "Options") -> Rated:
    """Strengths of models as if their texts were equally long, and what length does."""
    sides, table = texts_of(choice)
    found = connected(table)
    if len(found.members) < 2:
        return _nothing(found)
    within = found.table
    lengths = (sides.first_length[found.inside], sides.second_length[found.inside])
    fit = controlled.fit(
        within.first,
        within.second,
        within.outcome,
        controlled.relative_length(*lengths),
        models=len(within.models),
        weights=within.weights,
        clusters=within.labelers if options.cluster == "labeler" else None,
    )
    length = {
        "coefficient": float(fit.coefficients[0]),
        "standard_error": float(fit.standard_errors[0]),
    }
    return of_fit(found, fit.fit, length=length)


def texts_of(choice: Choice) -> tuple[Sides, VoteTable]:
    """Votes between texts of different models, a row each, with the lengths of the two.

    The table has all models of the project's votes, those of votes without texts too.
    """
    sides = read_sides(choice, weighted=True)
    models = table_of(choice).models
    number = {model.id: place for place, model in enumerate(models)}
    usable = (
        (sides.first_model != sides.second_model)
        & np.isin(sides.first_model, list(number))
        & np.isin(sides.second_model, list(number))
    )
    sides = sides.only(usable)
    ones = np.ones(len(sides.outcome))
    chosen = ~np.isnan(sides.weight)
    weights = np.where(chosen, sides.weight, 1.0)
    if chosen.any():
        weights[chosen] /= weights[chosen].mean()
    return sides, VoteTable(
        models=models,
        first=np.array([number[pk] for pk in sides.first_model.tolist()], np.intp),
        second=np.array([number[pk] for pk in sides.second_model.tolist()], np.intp),
        outcome=sides.outcome,
        labelers=sides.labeler,
        votes=ones,
        weights=weights,
        squares=weights**2,
    )


def _crowd(found: Connected) -> Rated:
    """Strengths beside which each labeler's reliability is estimated; intervals hold it fixed.

    The votes of who is reliable with chance η tell (2η - 1)² as much.
    """
    table = found.table
    fit = crowd_bt(
        table.first,
        table.second,
        table.outcome,
        table.labelers,
        models=len(table.models),
        weights=table.weights,
    )
    covariance = crowd_covariance(
        fit, table.first, table.second, table.labelers, weights=table.weights
    )
    degrees = max(len(fit.labelers) - 1, 1)
    components = np.zeros(len(table.models), np.intp)
    counts = np.bincount(np.concatenate([table.first, table.second]), minlength=len(table.models))
    return of_fit(found, Fit(fit.strengths, covariance, components, counts, degrees))


def _with_ties(found: Connected, options: "Options") -> Rated:
    """Davidson's or Rao and Kupper's strengths, with errors from leaving out labelers in turn."""
    table = found.table
    kind = ties.davidson if options.model == "davidson" else ties.rao_kupper

    def fitted(keep: NDArray[np.bool_]) -> ties.TiesFit:
        few = (column[keep] for column in (table.first, table.second, table.outcome))
        return kind(*few, models=len(table.models), weights=table.weights[keep])

    whole = fitted(np.ones(len(table.first), bool))
    alone = np.arange(len(table.first)) if options.cluster == "none" else table.labelers
    block = blocks(alone, most=LEFT_OUT)
    count = int(block.max()) + 1
    without = np.array([fitted(block != left).strengths for left in range(count)])
    spread = without - without.mean(axis=0)
    covariance = (count - 1) / count * spread.T @ spread
    if count < 2:
        covariance = np.full((len(table.models),) * 2, np.nan)
    counts = np.bincount(np.concatenate([table.first, table.second]), minlength=len(table.models))
    degrees = max(count - 1, 1)
    components = np.zeros(len(table.models), np.intp)
    fit = Fit(whole.strengths, covariance, components, counts, degrees)
    name = "nu" if options.model == "davidson" else "theta"
    return of_fit(found, fit, parameters={name: whole.parameter})


LEFT_OUT = 40  # blocks of labelers: each is a fit
