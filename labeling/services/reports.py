"""Reports: what somebody wants looked at, and what a reviewer answered."""

from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.models import Labeler
from collector.models import Project
from common.errors import Conflict, InvalidInput
from labeling.models import Report, Slot
from labeling.services.sparing import check_may_send

TEXT_MAX = 5_000
PAGE_MAX = 200


@transaction.atomic
def report(
    *,
    labeler: Labeler,
    category: str,
    text: str = "",
    page: str = "",
    project: Project | None = None,
    slot: UUID | None = None,
    place: int | None = None,
) -> Report:
    """File a report. Of a task it knows by the slot that the labeler has or had, never another's.

    `place` is the response meant, counted from 1 as it was shown. Raises InvalidInput (`attr` is
    the field at fault), and TooManySent.
    """
    if category not in Report.Category.values:
        raise InvalidInput(_("Say what this is about."), attr="category")
    text = text.strip()
    if len(text) > TEXT_MAX or "\0" in text:
        raise InvalidInput(
            _("That is too long: %(most)d characters at most.") % {"most": TEXT_MAX}, attr="text"
        )
    check_may_send(labeler=labeler, sent=Report.objects.all())
    theirs = _slot_of(labeler, slot)
    return Report.objects.create(
        labeler=labeler,
        project_id=theirs.project_id if theirs else (project.pk if project else None),
        task_id=theirs.task_id if theirs else None,
        response_id=_response(theirs, place),
        page=page.replace("\0", "")[:PAGE_MAX],
        category=category,
        text=text,
    )


def resolve(*, report: Report, answer: str = "") -> Report:
    """Close a report with words for who filed it. Raises Conflict if somebody closed it before."""
    answer = answer.strip()
    if len(answer) > TEXT_MAX or "\0" in answer:
        raise InvalidInput(
            _("That is too long: %(most)d characters at most.") % {"most": TEXT_MAX}, attr="answer"
        )
    closed = Report.objects.filter(pk=report.pk, state=Report.State.OPEN).update(
        state=Report.State.RESOLVED, resolved_at=Now(), answer=answer
    )
    if not closed:
        raise Conflict(_("Somebody else has resolved this report."))
    report.refresh_from_db()
    return report


def _slot_of(labeler: Labeler, slot: UUID | None) -> Slot | None:
    return Slot.objects.filter(uid=slot, labeler=labeler).first() if slot else None


def _response(slot: Slot | None, place: int | None) -> int | None:
    order = (slot.order if slot else None) or []
    return order[place - 1] if place and 0 < place <= len(order) else None
