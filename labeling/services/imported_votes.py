"""Preferences of sources on their way to judgments, and what judgments hold beside the order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.db.backends.utils import CursorWrapper

from collector.text import content_hash
from common.ids import new_uid_text
from labeling.models import ResponseRating, Span
from labeling.models.judgments import Purpose
from labeling.questions import LABELS_YES_NO
from labeling.services.imported_sql import EDITS

_YES_NO = frozenset(question.name for question in LABELS_YES_NO)


@dataclass(frozen=True, slots=True)
class Stated:
    """A preference as it is stored. Without a prompt, ids are those of generators."""

    pk: int
    prompt: int | None
    tiers: list[list[int]]
    order: list[int] | None
    not_rankable: str
    details: dict[str, Any]
    author: str
    strength: int | None
    language: str | None
    topics: list[str]

    @classmethod
    def of(cls, row: Sequence[Any]) -> "Stated":
        pk, prompt, tiers, order, not_rankable, details, *rest = row
        return cls(
            *(pk, prompt, orjson.loads(tiers), orjson.loads(order) if order else None),
            *(not_rankable, orjson.loads(details), *rest),
        )

    @property
    def responses(self) -> list[int]:
        """As shown; where nobody knows how, by id."""
        return self.order or sorted(response for tier in self.tiers for response in tier)


@dataclass(frozen=True, slots=True)
class Vote:
    """A preference with its judgment's number, as far as its responses are still there."""

    stated: Stated
    tiers: list[list[int]] | None
    order: list[int]
    task: int
    judgment: int
    labeler: int

    @property
    def purpose(self) -> str:
        """People's own votes are imported; what was asked for otherwise stays what it was."""
        purpose: str = self.stated.details.get("purpose", Purpose.IMPORTED.value)
        return purpose


def write_edits(cursor: CursorWrapper, votes: Sequence[Vote]) -> dict[int, tuple[int, int]]:
    """Store labelers' better versions; by judgment, the id of each and of the response it was.

    A version of a response that is gone is none.
    """
    edits = {
        new_uid_text(): (vote, edit)
        for vote in votes
        if (edit := vote.stated.details.get("edit")) and edit["response"] in vote.order
    }
    if not edits:
        return {}
    texts = [edit["text"] for _, edit in edits.values()]
    cursor.execute(
        EDITS,
        {
            "uid": list(edits),
            "response": [edit["response"] for _, edit in edits.values()],
            "text": texts,
            "content_hash": [content_hash(text) for text in texts],
            "labeler": [vote.labeler for vote, _ in edits.values()],
        },
    )
    made = ((pk, *edits[uid]) for uid, pk in cursor.fetchall())
    return {vote.judgment: (pk, edit["response"]) for pk, vote, edit in made}


def write_ratings_and_spans(votes: Sequence[Vote]) -> None:
    """Store what was said of single responses, of those that are still there."""
    ResponseRating.objects.bulk_create(
        ResponseRating(
            judgment_id=vote.judgment,
            response_id=said["response"],
            overall=said["overall"],
            attributes=said["attributes"],
            flags=said["flags"],
            labels={name: _label(name, value) for name, value in said["labels"].items()},
        )
        for vote, said in _of_responses(votes, "ratings")
    )
    Span.objects.bulk_create(
        Span(judgment_id=vote.judgment, response_id=said.pop("response"), **said)
        for vote, said in _of_responses(votes, "spans")
    )


def _of_responses(votes: Sequence[Vote], kind: str) -> Iterator[tuple[Vote, dict[str, Any]]]:
    for vote in votes:
        for said in vote.stated.details.get(kind, ()):
            if said["response"] in vote.order:
                yield vote, said


def _label(name: str, value: float) -> bool | float:
    """Exports write yes and no as 1 and 0, beside the labels that have steps between."""
    return value == 1 if name in _YES_NO else value
