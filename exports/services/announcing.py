"""Telling a project's people and webhooks what became of a dataset version."""

from django.urls import reverse

from collector.services.notifications import notify
from exports.models import DatasetVersion

_EVENTS = {
    DatasetVersion.Status.SUCCEEDED: "dataset_version.ready",
    DatasetVersion.Status.FAILED: "dataset_version.failed",
    DatasetVersion.Status.WITHDRAWN: "dataset_version.withdrawn",
}


def announce_version(version: DatasetVersion) -> None:
    """Owe the messages of the version's status, in the transaction that set it."""
    project = version.dataset.project
    notify(
        project_id=project.pk,
        event=_EVENTS[DatasetVersion.Status(version.status)],
        key=str(version.uid),
        address=reverse("admin:overview", args=[project.slug]),
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
