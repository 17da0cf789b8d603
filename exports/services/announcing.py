"""Telling a project's webhooks what became of a dataset version."""

from collector.services.webhooks import announce
from exports.models import DatasetVersion

_EVENTS = {
    DatasetVersion.Status.SUCCEEDED: "dataset_version.ready",
    DatasetVersion.Status.FAILED: "dataset_version.failed",
    DatasetVersion.Status.WITHDRAWN: "dataset_version.withdrawn",
}


def announce_version(version: DatasetVersion) -> None:
    """Owe the message of the version's status, in the transaction that set it."""
    announce(
        project_id=version.dataset.project_id,
        event=_EVENTS[DatasetVersion.Status(version.status)],
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
