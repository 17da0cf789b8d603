"""Flags and signatures in the database, a batch at a time."""

from collections.abc import Iterable, Sequence

import orjson
from django.db import connection

from collector.hygiene.findings import Finding
from collector.hygiene.inspecting import Noted, Signature

# A text that is flagged already stays as it is: what a person dismissed is not raised again.
_FLAG_NOTED = """
INSERT INTO collector_messageflag (message_id, kind, detail, created_at)
SELECT DISTINCT ON (found.message_id, noted.kind) found.message_id, noted.kind, noted.detail, now()
FROM unnest(%(threads)s::bytea[], %(responses)s::bytea[], %(kinds)s::text[], %(details)s::jsonb[])
    WITH ORDINALITY AS noted (thread, response, kind, detail, place)
CROSS JOIN LATERAL (
    SELECT p.id AS message_id FROM collector_message p
    WHERE noted.response IS NULL AND p.project_id = %(project)s AND p.thread_hash = noted.thread
    UNION ALL
    SELECT r.id FROM collector_message p JOIN collector_message r ON r.parent_id = p.id
    WHERE p.project_id = %(project)s AND p.thread_hash = noted.thread
      AND r.content_hash = noted.response AND r.role = 'assistant'
) found
ORDER BY found.message_id, noted.kind, noted.place
ON CONFLICT (message_id, kind) DO NOTHING
"""
_FLAG = """
INSERT INTO collector_messageflag (message_id, kind, detail, created_at)
SELECT message, kind, detail, now()
FROM unnest(%s::bigint[], %s::text[], %s::jsonb[]) AS found (message, kind, detail)
ON CONFLICT (message_id, kind) DO NOTHING
"""
_SIGN = """
INSERT INTO collector_promptsignature (prompt_id, project_id, bands)
SELECT p.id, %(project)s, ARRAY(SELECT jsonb_array_elements_text(signed.bands)::bigint)
FROM unnest(%(threads)s::bytea[], %(bands)s::jsonb[]) AS signed (thread, bands)
JOIN collector_message p ON p.project_id = %(project)s AND p.thread_hash = signed.thread
ON CONFLICT (prompt_id) DO NOTHING
"""
# MessageFlag.detail for a text that many others are near to names the first of them. An index probe
# a prompt, and no more candidates than can be compared quickly.
_CANDIDATES = """
SELECT asked.place, found.uid::text, found.text
FROM unnest(%(threads)s::bytea[], %(bands)s::jsonb[])
    WITH ORDINALITY AS asked (thread, bands, place)
CROSS JOIN LATERAL (
    SELECT m.uid, m.text FROM collector_promptsignature s
    JOIN collector_message m ON m.id = s.prompt_id
    WHERE s.bands && ARRAY(SELECT jsonb_array_elements_text(asked.bands)::bigint)
      AND s.project_id = %(project)s AND m.deleted_at IS NULL AND m.thread_hash <> asked.thread
    ORDER BY m.id LIMIT %(most)s
) found
"""
MOST_CANDIDATES = 20
_KNOWN = """
SELECT thread_hash FROM collector_message
WHERE project_id = %s AND thread_hash = ANY(%s::bytea[])
"""

Candidates = dict[int, list[tuple[str, str]]]


def flag_noted(noted: Sequence[Noted], *, project_id: int) -> None:
    """Flag what an import has stored."""
    if not noted:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _FLAG_NOTED,
            {
                "project": project_id,
                "threads": [each.thread for each in noted],
                "responses": [each.response for each in noted],
                "kinds": [each.finding.kind for each in noted],
                "details": [_json(each.finding.detail) for each in noted],
            },
        )


def flag_messages(found: Iterable[tuple[int, Finding]]) -> None:
    """Flag messages by their ids."""
    rows = list(found)
    if not rows:
        return
    ids, findings = zip(*rows, strict=True)
    details = [_json(finding.detail) for finding in findings]
    with connection.cursor() as cursor:
        cursor.execute(_FLAG, [list(ids), [finding.kind for finding in findings], details])


def sign(signatures: Sequence[Signature], *, project_id: int) -> None:
    """Store what later prompts are compared with."""
    if not signatures:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _SIGN,
            {
                "project": project_id,
                "threads": [each.thread for each in signatures],
                "bands": [_json(each.bands) for each in signatures],
            },
        )


def known_threads(threads: Sequence[bytes], *, project_id: int) -> set[bytes]:
    """Those of the prompts that are stored already."""
    if not threads:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [project_id, list(threads)])
        return {bytes(thread) for (thread,) in cursor.fetchall()}


def candidates(signatures: Sequence[Signature], *, project_id: int) -> Candidates:
    """By the place of a signature: `(uid, text)` of stored prompts that may be near it."""
    found: Candidates = {}
    if not signatures:
        return found
    with connection.cursor() as cursor:
        cursor.execute(
            _CANDIDATES,
            {
                "project": project_id,
                "threads": [each.thread for each in signatures],
                "bands": [_json(each.bands) for each in signatures],
                "most": MOST_CANDIDATES,
            },
        )
        for place, uid, text in cursor.fetchall():
            found.setdefault(place - 1, []).append((uid, text))
    return found


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
