"""The statements that give items with a known answer to one labeler."""

from labeling.services.build_sql import SLOT_UID
from labeling.services.claim_sql import FOR_EVER, TRAINING_BAND

# An item has one task for everybody who meets it, so its slots are numbered under the task's lock.
LOCK_TASKS = """
SELECT id FROM labeling_task WHERE id = ANY(%(tasks)s) ORDER BY id FOR NO KEY UPDATE
"""
GIVE = f"""
INSERT INTO labeling_slot (
    uid, task_id, ordinal, state, labeler_id, "order", policy_version_id, guideline_version_id,
    granted_at, expires_at, project_id, band, seq)
SELECT {SLOT_UID}, given.task,
       coalesce((SELECT max(s.ordinal) FROM labeling_slot s WHERE s.task_id = given.task), 0) + 1,
       'leased', %(labeler)s,
       (SELECT array_agg(c.response_id ORDER BY random())
        FROM labeling_candidate c WHERE c.task_id = given.task),
       %(policy)s, %(guideline)s, %(at)s, %(at)s + {FOR_EVER}, %(project)s, {TRAINING_BAND},
       nextval('labeling_slot_queue')
FROM unnest(%(tasks)s::bigint[]) WITH ORDINALITY AS given (task, place)
ORDER BY given.place
"""
