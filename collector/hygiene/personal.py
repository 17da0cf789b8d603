"""Personal data in texts: addresses and numbers that follow a pattern, and what presidio knows.

Patterns find e-mail addresses, telephone numbers, IBANs, payment cards and US social security
numbers; check digits are checked where there are any. Names and places follow no pattern: where
`presidio-analyzer` is installed, with a language model of its own, it is asked as well.
"""

import importlib
import importlib.util
import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from collector.hygiene.findings import Finding
from collector.models import MessageFlag

Span = tuple[int, int, str]

# So many places are kept of one text, and so much of it is looked at.
MOST_SPANS = 50
LOOKED_AT = 100_000
SURE = 0.6  # of presidio's score


def look_for(text: str) -> list[Finding]:
    """What is personal in a text: kinds with their number, and the places `[start, end, kind]`."""
    looked_at = text[:LOOKED_AT]
    spans = _apart(sorted([*_patterns(looked_at), *_of_presidio(looked_at)]))
    if not spans:
        return []
    counted = Counter(kind for _start, _end, kind in spans)
    return [
        Finding(
            MessageFlag.Kind.PII,
            {
                "types": dict(sorted(counted.items())),
                "spans": [list(s) for s in spans[:MOST_SPANS]],
            },
        )
    ]


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())


def _luhn(text: str) -> bool:
    """The check digit of payment cards (ISO/IEC 7812)."""
    digits = [int(digit) for digit in reversed(_digits(text))]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return 13 <= len(digits) <= 19 and len(set(digits)) > 1 and sum(digits[::2] + doubled) % 10 == 0


def _iban(text: str) -> bool:
    """The check digits of an IBAN (ISO 13616)."""
    packed = "".join(text.split()).upper()
    moved = packed[4:] + packed[:4]
    return 15 <= len(packed) <= 34 and int("".join(str(int(c, 36)) for c in moved)) % 97 == 1


def _telephone(text: str) -> bool:
    """Long enough, and no date, version or amount: an international or a written-out number."""
    return 8 <= len(_digits(text)) <= 15 and (text.startswith(("+", "(")) or "-" in text)


def _always(text: str) -> bool:
    return bool(text)


_PATTERNS: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    (
        "email",
        re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])"),
        _always,
    ),
    ("iban", re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"), _iban),
    (
        "card",
        re.compile(
            r"(?<![\d-])(?:\d{4}[ -]\d{4}[ -]\d{4}[ -]\d{1,4}|\d{4}[ -]\d{6}[ -]\d{5}|\d{13,19})"
            r"(?![\d-])"
        ),
        _luhn,
    ),
    (
        "ssn",
        re.compile(r"(?<![\d-])(?!000|666|9\d\d)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\d-])"),
        _always,
    ),
    (
        "phone",
        re.compile(
            r"(?<![\w.,/-])(?:\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{1,4}(?:[ .-]?\d{2,4}){1,4}"
            r"|\(\d{3}\) ?\d{3}-\d{4}|\d{3}-\d{3}-\d{4})(?![\w-])"
        ),
        _telephone,
    ),
)
_MAY_HOLD = re.compile(r"@|\d[ .()-]?\d[ .()-]?\d[ .()-]?\d")


def _patterns(text: str) -> Iterator[Span]:
    if not _MAY_HOLD.search(text):
        return
    for kind, pattern, holds in _PATTERNS:
        for match in pattern.finditer(text):
            if holds(match.group()):
                yield match.start(), match.end(), kind


def _apart(spans: list[Span]) -> list[Span]:
    """Of stretches that overlap, the first."""
    kept: list[Span] = []
    for span in spans:
        if not kept or span[0] >= kept[-1][1]:
            kept.append(span)
    return kept


def _of_presidio(text: str) -> Iterator[Span]:
    analyzer = _presidio()
    if analyzer is None:
        return
    for found in analyzer.analyze(text=text, language="en", score_threshold=SURE):
        yield found.start, found.end, found.entity_type.lower()


@cache
def _presidio() -> Any:
    """Presidio's analyzer, or None where it is not installed."""
    if importlib.util.find_spec("presidio_analyzer") is None:
        return None
    return importlib.import_module("presidio_analyzer").AnalyzerEngine()
