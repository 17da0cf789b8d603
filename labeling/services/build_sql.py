"""The statements of building tasks, a batch of prompts at a time."""

# What no task compares yet, of the whole project at once: one join, where nothing is left to do
# too. (100,000 prompts of 4 responses: 1 second; asking each prompt took 9.)
USABLE = """
    m.role = 'assistant' AND m.origin <> 'edit' AND m.deleted_at IS NULL
      AND NOT EXISTS (
          SELECT FROM collector_messageflag f
          WHERE f.message_id = m.id AND f.kind = ANY(%(kept_out)s) AND f.dismissed_at IS NULL
      )
"""
UNUSED = f"""
    {USABLE.strip()}
      AND NOT EXISTS (
          SELECT FROM labeling_candidate c WHERE c.response_id = m.id AND NOT c.repeat
      )
"""
PROMPT_USABLE = """
    prompt.project_id = %(project)s AND prompt.role = 'user' AND prompt.deleted_at IS NULL
      AND NOT EXISTS (
          SELECT FROM collector_messageflag f
          WHERE f.message_id = prompt.id AND f.kind = ANY(%(kept_out)s) AND f.dismissed_at IS NULL
      )
"""
PROMPTS_TO_DO = f"""
SELECT m.parent_id
FROM collector_message m JOIN collector_message prompt ON prompt.id = m.parent_id
WHERE {UNUSED} AND {PROMPT_USABLE}
GROUP BY m.parent_id
HAVING count(*) >= %(k)s
ORDER BY m.parent_id
"""

# A version 7 UUID made of a random one: PostgreSQL has uuidv7() from 18 on only.
UUID7 = """
encode(set_bit(set_bit(overlay(
    uuid_send(gen_random_uuid())
    PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
    FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
"""

# A slot's says nothing. Its labeler sees it, and when a slot was made tells what others did: that
# of an escalated task that they disagree; and two of one moment, that one of them is a check.
SLOT_UID = "gen_random_uuid()"

# A task is about what its prompt was tagged with; tags are kept as they came, in their order.
TOPICS = """
ARRAY(
    SELECT left(tag, 64)
    FROM jsonb_array_elements_text(
        CASE jsonb_typeof(prompt.meta -> 'tags')
            WHEN 'array' THEN prompt.meta -> 'tags' ELSE '[]' END
    ) WITH ORDINALITY AS tagged (tag, place)
    WHERE tag <> ''
    GROUP BY left(tag, 64)
    ORDER BY min(place))
"""
DESCRIBE = f"""
UPDATE labeling_task task SET language = prompt.language, topics = {TOPICS}
FROM collector_message prompt
WHERE task.id = %(task)s AND prompt.id = task.prompt_id
"""

# Tasks of what a statement has `made` (parent_id, chunk, task_id, probability) and `chosen` (id,
# parent_id, chunk, place): how every statement that builds goes on.
INSERT_TASKS = f"""
tasks AS (
    INSERT INTO labeling_task (
        id, uid, project_id, kind, prompt_id, language, topics, band, selection_probability,
        state, created_at)
    SELECT task_id, {UUID7}, %(project)s, 'compare', prompt.id, prompt.language, {TOPICS}, 0,
           probability, 'open', clock_timestamp()
    FROM made JOIN collector_message prompt ON prompt.id = made.parent_id
), candidates AS (
    INSERT INTO labeling_candidate (task_id, response_id, ordinal, repeat)
    SELECT made.task_id, chosen.id, chosen.place + 1, false
    FROM chosen JOIN made USING (parent_id, chunk)
), slots AS (
    INSERT INTO labeling_slot (uid, task_id, ordinal, state, project_id, band, seq)
    SELECT {SLOT_UID}, task_id, ordinal, 'open', %(project)s, 0, nextval('labeling_slot_queue')
    FROM (
        SELECT task_id, ordinal FROM made, generate_series(1, %(overlap)s) AS ordinal
        ORDER BY task_id, ordinal
    ) AS in_order
)
SELECT count(*), array_agg(DISTINCT parent_id) FROM made
"""

# `sample` numbers an author's responses to one prompt; taking all first samples before any second
# one puts different authors into a task as long as there are any. Where there are more responses
# than a task shows, a hash of author and prompt says who meets: in the order they came in, the same
# models would meet under every prompt, the others never, and no leaderboard could connect them.
BUILD = f"""
WITH unused AS (
    SELECT m.id, m.parent_id,
           row_number() OVER (
               PARTITION BY m.parent_id, r.generator_id, m.labeler_id ORDER BY m.id
           ) AS sample,
           count(*) OVER (PARTITION BY m.parent_id) AS available,
           hashint8extended(coalesce(r.generator_id, -m.labeler_id, 0), m.parent_id) AS draw
    FROM collector_message m LEFT JOIN collector_generatorrevision r ON r.id = m.revision_id
    WHERE m.parent_id = ANY(%(prompts)s)
      AND {UNUSED}
), placed AS (
    SELECT id, parent_id,
           row_number() OVER (
               PARTITION BY parent_id
               ORDER BY sample, CASE WHEN available > %(k)s THEN draw END, id
           ) - 1 AS place,
           available
    FROM unused
), chosen AS (
    SELECT id, parent_id, place / %(k)s AS chunk, place %% %(k)s AS place
    FROM placed
    WHERE place < available - available %% %(k)s
), made AS MATERIALIZED (
    SELECT parent_id, chunk, nextval(pg_get_serial_sequence('labeling_task', 'id')) AS task_id,
           NULL::double precision AS probability
    FROM (SELECT DISTINCT parent_id, chunk FROM chosen ORDER BY parent_id, chunk) AS in_order
), {INSERT_TASKS.strip()}
"""
