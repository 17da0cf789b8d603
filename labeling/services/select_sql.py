"""The statements of choosing which pairs become tasks."""

from labeling.services.build_sql import INSERT_TASKS, PROMPT_USABLE, UNUSED, USABLE

# Tasks that nobody has answered or passed: those that are begun are being finished, and with fewer
# labelers than judgments a task none would ever be complete.
UNTOUCHED = """
SELECT count(*) FROM (
    SELECT FROM labeling_task task
    WHERE task.project_id = %(project)s AND task.state = 'open' AND task.reserved_for_id IS NULL
      AND NOT EXISTS (
          SELECT FROM labeling_slot slot
          WHERE slot.task_id = task.id AND slot.state IN ('submitted', 'skipped')
      )
    LIMIT %(most)s
) AS untouched
"""

# Models with a response to compare that nobody was asked about or voted on. Fenced, in this order:
# each model is probed until a first row is found, and no project is read whole.
NEWCOMERS = f"""
SELECT DISTINCT r.generator_id
FROM collector_generatorrevision r
WHERE CASE
    WHEN EXISTS (
        SELECT FROM collector_message m
        JOIN collector_generatorrevision own ON own.id = m.revision_id
        JOIN labeling_candidate c ON c.response_id = m.id AND NOT c.repeat
        WHERE own.generator_id = r.generator_id AND m.project_id = %(project)s
        OFFSET 0
    ) THEN false
    WHEN EXISTS (
        SELECT FROM labeling_comparison voted
        WHERE voted.project_id = %(project)s
          AND r.generator_id IN (voted.first_generator_id, voted.second_generator_id)
        OFFSET 0
    ) THEN false
    ELSE EXISTS (
        SELECT FROM collector_message m
        JOIN collector_message prompt ON prompt.id = m.parent_id
        WHERE m.revision_id = r.id AND m.project_id = %(project)s AND {UNUSED} AND {PROMPT_USABLE}
          AND EXISTS (
              SELECT FROM collector_message rival
              JOIN collector_generatorrevision other ON other.id = rival.revision_id
              WHERE rival.parent_id = m.parent_id AND other.generator_id <> r.generator_id
                AND NOT EXISTS (
                    SELECT FROM labeling_candidate c
                    WHERE c.response_id = rival.id AND NOT c.repeat
                )
          )
        OFFSET 0
    )
END
"""

# Prompts by the models of their unused responses (each as often as it has some) and by the tasks
# they have: of each kind how many there are, and some at random.
STOCK = f"""
WITH held AS (
    SELECT m.parent_id AS prompt,
           array_agg(r.generator_id ORDER BY r.generator_id)
               FILTER (WHERE c.id IS NULL AND r.id IS NOT NULL) AS models,
           count(c.id) / 2 AS used
    FROM collector_message m
    JOIN collector_message prompt ON prompt.id = m.parent_id
    LEFT JOIN collector_generatorrevision r ON r.id = m.revision_id
    LEFT JOIN labeling_candidate c ON c.response_id = m.id AND NOT c.repeat
    WHERE m.project_id = %(project)s AND {USABLE} AND {PROMPT_USABLE}
    GROUP BY m.parent_id
)
SELECT models, used, count(*), (array_agg(prompt ORDER BY random()))[1:%(most)s]
FROM held
WHERE models[1] <> models[cardinality(models)]
GROUP BY models, used
ORDER BY models, used
"""

# Votes that open tasks are owed, by pair of models.
OWED = """
SELECT least(one.generator_id, two.generator_id), greatest(one.generator_id, two.generator_id),
       count(*)
FROM labeling_task task
JOIN labeling_slot slot ON slot.task_id = task.id AND slot.state IN ('open', 'leased')
JOIN labeling_candidate a ON a.task_id = task.id
JOIN labeling_candidate b ON b.task_id = task.id AND b.ordinal > a.ordinal
JOIN collector_message first ON first.id = a.response_id
JOIN collector_message second ON second.id = b.response_id
JOIN collector_generatorrevision one ON one.id = first.revision_id
JOIN collector_generatorrevision two ON two.id = second.revision_id
WHERE task.project_id = %(project)s AND task.state = 'open' AND task.reserved_for_id IS NULL
  AND one.generator_id <> two.generator_id
GROUP BY 1, 2
"""

# The n-th choice of a model at one prompt is its n-th unused response there. A choice whose
# responses are gone by now makes no task.
SELECT_TASKS = f"""
WITH asked AS (
    SELECT * FROM unnest(
        %(prompts)s::bigint[], %(first)s::bigint[], %(second)s::bigint[],
        %(probabilities)s::double precision[]
    ) WITH ORDINALITY AS asked (prompt_id, first, second, probability, chunk)
), sides AS (
    SELECT prompt_id, model, chunk, place, probability,
           row_number() OVER (PARTITION BY prompt_id, model ORDER BY chunk) AS sample
    FROM asked, LATERAL (VALUES (0, asked.first), (1, asked.second)) AS side (place, model)
), unused AS (
    SELECT m.id, m.parent_id, r.generator_id,
           row_number() OVER (PARTITION BY m.parent_id, r.generator_id ORDER BY m.id) AS sample
    FROM collector_message m
    JOIN collector_message prompt ON prompt.id = m.parent_id
    JOIN collector_generatorrevision r ON r.id = m.revision_id
    WHERE m.parent_id = ANY(%(prompts)s) AND {UNUSED} AND {PROMPT_USABLE}
), chosen AS (
    SELECT unused.id, unused.parent_id, sides.chunk, sides.place, sides.probability,
           count(*) OVER (PARTITION BY sides.chunk) AS found
    FROM sides JOIN unused ON unused.parent_id = sides.prompt_id
        AND unused.generator_id = sides.model AND unused.sample = sides.sample
), made AS MATERIALIZED (
    SELECT parent_id, chunk, probability,
           nextval(pg_get_serial_sequence('labeling_task', 'id')) AS task_id
    FROM (
        SELECT parent_id, chunk, probability FROM chosen
        WHERE found = 2 AND place = 0 ORDER BY chunk
    ) AS in_order
), {INSERT_TASKS.strip()}
"""
