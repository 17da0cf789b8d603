"""A slot as its labeler sees it, whether it came from the queue or is an item of their training."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from django.db import connection

from labeling.services.claim_sql import CONTENT, WARNINGS


@dataclass(frozen=True, slots=True)
class Shown:
    """A response by the place it is shown at, "1" first; it has no other name in the page."""

    id: str
    text: str
    warnings: tuple[str, ...] = ()  # categories of `accounts.models.ContentCategory`


@dataclass(frozen=True, slots=True)
class ClaimedTask:
    """All that a page needs to ask for a judgment, and nothing that names an author.

    `guidelines_changed`: since the version that the labeler has read, if they have read one.
    """

    slot: UUID
    expires_at: datetime
    kind: str
    guideline_version: int | None
    guidelines_changed: bool
    modes: list[str]
    span_labels: list[str]
    prompt: list[dict[str, str]]
    responses: list[Shown]
    prompt_warnings: tuple[str, ...] = ()


def content_of(slot_id: int) -> ClaimedTask:
    """What the labeler who holds this slot is shown."""
    with connection.cursor() as cursor:
        CONTENT.execute(cursor, {"slot": slot_id})
        slot, expires_at, kind, modes, labels, guideline, changed, messages, *shown = (
            cursor.fetchone()
        )
    texts, warnings, prompt_warnings = shown
    return ClaimedTask(
        slot=slot,
        expires_at=expires_at,
        kind=kind,
        guideline_version=guideline,
        guidelines_changed=changed,
        modes=modes,
        span_labels=labels,
        prompt=orjson.loads(messages),
        responses=[
            Shown(str(place), text, _categories(warned))
            for place, (text, warned) in enumerate(zip(texts, warnings, strict=True), start=1)
        ],
        prompt_warnings=_categories(prompt_warnings),
    )


def warnings_at(slot_id: int) -> tuple[list[tuple[str, ...]], tuple[str, ...]]:
    """What each response of a slot, in its order, and its prompt are warned of for its labeler."""
    with connection.cursor() as cursor:
        cursor.execute(WARNINGS, {"slot": slot_id})
        of_responses, of_prompt = cursor.fetchone()
    return [_categories(joined) for joined in of_responses], _categories(of_prompt)


def _categories(joined: str) -> tuple[str, ...]:
    return tuple(joined.split(",")) if joined else ()
