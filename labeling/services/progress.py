"""How far a labeler is on the way to their first task, and what their answers were worth."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import Labeler
from collector.models import Project
from labeling.models import (
    GoldItem,
    GuidelineReading,
    Judgment,
    LabelerStanding,
    PolicyVersion,
    QualificationAttempt,
    Slot,
)
from labeling.models.policies import Mode
from labeling.scoring import Agreement, agreement, total_of
from labeling.services.claim_sql import TRAINING_BAND
from labeling.services.gold import items_of
from labeling.services.policies import current_guidelines, current_policy

State = LabelerStanding.State
DONE = (Slot.State.SUBMITTED, Slot.State.SKIPPED)


@dataclass(frozen=True)
class Progress:
    """Where a labeler stands in a project, and what is left of its training.

    `practice_asked` is what the policy asks for, as far as there are items; `practice_items` is
    all there are. `attempt` is the newest try at the test, of which `answered` items are answered.
    """

    policy: PolicyVersion
    state: str
    reason: str
    guidelines: int | None
    guidelines_read: bool
    practised: int
    practice_asked: int
    practice_items: int
    test_available: int
    attempt: QualificationAttempt | None
    answered: int

    @property
    def asked(self) -> bool:
        """Whether the policy asks for any training."""
        return self.policy.practice_items > 0 or self.policy.qualification_items > 0

    @property
    def may_work(self) -> bool:
        if self.state in (State.PAUSED, State.EXCLUDED):
            return False
        return self.state in (State.ACTIVE, State.WARNED) or not self.asked

    @property
    def practice_done(self) -> bool:
        return self.practised >= self.practice_asked

    @property
    def test_running(self) -> bool:
        return self.attempt is not None and self.attempt.passed is None

    @property
    def test_ready(self) -> bool:
        """Whether there are as many items as the test asks for."""
        return self.test_available >= self.policy.qualification_items

    @property
    def tries_used(self) -> int:
        """Finished tries."""
        return (self.attempt.number if self.attempt else 0) - self.test_running

    @property
    def tries_left(self) -> int:
        """Tries that may still be begun; a reviewer may have granted one more than the policy."""
        if self.state == State.FAILED:
            return 0
        begun = self.attempt.number if self.attempt else 0
        left = self.policy.qualification_attempts - begun
        return max(left, 0 if self.test_running else 1)


def progress_of(*, project: Project, labeler: Labeler) -> Progress:
    """The progress of a labeler by the policy and guidelines in force."""
    policy = current_policy(project=project)
    guidelines = current_guidelines(project=project)
    standing = LabelerStanding.objects.filter(project=project, labeler=labeler).first()
    attempt = attempts_of(project=project, labeler=labeler).last()
    practice = items_of(
        project=project, use=GoldItem.Use.PRACTICE, responses=policy.responses
    ).count()
    test = items_of(project=project, use=GoldItem.Use.QUALIFICATION, responses=policy.responses)
    return Progress(
        policy=policy,
        state=standing.state if standing else State.TRAINING,
        reason=standing.reason if standing else "",
        guidelines=guidelines.number if guidelines else None,
        guidelines_read=guidelines is None
        or GuidelineReading.objects.filter(labeler=labeler, version=guidelines).exists(),
        practised=practised(project=project, labeler=labeler),
        practice_asked=min(policy.practice_items, practice),
        practice_items=practice,
        test_available=test.count(),
        attempt=attempt,
        answered=slots_of(attempt).filter(state__in=DONE).count() if attempt else 0,
    )


def attempts_of(*, project: Project, labeler: Labeler) -> QuerySet[QualificationAttempt]:
    """Their tries at the project's test, oldest first."""
    return QualificationAttempt.objects.filter(project=project, labeler=labeler).order_by("number")


def training_slots(*, project: Project, labeler: Labeler, use: str) -> QuerySet[Slot]:
    """What they were given of the items of a use, oldest first."""
    return Slot.objects.filter(
        project=project, labeler=labeler, band=TRAINING_BAND, task__gold_item__use=use
    ).order_by("pk")


def practised(*, project: Project, labeler: Labeler) -> int:
    """How many practice items they answered or passed."""
    given = training_slots(project=project, labeler=labeler, use=GoldItem.Use.PRACTICE)
    return given.filter(state__in=DONE).count()


def practice_left(*, project: Project, labeler: Labeler, responses: int) -> QuerySet[GoldItem]:
    """Practice items that they have not been given."""
    given = Slot.objects.filter(task=OuterRef("task"), labeler=labeler)
    items = items_of(project=project, use=GoldItem.Use.PRACTICE, responses=responses)
    return items.filter(~Exists(given))


def slots_of(attempt: QualificationAttempt) -> QuerySet[Slot]:
    """The slots of the newest try: they were given at the very moment that it began."""
    return Slot.objects.filter(
        project=attempt.project_id,
        labeler=attempt.labeler_id,
        band=TRAINING_BAND,
        granted_at=attempt.started_at,
    ).order_by("pk")


def score(judgments: Sequence[Judgment]) -> Agreement:
    """How far answers to items agree with the experts'; `task.gold_item` is best fetched before."""
    return total_of(
        agreement(
            own=judgment.tiers,
            expert=judgment.task.gold_item.tiers,
            responses=judgment.order,
            best_only=bool(judgment.policy_version and Mode.BEST in judgment.policy_version.modes),
        )
        for judgment in judgments
    )
