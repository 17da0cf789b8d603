"""The rules of a project's tasks. A change is a new version; triggers refuse updates."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from collector.models import Project


class Mode(models.TextChoices):
    """Judgement modes a policy can switch on (see docs/architecture.md for their answers)."""

    RANK = "rank", _("rank the responses, ties allowed")
    STRENGTH = "strength", _("strength of the preference between the best two")
    OVERALL = "overall", _("overall rating of each response, 1 to 7")
    RATIONALE = "rationale", _("a reason in free text")


class PolicyVersion(models.Model):
    """How a project's tasks are made and given out. The newest version is in force.

    `responses` is K, the responses a task compares; `overlap` the judgments each task is owed.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="policies")
    number = models.PositiveIntegerField()
    modes = ArrayField(models.CharField(max_length=16, choices=Mode))
    responses = models.PositiveSmallIntegerField(default=4)
    overlap = models.PositiveSmallIntegerField(default=1)
    lease_minutes = models.PositiveSmallIntegerField(default=30)
    edit_window_minutes = models.PositiveSmallIntegerField(default=10)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="policy_numbered"),
            models.CheckConstraint(
                condition=Q(responses__gte=2, responses__lte=9), name="policy_responses_2_to_9"
            ),
            models.CheckConstraint(
                condition=Q(overlap__gte=1, overlap__lte=50), name="policy_overlap_1_to_50"
            ),
            models.CheckConstraint(
                condition=Q(lease_minutes__gte=1), name="policy_lease_at_least_a_minute"
            ),
            models.CheckConstraint(condition=Q(modes__contains=["rank"]), name="policy_modes_rank"),
        ]

    def __str__(self) -> str:
        return f"{self.project} policy {self.number}"


class GuidelineVersion(models.Model):
    """What labelers are told, in Markdown. The newest version is in force."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="guidelines")
    number = models.PositiveIntegerField()
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="guideline_numbered"),
        ]

    def __str__(self) -> str:
        return f"{self.project} guidelines {self.number}"
