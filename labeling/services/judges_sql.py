"""The statements that owe a judge's verdicts."""

# Hidden checks are judged like work: an opinion that were missing there would tell them apart.
# Tasks of people's own queues have candidates; imported votes name their texts in the judgment.
# The first order is drawn, the second is its reverse, so that each response has each place once.
ASK = """
WITH compared AS (
    SELECT task.id, task.prompt_id, coalesce(
        nullif(ARRAY(
            SELECT c.response_id FROM labeling_candidate c WHERE c.task_id = task.id ORDER BY 1
        ), '{}'),
        (SELECT ARRAY(SELECT shown.id FROM unnest(j."order") AS shown (id) ORDER BY 1)
         FROM labeling_judgment j
         WHERE j.task_id = task.id AND j.purpose = 'imported' AND j.retired_at IS NULL
         ORDER BY j.id LIMIT 1)
    ) AS responses
    FROM labeling_task task JOIN collector_message prompt ON prompt.id = task.prompt_id
    WHERE task.project_id = %(project)s AND task.kind = 'compare'
      AND (task.state IN ('open', 'complete') OR EXISTS (
          SELECT FROM labeling_golditem gold
          WHERE gold.task_id = task.id AND gold.use = 'gold' AND gold.retired_at IS NULL))
      AND task.repeats_id IS NULL
      AND prompt.deleted_at IS NULL
      AND NOT EXISTS (
          SELECT FROM labeling_verdict v WHERE v.judge_id = %(judge)s AND v.task_id = task.id)
), different AS (
    SELECT DISTINCT ON (prompt_id, responses) id, prompt_id, responses
    FROM compared WHERE cardinality(responses) > 1
    ORDER BY prompt_id, responses, id
), drawn AS MATERIALIZED (
    SELECT id, ARRAY(SELECT r FROM unnest(responses) AS r ORDER BY random()) AS shown
    FROM different
    WHERE NOT EXISTS (
        SELECT FROM labeling_task same JOIN labeling_verdict v ON v.task_id = same.id
        WHERE same.prompt_id = different.prompt_id AND v.judge_id = %(judge)s
          AND v."order" @> to_jsonb(responses)
          AND jsonb_array_length(v."order") = cardinality(responses))
    ORDER BY id LIMIT %(limit)s
)
INSERT INTO labeling_verdict (
    judge_id, task_id, number, "order", status, attempts, reply, error, created_at)
SELECT %(judge)s, drawn.id, number, to_jsonb(
    CASE number WHEN 0 THEN shown ELSE ARRAY(
        SELECT each.r FROM unnest(shown) WITH ORDINALITY AS each (r, place) ORDER BY place DESC
    ) END), 'pending', 0, '', '', clock_timestamp()
FROM drawn CROSS JOIN generate_series(0, %(orders)s - 1) AS number
ORDER BY drawn.id, number
ON CONFLICT (judge_id, task_id, number) DO NOTHING
"""
ASK_AGAIN = """
UPDATE labeling_verdict
SET status = 'pending', attempts = 0, error = '', reply = '', finished_at = NULL,
    next_attempt_at = NULL
WHERE judge_id = %(judge)s AND status IN ('failed', 'cancelled')
"""
