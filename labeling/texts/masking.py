"""Texts that name who wrote them: which stretches are hidden, and what is shown instead.

A response that says "As ChatGPT, I …" is judged by its name and no longer by what it says. Hidden
are names by which a writer introduces itself, and the exact name of the model that wrote it. A text
*about* models keeps its names: to hide them in the responses of one model only would point at it.
All masks are equally long, so that their length tells nothing.

Pure functions: no ORM.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from labeling.texts.model_names import AMBIGUOUS, KNOWN, MACHINE, MADE, MERE_WORDS, SELF

MASK = "█████"
MAX_READ = 100_000  # characters; who has not said its name by then is not asked further

Spans = list[list[int]]

_EDGE = r"(?<![A-Za-z0-9_./@-])"  # Chinese writes on without a space
_END = r"(?![A-Za-z0-9_@]|[./-]\w)"
_GAP = r"[\s,、，:(（\"“”„«»*_]*"
_SPEAKS = re.compile(SELF, re.IGNORECASE)
_AS = re.compile(
    r"(?:^|(?<=[.!?:;,(—–] )|(?<=[\n*_\"“(。，]))"
    r"(?:(?:as|being|als|en tant que?|como)\b|作为|بصفتي)",
    re.IGNORECASE | re.MULTILINE,
)
_I_FOLLOWS = re.compile(
    r"[\"”»*_]*\s*(?:[,)—–]|，|、|我|(?:I|ich|je|yo|eu|by|from)\b)", re.IGNORECASE
)
_NEAR = 40  # characters in which a machine is spoken of after an ambiguous name
_LINKS = re.compile(rf"{_GAP}(?:(?:{MACHINE}|{MADE}|{MERE_WORDS}){_GAP}){{0,14}}", re.IGNORECASE)
_OF_A_MACHINE = re.compile(rf"(?<![^\W_])(?:{MACHINE}|{MADE})", re.IGNORECASE)
_MADE_ME = re.compile(rf"[^.!?\n]{{0,30}}\b{MADE}\s+me\b", re.IGNORECASE)
_IS_HERE = re.compile(r"\s+here\s*[.,!:—-]", re.IGNORECASE)
_SPEAKS_NEXT = re.compile(r"[*_ ]*[:：]")
_SIGNED = re.compile(r"\n[ \t*_—–-]*(?P<name>[^\n]{2,40}?)[\s*_.]*\Z")
_NOTHING = re.compile(r"[\s*_#>\"“]*")
_SIGNATURE_MAX = 60
_OWN_NAME_MIN = 3
_EXACT_NAME_MIN = 4
_NO_NAMES = frozenset(
    ("assistant", "human", "model", "baseline", "recorded", "response", "answer", "user", "person")
)

Found = list[tuple[int, int]]


def spans_to_hide(text: str, *, own: Iterable[str] = (), asked: str = "") -> Spans:
    """Stretches of a response that name its writer, as [start, end], ascending, apart.

    `own` are the names of the model that wrote it; `asked` is the conversation before it. What was
    asked about stays readable, except where the writer introduces itself by it.
    """
    text = text[:MAX_READ]
    names = tuple(sorted({name.strip() for name in own if name.strip()}))
    found = [span for start in _beginnings(text) for span in _introduced(text, *start, names)]
    found += _at_the_edges(text, names)
    for name in filter(None, map(_exact, names)):
        if not name.search(asked):
            found += [match.span() for match in name.finditer(text)]
    return _apart(found)


def masked(text: str, spans: Sequence[Sequence[int]]) -> str:
    """The text with one mask in place of each span."""
    parts, at = [], 0
    for start, end in spans:
        parts += [text[at:start], MASK]
        at = end
    return "".join([*parts, text[at:]])


def to_original(spans: Sequence[Sequence[int]], offset: int, *, end: bool = False) -> int:
    """Where an offset in the masked text lies in the original, in characters.

    Inside a mask it is the start of what is hidden, or its end if `end`: a selection that touches
    a mask means all of it.
    """
    shift = 0  # how much longer the masked text is up to here
    for start, stop in spans:
        shown = start + shift
        if offset <= shown:
            break
        if offset < shown + len(MASK):
            return stop if end else start
        shift += len(MASK) - (stop - start)
    return offset - shift


def to_shown(spans: Sequence[Sequence[int]], offset: int, *, end: bool = False) -> int:
    """Where an offset in the original lies in the masked text; the way back of `to_original`."""
    shift = 0
    for start, stop in spans:
        if offset <= start:
            break
        if offset < stop:
            return start + shift + (len(MASK) if end else 0)
        shift += len(MASK) - (stop - start)
    return offset + shift


def _beginnings(text: str) -> Iterator[tuple[int, bool]]:
    """Where a writer begins to speak of itself, and whether by "as", which others do too."""
    yield from ((match.end(), False) for match in _SPEAKS.finditer(text))
    yield from ((match.end(), True) for match in _AS.finditer(text))


def _introduced(text: str, at: int, as_one: bool, own: tuple[str, ...]) -> Found:
    """The names that follow with nothing but linking words between: "I am X, a model by Y"."""
    found: Found = []
    of_a_machine = False
    while links := _LINKS.match(text, at):
        of_a_machine = of_a_machine or _OF_A_MACHINE.search(links[0]) is not None
        name = _known_to(own).match(text, links.end())
        if not name:
            name = _ambiguous().match(text, links.end())
            near = name and text[name.end() : name.end() + _NEAR].split("\n")[0]
            if not name or not (of_a_machine or _OF_A_MACHINE.search(near or "")):
                break
        found.append(name.span())
        at = name.end()
    if as_one and found and not _I_FOLLOWS.match(text, found[-1][1]):
        return []
    return found


def _at_the_edges(text: str, own: tuple[str, ...]) -> Found:
    """Names of a speaker ("X: …"), of who is "here", signs at the end, and who "trained me"."""
    signed = _SIGNED.search(text[-_SIGNATURE_MAX:])
    signature = len(text) - min(_SIGNATURE_MAX, len(text)) + signed.start("name") if signed else -1
    return [
        match.span()
        for match in _known_to(own).finditer(text)
        if _IS_HERE.match(text, match.end())
        or (signed and match.start() == signature and len(signed["name"]) == len(match[0]))
        or _MADE_ME.match(text, match.end())
        or (_SPEAKS_NEXT.match(text, match.end()) and _NOTHING.fullmatch(text, 0, match.start()))
    ]


@lru_cache(maxsize=256)
def _known_to(own: tuple[str, ...]) -> re.Pattern[str]:
    """Names that need no more proof: those that mean nothing else, and the writer's own."""
    mine = sorted({part for name in own for part in parts_of(name)}, key=len, reverse=True)
    each = "|".join([*map(re.escape, mine), KNOWN])
    return re.compile(rf"{_EDGE}(?:{each}){_END}", re.IGNORECASE)


