"""The statements of a claim.

`GRANT` is one round trip: the lock and the claim travel together and are one transaction. It is
written so that the plan does not hang on statistics, which are stale whenever a queue has just
been built: `OFFSET 0` keeps a condition an index probe of one row, where a join might hash the
labeler's whole history, and a condition that only rechecks a row found by its id is written with
`IS NOT DISTINCT FROM`, which no index serves. A plan is kept as long as its connection, so one
made while the queue was short must not read the table from end to end when it has become long.
"""

from common.prepared import Prepared
from labeling.locks import Lock, namespace
from labeling.services.check_sql import CHECK_BAND, HIDDEN_FOR, hidden_checks

# Slots of items with a known answer are inserted for one labeler and are in no queue: their band
# says so, and they are on loan for longer than anybody lives, so that nobody else is given them.
TRAINING_BAND = 32_000
FOR_EVER = "interval '100 years'"
PASSED_AT_ONCE = 32  # slots that are never theirs, before a cursor is moved beyond a whole band

# What a labeler wants, read once a statement; empty means every one.
WISH = """wish AS MATERIALIZED (
    SELECT languages, topics FROM accounts_preferences WHERE labeler_id = %(labeler)s
)"""

# A labeler never meets a task again that they have or had a slot of or passed over, nor one that
# is closed (an expert answered it, while a slot was on loan), is reserved for somebody else or
# compares a text of their own, nor one whose language (`pt-BR` is a `pt`) or topics they do not
# want. A task that does not say its own suits everybody.
_NOT_MET = """
    AND NOT EXISTS (
        SELECT FROM labeling_slot own
        WHERE own.task_id = s.task_id AND own.labeler_id = %(labeler)s {fence})
    AND NOT EXISTS (
        SELECT FROM labeling_skip skip
        WHERE skip.task_id = s.task_id AND skip.labeler_id = %(labeler)s {fence})
"""
_UNWANTED = """(task.language <> '' OR cardinality(task.topics) > 0) AND EXISTS (
                SELECT FROM wish
                WHERE (task.language <> '' AND cardinality(wish.languages) > 0
                       AND task.language <> ALL(wish.languages)
                       AND split_part(task.language, '-', 1) <> ALL(wish.languages))
                   OR (cardinality(task.topics) > 0 AND cardinality(wish.topics) > 0
                       AND NOT task.topics && wish.topics))"""
_OPEN_TO_THEM = f"""
    AND NOT EXISTS (
        SELECT FROM labeling_task task
        WHERE task.id = s.task_id AND (
            task.state <> 'open'
            OR task.reserved_for_id <> %(labeler)s
            OR {_UNWANTED}
        ) {{fence}})
"""
_NOT_BY_THEM = """
    AND NOT EXISTS (
        SELECT FROM labeling_candidate c JOIN collector_message m ON m.id = c.response_id
        WHERE c.task_id = s.task_id AND m.labeler_id = %(labeler)s {fence})
"""
_ELIGIBLE = _NOT_MET + _OPEN_TO_THEM + _NOT_BY_THEM
_FENCE = "OFFSET 0"
ELIGIBLE = _ELIGIBLE.format(fence=_FENCE)
ELIGIBLE_FOR_COUNTING = _ELIGIBLE.format(fence="")  # of many slots at once: any plan may be best
_CHECKS = hidden_checks(
    not_met=_NOT_MET.format(fence=_FENCE),
    suits=_NOT_BY_THEM.format(fence=_FENCE)
    + f"""
    AND NOT EXISTS (
        SELECT FROM labeling_task task WHERE task.id = s.task_id AND {_UNWANTED} {_FENCE})
""",
)

# Where the labeler's cursor stands in a band.
_CURSOR = """coalesce((
            SELECT c.seq FROM labeling_claimcursor c
            WHERE c.labeler_id = %(labeler)s AND c.project_id = %(project)s
              AND c.band = bands.band), 0)"""

