"""Telling workers that a revision has generations due.

A message is only a hint and names a revision, not rows: whoever gets it leases what is due then.
Lost, doubled or late hints change nothing but time, and a hint never grows with a run.
"""

from functools import partial

from celery import current_app
from django.db import transaction

from collector.models import Generator, GeneratorRevision

TASK = "collector.tasks.generate"
LOCAL_TASK = "collector.tasks.generate_local"


def hint_on_commit(revision: GeneratorRevision, *, times: int = 1) -> None:
    """Ask workers, once this transaction stands, to look for due generations of the revision.

    A broker that is away is logged and no error: `requeue_generations` hints again.
    """
    task = LOCAL_TASK if revision.provider == Generator.Provider.TRANSFORMERS else TASK
    for _ in range(times):
        transaction.on_commit(partial(current_app.send_task, task, args=[revision.pk]), robust=True)
