"""Taking a labeler's answer: a judgment and its comparisons, in one transaction, exactly once."""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from accounts.models import Labeler
from collector.text import content_hash, normalise
from common.deadlocks import again_after_a_deadlock
from common.errors import NotFound
from common.ids import new_uid
from labeling.answers import Answer, Checked, Edit, check_answer, check_form
from labeling.errors import (
    EditWindowClosed,
    InvalidAnswer,
    LabelerGone,
    SlotClosed,
    SubmitKeyReused,
)
from labeling.models import Judgment, Slot
from labeling.models.judgments import TRAINING, Purpose
from labeling.services.checking import after_gold
from labeling.services.disagreement import PEOPLE
from labeling.services.following import Votes, after_answer
from labeling.services.slots import not_theirs
from labeling.services.submit_columns import columns
from labeling.services.submit_sql import (
    LOCK_AND_READ,
    LOCK_AND_READ_TEXTS,
    RETIRE,
    WRITE,
    WRITE_EDIT,
    WRITE_MARKED,
)
from labeling.services.withdrawing import Flagged, withdraw_warnings
from labeling.texts.masking import MASK, masked, to_original

__all__ = ["Answer", "submit"]

OF_THE_SLOT = 20  # columns before those of the votes

PURPOSE_OF_KIND = {
    Labeler.Kind.SIMULATED.value: Purpose.SIMULATED.value,
    Labeler.Kind.MACHINE.value: Purpose.MACHINE.value,
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where an answer goes: the slot as read under its lock. `now` is the database's clock.

    `votes` are what others said of the task.

    The last two are of the responses in `order`, read only where the answer needs them: their
    own texts, and the stretches that were masked when they were shown, as JSON.
    """

    slot: int
    state: str
    labeler: int | None
    order: list[int] | None
    task: int
    project: int
    prompt: int
    repeats: bool
    gold_use: str | None
    policy: int
    modes: list[str]
    span_labels: list[str]
    guideline: int | None
    generators: list[int | None]
    gone: bool
    same: int | None
    same_hash: memoryview | None
    standing: int | None
    now: datetime
    may_correct: bool | None
    votes: Votes
    texts: list[str] | None = None
    hidden: list[str | None] | None = None


@again_after_a_deadlock
def submit(*, slot_uid: UUID, labeler: Labeler, answer: Answer) -> Judgment:
    """Store the answer to a slot that the labeler holds, and return the judgment.

    The same key with the same body returns the first judgment again. Another key within the edit
    window makes a new judgment that supersedes the old one. Raises InvalidAnswer (with `attr`),
    SubmitKeyReused, LeaseExpired, EditWindowClosed, SlotClosed, LabelerGone or NotFound; a refused
    answer changes nothing.
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
    return SubmitKeyReused(_("This submit key was used for another answer."), attr="submit_key")


@transaction.atomic
def _submit(slot_uid: UUID, labeler: Labeler, answer: Answer) -> Judgment:
    body_hash = answer.body_hash(slot=str(slot_uid))
    place = _lock_and_read(slot_uid, labeler, answer)
    if place.gone:
        raise LabelerGone(_("You have left: nothing more is stored for your former pseudonym."))
    if place.same is not None:
        if place.same_hash is None or bytes(place.same_hash) != body_hash:
            raise _key_reused()
        return Judgment.objects.get(pk=place.same)
    _check_theirs(place, labeler)
    checked = check_answer(
        answer=answer, modes=place.modes, order=place.order or [], span_labels=place.span_labels
    )
    if answer.needs_texts:
        checked = _in_originals(checked, place)
    former = [] if place.standing is None else _retire(place.standing, place.now)
    judgment = _write(place, labeler, answer, checked, body_hash)
    withdraw_warnings(former)
    if judgment.purpose == Purpose.GOLD:
        after_gold(place.project, labeler.pk)
    return judgment


def _lock_and_read(slot_uid: UUID, labeler: Labeler, answer: Answer) -> Place:
    statement = LOCK_AND_READ_TEXTS if answer.needs_texts else LOCK_AND_READ
    with connection.cursor() as cursor:
        statement.execute(
            cursor, {"slot": slot_uid, "labeler": labeler.pk, "submit_key": answer.submit_key}
        )
        row = cursor.fetchone()
    if row is None:
        raise NotFound(_("There is no such task."))
    own, rest = row[:OF_THE_SLOT], row[OF_THE_SLOT:]
    votes, texts = rest[: len(fields(Votes))], rest[len(fields(Votes)) :]
    columns_of_place: list[Any] = [*own, Votes(*votes), *texts]
    return Place(*columns_of_place)


def _check_theirs(place: Place, labeler: Labeler) -> None:
    """The labeler may answer: they hold the slot, or correct what they answered just now.

    An answer of the training stays as it was given: the expert's may be known since.
    """
    if place.labeler != labeler.pk:
        raise not_theirs(task_id=place.task, labeler=labeler)
    may_correct = place.may_correct and place.gold_use not in TRAINING
    if place.standing is not None and not may_correct:
        raise EditWindowClosed(_("The time to correct this answer is over."))
    if place.standing is None and place.state != Slot.State.LEASED:
        raise SlotClosed(_("This task is closed: it was skipped or withdrawn."))


def _in_originals(checked: Checked, place: Place) -> Checked:
    """Marks as stretches of the original texts, and no edit where nothing was edited."""
    shown = zip(place.texts or [], place.hidden or [], strict=True)
    texts = dict(zip(place.order or [], shown, strict=True))
    marks = []
    for number, mark in enumerate(checked.marks):
        text, spans = texts[mark.response]
        hidden = orjson.loads(spans) if spans else []
        start, end = to_original(hidden, mark.start), to_original(hidden, mark.end, end=True)
        if end > len(text):
            raise InvalidAnswer(
                _("A span ends after the end of its response."), attr=f"spans.{number}.end"
            )
        marks.append(replace(mark, start=start, end=end))
    edit = checked.edit and _edited(checked.edit, *texts[checked.edit.response])
    return replace(checked, marks=marks, edit=edit)


def _edited(edit: Edit, text: str, spans: str | None) -> Edit | None:
    """The better version, unless it is the response as it was shown."""
    shown = masked(text, orjson.loads(spans)) if spans else text
    if normalise(edit.text) == normalise(shown):
        return None
    if MASK in edit.text and MASK not in text:
        raise InvalidAnswer(
            _("Your version still holds covered words (%s). Write it without them.") % MASK,
            attr="edit.text",
        )
    return edit


def _retire(judgment: int, at: datetime) -> list[Flagged]:
    """The ratings of the judgment that is retired, where they flag or label anything."""
    with connection.cursor() as cursor:
        cursor.execute(RETIRE, {"judgment": judgment, "at": at})
        return [
            (response, orjson.loads(flags), orjson.loads(labels))
            for response, flags, labels in cursor.fetchall()
        ]


def _purpose(place: Place, labeler: Labeler) -> str:
    if place.gold_use is not None:
        return place.gold_use
    if place.repeats:
        return Purpose.REPEAT.value
    return PURPOSE_OF_KIND.get(labeler.kind, Purpose.WORK.value)


def _write(
    place: Place, labeler: Labeler, answer: Answer, checked: Checked, body_hash: bytes
) -> Judgment:
    """One statement for the judgment, its pairs and ratings, the slot and the task."""
    purpose, edit = _purpose(place, labeler), _write_edit(place, labeler, checked)
    stored = _stored(place, labeler, answer) | {
        "purpose": purpose,
        "edit_id": edit,
        "body_hash": body_hash,
    }
    arrays, marked = columns(
        checked=checked,
        purpose=purpose,
        generators=dict(zip(place.order or [], place.generators, strict=True)),
        order=place.order or [],
        strength=answer.strength,
        edit=edit,
    )
    follows = after_answer(
        place.votes, ballot=checked.tiers, order=place.order or [], counts=purpose in PEOPLE
    )
    params: dict[str, Any] = {
        "tiers": None if checked.tiers is None else orjson.dumps(checked.tiers).decode(),
        "answers": orjson.dumps(checked.answers).decode(),
        "project": place.project,
        "prompt": place.prompt,
    }
    with connection.cursor() as cursor:
        statement = WRITE_MARKED if marked else WRITE
        statement.execute(cursor, stored | params | follows | arrays)
        pk = cursor.fetchone()[0]
    judgment = Judgment(pk=pk, tiers=checked.tiers, answers=checked.answers, **stored)
    judgment._state.adding = False
    return judgment


def _stored(place: Place, labeler: Labeler, answer: Answer) -> dict[str, Any]:
    """Fields of the judgment as the place and the answer have them."""
    return {
        "uid": new_uid(),
        "task_id": place.task,
        "slot_id": place.slot,
        "labeler_id": labeler.pk,
        "policy_version_id": place.policy,
        "guideline_version_id": place.guideline,
        "not_rankable": answer.not_rankable,
        "strength": answer.strength,
        "rationale": answer.rationale,
        "order": place.order,
        "seconds": answer.seconds,
        "submit_key": answer.submit_key,
        "supersedes_id": place.standing,
        "created_at": place.now,
    }


def _write_edit(place: Place, labeler: Labeler, checked: Checked) -> int | None:
    """The id of the new message that holds the labeler's better version, if there is one."""
    if checked.edit is None:
        return None
    params: dict[str, Any] = {
        "uid": new_uid(),
        "text": checked.edit.text,
        "content_hash": content_hash(checked.edit.text),
        "labeler": labeler.pk,
        "response": checked.edit.response,
        "created_at": place.now,
    }
    with connection.cursor() as cursor:
        cursor.execute(WRITE_EDIT, params)
        return int(cursor.fetchone()[0])
