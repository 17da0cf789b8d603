"""From conversations to messages, a batch at a time and set by set.

A batch becomes a list of nodes, is copied into a temporary table and from there inserted depth by
depth; the unique constraints `prompt_once_a_project` and `imported_response_once_an_author` decide
what is new. What the rows say about preference is stored last, by the ids their responses have got.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.db import connection, transaction

from collector.importing.authors import AuthorIds, AuthorNumbers
from collector.importing.copying import NULL, copy_lines, escaped
from collector.importing.preferences import StatedPreferences
from collector.importing.rows import Author, ModelVote, ParsedRow, Turn
from collector.text import content_hash, thread_hash_of
from common.ids import new_uid_text

_CREATE = """
CREATE TEMP TABLE import_node (
    node int PRIMARY KEY, parent int, depth int NOT NULL, role text NOT NULL, body text NOT NULL,
    content_hash bytea NOT NULL, thread_hash bytea, uid uuid NOT NULL,
    author int NOT NULL, language text NOT NULL, meta jsonb NOT NULL,
    revision_id bigint, labeler_id bigint, message_id bigint, root_id bigint
) ON COMMIT DROP
"""
_COPY = """
COPY import_node (node, parent, depth, role, body, content_hash, thread_hash, uid,
                  author, language, meta) FROM STDIN
"""
_SET_AUTHORS = """
UPDATE import_node n SET revision_id = a.revision_id, labeler_id = a.labeler_id
FROM unnest(%s::int[], %s::bigint[], %s::bigint[]) a (author, revision_id, labeler_id)
WHERE n.author = a.author
"""
# One import at a time inserts into a project: two that hold the same rows in different order would
# wait for each other in a circle.
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('concord-import', %s))"
# Everything is looked up from the nodes outwards, one index probe a node: LATERAL … OFFSET 0 and
# scalar subqueries are not turned into joins. A join's plan would rest on statistics that know
# neither the temporary table nor the rows of a project that is just being filled.
_INSERT = """
INSERT INTO collector_message (
    uid, project_id, source_id, parent_id, root_id, depth, role, text, language, content_hash,
    thread_hash, origin, revision_id, labeler_id, meta, created_at)
SELECT n.uid, %(project)s, %(source)s, p.message_id, p.root_id, n.depth, n.role, n.body, n.language,
       n.content_hash, CASE n.role WHEN 'user' THEN n.thread_hash END, 'imported', n.revision_id,
       n.labeler_id, n.meta, now()
FROM import_node n
LEFT JOIN LATERAL (SELECT message_id, root_id FROM import_node WHERE node = n.parent OFFSET 0) p
    ON true
WHERE n.depth = %(depth)s AND n.role = %(role)s
AND (n.parent IS NULL OR p.message_id IS NOT NULL)
"""
_PROMPT = """
FROM collector_message m WHERE m.project_id = %(project)s AND m.thread_hash = n.thread_hash
"""
_INSERT_UNIQUE = {
    # A conversation has its own system message: made only where its first prompt is new.
    "system": f"""{_INSERT} AND (SELECT m.id {_PROMPT}) IS NULL ORDER BY n.node
RETURNING uid::text, id
""",
    "user": f"""{_INSERT} ORDER BY n.node
ON CONFLICT (project_id, thread_hash) WHERE thread_hash IS NOT NULL DO NOTHING
RETURNING uid::text, id
""",
    "assistant": f"""{_INSERT} ORDER BY n.node
ON CONFLICT (parent_id, revision_id, labeler_id, content_hash)
    WHERE origin = 'imported' AND role = 'assistant' DO NOTHING RETURNING uid::text, id
""",
}
# A prompt that is stored already needs no parent, so what hangs below it finds its way.
_STORED = {
    "system": "FROM collector_message m WHERE m.uid = n.uid",
    "user": _PROMPT,
    "assistant": """
FROM collector_message m
WHERE m.parent_id = (SELECT p.message_id FROM import_node p WHERE p.node = n.parent)
AND m.content_hash = n.content_hash
AND m.revision_id IS NOT DISTINCT FROM n.revision_id
AND m.labeler_id IS NOT DISTINCT FROM n.labeler_id
AND m.origin = 'imported' AND m.role = 'assistant'
""",
}
_FIND_STORED = {
    role: f"""
