"""Generation in Celery; `collector.tasks` brings these to the workers."""

from typing import Any

from celery import shared_task
from celery.signals import worker_shutting_down

from collector.generation.batches.polling import poll
from collector.generation.queue import LOCAL_TASK, TASK
from collector.generation.requeue import requeue
from collector.generation.worker import shutting_down, work


@shared_task(name=TASK)
def generate(revision_id: int) -> None:
    """Ask model servers for what is due of a revision."""
    work(revision_id=revision_id)


@shared_task(name=LOCAL_TASK)
def generate_local(revision_id: int) -> None:
    """The same for models that run in the worker: a queue of its own, for machines fit for it."""
    work(revision_id=revision_id)


@shared_task(name="collector.tasks.requeue_generations")
def requeue_generations() -> None:
    """Beat: find what the broker forgot and what dead workers left."""
    requeue()


@shared_task(name="collector.tasks.poll_batches")
def poll_batches() -> None:
    """Beat: look at the batches that servers work on, and collect those that are done."""
    poll()


@worker_shutting_down.connect
def _store_what_comes(**_: Any) -> None:
    """A worker that is asked to end takes nothing more, and waits for the replies it has paid."""
    shutting_down.set()
