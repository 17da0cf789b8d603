"""What goes on in a project at this moment: who works, how fast, what waits. Narrow reads only."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from collector.models import Project
from labeling.figures.funnel import PACE
from labeling.services.check_sql import CHECK_BAND

Body = dict[str, Any]

PRESENT_FOR = timedelta(minutes=15)  # since somebody's last claim or answer
COUNTED = 10_000  # open and lent slots are counted so far
HOURS = 24

# Who judged lately is found by the tallies, and what they judged by the labelers' own index.
_PACE = """
SELECT date_trunc('hour', j.created_at, 'UTC'), count(*)
FROM labeling_tally y
JOIN labeling_judgment j ON j.labeler_id = y.labeler_id AND j.created_at > %(since)s
JOIN labeling_task t ON t.id = j.task_id AND t.project_id = y.project_id
WHERE y.project_id = %(project)s AND y.day >= %(first_day)s
  AND j.retired_at IS NULL AND j.purpose = ANY(%(pace)s)
GROUP BY 1 ORDER BY 1
"""
_PRESENT = """
SELECT
    (SELECT count(*) FROM (
        SELECT labeler_id FROM (
            SELECT labeler_id, granted_at FROM labeling_slot
            WHERE project_id = %(project)s AND state = 'leased' AND band < %(check_band)s
              AND expires_at > %(now)s LIMIT %(most)s) AS lent
        WHERE granted_at > %(lately)s
        UNION
        SELECT y.labeler_id FROM labeling_tally y
        WHERE y.project_id = %(project)s AND y.day >= %(yesterday)s AND EXISTS (
            SELECT FROM labeling_judgment j JOIN labeling_task t ON t.id = j.task_id
            WHERE j.labeler_id = y.labeler_id AND j.created_at > %(lately)s
              AND t.project_id = y.project_id)) AS here),
    (SELECT count(*) FROM labeling_tally WHERE project_id = %(project)s AND day = %(today)s),
    (SELECT coalesce(sum(today), 0) FROM labeling_tally
     WHERE project_id = %(project)s AND day = %(today)s),
    (SELECT count(*) FROM (SELECT FROM labeling_slot
        WHERE project_id = %(project)s AND state = 'open' AND band < %(check_band)s
        LIMIT %(most)s) AS waiting),
    (SELECT count(*) FROM (SELECT FROM labeling_slot
        WHERE project_id = %(project)s AND state = 'leased' AND band < %(check_band)s
        LIMIT %(most)s) AS lent),
    (SELECT created_at FROM labeling_task
     WHERE project_id = %(project)s AND state = 'open' ORDER BY id LIMIT 1)
"""


def pace_of(*, project: Project, now: datetime) -> list[Body]:
    """Judgments of each of the newest 24 hours, `{"hour", "judgments"}`, oldest first."""
    last = now.replace(minute=0, second=0, microsecond=0)
    hours = [last - timedelta(hours=back) for back in range(HOURS - 1, -1, -1)]
    values: Body = {
        "project": project.pk,
        "since": hours[0],
        "first_day": hours[0].date(),
        "pace": [str(purpose) for purpose in PACE],
    }
    with connection.cursor() as cursor:
        cursor.execute(_PACE, values)
        found = dict(cursor.fetchall())
    return [{"hour": hour, "judgments": found.get(hour, 0)} for hour in hours]


def present_in(*, project: Project, now: datetime) -> tuple[Body, Body]:
    """The people and the queue: `{"online", "today", "judgments_today"}` and
    `{"open", "leased", "more", "oldest_open"}`, days in UTC.

    Online is who was given a task or answered one within PRESENT_FOR. `more` says that a count
    stopped at COUNTED.
    """
    values: Body = {
        "project": project.pk,
        "now": now,
        "lately": now - PRESENT_FOR,
        "today": now.date(),
        "yesterday": now.date() - timedelta(days=1),
        "check_band": CHECK_BAND,
        "most": COUNTED,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PRESENT, values)
        online, today, judgments, waiting, lent, oldest = cursor.fetchone()
    people = {"online": online, "today": today, "judgments_today": judgments}
    more = COUNTED in (waiting, lent)
    return people, {"open": waiting, "leased": lent, "more": more, "oldest_open": oldest}
