"""A labeler's training: practice with feedback, the test, and what it makes of their standing.

A project's items with a known answer are given as slots of one labeler's own, answered on the same
page and by the same submit as all work. Every call that gives or counts locks the labeler's
standing first, so that two tabs are one labeler.
"""

import random
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.models import Labeler
from collector.models import Project
from common.errors import Conflict
from labeling.errors import Excluded, NotQualified, Paused
from labeling.models import (
    GoldItem,
    Judgment,
    LabelerStanding,
    PolicyVersion,
    QualificationAttempt,
    Slot,
)
from labeling.models.judgments import Purpose
from labeling.services.gold import items_of
from labeling.services.policies import current_guidelines, current_policy
from labeling.services.progress import (
    DONE,
    attempts_of,
    practice_left,
    practised,
    score,
    slots_of,
    training_slots,
)
from labeling.services.showing import ClaimedTask, content_of
from labeling.services.standings import AUTOMATIC, clock, lock_standing, move
from labeling.services.training_sql import GIVE, LOCK_TASKS

State = LabelerStanding.State
Use = GoldItem.Use
WORKING = (State.ACTIVE, State.WARNED)
ROUNDING = 1e-9  # a share of thirds is not exact


@transaction.atomic
def settle(*, project: Project, labeler: Labeler) -> None:
    """Draw the conclusions of what the labeler has answered: a try that is whole is scored, and
    who has done all that the policy asks for is active. Who is asked for nothing stays unknown.
    """
    policy = current_policy(project=project)
    if policy.practice_items == policy.qualification_items == 0:
        return
    standing = lock_standing(project, labeler)
    if standing.state != State.TRAINING:
        return
    attempt = attempts_of(project=project, labeler=labeler).last()
    if attempt and attempt.passed is None:
        passed = _score_if_whole(attempt)
        if passed is False and attempt.number >= policy.qualification_attempts:
            move(standing, State.FAILED, evidence=AUTOMATIC)
            return
    if _has_done_all(project, labeler, policy, attempt):
        move(standing, State.ACTIVE, evidence=AUTOMATIC)


@transaction.atomic
def next_practice(*, project: Project, labeler: Labeler) -> ClaimedTask | None:
    """The practice item they have before them, else the next one; None after the last.

    Raises Paused, and Conflict in an archived project.
    """
    _lock_worker(project, labeler)
    policy = current_policy(project=project)
    given = training_slots(project=project, labeler=labeler, use=Use.PRACTICE)
    held = given.filter(state=Slot.State.LEASED).first()
    if held:
        return content_of(held.pk)
    item = practice_left(project=project, labeler=labeler, responses=policy.responses).first()
    if item is None:
        return None
    _give([item.task_id], project, labeler, policy, at=clock())
    return content_of(given.get(task=item.task_id).pk)


@transaction.atomic
def start_test(*, project: Project, labeler: Labeler) -> QualificationAttempt:
    """Begin a try at the test, or go on with the one that was begun.

    Raises Paused, NotQualified before the practice and after the last try, and Conflict where no
    test is asked for, the project has too few items for it, or is archived.
    """
    standing = _lock_worker(project, labeler)
    policy = current_policy(project=project)
    attempt = attempts_of(project=project, labeler=labeler).last()
    if attempt and attempt.passed is None:
        return attempt
    if standing.state == State.FAILED:
        raise NotQualified(_("You have no try left."))
    if policy.qualification_items == 0 or standing.state in WORKING:
        raise Conflict(_("There is no test for you to take."))
    if not _practice_done(project, labeler, policy):
        raise NotQualified(_("Finish the practice first."))
    tasks = _questions(project, labeler, policy)
    now = clock()
    number = attempt.number + 1 if attempt else 1
    attempt = QualificationAttempt.objects.create(
        project=project, labeler=labeler, policy_version=policy, number=number, items=len(tasks)
    )
    QualificationAttempt.objects.filter(pk=attempt.pk).update(started_at=now)
    attempt.started_at = now  # by the database's clock, as its slots
    _give(tasks, project, labeler, policy, at=now)
    return attempt


@transaction.atomic
def next_question(*, project: Project, labeler: Labeler) -> ClaimedTask | None:
    """The first unanswered item of the try that is running; None without one. Raises Paused."""
    _lock_worker(project, labeler)
    attempt = attempts_of(project=project, labeler=labeler).last()
    if attempt is None or attempt.passed is not None:
        return None
    held = slots_of(attempt).filter(state=Slot.State.LEASED).first()
    return content_of(held.pk) if held else None


