"""`judgments`: everything that was shown and said, one judgment a row."""

from collections.abc import Mapping
from typing import ClassVar

import pyarrow as pa

from exports.formats.base import TURNS, Layout, Row, Source
from exports.items import Response, Vote
from exports.recipes import Recipe
from exports.splits import labeler_name
from exports.validator import Reason, vote_problem

# Names and values side by side: a mapping with open keys has no one schema.
_ATTRIBUTES = pa.list_(pa.struct([("name", pa.string()), ("value", pa.int64())]))
_FLAGS = pa.list_(pa.struct([("name", pa.string()), ("value", pa.bool_())]))
# Yes and no are 1 and 0 here, beside the labels that have five steps from 0 to 1.
_LABELS = pa.list_(pa.struct([("name", pa.string()), ("value", pa.float64())]))
_EDIT = pa.struct([("response_id", pa.string()), ("edit_of", pa.string()), ("text", pa.string())])
_SPANS = pa.list_(
    pa.struct(
        [
            ("response_id", pa.string()),
            ("start", pa.int64()),
            ("end", pa.int64()),
            ("label", pa.string()),
            ("note", pa.string()),
        ]
    )
)
_OPINIONS = pa.list_(
    pa.struct([("scorer", pa.string()), ("margin", pa.float64()), ("surprising", pa.bool_())])
)
_RESPONSE = pa.struct(
    [
        ("response_id", pa.string()),
        ("text", pa.string()),
        ("model", pa.string()),
        ("origin", pa.string()),
        ("place", pa.int64()),
        ("tier", pa.int64()),
        ("overall", pa.int64()),
        ("attributes", _ATTRIBUTES),
        ("flags", _FLAGS),
        ("labels", _LABELS),
        ("masked", pa.bool_()),
    ]
)


class JudgmentsFormat:
    name: ClassVar[str] = "judgments"
    source: ClassVar[Source] = "judgments"
    layout: ClassVar[Layout] = "lines"
    trains: ClassVar[str] = "analysis: raw votes, with who, when, and what was shown where"

    def schema(self, recipe: Recipe) -> pa.Schema:
        return pa.schema(
            [
                ("judgment_id", pa.string()),
                ("task_id", pa.string()),
                ("prompt_id", pa.string()),
                ("prompt", TURNS),
                ("responses", pa.list_(_RESPONSE)),
                ("tiers", pa.list_(pa.list_(pa.string()))),
                ("strength", pa.int64()),
                ("not_rankable", pa.string()),
                ("answers", pa.string()),
                ("rationale", pa.string()),
                ("edit", _EDIT),
                ("spans", _SPANS),
                ("labeler_id", pa.string()),
                ("labeler_kind", pa.string()),
                ("seconds", pa.float64()),
                ("policy_version", pa.int64()),
                ("guideline_version", pa.int64()),
                ("purpose", pa.string()),
                ("opinions", _OPINIONS),
                ("created_at", pa.string()),
                ("origin", pa.string()),
            ]
        )

    def row(self, item: Vote, recipe: Recipe) -> Row | Reason:
        if problem := vote_problem(item):
            return problem
        return {
            "judgment_id": item.uid,
            "task_id": item.task_uid,
            "prompt_id": item.prompt.uid,
            "prompt": item.prompt.messages,
            "responses": [_response(response) for response in item.responses],
            "tiers": _tiers(item.responses),
            "strength": item.strength,
            "not_rankable": item.not_rankable,
            "answers": item.answers,
            "rationale": item.rationale,
            "edit": item.edit
            and {
                "response_id": item.edit.uid,
                "edit_of": item.edit.original,
                "text": item.edit.text.text,
            },
            "spans": [
                {
                    "response_id": span.response,
                    "start": span.start,
                    "end": span.end,
                    "label": span.label,
                    "note": span.note,
                }
                for span in item.spans
            ],
            "labeler_id": labeler_name(item.labeler, seed=recipe.anonymise_seed),
            "labeler_kind": item.labeler_kind,
            "seconds": item.seconds,
            "policy_version": item.policy_version,
            "guideline_version": item.guideline_version,
            "purpose": item.purpose,
            "opinions": [opinion._asdict() for opinion in item.opinions],
            "created_at": item.created_at.isoformat(),
            "origin": item.origin,
        }


def _response(response: Response) -> Row:
    return {
        "response_id": response.uid,
        "text": response.text.text,
        "model": response.model,
        "origin": response.origin,
        "place": response.place,
        "tier": response.tier,
        "overall": response.overall,
        "attributes": _named(response.attributes),
        "flags": _named(response.flags),
        "labels": [
            {"name": name, "value": float(value)} for name, value in sorted(response.labels.items())
        ],
        "masked": response.masked,
    }


def _named(answers: Mapping[str, int | bool]) -> list[Row]:
    return [{"name": name, "value": value} for name, value in sorted(answers.items())]


def _tiers(responses: list[Response]) -> list[list[str]]:
    """Response ids, best tier first; inside a tier in the order shown. Empty if not ranked."""
    tiers: dict[int, list[str]] = {}
    for response in responses:
        if response.tier is not None:
            tiers.setdefault(response.tier, []).append(response.uid)
    return [tiers[number] for number in sorted(tiers)]
