"""What follows from an exclusion, and from its end: what somebody judged is owed again, or is not.

The decision itself is the standing, and whatever counts goes by it from the moment that it is
committed (`labeling.exclusions`). What follows here is the queue: others are asked in their stead.
It goes in batches, each a transaction of its own that may run twice; a beat job goes on with what
a dead worker left. Restoring takes back the slots that nobody has taken yet, and keeps every
answer that was given meanwhile.
"""

from functools import partial
from typing import Any

from celery import current_app
from django.db import connection, transaction
from django.db.models import Q

from labeling.models import LabelerStanding
from labeling.services.disagreement import store_disagreement
from labeling.services.excluding_sql import (
    COMPLETE,
    COUNT_AGAIN,
    FIND_COUNTED,
    FIND_SET_ASIDE,
    LOCK_TASKS,
    SET_ASIDE,
)

State = LabelerStanding.State
BATCH = 500  # judgments
FOLLOW_TASK = "labeling.tasks.follow_exclusion"


def follow_at_once(standing: LabelerStanding) -> None:
    """The first batch, in the transaction of the decision; a worker is asked for the others."""
    if follow_batch(standing_id=standing.pk) == BATCH:
        hint = partial(current_app.send_task, FOLLOW_TASK, args=[standing.pk])
        transaction.on_commit(hint, robust=True)


def follow(*, standing_id: int) -> int:
    """Do all that follows from a standing as it is now; how many judgments it was about.

    A decision to the contrary meanwhile turns it round. Nothing to do is no error.
    """
    done = 0
    while batch := follow_batch(standing_id=standing_id):
        done += batch
    return done


def follow_all() -> None:
    """Go on with what was left undone, of everybody who is or was excluded."""
    concerned = LabelerStanding.objects.filter(
        Q(state=State.EXCLUDED) | Q(changes__before=State.EXCLUDED)
    )
    for standing in concerned.order_by("pk").values_list("pk", flat=True).distinct():
        follow(standing_id=standing)


@transaction.atomic
def follow_batch(*, standing_id: int) -> int:
    """One batch; how many slots it changed."""
    standing = LabelerStanding.objects.select_for_update(no_key=True).get(pk=standing_id)
    excluded = standing.state == State.EXCLUDED
    params: dict[str, Any] = {
        "labeler": standing.labeler_id,
        "project": standing.project_id,
        "batch": BATCH,
    }
    with connection.cursor() as cursor:
        cursor.execute(FIND_COUNTED if excluded else FIND_SET_ASIDE, params)
        found = cursor.fetchall()
        if not found:
            return 0
        params |= {"slots": [slot for slot, _ in found], "tasks": [task for _, task in found]}
        cursor.execute(LOCK_TASKS, params)
        cursor.execute(SET_ASIDE if excluded else COUNT_AGAIN, params)
        cursor.execute(COMPLETE, params)
    store_disagreement(project_id=standing.project_id, tasks=params["tasks"])
    return len(found)
