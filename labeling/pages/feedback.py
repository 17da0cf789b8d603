"""What a labeler reads after a practice item: their answer beside the expert's, as it was shown."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet
from django.utils.safestring import SafeString

from accounts.models import Labeler
from collector.models import Project
from common.errors import NotFound
from labeling.models import GoldItem, Judgment, Slot
from labeling.pages.desk import Desk, desk_for
from labeling.scoring import Agreement
from labeling.services.progress import DONE, score, training_slots
from labeling.services.showing import content_of
from labeling.texts.rendering import render_markdown

Order = list[list[str]]


@dataclass(frozen=True)
class Feedback:
    """Orders name places, best first, ties together; null where no response was acceptable.

    `judgment` is null where the item was passed, and then `agreement` is too.
    """

    number: int
    desk: Desk
    judgment: Judgment | None
    own: Order | None
    expert: Order | None
    agreement: Agreement | None
    explanation: SafeString

    @property
    def same(self) -> bool:
        """Whether the labeler said exactly what the expert said."""
        return self.agreement is not None and self.agreement.points == self.agreement.pairs


def feedback_on(*, project: Project, labeler: Labeler, slot_uid: UUID) -> Feedback:
    """The feedback on a practice item that the labeler is done with. Raises NotFound."""
    done = _done(project, labeler)
    slot = done.select_related("task__gold_item").filter(uid=slot_uid).first()
    if slot is None or not slot.order:
        raise NotFound("There is no such practice item.")
    judgment = (
        Judgment.objects.filter(slot=slot, retired_at__isnull=True)
        .select_related("task__gold_item", "policy_version")
        .first()
    )
    item = slot.task.gold_item
    return Feedback(
        number=done.filter(pk__lte=slot.pk).count(),
        desk=desk_for(content_of(slot.pk)),
        judgment=judgment,
        own=_by_place(judgment.tiers, slot.order) if judgment else None,
        expert=_by_place(item.tiers, slot.order),
        agreement=score([judgment]) if judgment else None,
        explanation=render_markdown(item.explanation) if item.explanation else SafeString(),
    )


def practised_slots(*, project: Project, labeler: Labeler) -> list[UUID]:
    """The practice items they are done with, oldest first, to be looked at again."""
    return list(_done(project, labeler).values_list("uid", flat=True))


def _done(project: Project, labeler: Labeler) -> QuerySet[Slot]:
    given = training_slots(project=project, labeler=labeler, use=GoldItem.Use.PRACTICE)
    return given.filter(state__in=DONE)


def _by_place(tiers: list[list[int]] | None, order: list[int]) -> Order | None:
    if tiers is None:
        return None
    place = {response: str(index) for index, response in enumerate(order, start=1)}
    return [sorted(place[response] for response in tier) for tier in tiers]
