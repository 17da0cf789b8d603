"""A stored judgment as the fields of the form it was posted with, so that it can be corrected."""

from collections.abc import Mapping
from typing import Any

import orjson

from labeling import questions
from labeling.models import Judgment, Mask, ResponseRating
from labeling.questions import NEITHER_VALID
from labeling.ranking import write_ranking
from labeling.texts.masking import to_shown

FIELDS = {"attributes": "attr", "flags": "flag", "labels": "label"}


def form_data_of(judgment: Judgment) -> dict[str, str]:
    """The fields as posted, without the key of the submission: what was not answered is absent.

    Expects the policy version at hand, as its modes say which fields hold the order.
    """
    modes = judgment.policy_version.modes if judgment.policy_version else []
    place = {pk: str(number) for number, pk in enumerate(judgment.order, start=1)}
    data = _order(judgment, modes, place)
    data |= {name: str(value) for name, value in judgment.answers.items()}
    for rating in judgment.ratings.all():
        data |= _rating(rating, place[rating.response_id])
    if judgment.rationale:
        data["rationale"] = judgment.rationale
    if judgment.edit and judgment.edit.edits_id:
        data["edit_response"] = place[judgment.edit.edits_id]
        data["edit_text"] = judgment.edit.text
    if spans := _spans(judgment, place):
        data["spans"] = orjson.dumps(spans).decode()
    if judgment.seconds is not None:
        data["seconds"] = f"{judgment.seconds:g}"
    return data


def _order(judgment: Judgment, modes: list[str], place: Mapping[int, str]) -> dict[str, str]:
    tiers = [[place[pk] for pk in tier] for tier in judgment.tiers or []]
    order = questions.ordering(modes, places=len(place))
    ordering = order.name if order else "rank"
    if ordering == "pair_7":
        return _seven_points(judgment, tiers)
    data = {} if judgment.strength is None else {"strength": str(judgment.strength)}
    if judgment.not_rankable is not None:
        if ordering == "pair":
            return {"choice": "both_bad"} | _reason(judgment, "both_bad")
        return {"unacceptable": "1", "reason": judgment.not_rankable}
    if ordering == "rank":
        return data | {"ranking": write_ranking(tiers)}
    return data | {"choice": tiers[0][0] if len(tiers) > 1 else "tie"}


def _seven_points(judgment: Judgment, tiers: list[list[str]]) -> dict[str, str]:
    if judgment.not_rankable is not None:
        return {"scale": str(NEITHER_VALID)} | _reason(judgment, "neither_valid")
    if len(tiers) < 2:
        return {"scale": "0"}
    strength = judgment.strength or 0
    return {"scale": str(-strength if tiers[0] == ["1"] else strength)}


def _reason(judgment: Judgment, unsaid: str) -> dict[str, str]:
    """Why nothing was acceptable, unless the choice itself said all."""
    said = judgment.not_rankable or ""
    return {} if said == unsaid else {"reason": said}


def _rating(rating: ResponseRating, place: str) -> dict[str, str]:
    data = {} if rating.overall is None else {f"overall_{place}": str(rating.overall)}
    for kind, prefix in FIELDS.items():
        for name, value in getattr(rating, kind).items():
            data[f"{prefix}_{place}_{name}"] = _posted(value)
    return data


def _posted(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}"


def _spans(judgment: Judgment, place: Mapping[int, str]) -> list[dict[str, Any]]:
    """What was marked, in characters of the texts as they were served."""
    spans = list(judgment.spans.order_by("pk"))
    marked = {span.response_id for span in spans}
    hidden = dict(Mask.objects.filter(pk__in=marked).values_list("pk", "spans")) if marked else {}
    data = []
    for span in spans:
        masks = hidden.get(span.response_id, [])
        data.append(
            {
                "response": place[span.response_id],
                "start": to_shown(masks, span.start),
                "end": to_shown(masks, span.end, end=True),
                "label": span.label,
                "note": span.note,
            }
        )
    return data
