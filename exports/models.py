"""Datasets and their frozen, numbered versions."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

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
    licence say of the project; `exclusions`, what the recipe leaves out (`purposes` by name,
    `generators` by id); `key_ranges`, the ids there were (`source`, `low` exclusive, `high`
    inclusive). `progress` runs from 0 to 1.
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

    class Meta(Job.Meta):
        constraints = [
            *Job.Meta.constraints,
            models.UniqueConstraint(fields=["dataset", "number"], name="version_numbered"),
            models.CheckConstraint(
                condition=Q(progress__gte=0, progress__lte=1), name="version_progress_0_to_1"
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
