"""What hidden items with a known answer say of a labeler, and what follows from it.

First a warning, then a pause; from there on a person decides. Nobody is excluded by a figure.
"""

from datetime import timedelta
from functools import partial
from typing import Any

from celery import current_app
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Labeler
from collector.models import Project
from labeling.gold_answers import GoldAnswers, gold_answers
from labeling.models import GoldItem, Judgment, LabelerStanding, PolicyVersion, StandingChange
from labeling.models.judgments import Purpose
from labeling.services.policies import current_policy
from labeling.services.standings import AUTOMATIC, in_their_language, lock_standing, move, tell
from labeling.statistics.gold import ROUNDING, Accuracy, accuracy

State = LabelerStanding.State
CHECK_TASK = "labeling.tasks.check_gold"
RECENT = timedelta(days=1)


def after_gold(project_id: int, labeler_id: int) -> None:
    """To be called by whoever stores an answer to a hidden item, in its transaction.

    The check itself is a worker's, so that such an answer takes as long as any other. A broker
    that is away is logged and no error: `check_gold_everywhere` finds what was forgotten.
    """
    hint = partial(current_app.send_task, CHECK_TASK, args=[project_id, labeler_id])
    transaction.on_commit(hint, robust=True)


def check_recent(*, within: timedelta = RECENT) -> None:
    """Check who answered a hidden item lately: for what the broker has lost."""
    recent = Judgment.objects.filter(
        purpose=Purpose.GOLD,
        task__gold_item__use=GoldItem.Use.GOLD,
        retired_at__isnull=True,
        created_at__gt=timezone.now() - within,
    )
    for project, labeler in recent.values_list("task__project", "labeler").distinct():
        check_gold(project=Project.objects.get(pk=project), labeler=Labeler.objects.get(pk=labeler))


@transaction.atomic
def check_gold(*, project: Project, labeler: Labeler) -> str | None:
    """Weigh the answers given since the labeler's standing last changed; the new state, if any.

    Nothing is done before there are as many as the policy evaluates from. Then who misses the
    minimum by more than chance explains is warned, and who is warned is paused; a warning is
    lifted once the minimum is reached again. A decision of a person begins the count anew.
    Twice is once.
    """
    policy = current_policy(project=project)
    found = _weighed(project, labeler, policy)
    if found is None or _following(found, policy) is None:
        return None
    standing = lock_standing(project, labeler)
    found = _weighed(project, labeler, policy)  # as it is now that nobody else decides
    following = _following(found, policy) if found else None
    if found is None or following is None:
        return None
    evidence = evidence_of(found[1], policy) | AUTOMATIC
    reason = in_their_language(labeler, partial(_reason, following))
    move(standing, following, reason, evidence=evidence)
    tell(standing, partial(_letter, following))
    return following.value


def evidence_of(found: Accuracy, policy: PolicyVersion) -> dict[str, Any]:
    """What a step of a standing keeps of the answers it rests on; nothing without any."""
    if not found.total:
        return {}
    return {
        "gold": {
            "right": round(found.right, 3),
            "total": found.total,
            "accuracy": round(found.share, 4),
            "lower": round(found.lower, 4),
            "upper": round(found.upper, 4),
            "minimum": policy.gold_minimum,
            "p": round(found.p, 6),
        }
    }


def gold_accuracy(
    *, project: Project, labeler: Labeler, policy: PolicyVersion, standing: LabelerStanding | None
) -> Accuracy:
    """Of the answers given since the standing last changed, which the next check weighs."""
    last = StandingChange.objects.filter(standing=standing).last() if standing else None
    answers = gold_answers(
        project_id=project.pk, labelers=[labeler.pk], since=last.created_at if last else None
    ).get(labeler.pk, GoldAnswers())
    return accuracy(answers.right, answers.total, minimum=policy.gold_minimum)


def _weighed(
    project: Project, labeler: Labeler, policy: PolicyVersion
) -> tuple[str, Accuracy] | None:
    """The state and the answers that count, if they may change it."""
    standing = LabelerStanding.objects.filter(project=project, labeler=labeler).first()
    state = standing.state if standing else State.TRAINING
    asked = policy.practice_items > 0 or policy.qualification_items > 0
    if state == State.TRAINING and not asked:
        state = State.ACTIVE
    if state not in (State.ACTIVE, State.WARNED):
        return None
    found = gold_accuracy(project=project, labeler=labeler, policy=policy, standing=standing)
    return (state, found) if found.total >= max(policy.gold_evaluated_from, 1) else None


def _following(
    found: tuple[str, Accuracy], policy: PolicyVersion
) -> "LabelerStanding.State | None":
    state, answers = found
    if answers.failing:
        return State.PAUSED if state == State.WARNED else State.WARNED
    if state == State.WARNED and answers.share + ROUNDING >= policy.gold_minimum:
        return State.ACTIVE
    return None


def _reason(state: str) -> str:
    return {
        State.WARNED: _("Many of your answers to tasks with a known answer differ from it."),
        State.PAUSED: _(
            "After the warning, too, many of your answers to tasks with a known answer differ "
            "from it. A reviewer will look at it and decide."
        ),
        State.ACTIVE: _("Your answers since the warning agree with the known ones."),
    }[State(state)]


def _letter(state: str) -> str:
    return {
        State.WARNED: _(
            "Some tasks have an answer that experts agreed on. Lately many of your answers to "
            "them were different ones. This happens: please read the guidelines once more and "
            "take your time. You can go on working. If something in the guidelines is unclear, or "
            "you think that the experts are wrong, write to us here."
        ),
        State.PAUSED: _(
            "Since our last letter, too, many of your answers to tasks with a known answer were "
            "different ones, so your work in this project is paused. Nothing is decided yet: a "
            "person will look at your answers. If you see it differently, write an appeal here."
        ),
        State.ACTIVE: _(
            "Your answers since our last letter agree with the known ones, so the warning is "
            "lifted. Thank you for your care."
        ),
    }[State(state)]
