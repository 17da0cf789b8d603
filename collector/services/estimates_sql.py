"""What a run would owe of one revision, counted by the database."""

from dataclasses import dataclass

from django.db import connection

from collector.models import GeneratorRevision
from collector.services.prompt_filters import PromptFilter

# `path` walks from each prompt that is owed a response to its root: all that would be sent.
_OWED = """
WITH RECURSIVE wanted (id) AS ({prompts}), state AS (
    SELECT wanted.id, g.status
    FROM wanted CROSS JOIN generate_series(0, %s - 1) AS sample
    LEFT JOIN collector_generation g
        ON g.prompt_id = wanted.id AND g.revision_id = %s AND g.sample_index = sample
), owed AS (
    SELECT id, count(*) AS times FROM state
    WHERE status IS NULL OR status IN ('failed', 'cancelled') GROUP BY id
), path AS (
    SELECT owed.times, m.parent_id, octet_length(m.text) AS bytes
    FROM owed JOIN collector_message m USING (id)
  UNION ALL
    SELECT path.times, m.parent_id, octet_length(m.text)
    FROM path JOIN collector_message m ON m.id = path.parent_id
), numbered AS (
    SELECT id, row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS number FROM owed
)
SELECT
    (SELECT count(*) FROM owed),
    (SELECT coalesce(sum(times), 0) FROM owed),
    (SELECT count(*) FROM state WHERE status = 'succeeded'),
    (SELECT count(*) FROM state WHERE status IN ('pending', 'running')),
    (SELECT count(*) FROM state WHERE status IN ('failed', 'cancelled')),
    (SELECT coalesce(sum(times * bytes), 0) FROM path),
    (SELECT coalesce(sum(times), 0) FROM path),
    ARRAY(SELECT id FROM numbered WHERE mod(place, greatest(1, ceil(number / %s::numeric))) = 0)
"""


@dataclass(frozen=True)
class Owed:
    """Prompts and requests that a run would add, and the states of what is there already.

    `text_bytes` (UTF-8) and `messages` are of all conversations to be sent; `sample` holds the ids
    of prompts spread evenly over them.
    """

    prompts: int
    requests: int
    there: int
    waiting: int
    again: int
    text_bytes: int
    messages: int
    sample: list[int]


def owed(wanted: PromptFilter, revision: GeneratorRevision, samples: int, *, sample: int) -> Owed:
    """With the ids of at most `sample` prompts."""
    sql, params = wanted.prompts(revision).values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_OWED.format(prompts=sql), [*params, samples, revision.pk, sample])
        *counts, ids = cursor.fetchone()
    prompts, requests, there, waiting, again, text_bytes, messages = map(int, counts)
    return Owed(prompts, requests, there, waiting, again, text_bytes, messages, ids)
