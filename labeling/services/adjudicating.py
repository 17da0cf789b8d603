"""Adjudication: what labelers disagree on is put before an expert, whose answer closes it.

What the labelers said is never touched. The expert's answer is a judgment of its own, of purpose
`adjudication`. Locks are taken in one order: the project's for judgments, the tasks, lowest id
first, then the adjudications.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.models import Labeler, User
from accounts.services import labeler_of
from collector.models import Message, Project
from common.errors import Conflict, InvalidInput, NotAllowed, NotFound
from labeling.answers import Answer
from labeling.locks import share_judgments
from labeling.models import Adjudication, GuidelineVersion, Judgment, Task
from labeling.services.adjudicated import AnswerOf, store_answer
from labeling.services.adjudication_sql import (
    IN_THE_QUEUE,
    JUDGED_BEFORE,
    LOCK_TASKS,
    OPEN,
    PUT_BACK,
    WITHDRAW,
)
from labeling.services.bands import DISPUTED, MOST, RANKS, band_of
from labeling.services.policies import current_guidelines, current_policy, set_guidelines

NOTE_MAX = 10_000
PUT_BACK_CHOICES = ("none", "this", "queue", "judged_before")

Kind = Adjudication.Kind
State = Adjudication.State


class AlreadyAdjudicated(Conflict):
    """Another expert was first; what they decided stands."""

    code = "already_adjudicated"


class GuidelinesMoved(Conflict):
    """Somebody wrote a newer version of the guidelines than the one that was edited."""

    code = "guidelines_moved"


class TakesPart(NotAllowed):
    """Who judged a task, or wrote one of its responses, does not decide on it."""

    code = "takes_part"


@dataclass(frozen=True, slots=True)
class Decision:
    """What an expert decides.

    `answer` is about places ("1" first) of `order_for`; an ambiguous prompt has none, a slip has
    one, with the other kinds it may be left out. `guidelines` is a new text, made from version
    `base` (0 if there was none); empty leaves those in force. `put_back` says which tasks are given
    out again where guidelines had a gap: one of PUT_BACK_CHOICES.
    """

    kind: str
    answer: Answer | None = None
    note: str = ""
    guidelines: str = ""
    base: int = 0
    put_back: str = "none"


def open_disputed(*, project: Project) -> int:
    """Open an adjudication of every complete task that is disputed; returns how many.

    Also closes what cannot be decided any more, since a text is gone. Twice is once. A task that
    was looked at before is opened for what was said since alone.
    """
    params = {"project": project.pk, "disputed": DISPUTED}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(WITHDRAW, params)
        cursor.execute(OPEN, params)
        return int(cursor.rowcount)


def open_everywhere() -> int:
    """As `open_disputed`, for every project that is not archived."""
    projects = Project.objects.filter(archived_at__isnull=True).order_by("pk")
    return sum(open_disputed(project=project) for project in projects)


@transaction.atomic
def open_by_hand(*, project: Project, task_uid: UUID) -> Adjudication:
    """Put a task before an expert whatever its votes are; the one that is open already, if one is.

    Raises NotFound, and Conflict for a task that nobody can decide on.
    """
    task = (
        Task.objects.select_for_update(no_key=True)
        .filter(project=project, uid=task_uid, kind=Task.Kind.COMPARE, prompt__isnull=False)
        .first()
    )
    if task is None:
        raise NotFound(_("There is no such task."), attr="task")
    if task.repeats_id is not None or task.state == Task.State.VOID or _is_gone(task):
        raise Conflict(_("There is nothing to decide on this task."), attr="task")
    return Adjudication.objects.get_or_create(
        task=task,
        state=State.OPEN,
        defaults={"project": project, "disagreement": task.disagreement or 0.0},
    )[0]


@transaction.atomic
def resolve(*, adjudication: Adjudication, user: User, decision: Decision) -> Adjudication:
    """Close an adjudication with an expert's decision, exactly once.

    The same decision of the same person again returns what was stored. Raises InvalidInput (with
    `attr`), AlreadyAdjudicated, GuidelinesMoved, TakesPart, and Conflict where a text is gone
    (which closes the adjudication as void the next time the queue is filled).
    """
    _check(decision)
    share_judgments(project_id=adjudication.project_id)  # before any row, as a submit does
    again, tasks = _lock(adjudication, decision)
    labeler = labeler_of(user=user)
    if again.state != State.OPEN:
        return _same_again(again, user, decision)
    check_may_decide(task=again.task, labeler=labeler)
    if _is_gone(again.task):
        raise Conflict(_("A text of this task was deleted: there is nothing to decide any more."))
    guidelines = _guidelines(again, decision)
    if decision.answer is not None:
        again.judgment = store_answer(
            AnswerOf(adjudication=again, labeler=labeler, guidelines=guidelines), decision.answer
        )
    returned = _put_back(again, tasks, guidelines)
    again.state, again.kind, again.note = State.RESOLVED, decision.kind, decision.note.strip()
    again.guideline_version = guidelines if decision.kind == Kind.GUIDELINE_GAP else None
    again.put_back, again.resolved_by, again.resolved_at = len(returned), user, _clock()
    again.save()
    _close_others(again, returned)
    return again


def check_may_decide(*, task: Task, labeler: Labeler) -> None:
    """Raises TakesPart for who judged the task or wrote one of the texts it compares."""
    judged = Judgment.objects.filter(task=task, labeler=labeler).exclude(purpose="adjudication")
    if judged.exists() or task.candidates.filter(labeler=labeler).exists():
        raise TakesPart(_("You judged this task yourself, so somebody else decides on it."))


def put_back_counts(*, adjudication: Adjudication) -> dict[str, int]:
    """How many tasks each choice would give out again now, this one included."""
    newest = current_guidelines(project=adjudication.project)
    number = newest.number + 1 if newest else 1
    return {
        "this": 1,
        **{
            choice: len({adjudication.task_id, *_tasks_of(choice, adjudication, number)})
            for choice in ("queue", "judged_before")
        },
    }


def _check(decision: Decision) -> None:
    if decision.kind not in Kind.values:
        raise InvalidInput(_("Say what kind of disagreement it is."), attr="kind")
    if len(decision.note) > NOTE_MAX or "\0" in decision.note:
        raise InvalidInput(_("A note is at most %d characters of text.") % NOTE_MAX, attr="note")
    if decision.put_back not in PUT_BACK_CHOICES:
        raise InvalidInput(_("Choose which tasks are given out again."), attr="put_back")
    gap = decision.kind == Kind.GUIDELINE_GAP
    if not gap and (decision.guidelines.strip() or decision.put_back != "none"):
        raise InvalidInput(
            _("Only a gap in the guidelines changes them and gives tasks out again."), attr="kind"
        )
    if decision.kind == Kind.AMBIGUOUS_PROMPT and decision.answer is not None:
        raise InvalidInput(_("An ambiguous prompt has no right answer."), attr="answer")
    if decision.kind == Kind.SLIP and decision.answer is None:
        raise InvalidInput(_("Say what is right."), attr="answer")


def _lock(adjudication: Adjudication, decision: Decision) -> tuple[Adjudication, list[int]]:
    """The adjudication and all tasks that the decision is about, locked; which they are."""
    tasks = {adjudication.task_id}
    if decision.put_back in ("queue", "judged_before"):
        newest = current_guidelines(project=adjudication.project)
        changed = _text(decision) not in ("", newest.text if newest else "")
        number = (newest.number if newest else 0) + changed  # of the version it will be
        tasks |= set(_tasks_of(decision.put_back, adjudication, number))
    with connection.cursor() as cursor:
        cursor.execute(LOCK_TASKS, {"tasks": sorted(tasks)})
    again = (
        Adjudication.objects.select_for_update(no_key=True, of=("self",))
        .select_related("task", "project", "judgment")
        .get(pk=adjudication.pk)
    )
    return again, [] if decision.put_back == "none" else sorted(tasks)


def _same_again(adjudication: Adjudication, user: User, decision: Decision) -> Adjudication:
    """What this person stored before, if it is the very same. Raises AlreadyAdjudicated."""
    mine = adjudication.resolved_by_id == user.pk and adjudication.state == State.RESOLVED
    judgment = adjudication.judgment
    stored = bytes(judgment.body_hash) if judgment else None
    sent = decision.answer.body_hash(slot=str(adjudication.uid)) if decision.answer else None
    said = (adjudication.kind, adjudication.note) == (decision.kind, decision.note.strip())
    if mine and said and stored == sent:
        return adjudication
    raise AlreadyAdjudicated(_("Somebody has decided on this already. Theirs stands."))


def _guidelines(adjudication: Adjudication, decision: Decision) -> GuidelineVersion | None:
    """The version in force, after the expert's own has been stored. Raises GuidelinesMoved."""
    project = adjudication.project
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)  # as versions are numbered
    newest = current_guidelines(project=project)
    if decision.kind != Kind.GUIDELINE_GAP:
        return newest
    text = _text(decision)
    if text and text != (newest.text if newest else ""):
        if decision.base != (newest.number if newest else 0):
            raise GuidelinesMoved(
                _("Somebody has changed the guidelines meanwhile. Look at theirs first."),
                attr="guidelines",
            )
        newest = set_guidelines(project=project, text=text)
    if newest is None or newest.number <= _judged_under(adjudication.task):
        raise InvalidInput(_("Write into the guidelines what was missing."), attr="guidelines")
    return newest


