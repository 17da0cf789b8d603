"""The parts of a claim that hide a check among the work: an item with a known answer, or a repeat.

A check takes the place of work that was found and left where it is, so that there is none for who
has nothing else to do, and it takes as long to find. Its slot is the labeler's own from the start:
in a band that no queue serves, and with `HIDDEN_FOR` on top of its lease, so that nobody else is
ever given it. To its labeler it looks like all the rest, its uid included, which says nothing
of any slot.
"""

from labeling.services.build_sql import SLOT_UID

CHECK_BAND = 31_999
HIDDEN_FOR = "interval '876000 hours'"  # a hundred years; hours, which no calendar stretches
ITEMS_LOOKED_AT = 100  # drawn anew each time
# An original is the labeler's own of a while ago: so many of their judgments are newer, ...
REPEAT_DISTANCE = 10
ORIGINALS_LOOKED_AT = 100  # ... and it is one of so many before these.

_INSERT = """
    INSERT INTO labeling_slot (
        uid, task_id, ordinal, state, labeler_id, "order", policy_version_id, guideline_version_id,
        granted_at, expires_at, project_id, band, seq)
"""
_REST = f"""
           policy.id, (SELECT id FROM guideline), statement_timestamp(),
           statement_timestamp() + policy.lease + {HIDDEN_FOR}, %(project)s, {CHECK_BAND},
           nextval('labeling_slot_queue')
    FROM policy, """


def _whole(task: str) -> str:
    """The condition that nothing of a task has been deleted."""
    return f"""NOT EXISTS (
          SELECT FROM labeling_task whole
              JOIN labeling_candidate c ON c.task_id = whole.id
              JOIN collector_message m ON m.id IN (c.response_id, whole.prompt_id)
          WHERE whole.id = {task} AND m.deleted_at IS NOT NULL OFFSET 0)"""


# Whether a check is due, and which.
_DUE = """check_due AS MATERIALIZED (
    SELECT CASE
        WHEN %(draw)s < policy.gold_share THEN 'gold'
        WHEN %(draw)s < policy.gold_share + policy.repeat_share THEN 'repeat' END AS kind
    FROM policy WHERE EXISTS (SELECT FROM work)
),
"""
# An item that the labeler has not met, in a slot of its own.
_GOLD = f"""gold AS MATERIALIZED (
    SELECT s.task_id
    FROM (
        SELECT item.task_id FROM labeling_golditem item
        WHERE (SELECT kind FROM check_due) = 'gold' AND item.project_id = %(project)s
          AND item.use = 'gold' AND item.retired_at IS NULL
        ORDER BY random() LIMIT {ITEMS_LOOKED_AT} OFFSET 0) AS s
    WHERE (SELECT count(*) FROM labeling_candidate c WHERE c.task_id = s.task_id)
              = (SELECT responses FROM policy)
      AND {_whole("s.task_id")} {{not_met}} {{suits}}
    LIMIT 1
), gold_slot AS (
    {_INSERT}
    SELECT {SLOT_UID}, gold.task_id,
           (SELECT coalesce(max(former.ordinal), 0) + 1 FROM labeling_slot former
            WHERE former.task_id = gold.task_id),
           'leased', %(labeler)s,
           (SELECT array_agg(c.response_id ORDER BY random())
            FROM labeling_candidate c WHERE c.task_id = gold.task_id),
           {_REST} gold
    ON CONFLICT DO NOTHING
    RETURNING id
),
"""
# A task of the labeler's own that was not repeated yet.
_ORIGINAL = f"""original AS MATERIALIZED (
    SELECT own.task_id, own."order"
    FROM (
        SELECT j.task_id, j."order", j.purpose, j.retired_at
        FROM labeling_judgment j
        WHERE (SELECT kind FROM check_due) = 'repeat' AND j.labeler_id = %(labeler)s
        ORDER BY j.created_at DESC
        LIMIT {ORIGINALS_LOOKED_AT} OFFSET {REPEAT_DISTANCE}) AS own
    WHERE own.retired_at IS NULL AND own.purpose IN ('work', 'simulated')
      AND cardinality(own."order") = (SELECT responses FROM policy)
      AND EXISTS (
          SELECT FROM labeling_task task
          WHERE task.id = own.task_id AND task.project_id = %(project)s
            AND task.state <> 'void' OFFSET 0)
      AND NOT EXISTS (
          SELECT FROM labeling_task again
          WHERE again.repeats_id = own.task_id AND again.reserved_for_id = %(labeler)s OFFSET 0)
      AND {_whole("own.task_id")}
    ORDER BY random() LIMIT 1
),
"""
# Once more, in the reverse order.
_REPEAT = f"""repeated AS (
    INSERT INTO labeling_task (
        uid, project_id, kind, prompt_id, language, topics, band, repeats_id, reserved_for_id,
        state, created_at)
    SELECT gen_random_uuid(), %(project)s, task.kind, task.prompt_id, task.language, task.topics,
           task.band, task.id, %(labeler)s, 'open', statement_timestamp()
    FROM original JOIN labeling_task task ON task.id = original.task_id
    RETURNING id, repeats_id
), repeated_candidates AS (
    INSERT INTO labeling_candidate (task_id, response_id, ordinal, repeat)
    SELECT repeated.id, c.response_id, c.ordinal, true
    FROM repeated JOIN labeling_candidate c ON c.task_id = repeated.repeats_id
), repeat_slot AS (
    {_INSERT}
    SELECT {SLOT_UID}, repeated.id, 1, 'leased', %(labeler)s,
           (SELECT array_agg(shown.id ORDER BY shown.place DESC)
            FROM original, unnest(original."order") WITH ORDINALITY AS shown (id, place)),
           {_REST} repeated
    RETURNING id
),
"""


def hidden_checks(*, not_met: str, suits: str) -> str:
    """The CTEs `check_due` to `checked`, whose one row is the id of the check's slot.

    They read `policy`, `guideline`, `wish` and `work` (the slot found, or no row).
    `not_met` and `suits` are the claim's own conditions on `s.task_id`. A rival may take the same
    number of an item's slot: then there is no row, and the claim is tried again.
    """
    gold = _GOLD.format(not_met=not_met, suits=suits)
    return f"""{_DUE}{gold}{_ORIGINAL}{_REPEAT}checked AS (
    SELECT id FROM gold_slot UNION ALL SELECT id FROM repeat_slot
)"""
