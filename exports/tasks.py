"""Celery tasks of the queue `exports`: thin wrappers over services, taking ids."""

from celery import shared_task

from exports.services import versions


@shared_task
def build_version(version_id: int) -> None:
    """Build one dataset version; running it twice changes nothing."""
    versions.build_version(version_id=version_id)


@shared_task
def requeue_versions() -> None:
    """Queue again what the broker forgot or a dead worker left."""
    for version_id in versions.unfinished_versions():
        build_version.delay(version_id)
