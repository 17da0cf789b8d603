"""stanfordnlp/SHP: a post, two comments on it, and which of them readers preferred.

`labels` is 1 where A was preferred and 0 where B was, which is not what a column of that name says
at first sight.
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
from collector.importing.rows import ParsedRow, Preference, Response, RowError, Turn
from collector.text import normalise

AUTHOR = "shp"
NEEDED = {"prompt": "history", "a": "human_ref_A", "b": "human_ref_B", "labels": "labels"}
OPTIONAL = {
    "post_id": "post_id",
    "tags": "domain",
    "score_a": "score_A",
    "score_b": "score_B",
    "id_a": "c_root_id_A",
    "id_b": "c_root_id_B",
}


def _bind(columns: Columns, mapping: Mapped) -> Bound:
    there = columns or []
    found = {field: needed_column(there, mapping, field, name) for field, name in NEEDED.items()}
    for field, name in OPTIONAL.items():
        if column := column_of(there, mapping, field, name):
            found[field] = column

    def parse(row: dict[str, Any] | str) -> ParsedRow:
        cell = cells.record(row)
        return _parsed({field: cell.get(column) for field, column in found.items()})

    return Bound(frozenset(found.values()), parse)


def _parsed(row: dict[str, Any]) -> ParsedRow:
    asked = cells.text(row["prompt"], "prompt")
    responses = [_response(row, "a"), _response(row, "b")]
    check_different(responses)
    label = cells.number(row["labels"], "label")
    if label not in (0, 1):
        raise RowError("bad_label", "labels is 1 where A was preferred and 0 where B was")
    meta: dict[str, Any] = {}
    if post := cells.text_or_empty(row.get("post_id"), "post_id"):
        meta["post_id"] = post
    if tags := cells.tags(row.get("tags")):
        meta["tags"] = tags
    tiers = ((0,), (1,)) if label == 1 else ((1,), (0,))
    return ParsedRow(
        [Turn("user", asked)], responses, meta=meta, preference=Preference(tiers, AUTHOR)
    )


def _response(row: dict[str, Any], side: str) -> Response:
    meta: dict[str, Any] = {}
    if (score := cells.number(row.get(f"score_{side}"), "score")) is not None:
        meta["score"] = score
    if comment := cells.text_or_empty(row.get(f"id_{side}"), "id"):
        meta["comment_id"] = comment
    return Response(cells.text(row[side], "response"), HUMAN, meta=meta)


def check_different(responses: list[Response]) -> None:
    """Raises RowError where two responses are one text: nobody can prefer it to itself."""
    if normalise(responses[0].text) == normalise(responses[1].text):
        raise RowError("same_responses", "the two responses are the same text")


PRESET = Preset("shp", (*NEEDED, *OPTIONAL), _bind)
