"""Models that judge: labelers of kind machine, never mixed with people unless asked."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Labeler
from collector.models import GeneratorRevision, Project
from common.ids import new_uid
from labeling.models.judgments import Judgment
from labeling.models.tasks import Task


class Judge(models.Model):
    """A generator's revision asked to compare responses, with a labeler of its own.

    `instructions` is what it is told before the responses. With `both_orders` each task is asked
    twice, in an order and its reverse, and what the two answers do not share is a tie.
    """

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="judges")
    name = models.CharField(max_length=100)
    labeler = models.OneToOneField(Labeler, models.PROTECT, related_name="judge")
    revision = models.ForeignKey(GeneratorRevision, models.PROTECT, related_name="judges")
    instructions = models.TextField(blank=True)
    both_orders = models.BooleanField(default=True)
    enabled = models.BooleanField(default=True)
    budget = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    spent = models.DecimalField(max_digits=16, decimal_places=8, default=0)
    paused_reason = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="judge_named_once"),
            models.CheckConstraint(
                condition=Q(budget__isnull=True) | Q(budget__gt=0), name="judge_budget_positive"
            ),
            models.CheckConstraint(condition=Q(spent__gte=0), name="judge_spent_positive"),
        ]

    def __str__(self) -> str:
        return f"judge {self.name}"


class Verdict(models.Model):
    """One question to a judge: a task's responses in one order. Leased as generations are.

    `order` holds message ids, first place first; `tiers` message ids, best first, once answered,
    null where the judge found no response acceptable or could not be understood (`error`). The
    verdicts of a task become one `judgment` when all of them are in.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("pending")
        RUNNING = "running", _("running")
        SUCCEEDED = "succeeded", _("succeeded")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    judge = models.ForeignKey(Judge, models.CASCADE, related_name="verdicts", db_index=False)
    task = models.ForeignKey(Task, models.CASCADE, related_name="verdicts")
    number = models.PositiveSmallIntegerField()  # 0, and 1 for the reverse order
    order = models.JSONField()
    status = models.CharField(max_length=9, choices=Status, default=Status.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    tiers = models.JSONField(null=True, blank=True)
    reply = models.TextField(blank=True)
    error = models.TextField(blank=True)
    tokens_in = models.PositiveIntegerField(null=True, blank=True)
    tokens_out = models.PositiveIntegerField(null=True, blank=True)
    cost = models.DecimalField(max_digits=14, decimal_places=8, null=True, blank=True)
    judgment = models.ForeignKey(
        Judgment, models.SET_NULL, null=True, blank=True, related_name="verdicts"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["judge", "task", "number"], name="verdict_asked_once"),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "running", "succeeded", "failed", "cancelled"]),
                name="verdict_status_known",
            ),
            models.CheckConstraint(
                condition=~Q(status="running")
                | Q(lease_token__isnull=False, lease_until__isnull=False),
                name="verdict_running_is_leased",
            ),
        ]
        indexes = [
            models.Index(
                fields=["judge", "id"], name="verdict_waiting", condition=Q(status="pending")
            ),
            models.Index(
                fields=["lease_until"], name="verdict_leased", condition=Q(status="running")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.judge_id} on task {self.task_id}: {self.status}"
