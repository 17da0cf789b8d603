"""The checks of an import that need what is stored: near duplicates, and what was found."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypedDict

from django.db import connection

from collector.hygiene import near, storing
from collector.hygiene.findings import Finding
from collector.hygiene.inspecting import Inspected, Noted, Signature, near_duplicate
from collector.importing.chunks import Chunk
from collector.importing.loader import LOCK
from collector.importing.options import Options
from collector.importing.rows import one_line

Nearest = tuple[str, float]  # what is nearest, and how near

SAMPLES = 10
SKIPPED = "near_duplicate_skipped"


class Sample(TypedDict):
    row: int
    detail: str


class Found(TypedDict):
    count: int
    samples: list[Sample]


@dataclass
class Findings:
    """How often what was found, and the first rows of each; stored with the job as it goes on."""

    by_kind: dict[str, Found] = field(default_factory=dict)

    def add(self, kind: str, row: int, detail: str) -> None:
        found = self.by_kind.setdefault(kind, {"count": 0, "samples": []})
        found["count"] += 1
        if len(found["samples"]) < SAMPLES:
            found["samples"].append({"row": row, "detail": one_line(detail)[:300]})

    def add_noted(self, noted: Iterable[Noted]) -> None:
        for each in noted:
            self.add(each.finding.kind, each.row, described(each.finding.detail))


class Neighbours:
    """Rows of one chunk by the bands of their prompts, so that they are compared too."""

    def __init__(self) -> None:
        self._by_band: dict[int, list[tuple[int, Signature]]] = {}

    def add(self, row: int, signature: Signature) -> None:
        for band in signature.bands:
            kept = self._by_band.setdefault(band, [])
            if len(kept) < storing.MOST_CANDIDATES:
                kept.append((row, signature))

    def nearest(self, signature: Signature) -> Nearest:
        """The row that is nearest with its similarity; 0 if none is near."""
        there = {
            number: other
            for band in signature.bands
            for number, other in self._by_band.get(band, ())
            if other.thread != signature.thread
        }
        compared = [
            (near.similarity(signature.shingles, other.shingles), -number)
            for number, other in there.items()
        ]
        similarity, number = max(compared, default=(0.0, 0))
        return f"row {-number}", similarity


def compare(chunk: Chunk, findings: Findings, *, project_id: int, options: Options) -> int:
    """Add the rows of a chunk that were held to be compared; how many of them are left out."""
    if not chunk.held:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [project_id])
    skip = options.near_duplicates == "skip"
    kept, left_out = screen(chunk.held, project_id=project_id, skip=skip, findings=findings)
    for each in kept:
        chunk.batch.add(each.parsed, each.row)
        chunk.noted.extend(each.noted)
    chunk.held = kept
    return left_out


def keep_found(chunk: Chunk, findings: Findings, *, project_id: int) -> None:
    """Store what was found in the rows of a chunk, which has been loaded."""
    findings.add_noted(chunk.noted)
    storing.flag_noted(chunk.noted, project_id=project_id)
    signatures = [each.signature for each in chunk.held if each.signature]
    storing.sign(signatures, project_id=project_id)


def screen(
    held: list[Inspected], *, project_id: int, skip: bool, findings: Findings
) -> tuple[list[Inspected], int]:
    """Compare rows with each other and with what is stored: those that stay, and how many do not.

    The caller holds the project's import lock. A near duplicate is left out or noted; a prompt
    that is stored already is neither, whatever has come near it since.
    """
    signed = [each.signature for each in held if each.signature]
    known = storing.known_threads([each.thread for each in signed], project_id=project_id)
    stored = _stored([each for each in signed if each.thread not in known], project_id=project_id)
    neighbours = Neighbours()
    kept: list[Inspected] = []
    for each in held:
        near_by = _near_by(each.signature, stored, neighbours)
        if near_by and skip:
            findings.add(SKIPPED, each.row, described(near_by.detail))
            continue
        if each.signature:
            neighbours.add(each.row, each.signature)
            if near_by:
                each.noted.append(Noted(each.row, near_by, each.signature.thread))
        kept.append(each)
    return kept, len(held) - len(kept)


def _near_by(
    signature: Signature | None, stored: dict[bytes, Nearest], neighbours: Neighbours
) -> Finding | None:
    if signature is None or signature.thread not in stored:
        return None
    of, similarity = max(
        stored[signature.thread], neighbours.nearest(signature), key=lambda pair: pair[1]
    )
    return near_duplicate(of, similarity) if similarity >= near.NEAR else None


def _stored(signed: list[Signature], *, project_id: int) -> dict[bytes, Nearest]:
    """By the prompt's hash: the nearest of the stored prompts."""
    found = storing.candidates(signed, project_id=project_id)
    return {
        signature.thread: max(
            (
                (uid, near.similarity(signature.shingles, near.shingles(text)))
                for uid, text in found.get(place, ())
            ),
            key=lambda pair: pair[1],
            default=("", 0.0),
        )
        for place, signature in enumerate(signed)
    }


def described(detail: Mapping[str, object]) -> str:
    """A finding's detail as one line."""
    return ", ".join(f"{name}: {value}" for name, value in detail.items())
