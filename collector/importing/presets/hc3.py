"""Hello-SimpleAI/HC3: a question, answers by people and answers by ChatGPT.

Either list may be empty. Who wrote an answer says nothing about which is better, so there are
responses of two authors and no preferences.
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
from collector.importing.rows import Author, ParsedRow, Response, Turn

HUMAN = Author("human", "human")
CHATGPT = Author("generator", "chatgpt")


def _bind(columns: Columns, mapping: Mapped) -> Bound:
    there = columns or []
    question = needed_column(there, mapping, "prompt", "question")
    answers = {
        needed_column(there, mapping, "human", "human_answers"): HUMAN,
        needed_column(there, mapping, "chatgpt", "chatgpt_answers"): CHATGPT,
    }
    topic = column_of(there, mapping, "tags", "source")

    def parse(row: dict[str, Any] | str) -> ParsedRow:
        cell = cells.record(row)
        asked = cells.text(cell.get(question), "prompt")
        responses = [
            Response(answer, author)
            for column, author in answers.items()
            for answer in cells.texts(cell.get(column), "response")
        ]
        tags = cells.tags(cell.get(topic)) if topic else []
        return ParsedRow([Turn("user", asked)], responses, meta={"tags": tags} if tags else {})

    return Bound(frozenset({question, *answers, *({topic} if topic else ())}), parse)


PRESET = Preset("hc3", ("prompt", "human", "chatgpt", "tags"), _bind)
