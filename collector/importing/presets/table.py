"""Any table of prompts, its columns mapped; rows may be bare texts.

A prompt is a text or a list of `{"role", "content"}` turns that ends with the user's. Where a row
has a response too, it is kept as one of `model`, or of nobody if the file does not say.
"""

from typing import Any

from collector.importing.presets import cells
from collector.importing.presets.base import (
    Bound,
    Columns,
    Mapped,
    Preset,
    column_of,
    needed_column,
)
from collector.importing.rows import InputError, ParsedRow, Response, Turn

FIELDS = ("prompt", "system", "response", "model", "language", "tags")


def _bind(columns: Columns, mapping: Mapped) -> Bound:
    if columns is None:
        if mapping:
            raise InputError("The rows are bare texts: there are no columns to map.")
        return Bound(frozenset(), _bare)
    found: dict[str, str] = {"prompt": needed_column(columns, mapping, "prompt", "prompt")}
    for field in FIELDS[1:]:
        if column := column_of(columns, mapping, field, field):
            found[field] = column

    def parse(row: dict[str, Any] | str) -> ParsedRow:
        if isinstance(row, str):
            return _bare(row)
        return _parsed({field: row.get(column) for field, column in found.items()})

    return Bound(frozenset(found.values()), parse)


def _bare(row: dict[str, Any] | str) -> ParsedRow:
    return _parsed({"prompt": row})


def _parsed(row: dict[str, Any]) -> ParsedRow:
    turns = _turns(row.get("prompt"), row.get("system"))
    responses = []
    if answer := cells.text_or_empty(row.get("response"), "response"):
        responses.append(Response(answer, cells.generator(row.get("model"))))
    meta = {"tags": found} if "tags" in row and (found := cells.tags(row["tags"])) else {}
    return ParsedRow(turns, responses, cells.language(row.get("language")), meta)


def _turns(prompt: object, system: object) -> list[Turn]:
    if isinstance(prompt, list) and prompt:
        turns = cells.conversation(prompt)
    else:
        turns = [Turn("user", cells.text(prompt, "prompt"))]
    said = cells.text_or_empty(system, "system message")
    if said and turns[0].role != "system":
        turns.insert(0, Turn("system", said))
    return turns


PRESET = Preset("table", FIELDS, _bind)
