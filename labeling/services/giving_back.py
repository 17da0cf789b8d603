"""What a labeler holds goes to others at once, when they may not answer it any more."""

from accounts.models import Labeler
from collector.models import Project
from labeling.models import Skip, Slot
from labeling.services.claim_sql import TRAINING_BAND
from labeling.services.following import pass_on
from labeling.services.slots import lock_slot


def give_back(*, labeler: Labeler, project: Project | None = None) -> None:
    """Pass on the tasks that they hold; with a project, those of its work alone.

    What they hold of a training is nobody else's: it is void where they leave all, and stays
    theirs where they leave a project, which they may come back to. The caller has a transaction.
    """
    held = Slot.objects.filter(labeler=labeler, state=Slot.State.LEASED)
    if project is not None:
        held = held.filter(project=project).exclude(band=TRAINING_BAND)
    for uid in held.order_by("task").values_list("uid", flat=True):  # as training locks tasks
        slot = lock_slot(slot_uid=uid)
        if slot is None or slot.labeler_id != labeler.pk or slot.state != Slot.State.LEASED:
            continue  # answered, or taken over, since the list was read
        if slot.band == TRAINING_BAND:
            Slot.objects.filter(pk=slot.pk).update(state=Slot.State.VOID)
            continue
        Slot.objects.filter(pk=slot.pk).update(state=Slot.State.SKIPPED)
        Skip.objects.create(task_id=slot.task_id, labeler=labeler, reason=Skip.Reason.OTHER)
        pass_on(slot)
