"""What stands around an import: the draft it begins as, what it made, and how it is taken back."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from collector.models.projects import Project
from collector.models.sources import ImportJob
from common.ids import new_uid
from common.jobs import Job


class ImportDraft(models.Model):
    """A stored file or the name of a hub dataset, and what is said of it so far.

    Once the import has started, `job` names it and the file is the job's. A draft that nobody has
    touched for a day is thrown away, with its file.
    """

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="import_drafts")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    filename = models.CharField(max_length=300)
    hub_name = models.CharField(max_length=200, blank=True)
    path = models.CharField(max_length=500, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    bytes_total = models.BigIntegerField(default=0)
    preset = models.CharField(max_length=32)
    mapping = models.JSONField(default=dict, blank=True)
    options = models.JSONField(default=dict, blank=True)
    job = models.OneToOneField(
        ImportJob, models.CASCADE, null=True, blank=True, related_name="draft"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True, db_index=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(hub_name="", path="", job__isnull=True), name="draft_has_something"
            ),
            models.CheckConstraint(
                condition=Q(job__isnull=True) | Q(path=""), name="draft_gives_its_file_away"
            ),
        ]

    def __str__(self) -> str:
        return f"draft of {self.filename}"


class ImportedRange(models.Model):
    """Rows that one chunk of an import made: those of its source with ids from `first` to `last`.

    No other import makes rows of the project while a chunk is being loaded, so that nothing else
    of the source has an id in between.
    """

    class Kind(models.TextChoices):
        MESSAGES = "messages", _("messages")
        PREFERENCES = "preferences", _("preferences")

    job = models.ForeignKey(ImportJob, models.CASCADE, related_name="ranges")
    kind = models.CharField(max_length=11, choices=Kind)
    first = models.BigIntegerField()
    last = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["messages", "preferences"]), name="imported_range_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(last__gte=F("first")), name="imported_range_not_empty"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.first} to {self.last}"


class ImportUndo(Job):
    """An import being taken back, a range at a time, the newest first.

    It stays once it is over, and says who took back what. `ranges` is how many there were at first.
    """

    import_job = models.OneToOneField(ImportJob, models.CASCADE, related_name="undo")
    ranges = models.PositiveIntegerField(default=0)
    messages = models.PositiveBigIntegerField(default=0)
    preferences = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"undo of import {self.import_job_id} ({self.status})"

    @property
    def progress(self) -> float:
        """How much of it is done, of 1."""
        if self.status == Job.Status.SUCCEEDED:
            return 1.0
        return 1 - self.import_job.ranges.count() / self.ranges if self.ranges else 0.0
