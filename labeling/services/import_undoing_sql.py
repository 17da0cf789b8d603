"""The statements of taking an import back, as far as judgments and tasks go."""

from collector.services.import_undoing_sql import ITS_PREFERENCE, MESSAGES, PREFERENCES

# The imported vote that a judgment is, and whether this import stated it.
_OWN = ITS_PREFERENCE.replace(
    "{preference}",
    """CASE WHEN j.slot_id IS NULL AND j.submit_key ~ '^imported-[0-9]{1,18}$'
                 THEN substr(j.submit_key, 10)::bigint END""",
)
_STANDS_ON_ITS_OWN = f"""
NOT EXISTS (SELECT FROM labeling_judgment j WHERE j.task_id = t.id AND {_OWN})
OR EXISTS (SELECT FROM labeling_judgment j
           WHERE j.task_id = t.id AND j.retired_at IS NULL AND NOT {_OWN})
"""
BUILT_TASKS = f"""
SELECT count(*), count(*) FILTER (WHERE judged) FROM (
    SELECT t.id, EXISTS (
        SELECT FROM labeling_judgment j WHERE j.task_id = t.id AND j.retired_at IS NULL) AS judged
    FROM (
        SELECT t.id FROM ({MESSAGES}) its JOIN labeling_task t ON t.prompt_id = its.id
        UNION
        SELECT c.task_id FROM ({MESSAGES}) its
            JOIN labeling_candidate c ON c.response_id = its.id AND NOT c.repeat
        UNION
        SELECT t.id FROM ({MESSAGES}) its JOIN labeling_task t ON t.prompt_id = its.parent_id
            JOIN labeling_judgment j ON j.task_id = t.id AND its.id = ANY(j."order")
    ) found JOIN labeling_task t USING (id)
    WHERE t.state <> 'void' AND ({_STANDS_ON_ITS_OWN})
    LIMIT %(most)s
) built
"""
RETIRE_VOTES = f"""
WITH gone AS (
    UPDATE labeling_judgment j SET retired_at = clock_timestamp(), rationale = ''
    FROM ({PREFERENCES}) its
        JOIN collector_importedpreference p USING (id)
        JOIN accounts_labeler l ON l.pseudonym = 'imported-' || left(
            encode(sha256(convert_to(p.author, 'UTF8')), 'hex'), 16)
    WHERE j.labeler_id = l.id AND j.submit_key = 'imported-' || its.id AND j.slot_id IS NULL
      AND j.retired_at IS NULL
    RETURNING j.id, j.task_id, j.edit_id, j.retired_at
), compared AS (
    UPDATE labeling_comparison c SET retired_at = gone.retired_at
    FROM gone WHERE c.judgment_id = gone.id AND c.retired_at IS NULL
), edited AS (
    UPDATE collector_message m
    SET text = '', content_hash = '', deleted_at = clock_timestamp()
    FROM gone WHERE m.id = gone.edit_id
)
UPDATE labeling_task t SET state = 'void' FROM gone
WHERE t.id = gone.task_id AND t.prompt_id IS NOT NULL
"""
DELETE_ATTACHED = (
    f"DELETE FROM labeling_contentwarning WHERE message_id IN (SELECT id FROM ({MESSAGES}) m)",
    f"DELETE FROM labeling_mask WHERE response_id IN (SELECT id FROM ({MESSAGES}) m)",
)
