"""Background work: thin wrappers over services, which take ids and may run twice."""

from celery import shared_task

from collector.generation.tasks import generate, generate_local, requeue_generations
from collector.models import ImportJob
from collector.services import imports

__all__ = [
    "generate",
    "generate_local",
    "requeue_generations",
    "requeue_imports",
    "run_import",
]


@shared_task
def run_import(job_id: int) -> None:
    """Do one import."""
    imports.run_import(job_id=job_id)


@shared_task
def requeue_imports() -> None:
    """Enqueue imports that the broker forgot or a dead worker left."""
    for job_id in ImportJob.objects.free().values_list("pk", flat=True):
        run_import.delay(job_id)