@lru_cache(maxsize=1)
def _ambiguous() -> re.Pattern[str]:
    return re.compile(rf"{_EDGE}(?:{AMBIGUOUS}){_END}", re.IGNORECASE)


def parts_of(name: str) -> list[str]:
    """A name, its last part, and its family: "org/Llama-3-8B", "Llama-3-8B", "Llama"."""
    last = name.rsplit("/", 1)[-1]
    family = re.split(r"[\s:_-]|\d", last, maxsplit=1)[0]
    return [
        part
        for part in (name, last, family)
        if len(part) >= _OWN_NAME_MIN and part.lower() not in _NO_NAMES
    ]


@lru_cache(maxsize=256)
def _exact(name: str) -> re.Pattern[str] | None:
    """A name no text uses by chance: of letters and figures, as "gpt-4o" is and "model" is not."""
    parts = [part for part in (name, name.rsplit("/", 1)[-1]) if len(part) >= _EXACT_NAME_MIN]
    telling = [part for part in parts if re.search(r"\d", part) and re.search(r"[^\W\d]{2}", part)]
    each = "|".join(map(re.escape, telling))
    return re.compile(rf"{_EDGE}(?:{each}){_END}", re.IGNORECASE) if telling else None


def _apart(found: Found) -> Spans:
    """Ascending spans, those that overlap made one."""
    spans: Spans = []
    for start, end in sorted(found):
        if spans and start <= spans[-1][1]:
            spans[-1][1] = max(spans[-1][1], end)
        else:
            spans.append([start, end])
    return spans
