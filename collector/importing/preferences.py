"""What a batch says about preference: places in the batch become ids of stored rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.db.backends.utils import CursorWrapper

from collector.importing.authors import AuthorIds
from collector.importing.rows import Preference

_MESSAGES = """
SELECT node, message_id FROM import_node WHERE node = ANY(%s) AND message_id IS NOT NULL
"""
_GENERATORS = "SELECT id, generator_id FROM collector_generatorrevision WHERE id = ANY(%s)"
# An author's ranking of the same responses is stated once, in whatever file and row it stands. A
# vote is known only where it has an `identity` (of the source's ids and times) and another source
# had it; within one source the unique constraint knows rows.
_INSERT = """
INSERT INTO collector_importedpreference (
    source_id, "row", prompt_id, tiers, author, strength, "order", not_rankable, details,
    created_at)
SELECT %(source)s, stated.place, stated.prompt, stated.tiers, stated.author, stated.strength,
       stated.shown, stated.not_rankable, stated.details, now()
FROM unnest(
    %(row)s::bigint[], %(prompt)s::bigint[], %(tiers)s::jsonb[], %(author)s::text[],
    %(strength)s::smallint[], %(shown)s::jsonb[], %(not_rankable)s::text[], %(details)s::jsonb[],
    %(vote)s::boolean[]
) AS stated (place, prompt, tiers, author, strength, shown, not_rankable, details, vote)
WHERE stated.prompt IS NULL
   OR stated.vote AND stated.details -> 'identity' IS NULL
   OR NOT EXISTS (
    SELECT FROM collector_importedpreference known
    WHERE known.prompt_id = stated.prompt
      AND CASE WHEN stated.vote
          THEN known.details -> 'identity' = stated.details -> 'identity'
               AND known.source_id <> %(source)s
          ELSE known.author = stated.author AND known.tiers = stated.tiers END)
ORDER BY stated.place
ON CONFLICT DO NOTHING
RETURNING id, "row"
"""
_COLUMNS = (
    *("row", "prompt", "tiers", "author", "strength", "shown", "not_rankable", "details"),
    "vote",
)
# What `details` say of one response each, which a row names by its place.
_OF_RESPONSES = ("ratings", "spans")


@dataclass(frozen=True, slots=True)
class _Stated:
    """`responses` are nodes of the batch; where there is no prompt, numbers of models."""

    row: int
    prompt: int | None
    responses: Sequence[int]
    tiers: list[list[int]]
    stated: Preference

    def columns(self, ids: Mapping[int, int], prompt: int | None) -> tuple[Any, ...]:
        """The row to insert, in the order of `_COLUMNS`, with ids for the batch's numbers."""
        said = self.stated
        tiers = [sorted(ids[number] for number in tier) for tier in self.tiers]
        order = None
        if said.order is not None:
            order = _json(list(dict.fromkeys(ids[self.responses[place]] for place in said.order)))
        details = said.details
        if not details.keys().isdisjoint((*_OF_RESPONSES, "edit")):
            details = self._placed([ids[number] for number in self.responses])
        return (
            *(self.row, prompt, _json(tiers), said.author, said.strength, order),
            *(said.not_rankable, _json(details), said.vote),
        )

    def _placed(self, responses: Sequence[int]) -> dict[str, Any]:
        """The details with the ids of `responses` for their places in the row."""
        details = dict(self.stated.details)
        for name in _OF_RESPONSES:
            if name in details:
                details[name] = [
                    said | {"response": responses[said["response"]]} for said in details[name]
                ]
        if edit := details.get("edit"):
            details["edit"] = edit | {"response": responses[edit["response"]]}
        return details


@dataclass
class StatedPreferences:
    """The preferences of a batch, of prompts and responses given as its nodes."""

    _stated: list[_Stated] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self._stated)

    def add(
        self, *, row: int, prompt: int | None, responses: list[int], stated: Preference
    ) -> None:
        """Add what a row of the file states; `responses` are the nodes of its responses.

        Responses that are one message (the same text by the same author) stand where the best of
        them does. Of fewer than two nothing is preferred. Without a prompt `responses` are the
        numbers of the models that a vote without texts is about.
        """
        met: set[int] = set()
        tiers = []
        for tier in stated.tiers:
            nodes = sorted({responses[place] for place in tier} - met)
            met.update(nodes)
            if nodes:
                tiers.append(nodes)
        if len(met) > 1 or (stated.not_rankable and len(set(responses)) > 1):
            self._stated.append(_Stated(row, prompt, responses, tiers, stated))

    def store(
        self, cursor: CursorWrapper, *, source_id: int, author_ids: Mapping[int, AuthorIds]
    ) -> dict[int, int]:
        """Insert what is new; returns by its ids the rows of the file that brought it.

        Needs the batch's nodes in `import_node`, each with the message it has become.
        """
        cursor.execute(_MESSAGES, [sorted(self._nodes())])
        message: dict[int, int] = dict(cursor.fetchall())
        rows = list(self._between_texts(message))
        if votes := [stated for stated in self._stated if stated.prompt is None]:
            models = _generators(cursor, author_ids)
            rows += [vote.columns(models, None) for vote in votes]
        columns = {name: [row[at] for row in rows] for at, name in enumerate(_COLUMNS)}
        cursor.execute(_INSERT, columns | {"source": source_id})
        return dict(cursor.fetchall())

    def _between_texts(self, message: Mapping[int, int]) -> Iterator[tuple[Any, ...]]:
        """Rows to insert of what all is stored of; what rows state again is left out."""
        met = set()
        for stated in self._stated:
            if stated.prompt is None or not message.keys() >= {stated.prompt, *stated.responses}:
                continue
            row = stated.columns(message, message[stated.prompt])
            if not stated.stated.vote:
                if row[1:4] in met:
                    continue
                met.add(row[1:4])
            yield row

    def _nodes(self) -> set[int]:
        asked = [stated for stated in self._stated if stated.prompt is not None]
        nodes = {stated.prompt for stated in asked if stated.prompt is not None}
        return nodes.union(*(stated.responses for stated in asked))


def _generators(cursor: CursorWrapper, author_ids: Mapping[int, AuthorIds]) -> dict[int, int]:
    """The generator of each author that is one, by the authors' numbers."""
    revisions = {number: revision for number, (revision, _) in author_ids.items() if revision}
    cursor.execute(_GENERATORS, [list(revisions.values())])
    generator: dict[int, int] = dict(cursor.fetchall())
    return {number: generator[revision] for number, revision in revisions.items()}


def _json(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
