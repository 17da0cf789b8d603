"""Telling workers that a judge has questions due: a hint, as `collector.generation.queue` says."""

from functools import partial

from celery import current_app
from django.db import transaction

from collector.models import Generator
from labeling.models import Judge

TASK = "labeling.tasks.ask_judge"
LOCAL_TASK = "labeling.tasks.ask_local_judge"


def hint_on_commit(judge: Judge) -> None:
    """Ask a worker, once this transaction stands, to look for due questions of the judge."""
    local = judge.revision.provider == Generator.Provider.TRANSFORMERS
    task = LOCAL_TASK if local else TASK
    transaction.on_commit(partial(current_app.send_task, task, args=[judge.pk]), robust=True)
