"""What a batch says about preference: places in the batch become ids of stored messages."""

from dataclasses import dataclass, field
from typing import Any

import orjson
from django.db.backends.utils import CursorWrapper

from collector.importing.rows import Preference

_MESSAGES = """
SELECT node, message_id FROM import_node WHERE node = ANY(%s) AND message_id IS NOT NULL
"""
# An author's ranking of the same responses is stated once, in whatever file and row it stands.
_INSERT = """
INSERT INTO collector_importedpreference (
    source_id, "row", prompt_id, tiers, author, strength, created_at)
SELECT %(source)s, stated.place, stated.prompt, stated.tiers, stated.author, stated.strength, now()
FROM unnest(
    %(row)s::bigint[], %(prompt)s::bigint[], %(tiers)s::jsonb[], %(author)s::text[],
    %(strength)s::smallint[]
) AS stated (place, prompt, tiers, author, strength)
WHERE NOT EXISTS (
    SELECT FROM collector_importedpreference known
    WHERE known.prompt_id = stated.prompt AND known.author = stated.author
      AND known.tiers = stated.tiers)
ORDER BY stated.place
ON CONFLICT DO NOTHING
RETURNING "row"
"""


@dataclass(frozen=True, slots=True)
class _Stated:
    row: int
    prompt: int
    tiers: list[list[int]]
    author: str
    strength: int | None


@dataclass
class StatedPreferences:
    """The preferences of a batch, of prompts and responses given as its nodes."""

    _stated: list[_Stated] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self._stated)

    def add(self, *, row: int, prompt: int, responses: list[int], stated: Preference) -> None:
        """Add what a row of the file states; `responses` are the nodes of its responses.

        Responses that are one message (the same text by the same author) stand where the best of
        them does. Of fewer than two nothing is preferred.
        """
        met: set[int] = set()
        tiers = []
        for tier in stated.tiers:
            nodes = sorted({responses[place] for place in tier} - met)
            met.update(nodes)
            if nodes:
                tiers.append(nodes)
        if len(met) > 1:
            self._stated.append(_Stated(row, prompt, tiers, stated.author, stated.strength))

    def store(self, cursor: CursorWrapper, *, source_id: int) -> set[int]:
        """Insert what is new; returns the rows of the file that brought any of it.

        Needs the batch's nodes in `import_node`, each with the message it has become.
        """
        cursor.execute(_MESSAGES, [sorted(self._nodes())])
        message: dict[int, int] = dict(cursor.fetchall())
        rows: dict[tuple[int, str, str], tuple[Any, ...]] = {}
        for stated in self._stated:
            if stated.prompt in message and all(n in message for t in stated.tiers for n in t):
                tiers = [sorted(message[node] for node in tier) for tier in stated.tiers]
                prompt, written = message[stated.prompt], orjson.dumps(tiers).decode()
                row = (stated.row, prompt, written, stated.author, stated.strength)
                rows.setdefault((prompt, stated.author, written), row)
        names = ("row", "prompt", "tiers", "author", "strength")
        columns = {name: [row[place] for row in rows.values()] for place, name in enumerate(names)}
        cursor.execute(_INSERT, columns | {"source": source_id})
        return {row for (row,) in cursor.fetchall()}

    def _nodes(self) -> set[int]:
        nodes = {stated.prompt for stated in self._stated}
        return nodes.union(*(tier for stated in self._stated for tier in stated.tiers))
