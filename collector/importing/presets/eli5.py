"""ELI5: a title, perhaps a text below it, and answers by people with the votes they got.

Answers are parallel arrays (`{"a_id": […], "text": […], "score": […]}`), or a list of records as
some converters write them. The score is kept with the response: votes depend on when an answer was
given as much as on the answer, so they are no preference.
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
from collector.importing.presets.hc3 import HUMAN
from collector.importing.rows import ParsedRow, Response, RowError, Turn

# Stands where a text was before its author or a moderator took it away.
GONE = frozenset({"[deleted]", "[removed]"})
_ARRAYS = ("a_id", "text", "score")


def _bind(columns: Columns, mapping: Mapped) -> Bound:
    there = columns or []
    title = needed_column(there, mapping, "title", "title")
    answers = needed_column(there, mapping, "answers", "answers")
    optional = {
        "selftext": column_of(there, mapping, "selftext", "selftext"),
        "q_id": column_of(there, mapping, "q_id", "q_id"),
        "tags": column_of(there, mapping, "tags", "subreddit", "category"),
    }
    found = {name: column for name, column in optional.items() if column}

    def parse(row: dict[str, Any] | str) -> ParsedRow:
        cell = cells.record(row)
        said = {name: cell.get(column) for name, column in found.items()}
        asked = _prompt(cell.get(title), said.get("selftext"))
        meta: dict[str, Any] = {}
        if q_id := cells.text_or_empty(said.get("q_id"), "q_id"):
            meta["q_id"] = q_id
        if tags := cells.tags(said.get("tags")):
            meta["tags"] = tags
        return ParsedRow([Turn("user", asked)], _responses(cell.get(answers)), meta=meta)

    return Bound(frozenset({title, answers, *found.values()}), parse)


def _prompt(title: object, selftext: object) -> str:
    parts = [cells.text_or_empty(title, "title"), cells.text_or_empty(selftext, "selftext")]
    return cells.text("\n\n".join(part for part in parts if part and _there(part)), "prompt")


def _there(text: str) -> bool:
    return text.strip() not in GONE


def _responses(answers: object) -> list[Response]:
    a_ids, texts, scores = _arrays(answers)
    responses = []
    for place, value in enumerate(texts):
        text = cells.text_or_empty(value, "response")
        if not text or not _there(text):
            continue
        meta: dict[str, Any] = {}
        if a_ids and (a_id := cells.text_or_empty(a_ids[place], "a_id")):
            meta["a_id"] = a_id
        if scores and (score := cells.number(scores[place], "score")) is not None:
            meta["score"] = score
        responses.append(Response(text, HUMAN, meta=meta))
    return responses


def _arrays(answers: object) -> list[list[Any]]:
    """The three arrays, of one length each; those that the file does not have are empty."""
    if answers is None:
        return [[], [], []]
    if isinstance(answers, list):
        records = cells.listed(answers, "answers")
        if not all(isinstance(answer, dict) for answer in records):
            raise RowError("bad_answers", 'answers are {"a_id": […], "text": […], "score": […]}')
        return [[answer.get(name) for answer in records] for name in _ARRAYS]
    if not isinstance(answers, dict):
        raise RowError("bad_answers", 'answers are {"a_id": […], "text": […], "score": […]}')
    arrays = [cells.listed(answers.get(name), f"answers' {name}") for name in _ARRAYS]
    expected = len(arrays[1])
    for name, array in zip(_ARRAYS, arrays, strict=True):
        if answers.get(name) is not None and len(array) != expected:
            raise RowError(
                "ragged_answers", f"there are {expected} texts of answers and {len(array)} {name}"
            )
    return arrays


PRESET = Preset("eli5", ("title", "selftext", "answers", "q_id", "tags"), _bind)
