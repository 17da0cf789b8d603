"""The statements of a submit: one round trip locks and reads, one writes, whatever K is.

An edit is written by one more, ahead of the judgment. What few answers hold (an edit, spans, a
warning of content) is read and written by longer variants of the two statements, so that all the
others do not pay for it.
"""

from common.prepared import Prepared
from labeling.locks import Lock, namespace
from labeling.services.claim_sql import AT_GRANT
from labeling.services.following_sql import FOLLOW_TYPES, FOLLOWS, VOTES, VOTES_FROM

# The slot is locked before its task, as everywhere, and the labeler last: who leaves is waited for,
# and waits. What follows has a snapshot of its own and
# so sees what the transaction that was waited for has done.
_LOCK = f"""
SELECT pg_advisory_xact_lock_shared({namespace(Lock.JUDGMENTS)} | s.project_id)
FROM labeling_slot s JOIN labeling_task task ON task.id = s.task_id
WHERE s.uid = %(slot)s
FOR NO KEY UPDATE OF s, task;
SELECT FROM accounts_labeler WHERE id = %(labeler)s FOR KEY SHARE
"""
_COLUMNS = """
       s.id, s.state, s.labeler_id, s."order", s.task_id, s.project_id,
       task.prompt_id, task.repeats_id IS NOT NULL AS repeats, gold.use,
       policy.id, policy.modes, policy.span_labels, guideline.id,
       ARRAY(
           SELECT r.generator_id
           FROM unnest(s."order") WITH ORDINALITY AS shown (id, place)
           JOIN collector_message m ON m.id = shown.id
           LEFT JOIN collector_generatorrevision r ON r.id = m.revision_id
           ORDER BY shown.place),
       whose.erased_at IS NOT NULL OR whose.user_id IS NULL AND whose.kind = 'person',
       same.id, same.body_hash, standing.id,
       clock_timestamp(),
       clock_timestamp() <= make_interval(mins => policy.edit_window_minutes) + (
           SELECT min(first.created_at) FROM labeling_judgment first
           WHERE first.task_id = s.task_id AND first.slot_id = s.id)
       -- and has not been told a machine's opinion since (`labeling.services.reconsidering`)
       AND NOT EXISTS (
           SELECT FROM labeling_judgment seen
           WHERE seen.labeler_id = %(labeler)s AND seen.submit_key = 'opinion-' || standing.id),
"""
# Of every response shown, its text and what of it was masked.
_TEXTS = """
       ARRAY(
           SELECT m.text FROM unnest(s."order") WITH ORDINALITY AS shown (id, place)
           JOIN collector_message m ON m.id = shown.id ORDER BY shown.place),
       ARRAY(
           SELECT mask.spans::text FROM unnest(s."order") WITH ORDINALITY AS shown (id, place)
           JOIN collector_message m ON m.id = shown.id
           LEFT JOIN labeling_mask mask ON mask.response_id = m.id ORDER BY shown.place)
"""
_FROM = f"""
FROM labeling_slot s
    JOIN labeling_task task ON task.id = s.task_id
    JOIN accounts_labeler whose ON whose.id = %(labeler)s
    {AT_GRANT}
    LEFT JOIN labeling_golditem gold ON gold.task_id = s.task_id
    LEFT JOIN labeling_judgment same
        ON same.labeler_id = %(labeler)s AND same.submit_key = %(submit_key)s
    LEFT JOIN labeling_judgment standing
        ON standing.slot_id = s.id AND standing.retired_at IS NULL
    {VOTES_FROM}
WHERE s.uid = %(slot)s
"""
_READ_TYPES = {"slot": "uuid", "labeler": "bigint", "submit_key": "text"}
LOCK_AND_READ = Prepared(
    "concord_submit_read", _READ_TYPES, f"SELECT {_COLUMNS} {VOTES} {_FROM}", before=_LOCK
)
LOCK_AND_READ_TEXTS = Prepared(
    "concord_submit_read_texts",
    _READ_TYPES,
    f"SELECT {_COLUMNS} {VOTES}, {_TEXTS} {_FROM}",
    before=_LOCK,
)

WRITE_EDIT = """
INSERT INTO collector_message (
    uid, project_id, parent_id, root_id, depth, role, text, language, content_hash, origin,
    labeler_id, edits_id, meta, created_at)
SELECT %(uid)s, prompt.project_id, prompt.id, coalesce(prompt.root_id, prompt.id),
       prompt.depth + 1, 'assistant', %(text)s, edited.language, %(content_hash)s, 'edit',
       %(labeler)s, edited.id, '{}', %(created_at)s
FROM collector_message edited JOIN collector_message prompt ON prompt.id = edited.parent_id
WHERE edited.id = %(response)s
RETURNING id
"""

