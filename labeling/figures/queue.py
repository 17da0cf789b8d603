"""What could be built into tasks, and what waits in the queue, as of a moment.

Counted as `labeling.figures.kept` says: for readers of small projects, else by a worker.
"""

import time
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from collector.models import Project
from labeling.figures.kept import forget, kept_or_counted, recount
from labeling.models import ProjectCounts
from labeling.services.bands import RANKS
from labeling.services.build_sql import PROMPT_USABLE, UNUSED
from labeling.services.check_sql import CHECK_BAND
from labeling.services.policies import current_policy

Body = dict[str, Any]

FRESH_FOR = timedelta(seconds=20)
# In the shape of counts, where there are none yet.
UNCOUNTED: Body = {
    "ready": None,
    "tasks": None,
    "slots": None,
    "bands": [],
    "oldest": None,
    "as_of": None,
    "stale": True,
}

_READY = f"""
SELECT count(*) FILTER (WHERE unused >= %(k)s), coalesce(sum(unused / %(k)s), 0),
       count(*) FILTER (WHERE unused < %(k)s)
FROM (SELECT count(*) AS unused
      FROM collector_message m JOIN collector_message prompt ON prompt.id = m.parent_id
      WHERE {UNUSED} AND {PROMPT_USABLE} GROUP BY m.parent_id) AS of_prompt
"""  # noqa: S608 - our own text
_TASKS = """
SELECT state, count(*) FROM labeling_task
WHERE project_id = %(project)s AND repeats_id IS NULL GROUP BY state
"""
_OPEN_SLOTS = """
SELECT band, count(*) FROM labeling_slot
WHERE project_id = %(project)s AND state = 'open' AND band < %(check_band)s
GROUP BY band ORDER BY band
"""
_LENT = """
SELECT count(*) FILTER (WHERE expires_at > now()), count(*) FILTER (WHERE expires_at <= now())
FROM labeling_slot
WHERE project_id = %(project)s AND state = 'leased' AND band < %(check_band)s
"""
_OLDEST = """
SELECT created_at FROM labeling_task
WHERE project_id = %(project)s AND state = 'open' ORDER BY id LIMIT 1
"""


def queue_of(*, project: Project) -> Body | None:
    """The counts of a project's tasks, `as_of` a moment (ISO 8601).

    `ready`: `prompts` with enough responses that no task compares, the `tasks` and `slots` that
    building would make of them, and `short`, the prompts whose unused responses are too few.
    `tasks` by state; `slots` that are `open`, `leased` and `expired` (lent, but not in time given
    back); `bands`, what is open in the order in which it is served (`place_of`); `oldest`, when
    the oldest open task was made (ISO 8601), or null. `stale`: a worker counts anew. None where a
    worker counts for the first time.
    """
    return kept_or_counted(
        ProjectCounts.Kind.QUEUE,
        project=project,
        count=lambda: count_queue(project=project),
        fresh_for=FRESH_FOR,
    )


def recount_queue(*, project: Project) -> bool:
    """Count for readers, if one asked for it; tells whether."""
    return recount(
        ProjectCounts.Kind.QUEUE, project=project, count=lambda: count_queue(project=project)
    )


def forget_queue(*, project: Project) -> None:
    """Tasks were made or taken back: what was counted holds no more."""
    forget(ProjectCounts.Kind.QUEUE, project=project)


def count_queue(*, project: Project) -> Body:
    """Count, however long that takes."""
    started, now = time.monotonic(), timezone.now()
    policy = current_policy(project=project)
    values: Body = {
        "project": project.pk,
        "k": policy.responses,
        "kept_out": policy.excluded_flags,
        "check_band": CHECK_BAND,
    }
    ((prompts, tasks, short),) = _rows(_READY, values)
    ((lent, expired),) = _rows(_LENT, values)
    bands = [{"band": band, "slots": number} for band, number in _rows(_OPEN_SLOTS, values)]
    oldest = _rows(_OLDEST, values)
    return {
        "ready": {
            "prompts": prompts,
            "tasks": int(tasks),
            "slots": int(tasks) * policy.overlap,
            "short": short,
        },
        "tasks": {"open": 0, "complete": 0, "void": 0} | dict(_rows(_TASKS, values)),
        "slots": {
            "open": sum(each["slots"] for each in bands),
            "leased": lent,
            "expired": expired,
        },
        "bands": bands,
        "oldest": oldest[0][0].isoformat() if oldest else None,
        "as_of": now.isoformat(),
        "seconds": time.monotonic() - started,
    }


def place_of(band: int) -> tuple[int, int, bool]:
    """Of a slot's band: its task's own band, the votes its task still waits for, and whether it is
    disputed. No votes: nobody has begun it. See `labeling.services.bands`.
    """
    own = -(-band // RANKS)
    rank = band - (own * RANKS - RANKS + 1)
    if rank == RANKS - 1:
        return own, 0, False
    return own, rank // 2 + 1, not rank % 2


def _rows(query: str, values: Body) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())
