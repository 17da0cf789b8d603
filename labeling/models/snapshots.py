"""Figures as they stood: written by a beat job, so that pages need not count millions of rows."""

from django.db import models
from django.utils import timezone

from collector.models import Project
from common.ids import new_uid


class Snapshot(models.Model):
    """What was computed of a project's comparisons up to `last_comparison` (an id).

    `stamp` says what the figures depend on; while it is the current one they are up to date.
    `body` is what the API answers. `seconds` is what computing it took. `options` are those that
    differ from the default; `asked_at` is when somebody last wanted just these figures, give or
    take some minutes.
    """

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="%(class)ss", db_index=False)
    key = models.CharField(max_length=200, blank=True)  # the options, in one canonical line
    stamp = models.CharField(max_length=200)
    comparisons = models.PositiveBigIntegerField()
    last_comparison = models.PositiveBigIntegerField(default=0)
    body = models.JSONField()
    seconds = models.FloatField()
    options = models.JSONField(default=dict, db_default={}, blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True
        indexes = [
            models.Index(fields=["project", "key", "-created_at"], name="%(class)s_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.project_id} {self.key} at {self.created_at:%Y-%m-%d %H:%M}"


class LeaderboardSnapshot(Snapshot):
    """Ratings of a project's models."""


class AgreementSnapshot(Snapshot):
    """How far a project's labelers agree."""


class LabelersSnapshot(Snapshot):
    """What is known of each labeler of a project."""


class ProjectCounts(models.Model):
    """What a worker counted last of a project with too many rows to count while somebody waits.

    `body` is null until then, and `seconds` what counting took. `asked_at`: a worker was asked, and
    is not done yet. `counted_at` is null too where what was counted holds no more. `wanted_at` is
    when somebody last looked.
    """

    class Kind(models.TextChoices):
        FUNNEL = "funnel"
        QUEUE = "queue"

    project = models.ForeignKey(Project, models.CASCADE, related_name="counts", db_index=False)
    kind = models.CharField(max_length=20, choices=Kind)
    body = models.JSONField(null=True)
    seconds = models.FloatField(default=0)
    asked_at = models.DateTimeField(null=True)
    counted_at = models.DateTimeField(null=True)
    wanted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "kind"], name="counts_once_a_kind"),
        ]
        verbose_name_plural = "project counts"

    def __str__(self) -> str:
        return f"{self.project_id} {self.kind}"