_WRITE = f"""
WITH judgment AS (
    INSERT INTO labeling_judgment (
        uid, task_id, slot_id, labeler_id, purpose, policy_version_id, guideline_version_id,
        tiers, not_rankable, strength, answers, rationale, edit_id, "order", seconds, submit_key,
        body_hash, supersedes_id, created_at)
    VALUES (
        %(uid)s, %(task_id)s, %(slot_id)s, %(labeler_id)s, %(purpose)s, %(policy_version_id)s,
        %(guideline_version_id)s,
        %(tiers)s, %(not_rankable)s, %(strength)s, %(answers)s, %(rationale)s, %(edit_id)s,
        %(order)s, %(seconds)s, %(submit_key)s, %(body_hash)s, %(supersedes_id)s, %(created_at)s)
    RETURNING id
), comparisons AS (
    INSERT INTO labeling_comparison (
        judgment_id, project_id, labeler_id, prompt_id, first_id, second_id, first_generator_id,
        second_generator_id, outcome, strength, first_shown_before, purpose, created_at)
    SELECT judgment.id, %(project)s, %(labeler_id)s, %(prompt)s, pair.first, pair.second,
           pair.first_generator, pair.second_generator, pair.outcome, pair.strength,
           pair.first_shown_before, %(purpose)s, %(created_at)s
    FROM judgment, unnest(
        %(first)s, %(second)s, %(first_generator)s, %(second_generator)s, %(outcome)s,
        %(pair_strength)s, %(first_shown_before)s
    ) AS pair (
        first, second, first_generator, second_generator, outcome, strength, first_shown_before)
), ratings AS (
    INSERT INTO labeling_responserating (
        judgment_id, response_id, overall, attributes, flags, labels)
    SELECT judgment.id, rated.response, rated.overall, rated.attributes::jsonb,
           rated.flags::jsonb, rated.labels::jsonb
    FROM judgment, unnest(
        %(rated)s, %(overall)s, %(attributes)s, %(flags)s, %(labels)s
    ) AS rated (response, overall, attributes, flags, labels)
), slot AS (
    UPDATE labeling_slot SET state = 'submitted'
    WHERE id = %(slot_id)s AND state IS NOT DISTINCT FROM 'leased'
), {FOLLOWS}, done AS (
    INSERT INTO labeling_tally AS tally (project_id, labeler_id, total, day, today)
    SELECT %(project)s, %(labeler_id)s, 1, today.day, 1
    FROM (SELECT (%(created_at)s AT TIME ZONE 'UTC')::date AS day) AS today
    WHERE %(supersedes_id)s IS NULL AND %(purpose)s NOT IN ('practice', 'qualification')
    ON CONFLICT (labeler_id, project_id) DO UPDATE SET
        total = tally.total + 1, day = excluded.day,
        today = CASE WHEN tally.day = excluded.day THEN tally.today + 1 ELSE 1 END
)
"""
_MARKS = """, spans AS (
    INSERT INTO labeling_span (judgment_id, response_id, start, "end", label, note)
    SELECT judgment.id, mark.response, mark.start, mark.until, mark.label, mark.note
    FROM judgment, unnest(
        %(marked)s, %(mark_start)s, %(mark_end)s, %(mark_label)s, %(mark_note)s
    ) AS mark (response, start, until, label, note)
), warnings AS (
    INSERT INTO labeling_contentwarning (message_id, category, source, created_at)
    SELECT warned.message, warned.category, 'judgment', %(created_at)s
    FROM unnest(%(warned)s, %(warned_of)s) AS warned (message, category)
    ON CONFLICT (message_id, category) DO NOTHING
)
"""
_RETURN = "SELECT id FROM judgment"
_WRITE_TYPES = {
    "uid": "uuid",
    "labeler_id": "bigint",
    "purpose": "text",
    "policy_version_id": "bigint",
    "guideline_version_id": "bigint",
    "tiers": "jsonb",
    "not_rankable": "text",
    "strength": "smallint",
    "answers": "jsonb",
    "rationale": "text",
    "edit_id": "bigint",
    "order": "bigint[]",
    "seconds": "float8",
    "submit_key": "text",
    "body_hash": "bytea",
    "supersedes_id": "bigint",
    "created_at": "timestamptz",
    "prompt": "bigint",
    **FOLLOW_TYPES,
    "first": "bigint[]",
    "second": "bigint[]",
    "first_generator": "bigint[]",
    "second_generator": "bigint[]",
    "outcome": "text[]",
    "pair_strength": "smallint[]",
    "first_shown_before": "boolean[]",
    "rated": "bigint[]",
    "overall": "smallint[]",
    "attributes": "text[]",
    "flags": "text[]",
    "labels": "text[]",
}
_MARK_TYPES = {
    "marked": "bigint[]",
    "mark_start": "integer[]",
    "mark_end": "integer[]",
    "mark_label": "text[]",
    "mark_note": "text[]",
    "warned": "bigint[]",
    "warned_of": "text[]",
}
WRITE = Prepared("concord_submit_write", _WRITE_TYPES, f"{_WRITE} {_RETURN}")
WRITE_MARKED = Prepared(
    "concord_submit_write_marked", _WRITE_TYPES | _MARK_TYPES, f"{_WRITE} {_MARKS} {_RETURN}"
)

# Only a correction needs it: the old judgment leaves at the very moment the new one enters, so
# that at any cut-off exactly one of them stands. Returns its ratings, for what they warned of.
RETIRE = """
WITH comparisons AS (
    UPDATE labeling_comparison SET retired_at = %(at)s
    WHERE judgment_id = %(judgment)s AND retired_at IS NULL
), judgment AS (
    UPDATE labeling_judgment SET retired_at = %(at)s WHERE id = %(judgment)s
)
SELECT response_id, flags::text, labels::text FROM labeling_responserating
WHERE judgment_id = %(judgment)s AND (flags <> '{}' OR labels <> '{}')
"""
