"""Where in its source each character of a rendered text stands, so that marks are stored there.

The parser itself tells: its inline state notes at which position each piece of text was read, and
blocks say on which lines they stand. What comes of it are runs `at, count`: so many characters that
are seen, white space left out, stand one after the other in the source from there on. What is shown
in another way than it was written has no place (`NOWHERE`); the rest is compared with the source.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

NOWHERE = -1
WHITE = " \t\n\v\f\r\0"  # the page's scripts pass over the same signs

_PIPE = re.compile(r"(?<!\\)\|")
_SHOWN = ("text", "text_special", "code_inline")

Run = tuple[int, int]


class _Traced(StateInline):
    """Inline parsing that notes in `meta` where each token began."""

    began = 0

    def append_pending(self, text: str) -> None:
        if not self.pending:
            self.began = self.pos
        super().append_pending(text)

    def pushPending(self) -> Token:  # noqa: N802 - the parser's name for it
        token = super().pushPending()
        token.meta = {"at": self.began}
        return token

    def push(self, ttype: str, tag: str, nesting: Literal[-1, 0, 1]) -> Token:
        token = super().push(ttype, tag, nesting)
        if ttype in _SHOWN:
            # Signs of one delimiter are pushed one by one while the position stays.
            before = self.tokens[-2].meta if len(self.tokens) > 1 else {}
            nth = before.get("nth", -1) + 1 if before.get("of") == self.pos else 0
            token.meta = {"at": self.pos, "of": self.pos, "nth": nth}
        return token


def install(parser: MarkdownIt) -> None:
    """Make a parser note origins. Pieces of text are not joined: each has its own."""
    parser.core.ruler.at("inline", _inline)
    parser.disable(["text_join", "fragments_join"])


def _inline(state: StateCore) -> None:
    for token in state.tokens:
        if token.type == "inline":
            token.children = token.children or []
            inline = _Traced(token.content, state.md, state.env, token.children)
            state.md.inline.tokenize(inline)
            for rule in state.md.inline.ruler2.getRules(""):
                rule(inline)


def runs_of(text: str, tokens: Sequence[Token]) -> list[int]:
    """Runs of a text by its tokens, as they were rendered, in a flat list."""
    if "\0" in text:
        return []  # the parser puts another sign in its place
    source = text.replace("\r\n", "\n").replace("\r", "\n")
    return _flat(text, source, _Blocks(source).runs(tokens))


def run_of_plain(text: str) -> list[int]:
    """Runs of a text that is shown as it is."""
    count = _seen(text)
    return [0, count] if count else []


def _seen(text: str) -> int:
    return sum(sign not in WHITE for sign in text)


class _Blocks:
    """The lines of a source, on which blocks stand."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.lines = source.split("\n")
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line) + 1)

    def runs(self, tokens: Sequence[Token]) -> Iterator[Run]:
        opened: Token | None = None
        depth, cell = 0, 0
        for token in tokens:
            if token.type == "table_open":
                depth = token.level
            elif token.type == "tr_open":
                cell = -1
            elif token.type in ("th_open", "td_open"):
                cell += 1
            if token.type == "inline":
                yield from self._inline(token, self._places(token, opened, depth, cell))
            elif token.type in ("fence", "code_block"):
                yield from self._code(token)
            opened = token

    def _code(self, token: Token) -> Iterator[Run]:
        first = (token.map or [0])[0] + (token.type == "fence")
        for number, line in enumerate(token.content.split("\n")):
            yield self._checked(line, self._end_of_line(first + number, line))

    def _places(self, token: Token, opened: Token | None, depth: int, cell: int) -> list[int]:
        """Where each line of an inline text begins in the source, or `NOWHERE`."""
        first = (token.map or [0])[0]
        if opened and opened.type in ("th_open", "td_open"):
            return [self._cell(first, token.content, cell) if depth == 0 else NOWHERE]
        if opened and opened.type == "heading_open" and opened.markup.startswith("#"):
            line = self.lines[first]
            marker = line.find("#")
            rest = line[marker:].lstrip("#")
            return [self.starts[first] + len(line) - len(rest.lstrip())]
        lines = token.content.split("\n")
        return [self._end_of_line(first + number, line) for number, line in enumerate(lines)]

    def _end_of_line(self, number: int, part: str) -> int:
        """Where that part of a line begins; what stands before it belongs to its containers."""
        if number >= len(self.lines) or not self.lines[number].rstrip().endswith(part.strip()):
            return NOWHERE
        return max(self.starts[number] + len(self.lines[number].rstrip()) - len(part.rstrip()), 0)

    def _cell(self, number: int, content: str, cell: int) -> int:
        line = self.lines[number]
        edges = [-1, *(pipe.start() for pipe in _PIPE.finditer(line)), len(line)]
        parts = [(before + 1, line[before + 1 : after]) for before, after in pairwise(edges)]
        if not parts[0][1].strip():
            parts.pop(0)
        if cell >= len(parts) or parts[cell][1].strip() != content:
            return NOWHERE
        start, part = parts[cell]
        return self.starts[number] + start + len(part) - len(part.lstrip())

    def _inline(self, token: Token, places: Sequence[int]) -> Iterator[Run]:
        edges = [0]
        for line in token.content.split("\n"):
            edges.append(edges[-1] + len(line) + 1)
        for child in token.children or ():
            if child.type == "image":
                yield NOWHERE, _seen(child.meta.get("shown", ""))
            elif child.info == "entity":
                yield NOWHERE, _seen(child.content)
            elif child.type in _SHOWN:
                at = _at(child, token.content)
                for start, part in _lines_of(child.content, token.content, at):
                    nth = bisect_left(edges, start + 1) - 1
                    known = start != NOWHERE and nth < len(places) and places[nth] != NOWHERE
                    place = places[nth] + start - edges[nth] if known else NOWHERE
                    yield self._checked(part, place)

    def _checked(self, part: str, at: int) -> Run:
        """A run without the white space before it, if that is what stands there."""
        bare = part.lstrip(WHITE)
        start = at + len(part) - len(bare)
        bare = bare.rstrip(WHITE)
        right = at != NOWHERE and self.source.startswith(bare, start)
        return (start if right else NOWHERE), _seen(bare)


