"""The statements of taking an import back.

Messages are blanked, as those of people who leave are: so much may refer to a message that
PostgreSQL would search tables of comparisons for each row that is deleted. Blank messages are read
nowhere, and their hashes make room for the same texts to come again.
"""

from dataclasses import dataclass

MOST = 1000  # of what builds on an import; there may be more


@dataclass(frozen=True, slots=True)
class Rows:
    """What an import created, or what is in one range of it; for the statements below."""

    project: int
    source: int
    job: int
    only: int | None = None

    @property
    def named(self) -> dict[str, int | None]:
        """The parameters of `MESSAGES` and `PREFERENCES`."""
        return {
            "source": self.source,
            "job": self.job,
            "only": self.only,
            "most": MOST + 1,
        }


_RANGES = """
FROM collector_importedrange r
JOIN {table} its ON its.id BETWEEN r.first AND r.last AND its.source_id = %(source)s
WHERE r.job_id = %(job)s AND r.kind = '{kind}' AND (%(only)s::bigint IS NULL OR r.id = %(only)s)
"""
_OF_MESSAGES = _RANGES.format(table="collector_message", kind="messages")
_OF_PREFERENCES = _RANGES.format(table="collector_importedpreference", kind="preferences")
MESSAGES = f"SELECT its.id, its.parent_id {_OF_MESSAGES} AND its.deleted_at IS NULL"
PREFERENCES = f"SELECT its.id, its.prompt_id {_OF_PREFERENCES}"

# Whether a preference, given by its id, is one of the import's.
ITS_PREFERENCE = """
EXISTS (SELECT FROM collector_importedpreference p
        JOIN collector_importedrange r ON p.id BETWEEN r.first AND r.last
        WHERE p.id = {preference} AND p.source_id = %(source)s
          AND r.job_id = %(job)s AND r.kind = 'preferences')
"""

_COUNTED = "SELECT count(*) FROM (SELECT FROM ({messages}) its {joined} LIMIT %(most)s) found"
_ITS_OWN = """
EXISTS (SELECT FROM collector_importedrange r
        WHERE r.job_id = %(job)s AND r.kind = 'messages' AND below.id BETWEEN r.first AND r.last)
"""
# Better versions that labelers wrote belong to judgments.
BUILT = {
    "generations": _COUNTED.format(
        messages=MESSAGES, joined="JOIN collector_generation g ON g.prompt_id = its.id"
    ),
    "messages": _COUNTED.format(
        messages=MESSAGES,
        joined=f"""
JOIN collector_message below ON below.parent_id = its.id
WHERE below.deleted_at IS NULL AND below.origin <> 'edit' AND below.origin <> 'generated'
  AND NOT (below.source_id IS NOT DISTINCT FROM %(source)s AND {_ITS_OWN})
""",
    ),
}
LOCK_MESSAGES = (
    f"SELECT FROM ({MESSAGES}) found JOIN collector_message m USING (id) FOR UPDATE OF m"
)
BLANK_MESSAGES = f"""
UPDATE collector_message m
SET text = '', meta = '{{}}', deleted_at = clock_timestamp(),
    content_hash = sha256(convert_to(m.uid::text, 'UTF8')),
    thread_hash = CASE WHEN m.thread_hash IS NOT NULL
                  THEN sha256(convert_to(m.uid::text, 'UTF8')) END
FROM ({MESSAGES}) found WHERE m.id = found.id
"""
# Of what hangs on a message and nobody made, before the messages are blanked.
DELETE_ATTACHED = (
    f"DELETE FROM collector_messageflag WHERE message_id IN (SELECT id FROM ({MESSAGES}) m)",
    f"DELETE FROM collector_promptsignature WHERE prompt_id IN (SELECT id FROM ({MESSAGES}) m)",
    f"DELETE FROM collector_thread WHERE prompt_id IN (SELECT id FROM ({MESSAGES}) m)",
)
DELETE_PREFERENCES = f"""
DELETE FROM collector_importedpreference WHERE id IN (SELECT id FROM ({PREFERENCES}) p)
"""
