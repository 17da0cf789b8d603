"""How much of a project there is: counts too long to make for every reader, with their moment.

They are kept for a minute. A large project is counted by a worker: readers get the last counts
(which say `as_of`), and nobody waits (`labeling.figures.kept`).
"""

import time
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from collector.models import Project
from labeling.figures.kept import kept_or_counted, recount
from labeling.models import ProjectCounts
from labeling.models.judgments import NO_WORK, Purpose
from labeling.services.check_sql import CHECK_BAND

Body = dict[str, Any]

FRESH_FOR = timedelta(seconds=60)
DAYS = 14

# Judgments whose slots the queue gives out; hidden checks owe nothing.
PACE = (Purpose.WORK, Purpose.SIMULATED)

_COUNTS = """
WITH standing AS MATERIALIZED (
    SELECT j.created_at, j.purpose
    FROM labeling_task t JOIN labeling_judgment j ON j.task_id = t.id
    WHERE t.project_id = %(project)s AND j.retired_at IS NULL
      AND j.purpose <> ALL(%(no_work)s)
), messages AS (
    SELECT count(*) FILTER (WHERE role = 'user') AS prompts,
           count(*) FILTER (WHERE role = 'user' AND created_at > %(since)s) AS prompts_day,
           count(*) FILTER (WHERE role = 'assistant' AND origin <> 'edit') AS responses,
           count(*) FILTER (WHERE role = 'assistant' AND origin <> 'edit'
                            AND created_at > %(since)s) AS responses_day
    FROM collector_message WHERE project_id = %(project)s AND deleted_at IS NULL
), tasks AS (
    SELECT count(*) AS tasks, count(*) FILTER (WHERE created_at > %(since)s) AS tasks_day
    FROM labeling_task WHERE project_id = %(project)s AND repeats_id IS NULL AND state <> 'void'
), judged AS (
    SELECT count(*) AS judgments,
           count(*) FILTER (WHERE created_at > %(since)s) AS judgments_day FROM standing
), days AS (
    SELECT coalesce(json_object_agg(day, number), '{}') AS days FROM (
        SELECT (created_at AT TIME ZONE 'UTC')::date AS day, count(*) AS number FROM standing
        WHERE created_at > %(first_day)s AND purpose = ANY(%(pace)s) GROUP BY 1) AS by_day
)
SELECT prompts, responses, tasks, judgments,
    (SELECT count(*) FROM labeling_comparison
     WHERE project_id = %(project)s AND retired_at IS NULL) AS comparisons,
    prompts_day, responses_day, tasks_day, judgments_day,
    (SELECT count(*) FROM labeling_slot
     WHERE project_id = %(project)s AND state IN ('open', 'leased')
       AND band < %(check_band)s) AS owed,
    (SELECT count(*) FROM collector_generation g JOIN collector_run r ON r.id = g.run_id
     WHERE r.project_id = %(project)s AND r.status IN ('queued', 'running', 'paused')
       AND g.status IN ('pending', 'running')) AS responses_owed,
    days
FROM messages, tasks, judged, days
"""


def counts_of(*, project: Project) -> Body | None:
    """The project's counts, `as_of` a moment (ISO 8601), and the `seconds` that they took.

    `prompts`, `responses`, `tasks` (without void ones), `judgments` and `comparisons` that stand;
    all but the last also with `_day`, those of the 24 hours before; `owed` (judgments) and
    `responses_owed`; `days`, judgments of the newest DAYS days (UTC) by date. `stale`: a worker
    counts anew. None where a worker counts for the first time.
    """
    return kept_or_counted(
        ProjectCounts.Kind.FUNNEL,
        project=project,
        count=lambda: count(project=project),
        fresh_for=FRESH_FOR,
    )


def recount_project(*, project: Project) -> bool:
    """Count for readers, if one asked for it; tells whether."""
    return recount(ProjectCounts.Kind.FUNNEL, project=project, count=lambda: count(project=project))


def count(*, project: Project) -> Body:
    """Count, however long that takes."""
    started, now = time.monotonic(), timezone.now()
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    values: Body = {
        "project": project.pk,
        "since": now - timedelta(days=1),
        "first_day": today - timedelta(days=DAYS - 1),
        "no_work": [str(purpose) for purpose in NO_WORK],
        "pace": [str(purpose) for purpose in PACE],
        "check_band": CHECK_BAND,
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, values)
        names = [column.name for column in cursor.description]
        body: Body = dict(zip(names, cursor.fetchone(), strict=True))
    return body | {"as_of": now.isoformat(), "seconds": time.monotonic() - started}
