"""Taking a labeler's answer: a judgment and its comparisons, in one transaction, exactly once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import IntegrityError, connection, transaction

from accounts.models import Labeler
from common.errors import NotFound
from common.ids import new_uid
from labeling.answers import Answer, Checked, check_answer, check_form
from labeling.comparisons import pairs
from labeling.errors import EditWindowClosed, SlotClosed, SubmitKeyReused
from labeling.models import Judgment, Slot
from labeling.models.judgments import Purpose
from labeling.services.slots import not_theirs
from labeling.services.submit_sql import LOCK_AND_READ, RETIRE, WRITE

__all__ = ["Answer", "submit"]

PURPOSE_OF_KIND = {
    Labeler.Kind.SIMULATED.value: Purpose.SIMULATED.value,
    Labeler.Kind.MACHINE.value: Purpose.MACHINE.value,
}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an answer goes: the slot as read under its lock. `now` is the database's clock."""

    slot: int
    state: str
    labeler: int | None
    order: list[int] | None
    task: int
    project: int
    prompt: int
    repeats: bool
    policy: int
    modes: list[str]
    guideline: int | None
    generators: list[int | None]
    same: int | None
    same_hash: memoryview | None
    standing: int | None
    now: datetime
    may_correct: bool | None


def submit(*, slot_uid: UUID, labeler: Labeler, answer: Answer) -> Judgment:
    """Store the answer to a slot that the labeler holds, and return the judgment.

    The same key with the same body returns the first judgment again. Another key within the edit
    window makes a new judgment that supersedes the old one. Raises InvalidAnswer (with `attr`),
    SubmitKeyReused, LeaseExpired, EditWindowClosed, SlotClosed or NotFound; a refused answer
    changes nothing.
    """
    check_form(answer)
    try:
        return _submit(slot_uid, labeler, answer)
    except IntegrityError as error:
        # Another slot's answer took the key since it was looked up; the same slot's would have
        # been waited for.
        if "judgment_submitted_once" not in str(error):
            raise
        raise _key_reused() from error


def _key_reused() -> SubmitKeyReused:
    return SubmitKeyReused("This submit key was used for another answer.", attr="submit_key")


@transaction.atomic
def _submit(slot_uid: UUID, labeler: Labeler, answer: Answer) -> Judgment:
    body_hash = answer.body_hash(slot=str(slot_uid))
    place = _lock_and_read(slot_uid, labeler, answer.submit_key)
    if place.same is not None:
        if place.same_hash is None or bytes(place.same_hash) != body_hash:
            raise _key_reused()
        return Judgment.objects.get(pk=place.same)
    _check_theirs(place, labeler)
    order = place.order or []
    checked = check_answer(answer=answer, modes=place.modes, order=order)
    if place.standing is not None:
        _retire(place.standing, place.now)
    return _write(place, labeler, answer, checked, body_hash)


def _lock_and_read(slot_uid: UUID, labeler: Labeler, submit_key: str) -> _Place:
    with connection.cursor() as cursor:
        LOCK_AND_READ.execute(
            cursor, {"slot": slot_uid, "labeler": labeler.pk, "submit_key": submit_key}
        )
        row = cursor.fetchone()
    if row is None:
        raise NotFound("There is no such task.")
    return _Place(*row)


def _check_theirs(place: _Place, labeler: Labeler) -> None:
    """The labeler may answer: they hold the slot, or correct what they answered just now."""
    if place.labeler != labeler.pk:
        raise not_theirs(task_id=place.task, labeler=labeler)
    if place.standing is not None and not place.may_correct:
        raise EditWindowClosed("The time to correct this answer is over.")
    if place.standing is None and place.state != Slot.State.LEASED:
        raise SlotClosed("This task is closed: it was skipped or withdrawn.")


def _retire(judgment: int, at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(RETIRE, {"judgment": judgment, "at": at})


def _purpose(place: _Place, labeler: Labeler) -> str:
    if place.repeats:
        return Purpose.REPEAT.value
    return PURPOSE_OF_KIND.get(labeler.kind, Purpose.WORK.value)


def _write(
    place: _Place, labeler: Labeler, answer: Answer, checked: Checked, body_hash: bytes
) -> Judgment:
    """One statement for the judgment, its pairs and ratings, the slot and the task."""
    stored = {
        "uid": new_uid(),
        "task_id": place.task,
        "slot_id": place.slot,
        "labeler_id": labeler.pk,
        "purpose": _purpose(place, labeler),
        "policy_version_id": place.policy,
        "guideline_version_id": place.guideline,
        "not_rankable": answer.not_rankable,
        "strength": answer.strength,
        "rationale": answer.rationale,
        "order": place.order,
        "seconds": answer.seconds,
        "submit_key": answer.submit_key,
        "body_hash": body_hash,
        "supersedes_id": place.standing,
        "created_at": place.now,
    }
    with connection.cursor() as cursor:
        WRITE.execute(
            cursor,
            stored
            | _pair_columns(place, checked, answer.strength)
            | {
                "tiers": None if checked.tiers is None else orjson.dumps(checked.tiers).decode(),
                "project": place.project,
                "prompt": place.prompt,
                "rated": list(checked.overall),
                "overall": list(checked.overall.values()),
            },
        )
        pk = cursor.fetchone()[0]
    judgment = Judgment(pk=pk, tiers=checked.tiers, **stored)
    judgment._state.adding = False
    return judgment


def _pair_columns(place: _Place, checked: Checked, strength: int | None) -> dict[str, list[Any]]:
    """The judgment's comparisons, a list a column."""
    order = place.order or []
    author = dict(zip(order, place.generators, strict=True))
    rows = list(pairs(tiers=checked.tiers, order=order, strength=strength))
    return {
        "first": [pair.first for pair in rows],
        "second": [pair.second for pair in rows],
        "first_generator": [author[pair.first] for pair in rows],
        "second_generator": [author[pair.second] for pair in rows],
        "outcome": [pair.outcome for pair in rows],
        "pair_strength": [pair.strength for pair in rows],
        "first_shown_before": [pair.first_shown_before for pair in rows],
    }
