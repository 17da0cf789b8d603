"""What changed between two texts, line by line, and within a changed line word by word. No ORM."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

AROUND = 2  # unchanged lines shown beside a change
WORDS_COMPARED = 2_000  # longer lines are shown whole, old and new: comparing them takes too long
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


def changes(old: str, new: str) -> list[Line]:
    """The changed lines of a text with AROUND others beside them; gaps stand for the rest.

    Empty where nothing changed.
    """
    before, after = old.splitlines(), new.splitlines()
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    lines: list[Line] = []
    for group in matcher.get_grouped_opcodes(AROUND):
        if lines or group[0][1] > 0:
            lines.append(Line("gap"))
        for tag, i, i_end, j, j_end in group:
            lines.extend(_lines(tag, before[i:i_end], after[j:j_end]))
    return lines


def _lines(tag: str, before: list[str], after: list[str]) -> Iterator[Line]:
    if tag == "equal":
        yield from (Line("same", (Piece("same", text),)) for text in after)
        return
    paired = min(len(before), len(after)) if tag == "replace" else 0
    for old, new in zip(before[:paired], after[:paired], strict=True):
        yield from _changed(old, new)
    yield from (Line("removed", (Piece("removed", text),)) for text in before[paired:])
    yield from (Line("added", (Piece("added", text),)) for text in after[paired:])


def _changed(old: str, new: str) -> Iterator[Line]:
    """One line with the words that changed, or both where they have next to nothing in common."""
    words, others = _WORD.findall(old), _WORD.findall(new)
    if len(words) + len(others) <= WORDS_COMPARED:
        matcher = SequenceMatcher(None, words, others, autojunk=False)
        if matcher.ratio() >= 0.5:
            yield Line("changed", tuple(_pieces(matcher, words, others)))
            return
    yield Line("removed", (Piece("removed", old),))
    yield Line("added", (Piece("added", new),))


def _pieces(
    matcher: "SequenceMatcher[str]", words: list[str], others: list[str]
) -> Iterator[Piece]:
    for tag, i, i_end, j, j_end in matcher.get_opcodes():
        if tag == "equal":
            yield Piece("same", "".join(words[i:i_end]))
            continue
        if i_end > i:
            yield Piece("removed", "".join(words[i:i_end]))
        if j_end > j:
            yield Piece("added", "".join(others[j:j_end]))