@transaction.atomic
def end_tests(*, labeler: Labeler) -> None:
    """For who leaves: a try that is running is over and not passed; what is unanswered scores 0.

    Keeps their training out until the caller is done, who takes back its slots.
    """
    list(LabelerStanding.objects.select_for_update(no_key=True).filter(labeler=labeler))
    for attempt in QualificationAttempt.objects.filter(labeler=labeler, passed__isnull=True):
        answered = slots_of(attempt).filter(state__in=DONE).count()
        share = _score_of(attempt) * answered / attempt.items if answered else 0.0
        _finish(attempt, share=share, passed=False)


def _lock_worker(project: Project, labeler: Labeler) -> LabelerStanding:
    if project.archived_at is not None:
        raise Conflict(_("The project is archived."))
    standing = lock_standing(project, labeler)
    if standing.state == State.PAUSED:
        raise Paused(_("Your work in this project is paused. Your reviewers can tell you why."))
    if standing.state == State.EXCLUDED:
        raise Excluded(_("Your work in this project has ended. Your reviewers can tell you why."))
    return standing


def _practice_done(project: Project, labeler: Labeler, policy: PolicyVersion) -> bool:
    """They did what is asked for, or all there is where that is less."""
    done = practised(project=project, labeler=labeler)
    if done >= policy.practice_items:
        return True
    there = items_of(project=project, use=Use.PRACTICE, responses=policy.responses).count()
    return done >= there


def _has_done_all(
    project: Project,
    labeler: Labeler,
    policy: PolicyVersion,
    attempt: QualificationAttempt | None,
) -> bool:
    passed = policy.qualification_items == 0 or bool(attempt and attempt.passed)
    return passed and _practice_done(project, labeler, policy)


def _score_if_whole(attempt: QualificationAttempt) -> bool | None:
    """Finish a try of which every item is answered: whether it is passed, None if it goes on."""
    if slots_of(attempt).exclude(state__in=DONE).exists():
        return None
    share = _score_of(attempt)
    passed = share + ROUNDING >= attempt.policy_version.qualification_share
    _finish(attempt, share=share, passed=passed)
    return passed


def _score_of(attempt: QualificationAttempt) -> float:
    answers = Judgment.objects.filter(
        labeler=attempt.labeler_id,
        slot__in=slots_of(attempt),
        purpose=Purpose.QUALIFICATION,
        retired_at__isnull=True,
    ).select_related("task__gold_item", "policy_version")
    return score(list(answers)).share


def _finish(attempt: QualificationAttempt, *, share: float, passed: bool) -> None:
    attempt.score, attempt.passed, attempt.finished_at = share, passed, clock()
    attempt.save(update_fields=["score", "passed", "finished_at"])


def _questions(project: Project, labeler: Labeler, policy: PolicyVersion) -> list[int]:
    """The tasks of a test in a random order: items not met before, as far as there are any."""
    pool = list(
        items_of(project=project, use=Use.QUALIFICATION, responses=policy.responses).values_list(
            "task", flat=True
        )
    )
    if len(pool) < policy.qualification_items:
        raise Conflict(_("The test of this project is not ready yet."))
    met = set(
        Judgment.objects.filter(labeler=labeler, task__in=pool).values_list("task", flat=True)
    )
    random.shuffle(pool)
    pool.sort(key=met.__contains__)  # stable: still at random among equals
    chosen = pool[: policy.qualification_items]
    # Nobody has two slots of a task, so the one of a former try is let go of.
    Slot.objects.filter(task__in=met.intersection(chosen), labeler=labeler).update(
        labeler=None, state=Slot.State.VOID
    )
    random.shuffle(chosen)
    return chosen


def _give(
    tasks: list[int], project: Project, labeler: Labeler, policy: PolicyVersion, *, at: datetime
) -> None:
    guidelines = current_guidelines(project=project)
    with connection.cursor() as cursor:
        cursor.execute(LOCK_TASKS, {"tasks": tasks})
        cursor.execute(
            GIVE,
            {
                "tasks": tasks,
                "labeler": labeler.pk,
                "project": project.pk,
                "policy": policy.pk,
                "guideline": guidelines.pk if guidelines else None,
                "at": at,
            },
        )
