"""How good models are, by the votes between them, and how far one can tell."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import numpy as np
from django.db import connection

from collector.models import Project
from common.csv_cells import plain_cell
from labeling.figures.choice import PEOPLE, Choice
from labeling.figures.plain import plain, plain_list
from labeling.figures.plan import VotesLeft, votes_left
from labeling.figures.rated import Rated, rate
from labeling.figures.votes import Floats, Integers, Model, VoteTable, read_models, table_of
from labeling.statistics import bradley_terry
from labeling.statistics.bradley_terry import SCALE

Kind = Literal["bradley_terry", "davidson", "rao_kupper", "crowd_bt"]
Cluster = Literal["labeler", "none"]

# Generators that wrote any response of the project.
_WRITERS = """
SELECT DISTINCT revision.generator_id FROM collector_generatorrevision revision
WHERE EXISTS (
    SELECT FROM collector_message message
    WHERE message.revision_id = revision.id AND message.project_id = %s
      AND message.deleted_at IS NULL)
"""


@dataclass(frozen=True, slots=True)
class Options:
    """What a leaderboard is made of, and how.

    `cluster` says whose votes are taken to depend on each other: all of one labeler's, or none.
    """

    model: Kind = "bradley_terry"
    length_controlled: bool = False
    cluster: Cluster = "labeler"
    tag: str = ""
    language: str = ""
    purposes: tuple[str, ...] = field(default=PEOPLE)
    since: datetime | None = None
    until: datetime | None = None

    def choice(self, project: Project) -> Choice:
        """The comparisons that these options ask for."""
        return Choice(project, self.purposes, self.tag, self.language, self.since, self.until)

    @property
    def told(self) -> dict[str, Any]:
        """The options, for whoever reads the figures."""
        return {
            "model": "bradley_terry" if self.length_controlled else self.model,
            "length_controlled": self.length_controlled,
            "cluster": self.cluster,
            "tag": self.tag,
            "language": self.language,
            "purposes": list(self.purposes),
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
            "confidence": 0.95,
        }


def leaderboard(*, project: Project, options: Options | None = None) -> dict[str, Any]:
    """The models by rating, best first, and those that cannot be rated.

    Ratings are 1000 + 400/ln 10 times the strength, of the largest group of models that votes
    connect; other models are unrated. `rank` is the place by rating, `rank_best` and `rank_worst`
    what the intervals leave open. The members are described in docs/statistics.md.
    """
    asked = options or Options()
    choice = asked.choice(project)
    table = table_of(choice)
    rated = rate(table, choice, asked)
    models = _with_unvoted(project, table)
    few = by_pair(table)
    order = _order(rated, table)
    left = _votes_left(rated, few)
    rows = [_row(rated, few, place, order, left) for place in order.rated]
    unrated = [place for place in range(len(table.models)) if place not in order.place_of]
    rows += [_unrated(table.models[place].name, few, place) for place in unrated]
    rows += [_unrated(model.name) for model in models[len(table.models) :]]
    return {
        "models": rows,
        "votes_to_flip_first": flips(few, rated.members),
        "votes_left": {"within": left.within, "evenly": left.evenly, "selected": left.selected},
        "comparisons": table.total,
        "used": rated.votes,
        "labelers": len(np.unique(table.labelers)),
        "connected": len(rated.groups) <= 1,
        "groups": [[table.models[place].name for place in group] for group in rated.groups],
        "win_matrix": win_matrix(few, [*order.rated, *unrated]),
        "length": rated.length,
        "parameters": rated.parameters,
        "options": asked.told,
    }


@dataclass(frozen=True, slots=True)
class _Order:
    """`rated` are places in the table's models, best first; ranks by that place."""

    rated: list[int]
    place_of: dict[int, int]
    best: Integers
    worst: Integers


def _order(rated: Rated, table: VoteTable) -> _Order:
    by_rating = sorted(
        range(len(rated.members)),
        key=lambda at: (-rated.strengths[at], table.models[rated.members[at]].name),
    )
    best, worst = bradley_terry.ranks(rated.lower, rated.upper)
    ordered = [int(rated.members[at]) for at in by_rating]
    return _Order(ordered, {int(m): at for at, m in enumerate(rated.members)}, best, worst)


def _votes_left(rated: Rated, table: VoteTable) -> VotesLeft:
    votes = [_counts(table, int(place))["votes"] for place in rated.members]
    half = (rated.upper - rated.lower) / 2 * SCALE
    return votes_left(half_widths=half, votes=votes)


