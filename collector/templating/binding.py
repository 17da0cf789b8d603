"""A template bound to the columns of an input: rows become prompts, as those of a preset do."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from collector.importing.presets import cells
from collector.importing.presets.base import Bound, Columns, Mapped, Numbered, Unit, column_of
from collector.importing.presets.table import FIELDS as TABLE_FIELDS
from collector.importing.readers import Table
from collector.importing.rows import InputError, ParsedRow, RawRow, Response, RowError, Turn
from collector.models import PromptTemplate
from collector.templating.shots import Pool, Shots
from collector.templating.templates import ROW, PromptMaker, Rendered

TEXT = "text"  # what a template calls a row that is a bare text
BESIDE = tuple(field for field in TABLE_FIELDS if field not in {"prompt", "response"})
TARGETS = ("response", "meta")


@dataclass(frozen=True)
class Making:
    """How rows are made prompts: a stored template, or one that is being tried."""

    maker: PromptMaker
    shots: int = 0
    nearest: bool = False
    seed: int = 0
    label: str = ""
    targets: str = TARGETS[0]

    @classmethod
    def of(cls, template: PromptTemplate, *, targets: str = TARGETS[0]) -> "Making":
        return cls(
            maker=PromptMaker(template.text, seed=template.seed),
            shots=template.shots,
            nearest=template.draw == PromptTemplate.Draw.NEAREST,
            seed=template.seed,
            label=str(template.uid),
            targets=targets,
        )

    def wanted(self, columns: Columns) -> frozenset[str]:
        """The columns that the template reads. Raises InputError if one is not there."""
        there = frozenset([TEXT] if columns is None else columns)
        named = self.maker.columns - {ROW}
        if lacking := sorted(named - there):
            raise InputError(
                f"The template names {_listed(lacking)}; the columns are {_listed(sorted(there))}."
            )
        return there if ROW in self.maker.columns else named

    def pool(self, table: Table) -> Pool:
        """Rows that examples are drawn from: the whole input is read for it."""
        return self._pool_of(enumerate(table.rows(self.wanted(table.columns)), 1))

    def bind(self, columns: Columns, mapping: Mapped, pool: Pool | None = None) -> Bound:
        """Examples come out of the pool, which a template with shots needs."""
        beside = {
            field: column
            for field in BESIDE
            if columns is not None and (column := column_of(columns, mapping, field, field))
        }
        shots = self._shots(pool)

        def parse(row: dict[str, Any] | str, number: int = 0) -> ParsedRow:
            given = as_row(row)
            rendered = self._made(given, number, shots)
            return self._parsed(rendered, {field: given.get(beside[field]) for field in beside})

        def units(rows: Iterable[Numbered]) -> Iterator[Unit]:
            for number, row in rows:
                yield [(number, _tried(parse, row, number))]

        return Bound(self.wanted(columns) | frozenset(beside.values()), parse, units)

    def preview(self, rows: list[dict[str, Any] | str], *, most: int) -> list["Preview"]:
        """The prompts of the first rows, examples drawn from all that are given."""
        shots = self._shots(self._pool_of(enumerate(rows, 1)) if self.shots else None)
        return [self._previewed(row, number, shots) for number, row in enumerate(rows[:most], 1)]

    def _previewed(self, row: dict[str, Any] | str, number: int, shots: Shots | None) -> "Preview":
        try:
            made = self._made(as_row(row), number, shots)
        except RowError as error:
            return Preview(number, code=error.code, detail=error.detail)
        return Preview(number, prompt=made.input, target=made.target)

    def _pool_of(self, rows: Iterable[Numbered]) -> Pool:
        pool = Pool(seed=self.seed)
        for number, row in rows:
            if isinstance(row, RowError):
                continue
            with suppress(RowError):
                pool.offer(self.maker.make(as_row(row), number=number))
        return pool

    def _shots(self, pool: Pool | None) -> Shots | None:
        return Shots(pool, count=self.shots, nearest=self.nearest) if pool else None

    def _made(self, row: Mapping[str, Any], number: int, shots: Shots | None) -> Rendered:
        rendered = self.maker.make(row, number=number)
        return shots.before(number, rendered) if shots else rendered

    def _parsed(self, rendered: Rendered, beside: Mapping[str, Any]) -> ParsedRow:
        turns = [Turn("user", cells.text(rendered.input, "prompt"))]
        if said := cells.text_or_empty(beside.get("system"), "system message"):
            turns.insert(0, Turn("system", said))
        meta: dict[str, Any] = {"template": self.label} if self.label else {}
        if tags := cells.tags(beside.get("tags")):
            meta["tags"] = tags
        responses = []
        target = cells.text_or_empty(rendered.target, "response")
        if target and self.targets == "response":
            responses.append(Response(target, cells.generator(beside.get("model"))))
        elif target:
            meta["target"] = target
        return ParsedRow(turns, responses, cells.language(beside.get("language")), meta)


def as_row(row: dict[str, Any] | str) -> dict[str, Any]:
    """A row with names, which a bare text gets too."""
    return {TEXT: row} if isinstance(row, str) else row


def _tried(
    parse: Callable[[dict[str, Any] | str, int], ParsedRow], row: RawRow, number: int
) -> ParsedRow | RowError:
    if isinstance(row, RowError):
        return row
    try:
        return parse(row, number)
    except RowError as error:
        return error


def _listed(names: list[str]) -> str:
    return ", ".join(f"“{name[:60]}”" for name in names[:30]) or "none"


@dataclass(frozen=True)
class Preview:
    """What one row comes to: the prompt, or why it is left out."""

    row: int
    prompt: str = ""
    target: str = ""
    code: str = ""
    detail: str = ""
