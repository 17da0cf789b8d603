"""Items with a known answer, and what labelers made of them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Labeler
from collector.models import Project
from common.ids import new_uid
from labeling.models.policies import PolicyVersion
from labeling.models.tasks import Task


class GoldItem(models.Model):
    """A task whose answer an expert gave. Its slots are inserted for one labeler at a time.

    `tiers` holds message ids, best first, ties together; null where no response is acceptable.
    `explanation` (Markdown) is what a labeler reads after a practice item.
    """

    class Use(models.TextChoices):
        PRACTICE = "practice", _("practice")
        QUALIFICATION = "qualification", _("qualification")
        GOLD = "gold", _("gold")

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="gold_items")
    task = models.OneToOneField(Task, models.CASCADE, related_name="gold_item")
    use = models.CharField(max_length=13, choices=Use)
    tiers = models.JSONField(null=True, blank=True)
    explanation = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(use__in=["practice", "qualification", "gold"]), name="gold_use_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.use} item {self.uid}"


class QualificationAttempt(models.Model):
    """One try of a labeler at a project's qualification set; unfinished while `passed` is null.

    `score` is the share of pairs that agree with the expert's, over `items` items.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="qualification_attempts")
    labeler = models.ForeignKey(
        Labeler, models.CASCADE, related_name="qualification_attempts", db_index=False
    )
    policy_version = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    items = models.PositiveSmallIntegerField()
    score = models.FloatField(null=True, blank=True)
    passed = models.BooleanField(null=True, blank=True)
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["labeler", "project", "number"], name="attempt_numbered"
            ),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__gte=0, score__lte=1),
                name="attempt_score_0_to_1",
            ),
            models.CheckConstraint(
                condition=Q(passed__isnull=True, finished_at__isnull=True)
                | Q(passed__isnull=False, finished_at__isnull=False, score__isnull=False),
                name="attempt_finished_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.labeler_id} in {self.project_id}: attempt {self.number}"
