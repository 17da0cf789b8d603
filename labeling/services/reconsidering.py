"""What a machine judge said, shown to who has answered, and what they say then.

Nothing is shown before an answer stands, and from then on it can no longer be corrected: it stays
what the person thought by themselves. What they think afterwards is a judgment of its own, of
purpose `reconsidered`; until they say otherwise it is the same answer, kept.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Labeler
from common.errors import Conflict, NotFound
from labeling import locks
from labeling.errors import InvalidAnswer
from labeling.judging.judgments import clock
from labeling.models import Judgment, Slot
from labeling.models.judgments import Purpose
from labeling.services.rebuilding import write_comparisons
from labeling.services.submit_sql import RETIRE

# Hidden checks look like work here as everywhere.
ASKED_OF = (Purpose.WORK, Purpose.REPEAT, Purpose.GOLD)


@dataclass(frozen=True, slots=True)
class MachineOpinion:
    """What one judge prefers, in places as they were shown to the person, counted from 1."""

    tiers: list[list[int]] | None
    not_rankable: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Second:
    """Whether there are opinions on an answer; once shown, what they are and what was said then.

    `tiers` and `not_rankable` are what the person says now, of that many `places`.
    """

    shown: bool
    opinions: list[MachineOpinion]
    tiers: list[list[int]] | None = None
    not_rankable: str | None = None
    changed: bool = False
    places: int = 0


def has_opinions(judgment: Judgment) -> bool:
    """Whether machine judges' opinions may be shown to who gave this answer. One query, or none."""
    policy = judgment.policy_version
    if policy is None or not policy.show_opinions or judgment.purpose not in ASKED_OF:
        return False
    return _machines(judgment).exists()


def was_shown(judgment: Judgment) -> bool:
    """Whether its labeler has seen what machine judges said."""
    seen = Judgment.objects.filter(labeler=judgment.labeler_id, submit_key=_key(judgment))
    return seen.exists()


def second_look(*, labeler: Labeler, uid: UUID) -> Second | None:
    """What may be shown to the labeler of the opinions on their answer; None if there is nothing.

    NotFound if the answer is not theirs.
    """
    judgment = _own(labeler, uid)
    now = _now(judgment)
    if now is None:
        return Second(shown=False, opinions=[]) if has_opinions(judgment) else None
    place = {response: place for place, response in enumerate(judgment.order, start=1)}
    return Second(
        shown=True,
        opinions=[
            MachineOpinion(_places(each.tiers, place), each.not_rankable, each.rationale)
            for each in _machines(judgment)
        ],
        tiers=_places(now.tiers, place),
        not_rankable=now.not_rankable,
        changed=now.supersedes_id is not None,
        places=len(judgment.order),
    )


@transaction.atomic
def show_opinions(*, labeler: Labeler, uid: UUID) -> Judgment:
    """Note that the labeler sees the opinions from now on; what they say then is this judgment.

    Safe to repeat. NotFound unless the answer is theirs, stands, and has opinions to show.
    """
    judgment = _lock(labeler, uid)
    now = _now(judgment)
    if now is not None:
        return now
    if not has_opinions(judgment):
        raise NotFound(_("There is nothing to show on this answer."))
    return _write(judgment, judgment.tiers, judgment.not_rankable, former=None)


@transaction.atomic
def change_mind(
    *,
    labeler: Labeler,
    uid: UUID,
    tiers: Sequence[Sequence[str]] | None,
    not_rankable: str | None = None,
) -> Judgment:
    """What the labeler says after having seen the opinions; their own answer before stays.

    `tiers` are of places ("1" is shown first). Conflict before the opinions were shown,
    InvalidAnswer if it is no order of the responses, NotFound if the answer is not theirs.
    """
    judgment = _lock(labeler, uid)
    former = _now(judgment)
    if former is None:
        raise Conflict(_("Look at the opinions first."))
    if (tiers is None) == (not not_rankable):
        raise InvalidAnswer(_("Order the responses, or say that none is acceptable."), attr="tiers")
    ids = None if tiers is None else _ids(tiers, judgment.order)
    if (ids, not_rankable or None) == (former.tiers, former.not_rankable):
        return former
    return _write(judgment, ids, not_rankable, former=former)


def _own(labeler: Labeler, uid: UUID) -> Judgment:
    found = Judgment.objects.select_related("task", "policy_version").filter(
        uid=uid, labeler=labeler, retired_at__isnull=True, purpose__in=ASKED_OF
    )
    judgment = found.first()
    if judgment is None:
        raise NotFound(_("There is no such answer."))
    return judgment


def _lock(labeler: Labeler, uid: UUID) -> Judgment:
    """The answer, its slot locked as a correction would lock it."""
    judgment = _own(labeler, uid)
    locks.share_judgments(project_id=judgment.task.project_id)
    list(Slot.objects.select_for_update(no_key=True).filter(judgments=judgment))
    return _own(labeler, uid)


def _now(judgment: Judgment) -> Judgment | None:
    """What its labeler says since they saw the opinions."""
    said = Judgment.objects.filter(
        labeler=judgment.labeler_id,
        purpose=Purpose.RECONSIDERED,
        retired_at__isnull=True,
        task=judgment.task_id,
    )
    key = _key(judgment)
    return said.filter(Q(submit_key=key) | Q(submit_key__startswith=f"{key}-")).first()


def _machines(judgment: Judgment) -> "QuerySet[Judgment]":
    """Judgments of the project's judges on the same responses, whatever the task."""
    return Judgment.objects.filter(
        purpose=Purpose.MACHINE,
        retired_at__isnull=True,
        task__prompt=judgment.task.prompt_id,
        labeler__judge__project=judgment.task.project_id,
        order__contains=judgment.order,
        order__contained_by=judgment.order,
    ).order_by("labeler__judge", "pk")


def _write(
    judgment: Judgment,
    tiers: list[list[int]] | None,
    not_rankable: str | None,
    *,
    former: Judgment | None,
) -> Judgment:
    now = clock()
    if former is not None:
        with connection.cursor() as cursor:
            cursor.execute(RETIRE, {"judgment": former.pk, "at": now})
    said = Judgment.objects.create(
        task=judgment.task,
        labeler=judgment.labeler,
        purpose=Purpose.RECONSIDERED,
        policy_version=judgment.policy_version,
        guideline_version=judgment.guideline_version,
        tiers=tiers,
        not_rankable=not_rankable,
        order=judgment.order,
        submit_key=_key(judgment) if former is None else f"{_key(judgment)}-{former.pk}",
        body_hash=hashlib.sha256(orjson.dumps([tiers, not_rankable])).digest(),
        supersedes=former,
        created_at=now,
    )
    write_comparisons(project=judgment.task.project, judgments=[said])
    return said


def _key(judgment: Judgment) -> str:
    """Also looked for by the statement that says whether an answer may be corrected."""
    return f"opinion-{judgment.pk}"


def _places(tiers: Sequence[Sequence[int]] | None, place: dict[int, int]) -> list[list[int]] | None:
    if tiers is None:
        return None
    return [sorted(place[response] for response in tier) for tier in tiers]


def _ids(tiers: Sequence[Sequence[str]], order: Sequence[int]) -> list[list[int]]:
    named = sorted(place for tier in tiers for place in tier)
    if named != sorted(str(place) for place in range(1, len(order) + 1)):
        raise InvalidAnswer(_("Put every response in the order once."), attr="tiers")
    return [sorted(order[int(place) - 1] for place in tier) for tier in tiers if tier]
