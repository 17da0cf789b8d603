"""Many judged pairs at once, by INSERT … SELECT: for memory and for builds that get killed."""

from django.db import connection

from collector.models import Project
from collector.services.generators import recorded_revision
from tests.factories import make_labeler

_STATEMENTS = """
CREATE TEMP TABLE bulk ON COMMIT DROP AS
  SELECT n, nextval('collector_message_id_seq') AS prompt,
         nextval('collector_message_id_seq') AS first,
         nextval('collector_message_id_seq') AS second,
         nextval('labeling_task_id_seq') AS task, nextval('labeling_judgment_id_seq') AS judgment,
         repeat(md5(n::text) || ' ', %(words)s) AS body
  FROM generate_series(1, %(pairs)s) AS n;
INSERT INTO collector_message (id, uid, project_id, parent_id, root_id, depth, role, text, language,
    content_hash, thread_hash, origin, revision_id, meta, created_at)
  SELECT prompt, gen_random_uuid(), %(project)s, NULL, NULL, 0, 'user', 'Prompt ' || n, '',
         sha256(n::text::bytea), sha256(n::text::bytea), 'imported', NULL, '{}'::jsonb, now()
  FROM bulk
  UNION ALL
  SELECT first, gen_random_uuid(), %(project)s, prompt, prompt, 1, 'assistant', 'A ' || body, '',
         sha256(('a' || n)::bytea), NULL, 'imported', %(revision)s, '{}', now() FROM bulk
  UNION ALL
  SELECT second, gen_random_uuid(), %(project)s, prompt, prompt, 1, 'assistant', 'B ' || body, '',
         sha256(('b' || n)::bytea), NULL, 'imported', %(revision)s, '{}', now() FROM bulk;
INSERT INTO collector_thread (prompt_id, messages, split_hash)
  SELECT prompt, jsonb_build_array(jsonb_build_object('role', 'user', 'content', 'Prompt ' || n)),
         sha256(n::text::bytea) FROM bulk;
INSERT INTO labeling_task (id, uid, project_id, kind, prompt_id, band, state, created_at)
  SELECT task, gen_random_uuid(), %(project)s, 'compare', prompt, 0, 'complete', now() FROM bulk;
INSERT INTO labeling_judgment (id, uid, task_id, labeler_id, purpose, tiers, answers, rationale,
    "order", submit_key, body_hash, created_at)
  SELECT judgment, gen_random_uuid(), task, %(labeler)s, 'simulated',
         jsonb_build_array(jsonb_build_array(first), jsonb_build_array(second)), '{}', '',
         ARRAY[first, second], n::text, sha256(n::text::bytea), clock_timestamp() FROM bulk;
INSERT INTO labeling_comparison (judgment_id, project_id, labeler_id, prompt_id, first_id,
    second_id, outcome, first_shown_before, purpose, created_at)
  SELECT judgment, %(project)s, %(labeler)s, prompt, first, second, 'first', true, 'simulated',
         clock_timestamp() FROM bulk ORDER BY n;
"""


def simulate_pairs(project: Project, pairs: int, *, words: int = 15) -> None:
    """`pairs` prompts with two responses of 33 · `words` bytes, each judged once (simulated)."""
    with connection.cursor() as cursor:
        cursor.execute(
            _STATEMENTS,
            {
                "project": project.pk,
                "pairs": pairs,
                "words": words,
                "revision": recorded_revision(name="bulk").pk,
                "labeler": make_labeler(user=None).pk,
            },
        )
        cursor.execute("ANALYZE")