_EVERY_BAND = """(
        SELECT DISTINCT band FROM labeling_slot
        WHERE project_id = %(project)s AND state = 'open' ORDER BY band
    )"""

_HIDDEN = f"CASE WHEN s.band = {CHECK_BAND} THEN {HIDDEN_FOR} ELSE interval '0' END"

_GRANT = f"""
WITH {WISH}, policy AS (
    SELECT id, make_interval(mins => lease_minutes) AS lease,
           practice_items > 0 OR qualification_items > 0 AS trains, responses,
           gold_share, repeat_share, daily_judgments, most_judgments
    FROM labeling_policyversion WHERE project_id = %(project)s
    ORDER BY number DESC LIMIT 1
), guideline AS (
    SELECT id FROM labeling_guidelineversion WHERE project_id = %(project)s
    ORDER BY number DESC LIMIT 1
), standing AS MATERIALIZED (
    SELECT CASE
        WHEN stands.state IN ('paused', 'excluded') THEN stands.state
        WHEN stands.state IN ('active', 'warned') OR NOT policy.trains OR NOT %(person)s THEN 'may'
        ELSE 'not_qualified' END AS verdict
    FROM policy LEFT JOIN labeling_labelerstanding stands
        ON stands.labeler_id = %(labeler)s AND stands.project_id = %(project)s
), held AS MATERIALIZED (
    SELECT id, granted_at, uid = ANY(%(holding)s) AS known
    FROM labeling_slot
    WHERE labeler_id = %(labeler)s AND project_id = %(project)s AND state = 'leased'
      AND band < {TRAINING_BAND}
), reached AS MATERIALIZED (
    SELECT CASE
        WHEN policy.most_judgments BETWEEN 1 AND done.total + holds.number THEN 'all'
        WHEN policy.daily_judgments BETWEEN 1 AND done.today + holds.number THEN 'today' END AS most
    FROM policy, (SELECT count(*) AS number FROM held) AS holds, (
        SELECT coalesce(max(tally.total), 0) AS total,
               coalesce(max(tally.today) FILTER (
                   WHERE tally.day = (statement_timestamp() AT TIME ZONE 'UTC')::date), 0) AS today
        FROM labeling_tally tally
        WHERE tally.labeler_id = %(labeler)s AND tally.project_id = %(project)s) AS done
    WHERE %(person)s
), forgotten AS (
    SELECT id FROM held WHERE NOT known ORDER BY granted_at, id LIMIT 1
), room AS (
    SELECT FROM policy
    WHERE (SELECT verdict FROM standing) = 'may' AND (SELECT most FROM reached) IS NULL
      AND NOT EXISTS (SELECT FROM forgotten) AND (SELECT count(*) FROM held) < %(most_held)s
), expired AS MATERIALIZED (
    SELECT s.id, s.task_id, s.labeler_id
    FROM labeling_slot s
    WHERE s.project_id = %(project)s AND s.state = 'leased'
      AND s.expires_at <= statement_timestamp()
      AND EXISTS (SELECT FROM room)
      {ELIGIBLE}
    ORDER BY s.expires_at
    LIMIT 1
    FOR NO KEY UPDATE OF s SKIP LOCKED
), fresh AS MATERIALIZED (
    SELECT next.id, next.band, next.seq
    FROM {{bands}} AS bands (band), LATERAL (
        SELECT s.id, s.band, s.seq
        FROM labeling_slot s
        WHERE s.project_id = %(project)s AND s.state = 'open' AND s.band = bands.band
          AND s.seq > {{after}}
          {ELIGIBLE}
        ORDER BY s.seq
        LIMIT 1
        FOR NO KEY UPDATE OF s SKIP LOCKED
    ) AS next
    WHERE EXISTS (SELECT FROM room) AND NOT EXISTS (SELECT FROM expired)
    LIMIT 1
), work AS MATERIALIZED (
    SELECT id FROM expired UNION ALL SELECT id FROM fresh
), {_CHECKS}, granted AS (
    UPDATE labeling_slot s
    SET state = 'leased', labeler_id = %(labeler)s,
        policy_version_id = policy.id, guideline_version_id = (SELECT id FROM guideline),
        granted_at = statement_timestamp(),
        expires_at = statement_timestamp() + policy.lease,
        "order" = (
            SELECT array_agg(c.response_id ORDER BY random())
            FROM labeling_candidate c WHERE c.task_id = s.task_id)
    FROM policy
    WHERE s.id = (SELECT id FROM work) AND NOT EXISTS (SELECT FROM gold)
      AND NOT EXISTS (SELECT FROM original)
    RETURNING s.id
), renewed AS (
    UPDATE labeling_slot s
    SET expires_at = greatest(s.expires_at, statement_timestamp() + {_HIDDEN} + (
        SELECT make_interval(mins => own.lease_minutes)
        FROM labeling_policyversion own WHERE own.id = s.policy_version_id))
    WHERE s.id = (SELECT id FROM forgotten)
      AND s.labeler_id IS NOT DISTINCT FROM %(labeler)s AND s.state IS NOT DISTINCT FROM 'leased'
    RETURNING s.id
), remembered AS (
    INSERT INTO labeling_skip (task_id, labeler_id, reason, note, created_at)
    SELECT task_id, labeler_id, 'expired', '', statement_timestamp() FROM expired
    WHERE EXISTS (SELECT FROM granted)
    ON CONFLICT (labeler_id, task_id) DO NOTHING
), passed AS (
    INSERT INTO labeling_claimcursor (project_id, labeler_id, band, seq)
    SELECT %(project)s, %(labeler)s, band,
           CASE WHEN EXISTS (SELECT FROM granted) THEN seq ELSE seq - 1 END
    FROM fresh
    UNION ALL
    SELECT %(project)s, %(labeler)s, bands.band, beyond.seq
    FROM {{bands}} AS bands (band), LATERAL (
        SELECT max(s.seq) AS seq FROM labeling_slot s
        WHERE s.project_id = %(project)s AND s.state = 'open' AND s.band = bands.band
          AND (SELECT s.id FROM labeling_slot s
               WHERE s.project_id = %(project)s AND s.state = 'open' AND s.band = bands.band
                 AND s.seq > {{after}}
               ORDER BY s.seq LIMIT 1 OFFSET {PASSED_AT_ONCE - 1}) IS NOT NULL
    ) AS beyond
    WHERE bands.band < (SELECT band FROM fresh) AND beyond.seq IS NOT NULL
    ON CONFLICT (labeler_id, project_id, band) DO UPDATE SET seq = excluded.seq
)
SELECT (SELECT id FROM granted UNION ALL SELECT id FROM renewed UNION ALL SELECT id FROM checked),
       (SELECT count(*) FROM held WHERE known),
       (SELECT verdict FROM standing),
       (SELECT most FROM reached)
"""
_TYPES = {
    "project": "bigint",
    "labeler": "bigint",
    "holding": "uuid[]",
    "most_held": "bigint",
    "person": "boolean",
    "bands": "smallint[]",
    "draw": "float8",
}
_ONE_AT_A_TIME = f"""
SELECT pg_advisory_xact_lock({namespace(Lock.CLAIMING)} | %(labeler)s),
       set_config('enable_seqscan', 'off', true)
"""
GRANT = Prepared(
    "concord_grant",
    _TYPES,
    _GRANT.format(bands="unnest(%(bands)s)", after=_CURSOR),
    before=_ONE_AT_A_TIME,
)
GRANT_FROM_THE_START = Prepared(
    "concord_grant_from_the_start",
    _TYPES,
    _GRANT.format(bands=_EVERY_BAND, after="0"),
    before=_ONE_AT_A_TIME,
)

