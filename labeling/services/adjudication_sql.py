"""The statements of adjudication: what is opened, what falls away, and what is given out again."""

from labeling.services.build_sql import SLOT_UID, UUID7
from labeling.services.disagreement import disagreement

# An expert's answer is about texts that are all still there.
GONE = """(
    task.state = 'void'
    OR EXISTS (SELECT FROM collector_message m
               WHERE m.id = task.prompt_id AND m.deleted_at IS NOT NULL)
    OR EXISTS (SELECT FROM labeling_candidate c JOIN collector_message m ON m.id = c.response_id
               WHERE c.task_id = task.id AND m.deleted_at IS NOT NULL))"""
# An item tells the right answer to two of the responses, or more: nobody is asked about them.
KNOWN = """EXISTS (
    SELECT FROM labeling_candidate own
        JOIN labeling_candidate told ON told.response_id = own.response_id
        JOIN labeling_golditem item ON item.task_id = told.task_id
    WHERE own.task_id = task.id AND item.retired_at IS NULL
    GROUP BY item.id HAVING count(*) >= 2)"""

# What was looked at before comes back only for what was said since, such as under new guidelines.
OPEN = f"""
WITH found AS (
    SELECT task.id, CASE WHEN former.closed_at IS NULL THEN task.disagreement ELSE
               {disagreement("j.task_id = task.id AND j.created_at > former.closed_at")}
           END AS disagreement
    FROM labeling_task task
    CROSS JOIN LATERAL (
        SELECT max(a.resolved_at) AS closed_at, coalesce(bool_or(a.state = 'open'), false) AS waits
        FROM labeling_adjudication a WHERE a.task_id = task.id) AS former
    WHERE task.project_id = %(project)s AND task.state = 'complete' AND task.kind = 'compare'
      AND task.prompt_id IS NOT NULL AND task.repeats_id IS NULL
      AND task.disagreement >= %(disputed)s
      AND NOT former.waits AND NOT {GONE} AND NOT {KNOWN}
)
INSERT INTO labeling_adjudication (
    uid, project_id, task_id, state, kind, disagreement, note, put_back, opened_at)
SELECT {UUID7}, %(project)s, id, 'open', '', disagreement, '', 0, clock_timestamp()
FROM found WHERE disagreement >= %(disputed)s
ORDER BY id
ON CONFLICT (task_id) WHERE state = 'open' DO NOTHING
"""

WITHDRAW = f"""
UPDATE labeling_adjudication a SET state = 'void', resolved_at = clock_timestamp()
FROM labeling_task task
WHERE a.state = 'open' AND a.project_id = %(project)s AND task.id = a.task_id AND {GONE}
"""

# Tasks whose most disputed pair is disputed, judged by somebody before version %(number)s, and that
# no expert has looked at.
JUDGED_BEFORE = """
SELECT task.id FROM labeling_task task
WHERE task.project_id = %(project)s AND task.state = 'complete' AND task.kind = 'compare'
  AND task.prompt_id IS NOT NULL AND task.repeats_id IS NULL AND task.disagreement >= %(disputed)s
  AND NOT EXISTS (
      SELECT FROM labeling_adjudication a WHERE a.task_id = task.id AND a.state = 'resolved')
  AND EXISTS (
      SELECT FROM labeling_judgment j
          LEFT JOIN labeling_guidelineversion read ON read.id = j.guideline_version_id
      WHERE j.task_id = task.id AND j.retired_at IS NULL
        AND j.purpose IN ('work', 'simulated')
        AND coalesce(read.number, 0) < %(number)s)
"""
IN_THE_QUEUE = """
SELECT task_id AS id FROM labeling_adjudication
WHERE project_id = %(project)s AND state = 'open'
"""

# Locked in the order of their ids, before their adjudications; slots that are there stay as they
# are, and new ones are served as those of tasks that are begun and disputed.
PUT_BACK = f"""
WITH again AS MATERIALIZED (
    SELECT task.id, greatest(-%(most)s, least(%(most)s, task.band)) * %(ranks)s + %(begun)s AS band
    FROM labeling_task task
    WHERE task.id = ANY(%(tasks)s) AND task.project_id = %(project)s AND NOT {GONE}
      AND NOT {KNOWN}
), reopened AS (
    UPDATE labeling_task task SET state = 'open' FROM again WHERE task.id = again.id
), slots AS (
    INSERT INTO labeling_slot (uid, task_id, ordinal, state, project_id, band, seq)
    SELECT {SLOT_UID}, id, number, 'open', %(project)s, band, nextval('labeling_slot_queue')
    FROM (
        SELECT again.id, again.band, had.most + number AS number
        FROM again
        CROSS JOIN LATERAL (
            SELECT coalesce(max(ordinal), 0) AS most FROM labeling_slot s
            WHERE s.task_id = again.id) AS had
        CROSS JOIN generate_series(1, %(overlap)s) AS number
        ORDER BY again.id, number) AS in_order
)
SELECT id FROM again
"""
LOCK_TASKS = """
SELECT FROM labeling_task WHERE id = ANY(%(tasks)s) ORDER BY id FOR NO KEY UPDATE
"""
