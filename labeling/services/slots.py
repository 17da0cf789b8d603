"""A slot in the hands of its labeler: found, locked, and told apart from one that is lost."""

from uuid import UUID

from django.db import connection

from accounts.models import Labeler
from common.errors import DomainError, NotFound
from common.ids import new_uid
from labeling.errors import LeaseExpired, SlotClosed
from labeling.models import Skip, Slot, Task

# The next ordinal is safe to compute because the caller holds the task's lock.
REPLACE = """
INSERT INTO labeling_slot (uid, task_id, ordinal, state, project_id, band, seq)
SELECT %(uid)s, task_id, max(ordinal) + 1, 'open', %(project)s, %(band)s,
       nextval('labeling_slot_queue')
FROM labeling_slot WHERE task_id = %(task)s
GROUP BY task_id
"""


def lock_held(*, slot_uid: UUID, labeler: Labeler) -> Slot:
    """The slot, locked with its task, if this labeler holds it, even after the lease ran out."""
    slot = lock_slot(slot_uid=slot_uid)
    if slot is None:
        raise NotFound("There is no such task.")
    if slot.labeler_id != labeler.pk:
        raise not_theirs(task_id=slot.task_id, labeler=labeler)
    if slot.state != Slot.State.LEASED:
        raise SlotClosed("This task is closed: it was submitted, skipped or withdrawn.")
    return slot


def lock_slot(*, slot_uid: UUID) -> Slot | None:
    """The slot, locked before its task: every writer locks in this order."""
    return (
        Slot.objects.select_for_update(no_key=True, of=("self", "task"))
        .select_related("task")
        .filter(uid=slot_uid)
        .first()
    )


def not_theirs(*, task_id: int, labeler: Labeler) -> DomainError:
    """Why a labeler cannot use a slot that is not theirs: it was once, or it never was."""
    if Skip.objects.filter(task_id=task_id, labeler=labeler, reason=Skip.Reason.EXPIRED).exists():
        return LeaseExpired("Your time for this task ran out, and somebody else has it now.")
    return NotFound("There is no such task.")


def replace_slot(slot: Slot) -> None:
    """Owe the judgment again, at the end of the queue. The caller holds the task's lock."""
    if slot.task.reserved_for_id is not None or slot.task.state != Task.State.OPEN:
        return  # nobody else may have it, or an expert has answered it since
    with connection.cursor() as cursor:
        cursor.execute(
            REPLACE,
            {
                "uid": new_uid(),
                "project": slot.project_id,
                "band": slot.band,
                "task": slot.task_id,
            },
        )
