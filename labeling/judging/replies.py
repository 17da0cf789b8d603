"""Reading what a judge replied: JSON, in prose or a fence if need be, and nothing by guessing."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

_PLACE = re.compile(r"(?:response)?[\s_#-]*(\d{1,2})", re.IGNORECASE)
_QUOTED = 200
_REASON_CHARACTERS = 2000
_OBJECTS_AT_MOST = 200
_CHARACTERS_AT_MOST = 50_000


class UnreadableReplyError(ValueError):
    """A reply that says no verdict; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A verdict: `tiers` of places (1 is shown first), best first; None: none is acceptable."""

    tiers: list[list[int]] | None
    reason: str = ""


def read_reply(text: str, *, places: int) -> Reply:
    """The verdict in a judge's reply on that many responses. Raises UnreadableReplyError.

    The last object that has a verdict counts: models think first and answer then.
    """
    verdict = None
    for found in _objects(text[-_CHARACTERS_AT_MOST:]):
        if "preference" in found or "ranking" in found:
            verdict = found
    if verdict is None:
        raise UnreadableReplyError(
            _("The judge's reply holds no verdict: %s") % repr(text[:_QUOTED])
        )
    reason = verdict.get("reason")
    return Reply(
        tiers=_tiers(verdict, places),
        reason=reason[:_REASON_CHARACTERS] if isinstance(reason, str) else "",
    )


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """The JSON objects in a text, one after the other."""
    decoder = json.JSONDecoder()
    start = text.find("{")
    for _try in range(_OBJECTS_AT_MOST):
        if start < 0:
            return
        try:
            found, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            end = start + 1
        else:
            if isinstance(found, dict):
                yield found
        start = text.find("{", end)


def _tiers(verdict: dict[str, Any], places: int) -> list[list[int]] | None:
    if places == 2 and "preference" in verdict:
        return _of_preference(verdict["preference"])
    ranking = verdict.get("ranking")
    if ranking is None or ranking == []:
        if "ranking" not in verdict:
            raise _not_one(verdict["preference"], places)
        return None
    if not isinstance(ranking, list):
        raise _not_one(ranking, places)
    tiers = [
        [_place(each) for each in (tier if isinstance(tier, list) else [tier])] for tier in ranking
    ]
    if sorted(place for tier in tiers for place in tier) != list(range(1, places + 1)):
        raise _not_one(ranking, places)
    return [sorted(tier) for tier in tiers if tier]


def _of_preference(said: Any) -> list[list[int]] | None:
    word = str(said).strip().lower()
    if word == "tie":
        return [[1, 2]]
    if word in ("both_bad", "both bad", "neither"):
        return None
    place = _place(said)
    if place not in (1, 2):
        raise _not_one(said, 2)
    return [[place], [3 - place]]


def _place(said: Any) -> int:
    """The place that a number, `"2"` or `"Response 2"` names; 0 for anything else."""
    if isinstance(said, bool):
        return 0
    found = _PLACE.fullmatch(str(said).strip()) if isinstance(said, int | str) else None
    return int(found[1]) if found else 0


def _not_one(said: Any, places: int) -> UnreadableReplyError:
    return UnreadableReplyError(
        _("The judge's verdict %(said)s is none on %(places)d responses.")
        % {"said": repr(said)[:_QUOTED], "places": places}
    )
