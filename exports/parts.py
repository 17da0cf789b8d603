"""How a dataset is cut into parts that can be built side by side."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypedDict

from django.conf import settings

from exports.items import Source
from exports.manifest import FileEntry, Tally
from exports.reading import last_key, part_ranges
from exports.selection import Frame


@dataclass(frozen=True, slots=True)
class Part:
    """The keys `low < key <= high` of one source."""

    source: Source
    low: int
    high: int


class PartResult(TypedDict):
    """What a part came to: tallies by format, and its files by their names in the part's folder."""

    formats: dict[str, Tally]
    files: list[FileEntry]


def cut(frame: Frame, sources: Iterable[Source]) -> list[Part]:
    """The parts of these sources in order, `EXPORT_PART_KEYS` of the project's keys each.

    Keys are only ever added, and later ones are after the frame's cut-off: cut again, the parts
    hold the same rows. A balanced recipe looks at all pairs first, which is done once: one part.
    """
    parts = []
    for source in sources:
        if source == "comparisons" and frame.recipe.balance != "none":
            last = last_key(source, frame)
            parts += [Part(source, 0, last)] if last else []
        else:
            ranges = part_ranges(source, frame, keys=settings.EXPORT_PART_KEYS)
            parts += [Part(source, low, high) for low, high in ranges]
    return parts
