"""The leaderboard as its page shows it: rows with bars, who beats whom, and how it went."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from labeling.pages.axis import Axis, Bar, axis_over

Body = Mapping[str, Any]
MATRIX = 24  # models of the table of who beats whom: more no screen shows
LINES = 8  # of a picture over time: as many as there are colours to tell apart
SHADES = 5
LEAST_ROOM = 25.0


@dataclass(frozen=True, slots=True)
class Place:
    """A rated model. `best` and `worst` are the ranks its interval leaves open."""

    model: str
    rank: int
    best: int
    worst: int
    rating: float
    lower: float
    upper: float
    votes: int
    votes_left: int | None
    bar: Bar

    @property
    def half(self) -> float:
        """Half of the interval's width."""
        return (self.upper - self.lower) / 2


@dataclass(frozen=True, slots=True)
class Board:
    """Rated models, best first; `unrated` are those no comparison connects with them."""

    axis: Axis
    places: list[Place]
    unrated: list[Body]


@dataclass(frozen=True, slots=True)
class Meeting:
    """How often the row's model won over the column's; ties are half a win.

    `shade` is -SHADES where it never did, SHADES where it always did. `share` is null where the
    two never met.
    """

    share: float | None
    votes: int
    shade: int


@dataclass(frozen=True, slots=True)
class Cell:
    """A number at one moment, as the chart's script reads it, and in words."""

    raw: str
    low: str
    high: str
    words: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Numbers over time: the lines' names, and for each moment a cell for each line."""

    lines: list[str]
    moments: list[tuple[datetime, list[Cell | None]]]


Reading = Callable[[Body], tuple[float, float, float] | None]


def board_of(body: Body) -> Board:
    """The leaderboard's body, as `GET …/leaderboard/` answers it, with bars on one axis."""
    rated = [row for row in body["models"] if row["connected"] and row["rating"] is not None]
    unrated = [row for row in body["models"] if row not in rated]
    intervals = [(row["rating"], row["lower"], row["upper"]) for row in rated]
    axis = axis_over(intervals, least=LEAST_ROOM)
    return Board(axis, [_place(row, axis) for row in rated], unrated)


def _place(row: Body, axis: Axis) -> Place:
    return Place(
        model=row["model"],
        rank=row["rank"],
        best=row["rank_best"],
        worst=row["rank_worst"],
        rating=row["rating"],
        lower=row["lower"],
        upper=row["upper"],
        votes=row["votes"],
        votes_left=row.get("votes_left"),
        bar=axis.bar(row["rating"], row["lower"], row["upper"]),
    )


def matrix_of(matrix: Body, models: Sequence[str]) -> list[tuple[str, list[Meeting | None]]]:
    """Each of these models' row of meetings, in this order; null on the diagonal.

    `matrix` is the body's: `models`, and by their places `wins` (ties half) and `votes`.
    """
    place = {name: number for number, name in enumerate(matrix["models"])}
    return [(row, [_meeting(matrix, place, row, column) for column in models]) for row in models]


def _meeting(matrix: Body, place: Mapping[str, int], row: str, column: str) -> Meeting | None:
    if row == column:
        return None
    votes = matrix["votes"][place[row]][place[column]]
    if not votes:
        return Meeting(None, 0, 0)
    share = matrix["wins"][place[row]][place[column]] / votes
    return Meeting(share, round(votes), round((2 * share - 1) * SHADES))


def picture_of(
    history: Iterable[tuple[datetime, Body]],
    lines: Mapping[str, Reading],
    words: Callable[[float], str],
) -> Picture:
    """What `lines` read of each body, with the oldest first; None where there was no number yet.

    A reading is the number with the ends of its interval.
    """
    moments = [
        (when, [_cell(read(body), words) for read in lines.values()]) for when, body in history
    ]
    return Picture(list(lines), moments)


def _cell(found: tuple[float, float, float] | None, words: Callable[[float], str]) -> Cell | None:
    if found is None:
        return None
    raw, low, high = (f"{number:.4f}" for number in found)
    return Cell(raw, low, high, words(found[0]))


def rating_of(model: str) -> Reading:
    """Reads a model's rating of a leaderboard's body; None where it was not rated."""

    def read(body: Body) -> tuple[float, float, float] | None:
        row = next((row for row in body["models"] if row["model"] == model), None)
        if row is None or not row["connected"] or row["rating"] is None:
            return None
        return row["rating"], row["lower"], row["upper"]

    return read