def _text(decision: Decision) -> str:
    return decision.guidelines.replace("\r\n", "\n").strip()


def _judged_under(task: Task) -> int:
    """The number of the newest version that a labeler judged the task by; 0 without one."""
    votes = Judgment.objects.filter(
        task=task, retired_at__isnull=True, purpose__in=["work", "simulated"]
    )
    numbers = votes.order_by("-guideline_version__number").exclude(guideline_version=None)
    return numbers.values_list("guideline_version__number", flat=True).first() or 0


def _tasks_of(choice: str, adjudication: Adjudication, number: int) -> list[int]:
    query = IN_THE_QUEUE if choice == "queue" else JUDGED_BEFORE
    params = {"project": adjudication.project_id, "disputed": DISPUTED, "number": number}
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return [row[0] for row in cursor.fetchall()]


def _put_back(
    adjudication: Adjudication, tasks: Collection[int], guidelines: GuidelineVersion | None
) -> list[int]:
    """Owe each of these tasks as many judgments again as the policy in force asks for."""
    if not tasks or guidelines is None:
        return []
    overlap = current_policy(project=adjudication.project).overlap
    params: dict[str, Any] = {
        "tasks": list(tasks),
        "project": adjudication.project_id,
        "overlap": overlap,
        "most": MOST,
        "ranks": RANKS,
        "begun": band_of(task_band=0, votes=1, missing=overlap, disagreement=1.0),
    }
    with connection.cursor() as cursor:
        cursor.execute(PUT_BACK, params)
        return [row[0] for row in cursor.fetchall()]


def _close_others(decided: Adjudication, tasks: Collection[int]) -> None:
    """What waited for an expert and is given out again waits for labelers instead."""
    waiting = Adjudication.objects.filter(task__in=list(tasks), state=State.OPEN)
    waiting.exclude(pk=decided.pk).update(
        state=State.VOID,
        resolved_at=decided.resolved_at,
        resolved_by=decided.resolved_by,
        guideline_version=decided.guideline_version,
    )


def _is_gone(task: Task) -> bool:
    """Whether the prompt or one of the responses was deleted."""
    texts = Message.objects.filter(
        pk__in=[task.about_id, *task.candidates.values_list("pk", flat=True)]
    )
    return texts.filter(deleted_at__isnull=False).exists()


def _clock() -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]
