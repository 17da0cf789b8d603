"""The statements of making judgments of what sources say about preference."""

from labeling.services.build_sql import TOPICS
from labeling.services.rebuild_sql import COLUMNS

SOURCES = """
SELECT id FROM collector_source s
WHERE project_id = %s AND EXISTS (
    SELECT FROM collector_importedpreference p WHERE p.source_id = s.id AND p.judged_at IS NULL)
ORDER BY id
"""
# A source at a time, its waiting rows by id: the index has them in this order.
TAKE = f"""
SELECT taken.id, taken.prompt_id, taken.tiers::text, taken."order"::text, taken.not_rankable,
       taken.details::text, taken.author, taken.strength, prompt.language, {TOPICS}
FROM (
    SELECT * FROM collector_importedpreference
    WHERE source_id = %(source)s AND judged_at IS NULL AND id > %(after)s
    ORDER BY id LIMIT %(batch)s FOR NO KEY UPDATE SKIP LOCKED
) AS taken LEFT JOIN collector_message prompt ON prompt.id = taken.prompt_id
ORDER BY taken.id
"""
# Responses that still stand below prompts that do, and whose they are.
STANDING = """
SELECT m.id, m.parent_id, r.generator_id
FROM collector_message m
JOIN collector_message prompt ON prompt.id = m.parent_id AND prompt.deleted_at IS NULL
LEFT JOIN collector_generatorrevision r ON r.id = m.revision_id
WHERE m.id = ANY(%s) AND m.role = 'assistant' AND m.origin <> 'edit' AND m.deleted_at IS NULL
"""
# Judgments of this very project, exported and read in again: they are here.
OWN = """
SELECT j.uid::text
FROM labeling_judgment j JOIN labeling_task task ON task.id = j.task_id
WHERE j.uid = ANY(%(uids)s::uuid[]) AND task.project_id = %(project)s
"""
EDITS = """
INSERT INTO collector_message (
    uid, project_id, parent_id, root_id, depth, role, text, language, content_hash, origin,
    labeler_id, edits_id, meta, created_at)
SELECT made.uid, prompt.project_id, prompt.id, coalesce(prompt.root_id, prompt.id),
       prompt.depth + 1, 'assistant', made.text, edited.language, made.content_hash, 'edit',
       made.labeler, edited.id, '{}', now()
FROM unnest(
    %(uid)s::uuid[], %(response)s::bigint[], %(text)s::text[], %(content_hash)s::bytea[],
    %(labeler)s::bigint[]
) WITH ORDINALITY AS made (uid, response, text, content_hash, labeler, place)
    JOIN collector_message edited ON edited.id = made.response
    JOIN collector_message prompt ON prompt.id = edited.parent_id
ORDER BY made.place
RETURNING uid::text, id
"""
# The judgment has the details now, and takes people's words with it when they leave.
DONE = """
UPDATE collector_importedpreference
SET judged_at = %s,
    details = CASE WHEN details ? 'identity'
        THEN jsonb_build_object('identity', details -> 'identity') ELSE '{}' END
WHERE id = ANY(%s)
"""
# The sequences are looked up once, not for every number.
NUMBERS = """
WITH sequences AS MATERIALIZED (
    SELECT pg_get_serial_sequence('labeling_task', 'id')::regclass AS task,
           pg_get_serial_sequence('labeling_judgment', 'id')::regclass AS judgment
)
SELECT clock_timestamp()::text, array_agg(nextval(task)), array_agg(nextval(judgment))
FROM sequences, generate_series(1, %(n)s)
"""
COPY_TASKS = """
COPY labeling_task (
    id, uid, project_id, kind, prompt_id, language, topics, band, selection_probability, state,
    created_at) FROM STDIN
"""
COPY_JUDGMENTS = """
COPY labeling_judgment (
    id, uid, task_id, labeler_id, purpose, tiers, not_rankable, strength, answers, rationale,
    edit_id, "order", seconds, submit_key, body_hash, origin, created_at) FROM STDIN
"""
COPY_COMPARISONS = f"COPY labeling_comparison ({', '.join(COLUMNS)}) FROM STDIN"
