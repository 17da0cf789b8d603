"""What changed between two texts, line by line, and within a changed line word by word. No ORM.

Texts are as long as guidelines may be and are compared while a page waits, so the work is bounded:
what begins and ends alike is set aside, and of the rest at most CELLS pairs are compared.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

AROUND = 2  # unchanged lines shown beside a change
CELLS = 16_000_000  # old × new lines, or words; beyond that both are shown whole
ALIKE = 0.5  # the share of common words from which two lines are one that changed
_WORD = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a line: `kind` is `same`, `added` or `removed`."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line with what of it changed; `kind` is `same`, `added`, `removed`, `changed` or `gap`."""

    kind: str
    pieces: tuple[Piece, ...] = ()


class Run(NamedTuple):
    """A stretch of two sequences: the same in both, or replaced (either may be empty)."""

    same: bool
    old: Sequence[str]
    new: Sequence[str]


def changes(old: str, new: str) -> list[Line]:
    """The changed lines of a text with AROUND others beside them; gaps stand for the rest.

    Empty where nothing changed.
    """
    runs = _runs(old.splitlines(), new.splitlines())
    lines: list[Line] = []
    for number, run in enumerate(runs):
        if run.same:
            lines.extend(_beside(run.new, first=number == 0, last=number == len(runs) - 1))
        else:
            lines.extend(_replaced(run.old, run.new))
    return lines


def _beside(unchanged: Sequence[str], *, first: bool, last: bool) -> Iterator[Line]:
    """Of unchanged lines, those beside the changes before and after them."""
    head, tail = 0 if first else AROUND, 0 if last else AROUND
    whole = len(unchanged) <= head + tail
    before = unchanged if whole else unchanged[:head]
    after = [] if whole or not tail else unchanged[-tail:]
    yield from (Line("same", (Piece("same", text),)) for text in before)
    if not whole and not last:
        yield Line("gap")
    yield from (Line("same", (Piece("same", text),)) for text in after)


def _replaced(before: Sequence[str], after: Sequence[str]) -> Iterator[Line]:
    comparable = len(before) * len(after) <= CELLS
    paired = min(len(before), len(after)) if comparable else 0
    for old, new in zip(before[:paired], after[:paired], strict=True):
        yield from _changed(old, new)
    yield from (Line("removed", (Piece("removed", text),)) for text in before[paired:])
    yield from (Line("added", (Piece("added", text),)) for text in after[paired:])


def _changed(old: str, new: str) -> Iterator[Line]:
    """One line with the words that changed, or both where they have next to nothing in common."""
    words, others = _WORD.findall(old), _WORD.findall(new)
    runs = _runs(words, others)
    common = sum(len(run.new) for run in runs if run.same)
    if 2 * common >= ALIKE * (len(words) + len(others)):
        yield Line("changed", tuple(_pieces(runs)))
        return
    yield Line("removed", (Piece("removed", old),))
    yield Line("added", (Piece("added", new),))


def _pieces(runs: list[Run]) -> Iterator[Piece]:
    for run in runs:
        if run.same:
            yield Piece("same", "".join(run.new))
            continue
        if run.old:
            yield Piece("removed", "".join(run.old))
        if run.new:
            yield Piece("added", "".join(run.new))


def _runs(old: Sequence[str], new: Sequence[str]) -> list[Run]:
    """The two sequences side by side, in turns the same and replaced."""
    runs: list[Run] = []
    i = j = 0
    for i_same, j_same, size in [*_blocks(old, new), (len(old), len(new), 0)]:
        if i_same > i or j_same > j:
            runs.append(Run(False, old[i:i_same], new[j:j_same]))
        if size:
            runs.append(Run(True, old[i_same : i_same + size], new[j_same : j_same + size]))
        i, j = i_same + size, j_same + size
    return runs


def _blocks(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int, int]]:
    """Where the two are the same: the starts in both, and how far it goes."""
    blocks: list[tuple[int, int, int]] = []
    for i, j in _matches(old, new):
        i_before, j_before, size = blocks[-1] if blocks else (-1, -1, 0)
        if (i_before + size, j_before + size) == (i, j):
            blocks[-1] = (i_before, j_before, size + 1)
        else:
            blocks.append((i, j, 1))
    return blocks


def _matches(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int]]:
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    middle, others = old[start : len(old) - end], new[start : len(new) - end]
    yield from ((place, place) for place in range(start))
    if middle and len(middle) * len(others) <= CELLS:
        yield from ((start + i, start + j) for i, j in _longest(middle, others))
    yield from ((len(old) - place, len(new) - place) for place in range(end, 0, -1))


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    """How many first items are the same."""
    pairs = enumerate(zip(old, new, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(old), len(new)))


def _longest(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """The places of a longest common subsequence, found 64 cells at a time.

    Bit j of a row is 0 where the longest one of old[: row + 1] grows with new[j] (Hyyrö 2004).
    """
    places: dict[str, int] = {}
    for j, item in enumerate(new):
        places[item] = places.get(item, 0) | 1 << j
    every = (1 << len(new)) - 1
    rows, row = [every], every
    for item in old:
        same = row & places.get(item, 0)
        row = (row + same | row - same) & every
        rows.append(row)
    found: list[tuple[int, int]] = []
    i, j = len(old), len(new)
    while i and j:
        if rows[i] >> j - 1 & 1:
            j -= 1
        else:
            i -= 1
            if rows[i] >> j - 1 & 1:
                j -= 1
                found.append((i, j))
    return found[::-1]