# Whether anything is to be had at all: no locks, no cursor, every band.
ANYTHING_LEFT = f"""
WITH {WISH} SELECT EXISTS (
    SELECT FROM labeling_slot s
    WHERE s.project_id = %(project)s AND s.state = 'open' {ELIGIBLE_FOR_COUNTING}
) OR EXISTS (
    SELECT FROM labeling_slot s
    WHERE s.project_id = %(project)s AND s.state = 'leased'
      AND s.expires_at <= statement_timestamp() {ELIGIBLE_FOR_COUNTING}
)
"""

# Rules and guidelines are those that the grant wrote down, for the page and for the answer alike.
AT_GRANT = """
    LEFT JOIN labeling_policyversion policy ON policy.id = s.policy_version_id
    LEFT JOIN labeling_guidelineversion guideline ON guideline.id = s.guideline_version_id
"""
# What is on loan for ever, or longer than it says, looks to its page like all the rest.
LEASE_END = f"""CASE WHEN s.band = {TRAINING_BAND}
       THEN statement_timestamp() + make_interval(mins => policy.lease_minutes)
       ELSE s.expires_at - {_HIDDEN} END"""
# What a text is warned of, but for what its reader does not need to be warned of. What a labeler
# found tells of their answer: it is for others only when the task that the response is in waits
# for no answer any more, and never for a hidden check, which is given to others ever after.
_WARNINGS = """coalesce((
               SELECT string_agg(warning.category, ',' ORDER BY warning.category)
               FROM labeling_contentwarning warning
               WHERE warning.message_id = {message} AND (warning.source <> 'judgment'
                   OR NOT EXISTS (
                       SELECT FROM labeling_candidate asked
                           JOIN labeling_task work ON work.id = asked.task_id
                       WHERE asked.response_id = {message} AND NOT asked.repeat
                         AND work.state = 'open')
                   AND NOT EXISTS (
                       SELECT FROM labeling_golditem item
                       WHERE item.task_id = s.task_id AND item.use = 'gold'))
               AND NOT EXISTS (
                   SELECT FROM accounts_preferences mine
                   WHERE mine.labeler_id = s.labeler_id
                     AND warning.category = ANY(mine.shown_categories))), '')"""
