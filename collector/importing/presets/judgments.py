"""Our own export `judgments` back in: everything that was shown and said, one judgment a row.

The judgment's own id, when it was made and what it was made for are kept in `origin`, so that an
export of what was imported still tells them; a row that has an `origin` already passes it on.
Purposes of people's own votes come in as `imported`, others (machines, repeats, experts) stay what
they are.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from collector.importing.presets import cells
from collector.importing.presets.base import Bound, Columns, Mapped, Preset, needed_column
from collector.importing.presets.conversations import as_turns, from_json, storable
from collector.importing.rows import ParsedRow, Preference, Response, RowError

FIELDS = ("prompt", "responses", "tiers", "labeler_id")
PEOPLE = frozenset({"work", "imported", "simulated"})
OTHERS = frozenset(
    {
        *("repeat", "gold", "practice", "qualification", "adjudication", "machine"),
        "reconsidered",
    }
)
_OPTIONAL = (
    *("judgment_id", "task_id", "strength", "not_rankable", "answers", "rationale", "edit"),
    *("spans", "labeler_kind", "seconds", "policy_version", "guideline_version", "purpose"),
    *("opinions", "created_at", "origin"),
)
# What stays of a judgment's own story, by its columns here and there.
_ORIGIN = {
    "uid": "judgment_id",
    "task": "task_id",
    "purpose": "purpose",
    "created_at": "created_at",
    "labeler_kind": "labeler_kind",
    "policy_version": "policy_version",
    "guideline_version": "guideline_version",
    "opinions": "opinions",
}


def _bind(columns: Columns, mapping: Mapped) -> Bound:
    there = columns or []
    found = {field: needed_column(there, mapping, field, field) for field in FIELDS}
    found |= {name: name for name in _OPTIONAL if name in there}

    def parse(row: dict[str, Any] | str) -> ParsedRow:
        cell = cells.record(row)
        return _parsed({field: cell.get(column) for field, column in found.items()})

    return Bound(frozenset(found.values()), parse)


def _parsed(row: dict[str, Any]) -> ParsedRow:
    turns = as_turns(row["prompt"])
    shown = [_record(each, "response") for each in cells.listed(row["responses"], "responses")]
    if len(shown) < 2:
        raise RowError("too_few_responses", "a judgment is of two responses or more")
    responses = [
        Response(cells.text(each.get("text"), "response"), cells.generator(each.get("model")))
        for each in shown
    ]
    places = {each.get("response_id"): place for place, each in enumerate(shown)}
    if len(places) < len(shown):
        raise RowError("bad_responses", "each response has a response_id of its own")
    return ParsedRow(turns, responses, preference=_stated(row, shown, places))


def _stated(row: dict[str, Any], shown: list[dict[str, Any]], places: dict[Any, int]) -> Preference:
    not_rankable = cells.text_or_empty(row.get("not_rankable"), "reason").strip()
    strength = _whole(row.get("strength"), "strength", 0, 3)
    return Preference(
        () if not_rankable else _tiers(row["tiers"], places),
        _labeler(row["labeler_id"]),
        strength=strength,
        order=_order(shown),
        not_rankable=not_rankable,
        details=_details(row, shown, places),
        vote=True,
    )


def _labeler(value: object) -> str:
    name = cells.text_or_empty(value, "labeler_id").strip()
    if not 0 < len(name) <= cells.MAX_JUDGE:
        raise RowError("bad_judge", f"a labeler_id has 1 to {cells.MAX_JUDGE} characters")
    return name


def _tiers(value: object, places: dict[Any, int]) -> tuple[tuple[int, ...], ...]:
    tiers = [cells.listed(tier, "tier") for tier in cells.listed(value, "tiers")]
    named = [response for tier in tiers for response in tier]
    if len(named) != len(places) or set(named) != places.keys():
        raise RowError("bad_tiers", "the tiers name each response once")
    return tuple(tuple(places[response] for response in tier) for tier in tiers if tier)


def _order(shown: list[dict[str, Any]]) -> tuple[int, ...] | None:
    """As shown, None where a place is missing."""
    at = {place: n for n, each in enumerate(shown) if isinstance(place := each.get("place"), int)}
    return tuple(at[place] for place in sorted(at)) if len(at) == len(shown) else None


def _details(
    row: dict[str, Any], shown: list[dict[str, Any]], places: dict[Any, int]
) -> dict[str, Any]:
    origin = _origin(row)
    purpose = row.get("purpose") or "imported"
    if purpose not in PEOPLE | OTHERS:
        raise RowError("bad_purpose", "the purpose is none that judgments have")
    details = {
        "origin": origin,
        "identity": origin.get("uid"),
        "purpose": purpose if purpose in OTHERS else None,
        "seconds": _seconds(row.get("seconds")),
        "rationale": cells.text_or_empty(row.get("rationale"), "rationale"),
        "answers": from_json(row.get("answers"), "answers"),
        "ratings": [found for place, each in enumerate(shown) if (found := _rating(place, each))],
        "spans": [_span(each, shown, places) for each in cells.listed(row.get("spans"), "spans")],
        "edit": _edit(row.get("edit"), places),
    }
    return {name: value for name, value in details.items() if value not in (None, "", [], {})}


def _origin(row: dict[str, Any]) -> dict[str, Any]:
    """What the judgment says of itself, or what it was told when it was imported before."""
    origin = from_json(row.get("origin"), "origin") or storable(
        {name: row[at] for name, at in _ORIGIN.items() if row.get(at) not in (None, [])}, "origin"
    )
    if "uid" in origin:
        try:
            UUID(origin["uid"])
        except (ValueError, AttributeError, TypeError):
            raise RowError("bad_id", "the judgment_id is no UUID") from None
    return origin


def _seconds(value: object) -> int | float | None:
    found = cells.number(value, "seconds")
    if found is not None and found < 0:
        raise RowError("bad_seconds", "nobody judges in less than no time")
    return found


def _whole(value: object, field: str, least: int, most: int) -> int | None:
    found = cells.number(value, field)
    if found is not None and (found != int(found) or not least <= found <= most):
        raise RowError(f"bad_{field}", f"the {field} is {least} to {most}")
    return None if found is None else int(found)


def _rating(place: int, shown: dict[str, Any]) -> dict[str, Any] | None:
    """What was said of a response by itself, None if nothing was."""
    said = {
        "overall": _whole(shown.get("overall"), "overall", 1, 7),
        "attributes": _named(shown.get("attributes"), "attributes", int),
        "flags": _named(shown.get("flags"), "flags", bool),
        "labels": _named(shown.get("labels"), "labels", float),
    }
    return (
        {"response": place} | said
        if any(value not in (None, {}) for value in said.values())
        else None
    )


def _named(value: object, field: str, kind: Callable[[Any], Any]) -> dict[str, Any]:
    """`[{"name": …, "value": …}, …]` as a mapping."""
    found = {}
    for each in cells.listed(value, field):
        said = _record(each, field)
        number = said.get("value")
        if not isinstance(number, int | float):
            raise RowError("bad_rating", f"a value of the {field} is no number")
        found[cells.text(said.get("name"), "name")] = kind(number)
    return found


def _span(value: object, shown: list[dict[str, Any]], places: dict[Any, int]) -> dict[str, Any]:
    said = _record(value, "span")
    place = _place(said.get("response_id"), places)
    start, end = said.get("start"), said.get("end")
    length = len(shown[place]["text"])
    if not isinstance(start, int) or not isinstance(end, int) or not 0 <= start < end <= length:
        raise RowError("bad_span", "a span is a stretch of its response's text")
    label = cells.text(said.get("label"), "label")[:64]
    note = cells.text_or_empty(said.get("note"), "note")
    return {"response": place, "start": start, "end": end, "label": label, "note": note}


def _edit(value: object, places: dict[Any, int]) -> dict[str, Any] | None:
    if value is None:
        return None
    said = _record(value, "edit")
    place = _place(said.get("edit_of"), places)
    return {"response": place, "text": cells.text(said.get("text"), "response")}


def _place(response: object, places: dict[Any, int]) -> int:
    if response not in places:
        raise RowError("bad_response", "it is about a response that is not in the row")
    return places[response]


def _record(value: object, field: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RowError("not_an_object", f"the {field} is no object")
    return value


PRESET = Preset("judgments", FIELDS, _bind, votes=True)
