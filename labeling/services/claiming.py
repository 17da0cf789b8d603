"""Who judges what next: granting slots, extending leases, and passing on a task.

A slot is the row that is locked and handed out. Its lease ends by the database's clock alone; no
sweeper runs: an expired slot is simply free to the next claimant, and until then its holder may
still submit.
"""

import random
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import IntegrityError, connection, transaction

from accounts.models import Labeler
from collector.models import Project
from common.errors import InvalidInput
from common.prepared import Prepared
from labeling.eligibility import check_still_judges
from labeling.errors import QueueBusy, TooManyHeld
from labeling.models import Skip, Slot
from labeling.services.claim_sql import ANYTHING_LEFT, CONTENT, GRANT, GRANT_FROM_THE_START, RENEW
from labeling.services.policies import current_policy
from labeling.services.slots import lock_held, lock_slot, replace_slot

MOST_HELD = 2  # so that a client may fetch the next task ahead; our pages hold one
BANDS = [-1, 0, 1]  # urgent, normal, later; others are found, but only when these are empty
ATTEMPTS = 6
PAUSE_SECONDS = 0.01
NOTE_MAX = 2000
SKIP_REASONS = [value for value in Skip.Reason.values if value != Skip.Reason.EXPIRED]


@dataclass(frozen=True, slots=True)
class Shown:
    """A response by the place it is shown at, "1" first; it has no other name in the page."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class ClaimedTask:
    """All that a page needs to ask for a judgment, and nothing that names an author."""

    slot: UUID
    expires_at: datetime
    kind: str
    guideline_version: int | None
    modes: list[str]
    span_labels: list[str]
    prompt: list[dict[str, str]]
    responses: list[Shown]


def claim(
    *, project: Project, labeler: Labeler, holding: Sequence[UUID] = ()
) -> ClaimedTask | None:
    """Grant the labeler a slot, or give back one that they hold and do not list in `holding`.

    None means that there is no task for this labeler. Raises TooManyHeld if they hold two
    already, and QueueBusy if others took every task that was looked at.
    """
    params = {
        "project": project.pk,
        "labeler": labeler.pk,
        "holding": list(holding),
        "most_held": MOST_HELD,
        "bands": BANDS,
    }
    slot_id = _grant(GRANT, params) or _grant_patiently(project, params)
    return _content(slot_id) if slot_id else None


def _grant_patiently(project: Project, params: dict[str, Any]) -> int | None:
    """What a claim does before it says that there is nothing: reads the whole queue again.

    Slots that were locked a moment ago may be free after all, and the cursor is only a hint.
    """
    current_policy(project=project)  # without one nothing is granted
    for attempt in range(ATTEMPTS):
        if not _anything_left(params):
            return None
        slot_id = _grant(GRANT_FROM_THE_START, params)
        if slot_id:
            return slot_id
        time.sleep(random.uniform(0, PAUSE_SECONDS * 2**attempt))  # noqa: S311 - not a secret
    raise QueueBusy("Others are taking tasks at this very moment. Please try again.")


def _grant(statement: Prepared, params: dict[str, Any]) -> int | None:
    """The id of the slot granted or given back. A slot lost to a rival claim counts as none."""
    savepoint = transaction.atomic() if connection.in_atomic_block else nullcontext()
    try:
        with savepoint, connection.cursor() as cursor:
            statement.execute(cursor, params)
            slot_id, held = cursor.fetchone()
    except IntegrityError as error:
        if "slot_once_a_labeler" not in str(error):
            raise
        return None
    if slot_id is None and held >= MOST_HELD:
        raise TooManyHeld(f"You hold {held} tasks already. Submit or skip one of them first.")
    return int(slot_id) if slot_id else None


def _anything_left(params: dict[str, Any]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(ANYTHING_LEFT, params)
        return bool(cursor.fetchone()[0])


def _content(slot_id: int) -> ClaimedTask:
    with connection.cursor() as cursor:
        CONTENT.execute(cursor, {"slot": slot_id})
        slot, expires_at, kind, modes, labels, guideline, messages, texts = cursor.fetchone()
    return ClaimedTask(
        slot=slot,
        expires_at=expires_at,
        kind=kind,
        guideline_version=guideline,
        modes=modes,
        span_labels=labels,
        prompt=orjson.loads(messages),
        responses=[Shown(str(place), text) for place, text in enumerate(texts, start=1)],
    )


@transaction.atomic
def renew(*, slot_uid: UUID, labeler: Labeler) -> datetime:
    """Start the lease anew and return its end; also after it ran out, while nobody else has it.

    Raises NotFound or NotAJudge for who is no labeler of the project any more. What they hold they
    may still answer or skip: a lease that was granted is good until somebody else has it.
    """
    slot = lock_held(slot_uid=slot_uid, labeler=labeler)
    check_still_judges(labeler=labeler, project_id=slot.project_id)
    with connection.cursor() as cursor:
        cursor.execute(RENEW, {"slot": slot.pk})
        expires_at: datetime = cursor.fetchone()[0]
    return expires_at


@transaction.atomic
def skip(*, slot_uid: UUID, labeler: Labeler, reason: str, note: str = "") -> None:
    """Pass on a task for good; another slot takes this one's place at the end of the queue.

    Skipping twice is skipping once. Raises InvalidInput for an unknown reason.
    """
    if reason not in SKIP_REASONS:
        raise InvalidInput(f"The reason must be one of {', '.join(SKIP_REASONS)}.", attr="reason")
    if len(note) > NOTE_MAX or "\0" in note:
        raise InvalidInput(f"A note is at most {NOTE_MAX} characters of text.", attr="note")
    slot = lock_slot(slot_uid=slot_uid)
    if slot and slot.labeler_id == labeler.pk and slot.state == Slot.State.SKIPPED:
        return
    slot = lock_held(slot_uid=slot_uid, labeler=labeler)
    Slot.objects.filter(pk=slot.pk).update(state=Slot.State.SKIPPED)
    Skip.objects.create(task_id=slot.task_id, labeler=labeler, reason=reason, note=note)
    replace_slot(slot)
