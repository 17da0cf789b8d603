"""The expert's answer to a task: what it is asked with, and how it is stored."""

import random
from dataclasses import dataclass

from django.db import connection

from accounts.models import Labeler
from collector.models import Message
from common.ids import new_uid
from labeling.answers import Answer, Checked, check_answer, check_form
from labeling.comparisons import pairs
from labeling.models import Adjudication, Comparison, GuidelineVersion, Judgment, PolicyVersion
from labeling.models.judgments import Purpose
from labeling.models.policies import OF_TWO, ORDERINGS, Mode
from labeling.services.policies import current_policy


@dataclass(frozen=True, slots=True)
class AnswerOf:
    """Whose answer it is, to what, by which guidelines."""

    adjudication: Adjudication
    labeler: Labeler
    guidelines: GuidelineVersion | None


def order_for(adjudication: Adjudication) -> list[int]:
    """The responses in the order an expert sees them: at random, and the same each time."""
    responses = sorted(adjudication.task.candidates.values_list("pk", flat=True))
    random.Random(str(adjudication.uid)).shuffle(responses)  # noqa: S311 - not a secret
    return responses


def rules_for(adjudication: Adjudication) -> tuple[PolicyVersion, list[str]]:
    """The policy the newest vote was given under, and what of it an expert is asked.

    That is the order, in the labelers' own way, and how much better the best is. Where the votes
    came without a policy that fits (imported ones have none), responses are ranked.
    """
    votes = Judgment.objects.filter(task=adjudication.task_id, policy_version__isnull=False)
    newest = votes.select_related("policy_version").order_by("-pk").first()
    policy = newest.policy_version if newest else None
    policy = policy or current_policy(project=adjudication.project)
    places = adjudication.task.candidates.count()
    asked = [mode for mode in policy.modes if mode in (*ORDERINGS, Mode.STRENGTH)]
    if places != 2 and set(asked) & {str(mode) for mode in OF_TWO}:
        asked = [Mode.RANK.value]
    return policy, asked


def store_answer(about: AnswerOf, answer: Answer) -> Judgment:
    """The judgment of an answer with its comparisons; an expert's former one is superseded.

    The caller holds the locks of the project's judgments, the task and the adjudication. Raises
    InvalidAnswer.
    """
    adjudication = about.adjudication
    check_form(answer)
    order = order_for(adjudication)
    policy, modes = rules_for(adjudication)
    checked = check_answer(answer=answer, modes=modes, order=order)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now = cursor.fetchone()[0]
    judgment = Judgment(
        uid=new_uid(),
        task=adjudication.task,
        labeler=about.labeler,
        purpose=Purpose.ADJUDICATION,
        policy_version=policy,
        guideline_version=about.guidelines,
        tiers=checked.tiers,
        not_rankable=answer.not_rankable,
        strength=answer.strength,
        order=order,
        seconds=answer.seconds,
        submit_key=str(adjudication.uid),
        body_hash=answer.body_hash(slot=str(adjudication.uid)),
        supersedes=_retire_former(adjudication, now),
        created_at=now,
    )
    judgment.save(force_insert=True)
    _write_pairs(judgment, checked, about)
    return judgment


def _retire_former(adjudication: Adjudication, now: object) -> Judgment | None:
    """Of several experts' answers to a task, the last one stands."""
    former = Judgment.objects.filter(
        task=adjudication.task_id, purpose=Purpose.ADJUDICATION, retired_at__isnull=True
    ).first()
    if former is not None:
        Comparison.objects.filter(judgment=former).update(retired_at=now)
        Judgment.objects.filter(pk=former.pk).update(retired_at=now)
    return former


def _write_pairs(judgment: Judgment, checked: Checked, about: AnswerOf) -> None:
    authors = dict(
        Message.objects.filter(pk__in=judgment.order).values_list("pk", "revision__generator")
    )
    Comparison.objects.bulk_create(
        Comparison(
            judgment=judgment,
            project_id=about.adjudication.project_id,
            labeler=about.labeler,
            prompt_id=about.adjudication.task.prompt_id,
            first_id=pair.first,
            second_id=pair.second,
            first_generator_id=authors[pair.first],
            second_generator_id=authors[pair.second],
            outcome=pair.outcome,
            strength=pair.strength,
            first_shown_before=pair.first_shown_before,
            purpose=Purpose.ADJUDICATION,
            created_at=judgment.created_at,
        )
        for pair in pairs(
            purpose=Purpose.ADJUDICATION,
            tiers=checked.tiers,
            order=judgment.order,
            strength=judgment.strength,
        )
    )
