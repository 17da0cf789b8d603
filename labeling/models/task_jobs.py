"""Tasks made or taken back by the thousand, in the background."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from collector.models import Project
from common.jobs import Job


class TaskJob(Job):
    """Making the tasks of a project, or taking back those that nobody has begun; one at a time.

    `low` (exclusive) and `high` (inclusive) bound ids of tasks: what building made while it ran
    lies between them, and a withdrawal asks for what lies there. `high` is null while building,
    and for the whole project. `tasks` and `slots` count what was made or taken back, `kept` what a
    withdrawal had to leave. `progress` runs from 0 to 1.
    """

    class Kind(models.TextChoices):
        BUILD = "build", _("build")
        WITHDRAW = "withdraw", _("withdraw")

    project = models.ForeignKey(Project, models.CASCADE, related_name="task_jobs", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.BUILD)
    low = models.BigIntegerField(null=True, blank=True)
    high = models.BigIntegerField(null=True, blank=True)
    tasks = models.PositiveIntegerField(default=0)
    slots = models.PositiveIntegerField(default=0)
    kept = models.PositiveIntegerField(default=0)
    progress = models.FloatField(default=0)

    class Meta(Job.Meta):
        constraints = [
            *Job.Meta.constraints,
            models.UniqueConstraint(
                fields=["project"],
                condition=Q(status__in=["queued", "running"]),
                name="task_job_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["build", "withdraw"]), name="task_job_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(progress__gte=0, progress__lte=1), name="task_job_progress_0_to_1"
            ),
            models.CheckConstraint(
                condition=Q(low__isnull=True) | Q(high__isnull=True) | Q(low__lte=F("high")),
                name="task_job_range_in_order",
            ),
        ]
        indexes = [
            *Job.Meta.indexes,
            models.Index(fields=["project", "-id"], name="task_job_of_project"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.uid} ({self.status})"
