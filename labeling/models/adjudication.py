"""Disagreements that an expert looks at."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from collector.models import Project
from common.ids import new_uid
from labeling.models.judgments import Judgment
from labeling.models.policies import GuidelineVersion
from labeling.models.tasks import Task


class Adjudication(models.Model):
    """A task on which labelers disagree: what the disagreement is, and the expert's answer.

    The raw votes stay. `judgment` is the expert's (purpose adjudication), none where the prompt
    itself is at fault; `guideline_version` the version that was written because of it, and
    `put_back` how many tasks were given out again under it. `disagreement` is the task's when it
    was opened, and the order of the queue.
    """

    class State(models.TextChoices):
        OPEN = "open", _("open")
        RESOLVED = "resolved", _("resolved")
        VOID = "void", _("no longer needed")

    class Kind(models.TextChoices):
        AMBIGUOUS_PROMPT = "ambiguous_prompt", _("ambiguous prompt")
        GUIDELINE_GAP = "guideline_gap", _("guideline gap")
        SLIP = "slip", _("slip")
        VALUE_DIFFERENCE = "value_difference", _("value difference")

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    project = models.ForeignKey(
        Project, models.CASCADE, related_name="adjudications", db_index=False
    )
    task = models.ForeignKey(Task, models.CASCADE, related_name="adjudications", db_index=False)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    kind = models.CharField(max_length=16, choices=Kind, blank=True)
    disagreement = models.FloatField()
    note = models.TextField(blank=True)
    judgment = models.OneToOneField(
        Judgment, models.PROTECT, null=True, blank=True, related_name="adjudication"
    )
    guideline_version = models.ForeignKey(
        GuidelineVersion, models.PROTECT, null=True, blank=True, related_name="+"
    )
    put_back = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField(auto_now_add=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["task"], condition=Q(state="open"), name="adjudication_open_once_a_task"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "resolved", "void"]),
                name="adjudication_state_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    kind__in=["", "ambiguous_prompt", "guideline_gap", "slip", "value_difference"]
                ),
                name="adjudication_kind_known",
            ),
            models.CheckConstraint(
                condition=~Q(state="resolved") | (~Q(kind="") & Q(resolved_at__isnull=False)),
                name="adjudication_resolved_whole",
            ),
        ]
        indexes = [
            models.Index(
                fields=["project", "-disagreement", "id"],
                name="adjudication_queue",
                condition=Q(state="open"),
            ),
            models.Index(fields=["task"], name="adjudication_by_task"),
        ]

    def __str__(self) -> str:
        return f"adjudication {self.uid} ({self.state})"
