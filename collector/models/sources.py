"""Where prompts and responses come from, and the jobs that bring them in."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q, TextField
from django.db.models.functions import MD5, Cast

from collector.models.projects import Project
from common.ids import new_uid
from common.jobs import Job

if TYPE_CHECKING:
    from collector.models.messages import Message


class Source(models.Model):
    """A file, a hub dataset or an API caller that messages were imported from."""

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="sources")
    kind = models.CharField(max_length=32)  # the import preset
    name = models.CharField(max_length=200)
    url = models.CharField(max_length=500, blank=True)
    licence = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "kind", "name"], name="source_once_a_project"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.name}"


class ImportJob(Job):
    """One file read into a project. Counts are input rows, and they always add up.

    `errors` samples rejected rows: `[{"row": 3, "code": "empty_prompt", "detail": "…"}]`, rows
    counted from 1 without the header. `reasons` counts all of them by code. `error` says in one
    line why the whole job failed.

    `options` say what is done with the rows (language detection, near duplicates, a template …);
    `findings` counts and samples what was found in them: `{"near_duplicate": {"count": 3,
    "samples": [{"row", "detail"}]}}`.
    """

    source = models.ForeignKey(Source, models.CASCADE, related_name="jobs")
    preset = models.CharField(max_length=32)
    mapping = models.JSONField(default=dict, blank=True)
    options = models.JSONField(default=dict, blank=True)
    findings = models.JSONField(default=dict, blank=True)
    filename = models.CharField(max_length=300)
    path = models.CharField(max_length=500, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    bytes_total = models.BigIntegerField(default=0)
    bytes_read = models.BigIntegerField(default=0)
    read = models.PositiveBigIntegerField(default=0)
    created = models.PositiveBigIntegerField(default=0)
    duplicates = models.PositiveBigIntegerField(default=0)
    rejected = models.PositiveBigIntegerField(default=0)
    errors = models.JSONField(default=list, blank=True)
    reasons = models.JSONField(default=dict, db_default={}, blank=True)

    class Meta(Job.Meta):
        constraints = [
            *Job.Meta.constraints,
            models.CheckConstraint(
                condition=Q(read=F("created") + F("duplicates") + F("rejected")),
                name="import_counts_add_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.filename} ({self.status})"

    @property
    def progress(self) -> float:
        """How much of it is read, of 1; 0 where nobody knows how much there is."""
        if self.status == Job.Status.SUCCEEDED:
            return 1.0
        return min(self.bytes_read / self.bytes_total, 1.0) if self.bytes_total else 0.0


class ImportedPreference(models.Model):
    """What a source says about preference; labeling pulls it into judgments of purpose imported.

    `tiers` holds message ids, best first: `[[12], [10, 11]]`; empty where `not_rankable` says that
    none was acceptable. `order` holds the same ids as they were shown, first place first, null
    where nobody knows. A vote without texts has no prompt, and holds generator ids instead.
    `details` is what else the row says of the judgment: `origin` (kept with it), `identity` (tells
    votes apart), `purpose`, `probability` (that the pair was chosen), `language`, `topics`,
    `seconds`, `rationale`, `answers`, `ratings`, `spans` and `edit`, as far as known; but for
    `identity` they go to the judgment. `judged_at` is when it became a judgment, or was found to be
    none any more as its responses are gone.
    """

    source = models.ForeignKey(Source, models.CASCADE, related_name="preferences")
    row = models.PositiveBigIntegerField()
    prompt = models.ForeignKey(
        "collector.Message",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="imported_preferences",
    )
    tiers = models.JSONField()
    order = models.JSONField(null=True, blank=True)
    not_rankable = models.TextField(blank=True, db_default="")
    details = models.JSONField(default=dict, db_default={}, blank=True)
    author = models.CharField(max_length=200, blank=True)
    strength = models.PositiveSmallIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    judged_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                F("source"),
                F("row"),
                F("prompt"),
                MD5(Cast("tiers", TextField())),
                nulls_distinct=False,
                name="imported_preference_once_a_row",
            ),
            models.CheckConstraint(
                condition=Q(strength__isnull=True) | Q(strength__lte=3),
                name="imported_preference_strength_0_to_3",
            ),
        ]
        indexes = [
            models.Index(
                fields=["source", "id"],
                name="imported_preference_waiting",
                condition=Q(judged_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} row {self.row}"

    @property
    def about(self) -> "Message":
        """The prompt, of a preference between texts."""
        if self.prompt is None:
            raise ValueError(f"{self} has no prompt")
        return self.prompt
