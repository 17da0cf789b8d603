"""Telling a project's people and webhooks what became of a dataset version."""

from datetime import timedelta

from django.db.models.functions import Now
from django.urls import reverse

from collector.services.notifications import notify
from exports.models import DatasetVersion

LOOKED_BACK = timedelta(days=1)
_EVENTS = {
    DatasetVersion.Status.SUCCEEDED: "dataset_version.ready",
    DatasetVersion.Status.FAILED: "dataset_version.failed",
    DatasetVersion.Status.WITHDRAWN: "dataset_version.withdrawn",
}


def announce_version(version: DatasetVersion) -> bool:
    """Owe the messages of the version's status, in the transaction that set it.

    False if they were owed before.
    """
    project = version.dataset.project
    return notify(
        project_id=project.pk,
        event=_EVENTS[DatasetVersion.Status(version.status)],
        key=str(version.uid),
        address=reverse("admin:dataset-version", args=[project.slug, version.uid]),
        data={
            "id": str(version.uid),
            "dataset": {"id": str(version.dataset.uid), "name": version.dataset.name},
            "number": version.number,
            "status": version.status,
            "error": version.error or None,
            "formats": version.formats,
            "container": version.container,
        },
    )


def announce_given_up() -> int:
    """As `announce_version`, for versions that failed with nobody there to say so; how many.

    That is a version of which so many workers died that it was given up.
    """
    lately = DatasetVersion.objects.filter(
        status=DatasetVersion.Status.FAILED, finished_at__gt=Now() - LOOKED_BACK
    )
    return sum(announce_version(version) for version in lately.select_related("dataset__project"))
