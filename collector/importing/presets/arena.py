"""Battles of two models, as public arenas publish them: one vote a row.

`model_a` was shown first. Where the row has the prompt and both responses, the vote is about these
texts: the same text by the same model below the same prompt is one message, so that the votes of
several judges meet on it. Without texts, or where the two conversations went different ways before
their last turns, the vote is about the models alone.
"""

from datetime import date, datetime
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
from collector.importing.presets.conversations import as_turns, last_turn
from collector.importing.rows import (
    Author,
    ModelVote,
    ParsedRow,
    Preference,
    Response,
    RowError,
    Turn,
)
from collector.text import normalise

AUTHOR = "arena"  # of votes by judges whom the file does not name
BOTH_BAD = "both_bad"
_TIERS: dict[str, tuple[tuple[int, ...], ...]] = {
    "model_a": ((0,), (1,)),
    "model_b": ((1,), (0,)),
    "tie": ((0, 1),),
    BOTH_BAD: (),
    "tie (bothbad)": (),
    "tie (both bad)": (),
    "bothbad": (),
}
_NEEDED = ("model_a", "model_b", "winner")
_OPTIONAL = {
    "judge": ("judge", "judge_hash"),
    "prompt": ("prompt",),
    "response_a": ("response_a",),
    "response_b": ("response_b",),
    "conversation_a": ("conversation_a",),
    "conversation_b": ("conversation_b",),
    "tstamp": ("tstamp", "timestamp"),
    "pair_probability": ("pair_probability",),
    "id": ("question_id", "id"),
    "language": ("language",),
    "tags": ("tags",),
}


def _bind(columns: Columns, mapping: Mapped) -> Bound:
    there = columns or []
    found = {field: needed_column(there, mapping, field, field) for field in _NEEDED}
    for field, names in _OPTIONAL.items():
        if column := column_of(there, mapping, field, *names):
            found[field] = column

    def parse(row: dict[str, Any] | str) -> ParsedRow:
        cell = cells.record(row)
        return _parsed({field: cell.get(column) for field, column in found.items()})

    return Bound(frozenset(found.values()), parse)


def _parsed(row: dict[str, Any]) -> ParsedRow:
    models = _model(row, "model_a"), _model(row, "model_b")
    language, tags = cells.language(row.get("language")), cells.tags(row.get("tags"))
    texts = _texts(row)
    stated = _stated(row, language, tags, identified=texts is not None)
    if texts is None:
        if models[0] == models[1]:
            raise RowError("same_model", "without texts a vote is between two models")
        return ParsedRow([], model_vote=ModelVote(models, stated))
    turns, answers = texts
    if models[0] == models[1] and normalise(answers[0]) == normalise(answers[1]):
        raise RowError("same_responses", "the two responses are the same text of one model")
    responses = [Response(text, model) for text, model in zip(answers, models, strict=True)]
    meta = {"tags": tags} if tags else {}
    return ParsedRow(turns, responses, language, meta, preference=stated)


def _model(row: dict[str, Any], field: str) -> Author:
    found = cells.generator(row[field])
    if found is None:
        raise RowError("bad_model", f"{field} is empty")
    return found


def _stated(row: dict[str, Any], language: str, tags: list[str], *, identified: bool) -> Preference:
    winner = cells.text_or_empty(row["winner"], "winner").strip().lower()
    tiers = _TIERS.get(winner)
    if tiers is None:
        raise RowError("bad_winner", "the winner is model_a, model_b, tie or both_bad")
    judge = cells.text_or_empty(row.get("judge"), "judge").strip() or AUTHOR
    if len(judge) > cells.MAX_JUDGE:
        raise RowError("bad_judge", f"the judge's name has more than {cells.MAX_JUDGE} characters")
    probability = cells.number(row.get("pair_probability"), "pair_probability")
    if probability is not None and not 0 < probability <= 1:
        raise RowError("bad_probability", "a pair_probability is above 0 and at most 1")
    origin = {"id": _identity(row.get("id")), "tstamp": _moment(row.get("tstamp"))}
    origin = {name: value for name, value in origin.items() if value is not None}
    details = {
        "origin": origin,
        "identity": [origin, judge, winner] if identified and origin else None,
        "probability": probability,
        "language": language,
        "topics": list(dict.fromkeys(tag[: cells.MAX_TOPIC] for tag in tags)),
    }
    return Preference(
        tiers,
        judge,
        order=(0, 1),
        not_rankable="" if tiers else BOTH_BAD,
        details={name: value for name, value in details.items() if value not in (None, "", [], {})},
        vote=True,
    )


def _identity(value: object) -> str | int | float | None:
    return cells.number(value, "id") if isinstance(value, int | float) else _or_none(value, "id")


def _moment(value: object) -> str | int | float | None:
    """The time as the file has it: seconds, or a text."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    try:
        return cells.number(value, "tstamp")
    except RowError:
        return _or_none(value, "tstamp")


def _or_none(value: object, field: str) -> str | None:
    return cells.text_or_empty(value, field).strip()[: cells.MAX_JUDGE] or None


def _texts(row: dict[str, Any]) -> tuple[list[Turn], tuple[str, str]] | None:
    """The conversation up to its last prompt and both answers, None where the row has none."""
    if row.get("conversation_a") is not None and row.get("conversation_b") is not None:
        return _of_conversations(row)
    names = ("prompt", "response_a", "response_b")
    if not any(row.get(name) for name in names):
        return None
    answers = (
        cells.text(row.get("response_a"), "response"),
        cells.text(row.get("response_b"), "response"),
    )
    return as_turns(row.get("prompt")), answers


def _of_conversations(row: dict[str, Any]) -> tuple[list[Turn], tuple[str, str]] | None:
    (turns, one), (others, two) = (
        last_turn(row[f"conversation_{side}"], "conversation") for side in "ab"
    )
    return (turns, (one, two)) if turns == others else None


PRESET = Preset("arena", (*_NEEDED, *_OPTIONAL), _bind, votes=True)
