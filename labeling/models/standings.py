"""Who may work in a project, and how it was decided."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Labeler
from collector.models import Project
from common.ids import new_uid


class LabelerStanding(models.Model):
    """Where a labeler stands in a project. Without a row they have not started its training.

    Who is warned works on; who is paused waits for a reviewer's decision; who is excluded works no
    more, and their judgments are left out of figures and datasets until they are restored.
    """

    class State(models.TextChoices):
        TRAINING = "training", _("training")
        ACTIVE = "active", _("active")
        WARNED = "warned", _("warned")
        FAILED = "failed", _("did not qualify")
        PAUSED = "paused", _("paused")
        EXCLUDED = "excluded", _("excluded")

    project = models.ForeignKey(Project, models.CASCADE, related_name="standings")
    labeler = models.ForeignKey(Labeler, models.CASCADE, related_name="standings", db_index=False)
    state = models.CharField(max_length=8, choices=State)
    reason = models.TextField(blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["labeler", "project"], name="standing_once"),
            models.CheckConstraint(
                condition=Q(
                    state__in=["training", "active", "warned", "failed", "paused", "excluded"]
                ),
                name="standing_state_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.labeler_id} in {self.project_id}: {self.state}"


class StandingChange(models.Model):
    """One step of a standing, never changed. `decided_by` is null where no person decided.

    `evidence` is what was known at that moment: `{"gold": {"right", "total", "accuracy", "lower",
    "upper", "minimum", "p"}}`, with `"automatic": true` where it decided by itself.
    """

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    standing = models.ForeignKey(LabelerStanding, models.CASCADE, related_name="changes")
    before = models.CharField(max_length=8, choices=LabelerStanding.State, blank=True)
    after = models.CharField(max_length=8, choices=LabelerStanding.State)
    reason = models.TextField(blank=True)
    evidence = models.JSONField(default=dict, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.standing_id}: {self.before or 'nothing'} to {self.after}"
