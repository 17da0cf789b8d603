"""What a preset is, and how its fields find their columns."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from collector.importing.rows import InputError, ParsedRow, RawRow, RowError

Columns = Sequence[str] | None
Mapped = Mapping[str, str]
Numbered = tuple[int, RawRow]
# Rows that belong together, each with what it came to.
Unit = list[tuple[int, ParsedRow | RowError]]


@dataclass(frozen=True)
class Bound:
    """A preset bound to the columns of one input: those it reads, and how a row is parsed.

    `parse` takes a row (a dict, or a bare text) and raises RowError. Where rows can only be told
    together, `units` gives them so instead, every row of the input in one unit.
    """

    wanted: frozenset[str]
    parse: Callable[[dict[str, Any] | str], ParsedRow]
    units: Callable[[Iterable[Numbered]], Iterator[Unit]] | None = None


@dataclass(frozen=True)
class Preset:
    """A known kind of input. `fields` are what a mapping may name a column for.

    `bind` raises InputError if the input lacks a column that the preset needs. Where rows are
    `votes`, two that say the same are two: a file is told by its content, whatever its name.
    """

    name: str
    fields: tuple[str, ...]
    bind: Callable[[Columns, Mapped], Bound]
    votes: bool = False


def column_of(columns: Sequence[str], mapping: Mapped, field: str, *defaults: str) -> str | None:
    """The column that `field` is read from: the mapped one, else the first default there is.

    Raises InputError if the mapped column is not there.
    """
    mapped = mapping.get(field)
    if mapped is None:
        return next((name for name in defaults if name in columns), None)
    if mapped not in columns:
        raise InputError(
            f"There is no column “{mapped}” for the {field}; the columns are {_listed(columns)}."
        )
    return mapped


def needed_column(columns: Sequence[str], mapping: Mapped, field: str, default: str) -> str:
    """As `column_of`, for a field that the preset cannot do without."""
    found = column_of(columns, mapping, field, default)
    if found is None:
        raise InputError(
            f"There is no column “{default}”; the columns are {_listed(columns)}."
            f" Name the one that holds the {field} by {field}=COLUMN."
        )
    return found


def _listed(columns: Sequence[str]) -> str:
    shown = ", ".join(f"“{name[:60]}”" for name in columns[:30])
    return f"{shown} …" if len(columns) > 30 else shown or "none"
