"""A slot in the hands of its labeler: found, locked, and told apart from one that is lost."""

from uuid import UUID

from accounts.models import Labeler
from common.errors import DomainError, NotFound
from labeling.errors import LeaseExpired, SlotClosed
from labeling.models import Skip, Slot


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