_ALL_WARNINGS = f"""
       ARRAY(
           SELECT {_WARNINGS.format(message="shown.id")}
           FROM unnest(s."order") WITH ORDINALITY AS shown (id, place)
           ORDER BY shown.place),
       {_WARNINGS.format(message="task.prompt_id")}
"""
_CONTENT = f"""
SELECT s.uid, {LEASE_END}, task.kind, policy.modes, policy.span_labels, guideline.number,
       coalesce(guideline.number > (
           SELECT max(known.number)
           FROM labeling_guidelinereading reading
               JOIN labeling_guidelineversion known ON known.id = reading.version_id
           WHERE reading.labeler_id = s.labeler_id AND known.project_id = s.project_id), false),
       thread.messages,
       ARRAY(
           SELECT coalesce(mask.text, m.text)
           FROM unnest(s."order") WITH ORDINALITY AS shown (id, place)
           JOIN collector_message m ON m.id = shown.id
           LEFT JOIN labeling_mask mask ON mask.response_id = m.id
           ORDER BY shown.place),
       {_ALL_WARNINGS}
FROM labeling_slot s
    JOIN labeling_task task ON task.id = s.task_id
    JOIN collector_thread thread ON thread.prompt_id = task.prompt_id
    {AT_GRANT}
WHERE s.id = %(slot)s
"""
CONTENT = Prepared("concord_content", {"slot": "bigint"}, _CONTENT)
WARNINGS = f"""
SELECT {_ALL_WARNINGS}
FROM labeling_slot s JOIN labeling_task task ON task.id = s.task_id
WHERE s.id = %(slot)s
"""

RENEW = f"""
UPDATE labeling_slot s
SET expires_at = greatest(
    s.expires_at,
    statement_timestamp() + {_HIDDEN} + make_interval(mins => policy.lease_minutes))
FROM labeling_policyversion policy
WHERE s.id = %(slot)s AND policy.id = s.policy_version_id
RETURNING {LEASE_END}
"""
