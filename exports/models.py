"""Datasets and their frozen, numbered versions."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from collector.models import Project
from common.ids import new_uid
from common.jobs import Job


class Dataset(models.Model):
    """A named recipe in a project; each build of it is a version."""

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="datasets")
    name = models.CharField(max_length=200)
    recipe = models.JSONField(default=dict)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="dataset_name_unique"),
            models.CheckConstraint(condition=~Q(name=""), name="dataset_has_name"),
        ]

    def __str__(self) -> str:
        return self.name


class DatasetVersion(Job):
    """One build: what was asked (`recipe`), as of when (`cut_off`), and what came of it.

    Its rows are the judgments with `created_at <= cut_off` that were not retired by then, so a
    rebuild gives the same bytes. Kept from the moment of freezing: `about`, what the card and the
    licence say of the project; `exclusions`, what is left out (`purposes` by name, `generators`
    and excluded `labelers` by id); `key_ranges`, the ids there were (`source`, `low` exclusive,
    `high` inclusive). `progress` runs from 0 to 1. `lineage` counts what became of the parent's
    judgments: `{"added", "retired", "erased"}`. A deleted version is withdrawn and says who deleted
    it: its files are gone, its manifest and number stay.
    """

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    parent = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="children"
    )
    formats = ArrayField(models.CharField(max_length=32))
    container = models.CharField(max_length=16)
    recipe = models.JSONField(default=dict)
    cut_off = models.DateTimeField(null=True, blank=True)
    about = models.JSONField(default=dict, blank=True)
    exclusions = models.JSONField(default=dict, blank=True)
    key_ranges = models.JSONField(default=list, blank=True)
    library_versions = models.JSONField(default=dict, blank=True)
    manifest = models.JSONField(default=dict, blank=True)
    progress = models.FloatField(default=0)
    lineage = models.JSONField(default=dict, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta(Job.Meta):
        constraints = [
            *Job.Meta.constraints,
            models.UniqueConstraint(fields=["dataset", "number"], name="version_numbered"),
            models.CheckConstraint(
                condition=Q(progress__gte=0, progress__lte=1), name="version_progress_0_to_1"
            ),
            models.CheckConstraint(
                condition=Q(deleted_at__isnull=True) | Q(status="withdrawn"),
                name="version_deleted_is_withdrawn",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dataset} v{self.number}"


class DatasetFile(models.Model):
    """One file of a version; `split` is empty for the card and the manifest."""

    version = models.ForeignKey(DatasetVersion, models.CASCADE, related_name="files")
    name = models.CharField(max_length=200)
    format = models.CharField(max_length=32, blank=True)
    split = models.CharField(max_length=16, blank=True)
    rows = models.PositiveBigIntegerField(default=0)
    bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "name"], name="version_file_once"),
        ]

    def __str__(self) -> str:
        return self.name


class DatasetPart(Job):
    """One range of keys of one source of a version, built by one worker under its own lease.

    Parts are fixed when the version is frozen, so that its bytes do not depend on who builds them.
    `result` is what the part counted and the files it wrote.
    """

    version = models.ForeignKey(DatasetVersion, models.CASCADE, related_name="parts")
    ordinal = models.PositiveIntegerField()
    source = models.CharField(max_length=16)
    low = models.BigIntegerField()
    high = models.BigIntegerField()
    progress = models.FloatField(default=0)
    result = models.JSONField(default=dict, blank=True)

    class Meta(Job.Meta):
        constraints = [
            *Job.Meta.constraints,
            models.UniqueConstraint(fields=["version", "ordinal"], name="part_numbered"),
            models.CheckConstraint(condition=Q(low__lt=F("high")), name="part_range_holds_keys"),
        ]

    def __str__(self) -> str:
        return f"{self.version} part {self.ordinal}"


class HubPush(Job):
    """A version uploaded to a dataset repository of the Hugging Face hub."""

    version = models.ForeignKey(DatasetVersion, models.CASCADE, related_name="pushes")
    repository = models.CharField(max_length=200)
    private = models.BooleanField(default=True)
    commit_url = models.CharField(max_length=500, blank=True)

    class Meta(Job.Meta):
        verbose_name_plural = "hub pushes"

    def __str__(self) -> str:
        return f"{self.version} to {self.repository}"
