"""Imports and previewed rows as their pages show them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise

from collector.importing.rows import Author, ParsedRow, Response
from collector.models import ImportJob, ImportUndo
from collector.services.import_previews import ImportPreview, PreviewedRow
from dashboard.pages.import_words import (
    FINDING_WORDS,
    PRESET_WORDS,
    STATUS_WORDS,
    TONES,
    UNDO_WORDS,
)

UNFINISHED = frozenset({"queued", "running"})


@dataclass(frozen=True, slots=True)
class ImportLook:
    """An import in words."""

    job: ImportJob

    @property
    def undo(self) -> ImportUndo | None:
        """How it is being taken back, if it is."""
        return getattr(self.job, "undo", None)

    @property
    def words(self) -> Promise | str:
        """How it stands."""
        if self.undo is not None:
            return UNDO_WORDS[self.undo.status]
        return STATUS_WORDS.get(self.job.status, self.job.status)

    @property
    def tone(self) -> str:
        if self.undo is not None:
            return "bad" if self.undo.status == "failed" else "warn"
        return TONES.get(self.job.status, "")

    @property
    def preset(self) -> Promise | str:
        words = PRESET_WORDS.get(self.job.preset)
        return words.name if words else self.job.preset

    @property
    def under_way(self) -> dict[str, Any] | None:
        """The job that is not over, for its bar: the import, or its being taken back."""
        job: ImportJob | ImportUndo = self.undo or self.job
        if job.status not in UNFINISHED:
            return None
        view = "api:import-undo" if self.undo else "api:import"
        return {
            "address": reverse(view, args=[self.job.uid]),
            "status": job.status,
            "words": self.words,
            "progress": job.progress,
            "error": "",
        }

    @property
    def can_be_undone(self) -> bool:
        """Whether there is anything to take back, as far as the import itself goes."""
        is_undone = self.undo is not None and self.undo.status != "failed"
        return self.job.status not in UNFINISHED and not is_undone and bool(self.job.created)

    @property
    def findings(self) -> list[tuple[Promise | str, dict[str, Any]]]:
        found = sorted(self.job.findings.items())
        return [(FINDING_WORDS.get(kind, kind), each) for kind, each in found]

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """Why rows were left out, the most frequent first."""
        return sorted(self.job.reasons.items(), key=lambda reason: (-reason[1], reason[0]))


def found_in(preview: ImportPreview) -> list[tuple[Promise | str, int]]:
    """What checks found in the rows that were looked at, and how often."""
    return [(FINDING_WORDS.get(kind, kind), n) for kind, n in preview.findings.most_common()]


@dataclass(frozen=True, slots=True)
class RowLook:
    """A previewed row in words."""

    row: PreviewedRow

    @property
    def kinds(self) -> list[Promise | str]:
        return [FINDING_WORDS.get(kind, kind) for kind in self.row.kinds]

    @property
    def conversations(self) -> Iterator["ConversationLook"]:
        return (ConversationLook(each) for each in self.row.conversations[:LARGEST_TREE])

    @property
    def more(self) -> int:
        """Conversations of the row that are not shown."""
        return max(0, len(self.row.conversations) - LARGEST_TREE)


LARGEST_TREE = 3


@dataclass(frozen=True, slots=True)
class ConversationLook:
    """A conversation of a row; of a vote without texts there are its models instead."""

    parsed: ParsedRow

    @property
    def responses(self) -> list[tuple[Response, int | None]]:
        """Each with its rank, where the row prefers any: 1 is the best."""
        ranks: dict[int, int] = {}
        if self.parsed.preference:
            for rank, tier in enumerate(self.parsed.preference.tiers, 1):
                ranks |= dict.fromkeys(tier, rank)
        return [(said, ranks.get(place)) for place, said in enumerate(self.parsed.responses)]

    @property
    def models(self) -> list[tuple[Author, int | None]]:
        vote = self.parsed.model_vote
        if vote is None:
            return []
        ranks = {place: rank for rank, tier in enumerate(vote.stated.tiers, 1) for place in tier}
        return [(model, ranks.get(place)) for place, model in enumerate(vote.models)]
