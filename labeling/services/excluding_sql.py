"""The statements by which the judgments of an excluded labeler are owed again, and owed no more.

A slot of somebody excluded is void while its judgment stands: it counts for nothing, and coming
back is its being `submitted` again. Every statement takes one batch, found and locked first.
"""

from labeling.services.build_sql import SLOT_UID
from labeling.services.claim_sql import TRAINING_BAND

# What they hold, and what they answered of the ordinary work: hidden checks and repeats were
# theirs alone, and nobody else owes these.
FIND_COUNTED = f"""
SELECT s.id, s.task_id
FROM labeling_slot s JOIN labeling_task task ON task.id = s.task_id
WHERE s.labeler_id = %(labeler)s AND s.project_id = %(project)s AND s.band < {TRAINING_BAND}
  AND (s.state = 'leased' OR s.state = 'submitted' AND task.reserved_for_id IS NULL
       AND NOT EXISTS (SELECT FROM labeling_golditem item WHERE item.task_id = s.task_id))
ORDER BY s.id LIMIT %(batch)s
FOR NO KEY UPDATE OF s
"""
FIND_SET_ASIDE = """
SELECT s.id, s.task_id
FROM labeling_slot s
WHERE s.labeler_id = %(labeler)s AND s.project_id = %(project)s AND s.state = 'void'
  AND EXISTS (
      SELECT FROM labeling_judgment j WHERE j.slot_id = s.id AND j.retired_at IS NULL)
ORDER BY s.id LIMIT %(batch)s
FOR NO KEY UPDATE OF s
"""
LOCK_TASKS = """
SELECT id FROM labeling_task WHERE id = ANY(%(tasks)s) ORDER BY id FOR NO KEY UPDATE
"""

# Nobody owes an answer that an expert gave since: as an item that compares any two of the
# responses (see `labeling.services.gold`), or by adjudicating the task; nor one about texts
# that are gone.
_OWED_AGAIN = """
    task.state <> 'void' AND task.reserved_for_id IS NULL
      AND NOT EXISTS (
          SELECT FROM collector_message prompt
          WHERE prompt.id = task.prompt_id AND prompt.deleted_at IS NOT NULL)
      AND NOT EXISTS (
          SELECT FROM labeling_candidate c JOIN collector_message m ON m.id = c.response_id
          WHERE c.task_id = task.id AND m.deleted_at IS NOT NULL)
      AND NOT EXISTS (
          SELECT FROM labeling_adjudication decided
          WHERE decided.task_id = task.id AND decided.judgment_id IS NOT NULL)
      AND NOT EXISTS (
          SELECT FROM labeling_candidate own
              JOIN labeling_candidate told ON told.response_id = own.response_id
              JOIN labeling_golditem item ON item.task_id = told.task_id
          WHERE own.task_id = task.id
          GROUP BY item.id HAVING count(*) >= 2)
"""
# What the task has beyond its due covers it; else others owe it. The next ordinal is safe to
# compute because the caller holds the tasks' locks.
SET_ASIDE = f"""
WITH theirs AS (
    UPDATE labeling_slot SET state = 'void' WHERE id = ANY(%(slots)s)
    RETURNING task_id, band
), covered AS (
    UPDATE labeling_task SET surplus = surplus - 1
    WHERE id IN (SELECT task_id FROM theirs) AND surplus > 0
), owed AS (
    SELECT theirs.task_id, theirs.band,
           (SELECT max(s.ordinal) FROM labeling_slot s WHERE s.task_id = task.id) AS last
    FROM theirs JOIN labeling_task task ON task.id = theirs.task_id
    WHERE task.surplus = 0 AND {_OWED_AGAIN}
), replaced AS (
    INSERT INTO labeling_slot (uid, task_id, ordinal, state, project_id, band, seq)
    SELECT {SLOT_UID}, task_id, last + 1, 'open', %(project)s, band,
           nextval('labeling_slot_queue')
    FROM (SELECT * FROM owed ORDER BY task_id) AS in_order
    RETURNING task_id
)
UPDATE labeling_task SET state = 'open'
WHERE id IN (SELECT task_id FROM replaced) AND state = 'complete'
"""
# A slot that somebody is being given at this moment is locked, and so is taken. Where all are, the
# task has one more than it is owed: the next exclusion of anybody there owes nothing.
COUNT_AGAIN = f"""
WITH theirs AS (
    UPDATE labeling_slot SET state = 'submitted' WHERE id = ANY(%(slots)s)
), not_taken AS MATERIALIZED (
    SELECT spare.id, wanted.task
    FROM unnest(%(tasks)s::bigint[]) AS wanted (task), LATERAL (
        SELECT s.id FROM labeling_slot s
        WHERE s.task_id = wanted.task AND s.state = 'open'
        ORDER BY s.ordinal DESC LIMIT 1
        FOR NO KEY UPDATE SKIP LOCKED
    ) AS spare
), taken_back AS (
    UPDATE labeling_slot SET state = 'void' WHERE id IN (SELECT id FROM not_taken)
)
UPDATE labeling_task task SET surplus = surplus + 1
WHERE task.id = ANY(%(tasks)s) AND task.id NOT IN (SELECT task FROM not_taken)
  AND {_OWED_AGAIN}
"""
COMPLETE = """
UPDATE labeling_task task SET state = 'complete'
WHERE task.id = ANY(%(tasks)s) AND task.state = 'open'
  AND NOT EXISTS (
      SELECT FROM labeling_slot s
      WHERE s.task_id = task.id AND s.state IN ('open', 'leased'))
"""
