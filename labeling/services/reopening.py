"""A task once more: for who holds it to answer, for who answered it to correct the answer."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Min
from django.db.models.functions import Now

from accounts.models import Labeler
from collector.models import Project
from common.errors import NotFound
from labeling.errors import EditWindowClosed, SlotClosed
from labeling.models import Judgment, Slot
from labeling.models.judgments import TRAINING
from labeling.services.reconsidering import was_shown
from labeling.services.showing import ClaimedTask, content_of
from labeling.services.slots import not_theirs

_SEEN = "You have seen a machine's opinion on this answer: say there if you think otherwise now."


@dataclass(frozen=True, slots=True)
class Reopened:
    """A task, and the answer that stands for it, if it was answered."""

    task: ClaimedTask
    judgment: Judgment | None


def reopen(*, project: Project, slot_uid: UUID, labeler: Labeler) -> Reopened:
    """The task of a slot as its labeler saw it, with their answer, while that may be corrected.

    Grants and changes nothing: whether an answer is taken is for `submit` to say. Raises NotFound,
    LeaseExpired, SlotClosed, or EditWindowClosed.
    """
    slot = Slot.objects.filter(project=project, uid=slot_uid).first()
    if slot is None:
        raise NotFound("There is no such task.")
    if slot.labeler_id != labeler.pk:
        raise not_theirs(task_id=slot.task_id, labeler=labeler)
    if slot.state == Slot.State.LEASED:
        return Reopened(task=content_of(slot.pk), judgment=None)
    standing = Judgment.objects.select_related("policy_version").filter(slot=slot)
    judgment = standing.filter(retired_at__isnull=True).first()
    if judgment is None:
        raise SlotClosed("This task is closed: it was skipped or withdrawn.")
    if was_shown(judgment):
        raise EditWindowClosed(_SEEN)
    if _correctable_for(judgment) <= timedelta():
        raise EditWindowClosed("The time to correct this answer is over.")
    return Reopened(task=content_of(slot.pk), judgment=judgment)


def correctable_until(judgment: Judgment) -> datetime:
    """When the edit window closes: it opened with the first answer, not with its corrections.

    An answer of the training cannot be corrected at all: the expert's is shown next.
    """
    first = judgment.created_at
    if judgment.purpose in TRAINING:
        return first
    if judgment.supersedes_id is not None:
        earlier = Judgment.objects.filter(slot=judgment.slot_id)
        first = earlier.aggregate(at=Min("created_at"))["at"]
    policy = judgment.policy_version  # imported judgments have none, and nobody corrects them here
    window: datetime = first + timedelta(minutes=policy.edit_window_minutes if policy else 0)
    return window


def _correctable_for(judgment: Judgment) -> timedelta:
    now = Judgment.objects.annotate(now=Now()).values_list("now", flat=True).get(pk=judgment.pk)
    return correctable_until(judgment) - now
