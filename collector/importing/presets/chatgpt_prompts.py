"""MohamedRashad/ChatGPT-prompts and files like it: a prompt and one recorded response a row.

Several rows with one prompt and different generators become one prompt with several responses.
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
from collector.importing.rows import ParsedRow, Response, Turn


def _bind(columns: Columns, mapping: Mapped) -> Bound:
    there = columns or []
    prompt = needed_column(there, mapping, "prompt", "human_prompt")
    response = needed_column(there, mapping, "response", "chatgpt_response")
    model = column_of(there, mapping, "model", "generator", "model", "author")

    def parse(row: dict[str, Any] | str) -> ParsedRow:
        cell = cells.record(row)
        asked = cells.text(cell.get(prompt), "prompt")
        answer = cells.text(cell.get(response), "response")
        author = cells.generator(cell.get(model) if model else None, "chatgpt")
        return ParsedRow([Turn("user", asked)], [Response(answer, author)])

    wanted = {prompt, response} | ({model} if model else set())
    return Bound(frozenset(wanted), parse)


PRESET = Preset("chatgpt-prompts", ("prompt", "response", "model"), _bind)