def _row(
    rated: Rated, table: VoteTable, place: int, order: _Order, left: VotesLeft
) -> dict[str, Any]:
    at = order.place_of[place]
    own = rated.strengths[at]
    rating, lower, upper = bradley_terry.rating([own, rated.lower[at], rated.upper[at]])
    return {
        "model": table.models[place].name,
        "rating": plain(rating),
        "lower": plain(lower),
        "upper": plain(upper),
        "standard_error": plain(rated.standard_errors[at] * SCALE),
        **_counts(table, place),
        # Equal strengths share a rank.
        "rank": 1 + int((rated.strengths > own).sum()),
        "rank_best": int(order.best[at]),
        "rank_worst": int(order.worst[at]),
        "votes_left": left.models[at],
        "connected": True,
    }


def _unrated(name: str, table: VoteTable | None = None, place: int = -1) -> dict[str, Any]:
    nothing = dict.fromkeys(["rating", "lower", "upper", "standard_error"])
    ranks = dict.fromkeys(["rank", "rank_best", "rank_worst", "votes_left"])
    counts = _counts(table, place) if table else dict.fromkeys(["votes", "wins", "losses"], 0)
    return {"model": name, **nothing, "ties": 0, **counts, **ranks, "connected": False}


def _counts(table: VoteTable, place: int) -> dict[str, int]:
    """A model's votes: won, lost and tied."""
    first, second = table.first == place, table.second == place
    mine = np.where(first, table.outcome, 1 - table.outcome)
    votes = np.where(first | second, table.votes, 0)
    return {
        "votes": int(votes.sum()),
        "wins": int(votes[mine == 1].sum()),
        "losses": int(votes[mine == 0].sum()),
        "ties": int(votes[mine == 0.5].sum()),
    }


def _with_unvoted(project: Project, table: VoteTable) -> list[Model]:
    """The table's models, then those whose responses wait for their first vote."""
    with connection.cursor() as cursor:
        cursor.execute(_WRITERS, [project.pk])
        writers = {pk for (pk,) in cursor.fetchall()}
    return table.models + read_models(writers - {model.id for model in table.models})


def by_pair(table: VoteTable) -> VoteTable:
    """The table without labelers: at most three rows a pair of models."""
    size = len(table.models)
    keys = (table.first * size + table.second) * 3 + np.rint(2 * table.outcome).astype(np.intp)
    kinds, kind = np.unique(keys, return_inverse=True)

    def total(column: Floats) -> Floats:
        return np.asarray(np.bincount(kind, column, len(kinds)), float)

    return VoteTable(
        models=table.models,
        first=kinds // 3 // max(size, 1),
        second=kinds // 3 % max(size, 1),
        outcome=(kinds % 3) / 2,
        labelers=np.zeros(len(kinds), np.int64),
        votes=total(table.votes),
        weights=total(table.weights),
        squares=total(table.squares),
    )


def flips(few: VoteTable, members: Integers) -> int | None:
    """How few votes, turned round, would change the first place among these models."""
    if len(members) < 2:
        return None
    number = np.full(len(few.models), -1, np.intp)
    number[members] = np.arange(len(members))
    inside = (number[few.first] >= 0) & (number[few.second] >= 0)
    return bradley_terry.votes_to_flip_first(
        number[few.first[inside]],
        number[few.second[inside]],
        few.outcome[inside],
        models=len(members),
        weights=few.weights[inside],
        counts=few.votes[inside],
    )


def win_matrix(table: VoteTable, order: list[int]) -> dict[str, Any]:
    """Who beat whom: `wins[i][j]` are the votes of i over j, a tie half, of `votes[i][j]`."""
    size = len(table.models)
    cell = table.first * size + table.second
    shape = (size, size)
    met = np.bincount(cell, table.votes, size * size).reshape(shape)
    won = np.bincount(cell, table.votes * table.outcome, size * size).reshape(shape)
    tied = np.bincount(cell, table.votes * (table.outcome == 0.5), size * size).reshape(shape)
    chosen = np.ix_(order, order)
    return {
        "models": [table.models[place].name for place in order],
        "wins": plain_list((won + (met - won).T)[chosen]),
        "ties": plain_list((tied + tied.T)[chosen]),
        "votes": plain_list((met + met.T)[chosen]),
    }


CSV_COLUMNS = (
    "model",
    "rating",
    "lower",
    "upper",
    "standard_error",
    "rank",
    "rank_best",
    "rank_worst",
    "votes",
    "wins",
    "losses",
    "ties",
    "votes_left",
    "connected",
)


def leaderboard_csv(body: Mapping[str, Any]) -> str:
    """A leaderboard's models as CSV with a line of names; what is not known is empty."""
    out = io.StringIO()
    writer = csv.DictWriter(out, CSV_COLUMNS, extrasaction="ignore", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({**row, "model": plain_cell(row["model"])} for row in body["models"])
    return out.getvalue()
