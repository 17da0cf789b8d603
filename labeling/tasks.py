"""Background work: thin wrappers over services, which may run twice."""

from celery import shared_task

from labeling.services import imported


@shared_task
def pull_preferences() -> None:
    """Make judgments of what imports said about preference."""
    imported.pull_all()
