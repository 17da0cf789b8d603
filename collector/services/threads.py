"""Threads: conversations stored as JSON beside their prompts, so that readers never recurse."""

from collections.abc import Sequence

from django.db import connection

from collector.text import split_hash

# `wanted` walks from each prompt up to its root; deeper messages come later in the thread.
READ = """
WITH RECURSIVE wanted AS (
    SELECT id AS prompt_id, parent_id, depth, role, text
    FROM collector_message
    WHERE id = ANY(%(prompts)s) AND role = 'user'
  UNION ALL
    SELECT wanted.prompt_id, up.parent_id, up.depth, up.role, up.text
    FROM wanted JOIN collector_message up ON up.id = wanted.parent_id
)
SELECT prompt_id,
       jsonb_agg(jsonb_build_object('role', role, 'content', text) ORDER BY depth)::text,
       array_agg(role::text ORDER BY depth),
       array_agg(text ORDER BY depth)
FROM wanted
GROUP BY prompt_id
ORDER BY prompt_id
"""
WRITE = """
INSERT INTO collector_thread (prompt_id, messages, split_hash)
SELECT * FROM unnest(%(prompts)s::bigint[], %(messages)s::jsonb[], %(hashes)s::bytea[])
ON CONFLICT (prompt_id) DO NOTHING
"""
MISSING = """
SELECT prompt_id FROM unnest(%(prompts)s::bigint[]) AS asked (prompt_id)
WHERE NOT EXISTS (SELECT FROM collector_thread t WHERE t.prompt_id = asked.prompt_id)
"""
BATCH = 1000


def ensure_threads(*, prompts: Sequence[int]) -> None:
    """Write the threads that are missing for these prompts (message ids)."""
    with connection.cursor() as cursor:
        cursor.execute(MISSING, {"prompts": list(prompts)})
        missing = [row[0] for row in cursor.fetchall()]
    _write(missing)


def _write(prompts: Sequence[int]) -> None:
    with connection.cursor() as cursor:
        for start in range(0, len(prompts), BATCH):
            cursor.execute(READ, {"prompts": list(prompts[start : start + BATCH])})
            rows = cursor.fetchall()
            cursor.execute(
                WRITE,
                {
                    "prompts": [prompt for prompt, _, _, _ in rows],
                    "messages": [messages for _, messages, _, _ in rows],
                    "hashes": [
                        split_hash(zip(roles, texts, strict=True)) for _, _, roles, texts in rows
                    ],
                },
            )