def _at(child: Token, content: str) -> int:
    """Where in the inline text the first sign of a token stands."""
    at = int(child.meta["at"])
    nth = int(child.meta.get("nth", 0))
    if child.type == "code_inline":
        at += len(child.markup)
        written = content[at : at + len(child.content)].replace("\n", " ")
        return at + (written != child.content)  # one space inside is no part of the code
    if child.type == "text_special":
        return at + 1 if child.info == "escape" and child.content != child.markup else at
    if nth and child.content == "~~":
        odd = (len(content[at:]) - len(content[at:].lstrip("~"))) % 2
        return at + odd + 2 * (nth - odd)
    # Between < and > stands an address; the parser was still at the first of them.
    is_address = "of" in child.meta and content.startswith("<" + child.content, at)
    return at + nth if not is_address else at + 1


def _lines_of(shown: str, content: str, at: int) -> Iterator[tuple[int, str]]:
    """The parts of a piece that stand on lines of their own; in code a line feed became a space."""
    written = content[at : at + len(shown)]
    if written.replace("\n", " ") != shown:
        yield NOWHERE, shown
        return
    start = at
    for line in written.split("\n"):
        yield start, line
        start += len(line) + 1


def _flat(text: str, source: str, runs: Iterator[Run]) -> list[int]:
    """Runs in the text as it was given, those that follow each other in one."""
    feeds = [match.start() for match in re.finditer("\r\n", text)]
    shifted = [feed - number for number, feed in enumerate(feeds)]
    flat: list[int] = []
    end = NOWHERE
    for at, count in runs:
        if count == 0:
            continue
        follows = flat and (
            flat[-2] == at == NOWHERE
            or (at != NOWHERE and 0 <= end <= at and not source[end:at].strip(WHITE))
        )
        if follows:
            flat[-1] += count
        else:
            flat += [at if at == NOWHERE else at + bisect_left(shifted, at), count]
        end = NOWHERE if at == NOWHERE else _after(source, at, count)
    return flat


def _after(source: str, at: int, count: int) -> int:
    while count:
        count -= source[at] not in WHITE
        at += 1
    return at
