"""What follows for a task from an answer or a skip. The caller holds the lock of the task."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connection
from django.db.models import F

from labeling.models import Slot, Task
from labeling.overlap import Ballot, Course, Rules, course
from labeling.services.bands import band_of
from labeling.services.following_sql import FOLLOW, READ_VOTES


@dataclass(frozen=True, slots=True)
class Votes:
    """A task as it is without the slot at hand, as `VOTES` reads it.

    `ballots` are the tiers of others as JSON, empty text for a null; `alike`, whether all were
    given by the guidelines of the slot at hand; `waiting`, how many other slots are still to be
    answered. Nobody owes anything to a task that is `closed`: an expert's answer to it is known,
    or it is a check.
    """

    state: str
    band: int
    overlap: int
    escalation: Sequence[int]
    stop_confidence: float
    ballots: Sequence[str]
    alike: bool
    waiting: int
    closed: bool

    def course(self, *also: Ballot, responses: Sequence[int]) -> Course:
        """What to do about the task, with the ballots of others and these."""
        ballots: list[Ballot] = [orjson.loads(text) if text else None for text in self.ballots]
        rules = Rules(self.overlap, self.escalation, self.stop_confidence)
        ballots.extend(also)
        return course(ballots, responses=responses, rules=rules, waiting=self.waiting)


def after_answer(
    votes: Votes, *, ballot: Ballot, order: Sequence[int], counts: bool
) -> dict[str, Any]:
    """The parameters of `FOLLOWS` for an answer; one that is no vote changes nothing but itself.

    Slots are taken back only where all votes were given by the same guidelines: what was put back
    to be judged by new ones is judged by them.
    """
    if not counts:
        return _parameters(votes, Course(), number=0) | {"counted": False}
    found = votes.course(ballot, responses=order)
    number = len(votes.ballots) + 1
    if votes.closed:
        found = Course(found.disagreement)
    return _parameters(votes, found, number=number)


def pass_on(slot: Slot) -> None:
    """The slot was let go of: owe its answer again, unless the votes on its task are enough.

    The new slot is served with others of tasks that wait for as many votes. A check that is passed
    is owed to nobody.
    """
    if slot.task.reserved_for_id is not None:
        Task.objects.filter(pk=slot.task_id, state=Task.State.OPEN).update(state=Task.State.VOID)
        return
    if slot.task.state != Task.State.OPEN:
        return  # an expert has answered it since
    with connection.cursor() as cursor:
        cursor.execute(READ_VOTES, {"slot_id": slot.pk})
        votes = Votes(*cursor.fetchone())
        found = votes.course(responses=slot.order or [])
        if not (found.enough and votes.alike):
            found = Course(found.disagreement, owe=0 if _is_covered(slot.task) else 1)
        follows = _parameters(votes, found, number=len(votes.ballots)) | {
            "slot_id": slot.pk,
            "task_id": slot.task_id,
            "project": slot.project_id,
        }
        cursor.execute(FOLLOW, follows)


def _is_covered(task: Task) -> bool:
    """Whether a judgment that counts again stands for a slot of the task; takes it off, if so."""
    covered = Task.objects.filter(pk=task.pk, surplus__gt=0)
    return bool(covered.update(surplus=F("surplus") - 1))


def _parameters(votes: Votes, found: Course, *, number: int) -> dict[str, Any]:
    enough = found.enough and votes.alike
    band = band_of(
        task_band=votes.band,
        votes=number,
        missing=votes.waiting + found.owe,
        disagreement=found.disagreement,
    )
    return {
        "counted": True,
        "disagreement": found.disagreement,
        "owe": found.owe,
        "enough": enough,
        "moved": votes.waiting > 0 and number > 0,
        "band": band,
    }
