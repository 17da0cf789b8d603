"""Who judges what next: granting slots, extending leases, and passing on a task.

A slot is the row that is locked and handed out. Its lease ends by the database's clock alone; no
sweeper runs: an expired slot is simply free to the next claimant, and until then its holder may
still submit.
"""

import random
import time
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from accounts.models import Labeler
from collector.models import Project
from common.deadlocks import again_after_a_deadlock
from common.errors import InvalidInput
from common.prepared import Prepared
from labeling.eligibility import check_still_judges
from labeling.errors import (
    DailyLimitReached,
    Excluded,
    LimitReached,
    NotQualified,
    Paused,
    QueueBusy,
    TooManyHeld,
)
from labeling.models import GoldItem, Skip, Slot
from labeling.services.bands import BANDS
from labeling.services.claim_sql import ANYTHING_LEFT, GRANT, GRANT_FROM_THE_START, RENEW
from labeling.services.following import pass_on
from labeling.services.policies import current_policy
from labeling.services.showing import ClaimedTask, Shown, content_of
from labeling.services.slots import lock_held, lock_slot
from labeling.services.training import settle

__all__ = ["ClaimedTask", "Shown", "claim", "renew", "skip"]

MOST_HELD = 2  # so that a client may fetch the next task ahead; our pages hold one
ATTEMPTS = 6
PAUSE_SECONDS = 0.01
NOTE_MAX = 2000
SKIP_REASONS = [value for value in Skip.Reason.values if value != Skip.Reason.EXPIRED]


@again_after_a_deadlock
def claim(
    *, project: Project, labeler: Labeler, holding: Sequence[UUID] = ()
) -> ClaimedTask | None:
    """Grant the labeler a slot, or give back one that they hold and do not list in `holding`.

    Now and then it is a hidden check, by the shares of the policy. None means that there is no task
    for this labeler. Raises TooManyHeld if they hold two already, QueueBusy if others took every
    task that was looked at, NotQualified before the policy's training is done, LimitReached or
    DailyLimitReached where a person has done all that the policy lets one person do, Paused and
    Excluded.
    """
    params = {
        "project": project.pk,
        "labeler": labeler.pk,
        "holding": list(holding),
        "most_held": MOST_HELD,
        "person": labeler.kind == Labeler.Kind.PERSON,
        "bands": BANDS,
        "draw": random.random(),  # noqa: S311 - not a secret
    }
    try:
        slot_id = _grant(GRANT, params)
    except NotQualified:
        settle(project=project, labeler=labeler)  # the last answer of the test may just be in
        slot_id = _grant(GRANT, params)
    slot_id = slot_id or _grant_patiently(project, params)
    return content_of(slot_id) if slot_id else None


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
            slot_id, held, verdict, reached = cursor.fetchone()
    except IntegrityError as error:
        if "slot_once_a_labeler" not in str(error):
            raise
        return None
    _check_verdict(verdict)
    if slot_id is None and held >= MOST_HELD:
        raise TooManyHeld(f"You hold {held} tasks already. Submit or skip one of them first.")
    if slot_id is None:
        _check_limits(reached)
    return int(slot_id) if slot_id else None


def _check_verdict(verdict: str | None) -> None:
    if verdict == "paused":
        raise Paused(_("Your work in this project is paused. Your reviewers can tell you why."))
    if verdict == "excluded":
        raise Excluded(_("Your work in this project has ended. Your reviewers can tell you why."))
    if verdict == "not_qualified":
        raise NotQualified(_("Finish the training of this project first."))


def _check_limits(reached: str | None) -> None:
    if reached == "all":
        raise LimitReached(
            _("You have done all that one person does in this project. Thank you for your work.")
        )
    if reached == "today":
        raise DailyLimitReached(
            _("That is all for today: this project limits how much one person does in a day.")
        )


def _anything_left(params: dict[str, Any]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(ANYTHING_LEFT, params)
        return bool(cursor.fetchone()[0])


@again_after_a_deadlock
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


@again_after_a_deadlock
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
    if GoldItem.objects.filter(task=slot.task_id, use=GoldItem.Use.QUALIFICATION).exists():
        raise InvalidInput(_("An item of the test cannot be skipped. Answer as well as you can."))
    Slot.objects.filter(pk=slot.pk).update(state=Slot.State.SKIPPED)
    Skip.objects.create(task_id=slot.task_id, labeler=labeler, reason=reason, note=note)
    pass_on(slot)
