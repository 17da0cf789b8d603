"""An answer as the columns that one statement writes: a list a column, a place in it a row."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from labeling.answers import Checked, Mark, Rating
from labeling.comparisons import pairs
from labeling.content_warnings import WARNING_PURPOSES, warned_of


def columns(
    *,
    checked: Checked,
    purpose: str,
    generators: Mapping[int, int | None],
    order: Sequence[int],
    strength: int | None,
    edit: int | None,
) -> tuple[dict[str, list[Any]], bool]:
    """The parameters of the write, and whether there are any marks or warnings among them.

    `generators` are the authors of the responses in `order`; `edit` is the id of the message that
    holds the labeler's better version. Without marks and warnings their columns are left out.
    """
    warned = list(warned_of(checked.ratings)) if purpose in WARNING_PURPOSES else []
    arrays = _pair_columns(checked, purpose, generators, order, strength, edit)
    arrays |= _rating_columns(checked.ratings)
    if not checked.marks and not warned:
        return arrays, False
    arrays |= _mark_columns(checked.marks)
    arrays["warned"] = [response for response, _category in warned]
    arrays["warned_of"] = [category for _response, category in warned]
    return arrays, True


def _pair_columns(
    checked: Checked,
    purpose: str,
    generators: Mapping[int, int | None],
    order: Sequence[int],
    strength: int | None,
    edit: int | None,
) -> dict[str, list[Any]]:
    edited = (edit, checked.edit.response) if edit and checked.edit else None
    rows = list(
        pairs(purpose=purpose, tiers=checked.tiers, order=order, strength=strength, edit=edited)
    )
    return {
        "first": [pair.first for pair in rows],
        "second": [pair.second for pair in rows],
        "first_generator": [generators.get(pair.first) for pair in rows],
        "second_generator": [generators.get(pair.second) for pair in rows],
        "outcome": [pair.outcome for pair in rows],
        "pair_strength": [pair.strength for pair in rows],
        "first_shown_before": [pair.first_shown_before for pair in rows],
    }


def _rating_columns(ratings: Mapping[int, Rating]) -> dict[str, list[Any]]:
    return {
        "rated": list(ratings),
        "overall": [rating.overall for rating in ratings.values()],
        "attributes": [orjson.dumps(rating.attributes).decode() for rating in ratings.values()],
        "flags": [orjson.dumps(rating.flags).decode() for rating in ratings.values()],
        "labels": [orjson.dumps(rating.labels).decode() for rating in ratings.values()],
    }


def _mark_columns(marks: Sequence[Mark]) -> dict[str, list[Any]]:
    return {
        "marked": [mark.response for mark in marks],
        "mark_start": [mark.start for mark in marks],
        "mark_end": [mark.end for mark in marks],
        "mark_label": [mark.label for mark in marks],
        "mark_note": [mark.note for mark in marks],
    }