UPDATE import_node n SET (message_id, root_id) = (SELECT m.id, COALESCE(m.root_id, m.id) {stored})
WHERE n.depth = %(depth)s AND n.role = %(role)s
"""  # noqa: S608 - made of the constants above
    for role, stored in _STORED.items()
}


@dataclass
class Made:
    """The ids of what a batch has stored anew."""

    messages: list[int] = field(default_factory=list)
    preferences: list[int] = field(default_factory=list)


@dataclass
class Batch:
    """Conversations gathered for one transaction, each message once.

    `authors` must know every author of the rows that are added.
    """

    authors: AuthorNumbers
    rows: int = 0
    characters: int = 0
    authors_met: dict[int, Author] = field(default_factory=dict)
    made: Made = field(default_factory=Made)
    _lines: list[str] = field(default_factory=list)
    _nodes: dict[tuple[Any, ...], int] = field(default_factory=dict)
    _row_of: dict[str, int] = field(default_factory=dict)
    _levels: set[tuple[int, str]] = field(default_factory=set)
    _preferences: StatedPreferences = field(default_factory=StatedPreferences)
    _row: int = 0

    def add(self, parsed: ParsedRow, row: int) -> None:
        """Add what the file's row of this number holds."""
        self.rows += 1
        self._row = row
        if parsed.model_vote is not None:
            self._add_vote(parsed.model_vote)
            return
        self._add_conversation(parsed)
        for branch in parsed.branches:
            self._add_conversation(branch)

    def meet(self, parsed: ParsedRow) -> None:
        """Note the authors of a row that may be added later."""
        for author in parsed.authors():
            if author is not None:
                self.authors_met[self.authors[author]] = author

    def _add_vote(self, vote: ModelVote) -> None:
        numbers = [self.authors[model] for model in vote.models]
        self.authors_met.update(zip(numbers, vote.models, strict=True))
        self._preferences.add(row=self._row, prompt=None, responses=numbers, stated=vote.stated)

    def _add_conversation(self, parsed: ParsedRow) -> None:
        prompt = self._add_turns(parsed)
        stated = parsed.preference
        places: Sequence[int] = range(len(parsed.responses))
        if stated:
            # Files tend to name the better response first. Ids follow this order, and `first` of
            # a comparison is the lower id: so it is an order that no preference made.
            places = sorted(places, key=lambda place: content_hash(parsed.responses[place].text))
        nodes = {}
        for place in places:
            said = parsed.responses[place]
            turn = Turn("assistant", said.text, said.author, said.language, said.meta)
            nodes[place], _depth = self._add_answer(turn, prompt, parsed)
        if stated:
            in_order = [nodes[place] for place in range(len(nodes))]
            self._preferences.add(
                row=self._row, prompt=prompt[0], responses=in_order, stated=stated
            )

    def _add_turns(self, parsed: ParsedRow) -> tuple[int, int]:
        """Add the way to the prompt; returns the prompt's node and its depth."""
        last = len(parsed.turns) - 1
        path: list[tuple[str, bytes]] = []
        waiting: Turn | None = None
        parent: tuple[int, int] | None = None
        for place, turn in enumerate(parsed.turns):
            path.append((turn.role, content_hash(turn.text)))
            if turn.role == "system":
                waiting = turn
                continue
            if turn.role == "assistant" and parent is not None:
                parent = self._add_answer(turn, parent, parsed)
                continue
            thread = thread_hash_of(path)
            if waiting is not None and (thread,) not in self._nodes:
                parent = self._add(("system", thread), waiting, None, path[0][1], parsed, thread)
            waiting = None
            meta = turn.meta or (parsed.meta if place == last else None)
            parent = self._add((thread,), turn, parent, path[-1][1], parsed, thread, meta)
        if parent is None:
            raise ValueError("A conversation without a prompt.")
        return parent

    def _add_answer(
        self, turn: Turn, parent: tuple[int, int], parsed: ParsedRow
    ) -> tuple[int, int]:
        hashed = content_hash(turn.text)
        key = (parent[0], self.authors[turn.author], hashed)
        return self._add(key, turn, parent, hashed, parsed, meta=turn.meta)

    def _add(
        self,
        key: tuple[Any, ...],
        turn: Turn,
        parent: tuple[int, int] | None,
        hashed: bytes,
        parsed: ParsedRow,
        thread: bytes | None = None,
        meta: dict[str, Any] | None = None,
    ) -> tuple[int, int]:
        """Add a message unless the batch has it; returns its node and depth."""
        depth = parent[1] + 1 if parent else 0
        known = self._nodes.get(key)
        if known is not None:
            return known, depth
        node = len(self._nodes)
        self._nodes[key] = node
        self._levels.add((depth, turn.role))
        uid = new_uid_text()
        self._row_of[uid] = self._row
        self.characters += len(turn.text)
        author = self.authors[turn.author]
        if turn.author is not None:
            self.authors_met[author] = turn.author
        self._lines.append(
            f"{node}\t{parent[0] if parent else NULL}\t{depth}\t{turn.role}\t{escaped(turn.text)}"
            f"\t\\\\x{hashed.hex()}\t{_bytea(thread)}\t{uid}"
            f"\t{author}\t{escaped(turn.language or parsed.language)}"
            f"\t{escaped(orjson.dumps(meta).decode()) if meta else '{}'}\n"
        )
        return node, depth

    @transaction.atomic
    def load(self, *, project_id: int, source_id: int, author_ids: dict[int, AuthorIds]) -> int:
        """Insert what is new; returns how many of the rows brought anything new.

        `author_ids` are the stored ids of `authors_met`.
        """
        if not self._nodes and not self._preferences:
            return 0
        new_rows: set[int] = set()
        place: dict[str, int | str] = {"project": project_id, "source": source_id}
        deepest = max((depth for depth, _ in self._levels), default=0)
        with connection.cursor() as cursor:
            cursor.execute(_CREATE)
            copy_lines(cursor, _COPY, self._lines)
            if author_ids:
                revisions, labelers = zip(*author_ids.values(), strict=True)
                cursor.execute(_SET_AUTHORS, [list(author_ids), list(revisions), list(labelers)])
            cursor.execute(LOCK, [project_id])
            for depth, role in sorted(self._levels):
                names = place | {"depth": depth, "role": role}
                cursor.execute(_INSERT_UNIQUE[role], names)
                for uid, pk in cursor.fetchall():
                    new_rows.add(self._row_of[uid])
                    self.made.messages.append(pk)
                if depth < deepest or self._preferences:
                    cursor.execute(_FIND_STORED[role], names)
            if self._preferences:
                preferences = self._preferences.store(
                    cursor, source_id=source_id, author_ids=author_ids
                )
                self.made.preferences.extend(preferences)
                new_rows.update(preferences.values())
            cursor.execute("DROP TABLE import_node")
        return len(new_rows)


def _bytea(value: bytes | None) -> str:
    return NULL if value is None else f"\\\\x{value.hex()}"
