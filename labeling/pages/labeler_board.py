"""The board of a project's labelers as its page shows it: numbers with bars, sorted, in pages."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Labeler
from labeling.models import LabelerStanding
from labeling.pages.axis import SHARES, Bar
from labeling.pages.flags import Flag, flag_in_words
from labeling.statistics.intervals import wilson

Body = Mapping[str, Any]
PAGE = 50
Sortable = Callable[[Body], Any]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share with its interval, of `n` observations."""

    share: float
    lower: float
    upper: float
    n: int
    bar: Bar


@dataclass(frozen=True, slots=True)
class Column:
    """A column one can sort by; `key` is its name in the address."""

    key: str
    label: Promise | str
    value: Sortable
    high_first: bool = True


@dataclass(frozen=True, slots=True)
class Head:
    """A column's head: what a click sorts by, and how the rows are sorted by it now, if so."""

    label: Promise | str
    link: str
    direction: str  # "ascending", "descending" or nothing
    key: str


def estimate(found: Body | None, name: str) -> Estimate | None:
    """A share of the API's row under that name, with the ends of its interval; None if lacking."""
    if not found or found.get(name) is None or not found.get("n"):
        return None
    share, lower, upper = found[name], found["lower"], found["upper"]
    return Estimate(share, lower, upper, found["n"], SHARES.bar(share, lower, upper))


def _of(group: str, name: str) -> Sortable:
    return lambda row: (row.get(group) or {}).get(name)


COLUMNS = (
    Column("labeler", _("Labeler"), lambda row: row["labeler"], high_first=False),
    Column("flags", _("Flags"), lambda row: len(row["flags"])),
    Column("judgments", _("Judgments"), lambda row: row["judgments"]),
    Column("reliability", _("Reliability"), lambda row: row["reliability"], high_first=False),
    Column("gold", _("Known answers"), _of("gold", "accuracy"), high_first=False),
    Column("others", _("With others"), _of("leave_one_out", "agreement"), high_first=False),
    Column("repeats", _("With oneself"), _of("self_consistency", "agreement"), high_first=False),
    Column("position", _("First chosen"), lambda row: lean(row["position"], "first")),
    Column("length", _("Longer chosen"), lambda row: lean(row["length"], "longer")),
    Column("seconds", _("Time a task"), lambda row: row["seconds"], high_first=False),
)
BY_KEY = {column.key: column for column in COLUMNS}


def lean(found: Body | None, name: str) -> float | None:
    """The share of choices that fell on the first, or on the longer; None if lacking."""
    if not found or not found.get("n") or found.get(name) is None:
        return None
    return float(found[name])


def ordered(rows: Iterable[Body], sort: str) -> list[Body]:
    """By a column's key, `-key` for high numbers first; what is lacking comes last either way.

    Without a known key: those with flags first, then by judgments.
    """
    column = BY_KEY.get(sort.removeprefix("-"))
    if column is None:
        return sorted(rows, key=lambda row: (-len(row["flags"]), -row["judgments"], row["labeler"]))
    known = [row for row in rows if column.value(row) is not None]
    lacking = [row for row in rows if column.value(row) is None]
    return [*sorted(known, key=column.value, reverse=sort.startswith("-")), *lacking]


def choices() -> list[tuple[str, Any]]:
    """What one can sort by, the first of each column's two directions first, with its words."""
    pairs: list[tuple[str, Any]] = [("", _("flags, then judgments"))]
    for column in COLUMNS:
        up, down = (column.key, _("%(column)s ↑")), (f"-{column.key}", _("%(column)s ↓"))
        both = (down, up) if column.high_first else (up, down)
        pairs += [(key, words % {"column": column.label}) for key, words in both]
    return pairs


def heads(sort: str, keep: str) -> list[Head]:
    """The columns' heads. A first click shows what matters first, a second turns it round.

    `keep` is the rest of the address, which sorting does not change.
    """
    return [_head(column, sort, keep) for column in COLUMNS]


def _head(column: Column, sort: str, keep: str) -> Head:
    first = f"-{column.key}" if column.high_first else column.key
    other = column.key if column.high_first else f"-{column.key}"
    direction = ""
    if sort.removeprefix("-") == column.key:
        direction = "descending" if sort.startswith("-") else "ascending"
    link = f"?sort={other if sort == first else first}{keep}"
    return Head(column.label, link, direction, column.key)


def matching(rows: Iterable[Body], asked: Mapping[str, Any]) -> list[Body]:
    """Those whose name or pseudonym holds `q`, of this `kind`, with flags if `flagged` is asked."""
    sought = asked.get("q", "").casefold()
    return [
        row
        for row in rows
        if any(sought in row[name].casefold() for name in ("labeler", "pseudonym"))
        and asked.get("kind") in ("", None, row["kind"])
        and (row["flags"] or not asked.get("flagged"))
    ]


def page_of(rows: Sequence[Body], number: int) -> tuple[Sequence[Body], bool]:
    """A page of rows, and whether more follow."""
    start = (number - 1) * PAGE
    return rows[start : start + PAGE], len(rows) > start + PAGE


@dataclass(frozen=True, slots=True)
class Lean:
    """The share of choices that fell on one side, and whether that is beyond chance.

    `p` is the chance of such a share without a lean; corrected for looking at many if `corrected`.
    """

    share: float
    lower: float
    upper: float
    n: int
    p: float | None
    corrected: bool
    flagged: bool
    bar: Bar


@dataclass(frozen=True, slots=True)
class Shown:
    """A labeler's row in words and bars; what is lacking is None."""

    name: str
    kind: str
    standing: str
    link: str | None
    judgments: int
    comparisons: int
    reliability: Estimate | None
    gold: Estimate | None
    others: Estimate | None
    repeats: Estimate | None
    position: Lean | None
    length: Lean | None
    time: Body | None  # median, lower, upper in seconds, of n judgments
    flags: list[Flag]


def shown(row: Body, link: str | None = None) -> Shown:
    """A row of the API's answer for the board; `link` leads to the page about the person."""
    return Shown(
        name=row["labeler"],
        kind=_label(Labeler.Kind, row["kind"]),
        standing=_label(LabelerStanding.State, row["standing"]),
        link=link,
        judgments=row["judgments"],
        comparisons=row["comparisons"],
        reliability=_reliability(row),
        gold=estimate(row["gold"], "accuracy"),
        others=estimate(row["leave_one_out"], "agreement"),
        repeats=estimate(row["self_consistency"], "agreement"),
        position=leaning(row["position"], "first"),
        length=leaning(row["length"], "longer"),
        time=row["seconds_detail"],
        flags=[flag_in_words(flag) for flag in row["flags"]],
    )


def _label(choices: type[TextChoices], value: str | None) -> str:
    return str(choices(value).label) if value in choices.values else ""


def _reliability(row: Body) -> Estimate | None:
    if row["reliability"] is None or not row["reliability_interval"]:
        return None
    share, (lower, upper) = row["reliability"], row["reliability_interval"]
    return Estimate(share, lower, upper, row["comparisons"], SHARES.bar(share, lower, upper))


def leaning(found: Body | None, name: str) -> Lean | None:
    """The lean of the API's answer under that name; None where there is not enough data."""
    share = lean(found, name)
    if found is None or share is None:
        return None
    total = int(found["n"])
    of = wilson(share * total, total)
    lower, upper = float(of.lower), float(of.upper)
    corrected = found.get("q") is not None
    p = found["q"] if corrected else found.get("p")
    bar = SHARES.bar(share, lower, upper)
    return Lean(share, lower, upper, total, p, corrected, bool(found.get("flagged")), bar)
