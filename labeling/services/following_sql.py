"""What follows for a task from an answer or a skip: slots are owed by its votes, or taken back.

Parts of the statements of a submit, and statements of their own for a skip. Whoever runs them
holds the lock of the task.
"""

from labeling.exclusions import EXCLUDED
from labeling.services.build_sql import SLOT_UID
from labeling.services.disagreement import PEOPLE

# What others have said of a task, what it still waits for, and the rules of the project as they
# are now. Who is excluded says nothing. A check has no votes of others: its task is void, or there
# is nobody else.
_PEOPLE = ", ".join(f"'{purpose}'" for purpose in PEOPLE)
VOTES = """
       task.state, task.band, rules.overlap, rules.escalation, rules.stop_confidence,
       said.ballots, coalesce(said.alike, true),
       (SELECT count(*) FROM labeling_slot other
        WHERE other.task_id = task.id AND other.id <> s.id AND other.state IN ('open', 'leased')
        OFFSET 0),
       CASE WHEN task.state = 'complete' THEN
           EXISTS (
               SELECT FROM labeling_adjudication decided
               WHERE decided.task_id = task.id AND decided.judgment_id IS NOT NULL)
           OR EXISTS (
               SELECT FROM labeling_candidate own
                   JOIN labeling_candidate told ON told.response_id = own.response_id
                   JOIN labeling_golditem item ON item.task_id = told.task_id
               WHERE own.task_id = task.id
               GROUP BY item.id HAVING count(*) >= 2)
           ELSE task.state = 'void' OR task.reserved_for_id IS NOT NULL END
"""
VOTES_FROM = f"""
    LEFT JOIN LATERAL (
        SELECT newest.overlap, newest.escalation, newest.stop_confidence
        FROM labeling_policyversion newest WHERE newest.project_id = s.project_id
        ORDER BY newest.number DESC LIMIT 1) AS rules ON true
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(coalesce(j.tiers::text, '')), '{{}}') AS ballots,
               bool_and(j.guideline_version_id IS NOT DISTINCT FROM s.guideline_version_id)
                   AS alike
        FROM labeling_judgment j
        WHERE task.state <> 'void' AND j.task_id = task.id AND j.retired_at IS NULL
          AND j.slot_id IS DISTINCT FROM s.id AND j.purpose IN ({_PEOPLE})
          AND j.labeler_id <> ALL({EXCLUDED.replace("%(project)s", "s.project_id")})) AS said
"""

# What follows for the task, whose lock is held: `owe` new slots, or the open ones taken back where
# the votes are `enough`; else the open ones go to the `band` of a task with one vote more. A slot
# that somebody is being given at this moment is locked, and stays as it is. What the votes ask for
# is counted from those there are, so that the task has no surplus then.
FOLLOW_TYPES = {
    "slot_id": "bigint",
    "task_id": "bigint",
    "project": "bigint",
    "counted": "boolean",
    "disagreement": "float8",
    "owe": "integer",
    "enough": "boolean",
    "moved": "boolean",
    "band": "smallint",
}
FOLLOWS = f"""waiting AS MATERIALIZED (
    SELECT other.id FROM labeling_slot other
    WHERE (%(enough)s OR %(moved)s) AND other.task_id = %(task_id)s
      AND other.id <> %(slot_id)s AND other.state IS NOT DISTINCT FROM 'open'
    FOR NO KEY UPDATE SKIP LOCKED
), released AS (
    UPDATE labeling_slot other SET state = 'void'
    WHERE %(enough)s AND other.id = ANY(ARRAY(SELECT id FROM waiting))
    RETURNING other.id
), moved AS (
    UPDATE labeling_slot other
    SET band = %(band)s, seq = nextval('labeling_slot_queue')
    WHERE %(moved)s AND NOT %(enough)s AND other.id = ANY(ARRAY(SELECT id FROM waiting))
      AND other.band <> %(band)s
), owed AS (
    INSERT INTO labeling_slot (uid, task_id, ordinal, state, project_id, band, seq)
    SELECT {SLOT_UID}, %(task_id)s, number + (
               SELECT max(other.ordinal) FROM labeling_slot other
               WHERE other.task_id = %(task_id)s),
           'open', %(project)s, %(band)s, nextval('labeling_slot_queue')
    FROM generate_series(1, %(owe)s) AS number
), task AS (
    UPDATE labeling_task SET
        disagreement = CASE WHEN %(counted)s THEN %(disagreement)s ELSE disagreement END,
        state = CASE
            WHEN %(owe)s > 0 THEN 'open'
            WHEN state = 'open' AND NOT EXISTS (
                SELECT FROM labeling_slot other
                WHERE other.task_id = %(task_id)s AND other.id <> %(slot_id)s
                  AND other.state IN ('open', 'leased')
                  AND other.id <> ALL(ARRAY(SELECT id FROM released)) OFFSET 0) THEN 'complete'
            ELSE state END,
        surplus = CASE WHEN %(owe)s > 0 OR %(enough)s THEN 0 ELSE surplus END
    WHERE id = %(task_id)s
      AND (state IS NOT DISTINCT FROM 'open' OR %(owe)s > 0
           OR %(counted)s AND disagreement IS DISTINCT FROM %(disagreement)s)
)"""

# For who passes a task on: the same, of a slot that was never answered.
READ_VOTES = f"""
SELECT {VOTES}
FROM labeling_slot s JOIN labeling_task task ON task.id = s.task_id {VOTES_FROM}
WHERE s.id = %(slot_id)s
"""
FOLLOW = f"WITH {FOLLOWS} SELECT"
