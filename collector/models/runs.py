"""Asking generators: a run owes generations, each leased in PostgreSQL while it is worked."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from collector.models.generators import GeneratorRevision
from collector.models.messages import Message
from collector.models.projects import Project
from common.ids import new_uid


class Run(models.Model):
    """Prompts × generators × samples. `prompts` is the filter as asked: `"all"` or an object.

    `estimate` is what was foreseen at the start. `spent` and `reserved` (for requests under way)
    are in US dollars and kept in step with the generations; so are those of `Spending`.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", _("queued")
        RUNNING = "running", _("running")
        PAUSED = "paused", _("paused")
        SUCCEEDED = "succeeded", _("succeeded")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    ACTIVE = (Status.QUEUED, Status.RUNNING)
    """What workers take generations of."""

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="runs")
    revisions = models.ManyToManyField(GeneratorRevision, related_name="runs")
    prompts = models.JSONField(default=str)
    samples = models.PositiveSmallIntegerField(default=1)
    budget = models.DecimalField(max_digits=12, decimal_places=6, null=True, blank=True)
    spent = models.DecimalField(max_digits=16, decimal_places=8, default=0)
    reserved = models.DecimalField(max_digits=16, decimal_places=8, default=0)
    estimate = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=9, choices=Status, default=Status.QUEUED)
    error = models.TextField(blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(samples__gte=1), name="run_asks_at_least_once"),
            models.CheckConstraint(
                condition=Q(budget__isnull=True) | Q(budget__gte=0), name="run_budget_positive"
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=["queued", "running", "paused", "succeeded", "failed", "cancelled"]
                ),
                name="run_status_known",
            ),
        ]

    def __str__(self) -> str:
        return f"run {self.uid} ({self.status})"


class Spending(models.Model):
    """What a project's runs cost in one calendar month (UTC), in US dollars; `month` is its 1st.

    Counted where a lease is taken and where its outcome is stored, in the same transactions: a
    budget is kept by reading one row, and what a run taken over from another did cost stays.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="spending")
    month = models.DateField()
    spent = models.DecimalField(max_digits=16, decimal_places=8, default=0)
    reserved = models.DecimalField(max_digits=16, decimal_places=8, default=0)

    class Meta:
        verbose_name_plural = "spending"
        constraints = [
            models.UniqueConstraint(fields=["project", "month"], name="spending_once_a_month"),
            models.CheckConstraint(
                condition=Q(spent__gte=0, reserved__gte=0), name="spending_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project} {self.month:%Y-%m}"


class Batch(models.Model):
    """Requests handed to a server's Batch API as one file; the job on the server is `remote_id`.

    Its generations are leased by `uid` as their token until they are collected or the batch ends.
    """

    class Status(models.TextChoices):
        PREPARING = "preparing", _("preparing")
        SUBMITTED = "submitted", _("submitted")
        COLLECTING = "collecting", _("collecting")
        SUCCEEDED = "succeeded", _("succeeded")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    revision = models.ForeignKey(GeneratorRevision, models.PROTECT, related_name="batches")
    status = models.CharField(max_length=10, choices=Status, default=Status.PREPARING)
    input_file = models.CharField(max_length=200, blank=True)
    remote_id = models.CharField(max_length=200, blank=True)
    remote_status = models.CharField(max_length=32, blank=True)
    output_file = models.CharField(max_length=200, blank=True)
    error_file = models.CharField(max_length=200, blank=True)
    requests = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    next_poll_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "batches"
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "preparing",
                        "submitted",
                        "collecting",
                        "succeeded",
                        "failed",
                        "cancelled",
                    ]
                ),
                name="batch_status_known",
            ),
        ]

    def __str__(self) -> str:
        return f"batch {self.uid} ({self.status})"


class Generation(models.Model):
    """One response owed by one revision. Unique per sample, so that asking twice never pays twice.

    `latency_ms` is that of the successful request. `cost` is in US dollars; where the run has a
    budget, it holds all attempts, each at the most it can have cost if that was never told, and
    `reserved` is that most for the attempt under way, counted in the month `reserved_in`.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("pending")
        RUNNING = "running", _("running")
        SUCCEEDED = "succeeded", _("succeeded")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    run = models.ForeignKey(Run, models.CASCADE, related_name="generations", db_index=False)
    prompt = models.ForeignKey(Message, models.CASCADE, related_name="generations", db_index=False)
    revision = models.ForeignKey(
        GeneratorRevision, models.PROTECT, related_name="generations", db_index=False
    )
    sample_index = models.PositiveSmallIntegerField(default=0)
    status = models.CharField(max_length=9, choices=Status, default=Status.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    input_tokens = models.PositiveIntegerField(null=True, blank=True)
    output_tokens = models.PositiveIntegerField(null=True, blank=True)
    cost = models.DecimalField(max_digits=12, decimal_places=8, null=True, blank=True)
    reserved = models.DecimalField(max_digits=12, decimal_places=8, null=True, blank=True)
    reserved_in = models.DateField(null=True, blank=True)
    batch = models.ForeignKey(
        Batch,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="generations",
        db_index=False,
    )
    latency_ms = models.PositiveIntegerField(null=True, blank=True)
    finish_reason = models.CharField(max_length=32, blank=True)
    response = models.OneToOneField(
        Message, models.SET_NULL, null=True, blank=True, related_name="generation"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["prompt", "revision", "sample_index"], name="generation_paid_once"
            ),
            models.CheckConstraint(
                condition=Q(status="running", lease_token__isnull=False, lease_until__isnull=False)
                | (~Q(status="running") & Q(lease_token__isnull=True, lease_until__isnull=True)),
                name="generation_leased_while_running",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "running", "succeeded", "failed", "cancelled"]),
                name="generation_status_known",
            ),
            models.CheckConstraint(
                condition=Q(response__isnull=True) | Q(status="succeeded"),
                name="generation_response_when_succeeded",
            ),
        ]
        indexes = [
            models.Index(fields=["run", "status"], name="generation_by_run"),
            models.Index(
                fields=["revision", "next_attempt_at"],
                name="generation_due",
                condition=Q(status="pending"),
            ),
            models.Index(
                fields=["lease_until"], name="generation_leased", condition=Q(status="running")
            ),
            models.Index(
                fields=["batch"], name="generation_by_batch", condition=Q(batch__isnull=False)
            ),
            models.Index(
                fields=["revision"], name="generation_under_way", condition=Q(status="running")
            ),
        ]

    def __str__(self) -> str:
        return f"generation {self.pk} ({self.status})"
