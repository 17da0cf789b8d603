"""Responses that are no answer: the same over and over, a refusal, or cut off."""

import re
import zlib
from typing import Any

from collector.hygiene.findings import Finding
from collector.models import MessageFlag

Kind = MessageFlag.Kind

# The end of a text that is one stretch again and again, so often and over so many characters.
LOOP_TAIL = 2_000
LOOP_REPEATS = 5
LOOP_CHARACTERS = 120
LOOP_TRIES = 20
# Text that packs to less than this share of its size says little in many words: prose has 0.4, code
# and tables 0.15.
PACKED = 0.08
PACKED_FROM = 1_000
PACKED_LOOKED_AT = 20_000
# Reasons of model servers: the reply was as long as it may be; a filter kept it back.
CUT_OFF = frozenset(["length", "max_tokens", "max_output_tokens"])
REFUSED = frozenset(["content_filter", "refusal"])
# Where refusals begin. Others may quote one, so only the start of a text counts.
REFUSAL_START = 250
_CANNOT = r"\b(?:can[’']?t|cannot|can\ not|won[’']t|will\ not|(?:am|['’]m)\ (?:unable|not\ able))\b"
_REFUSAL = re.compile(
    rf"""^\W*(?:
      (?:i\ am|i[’']?m|we\ are|we[’']re)\ (?:very\ |so\ |truly\ )?sorry\b.{{0,80}}?{_CANNOT}
    | (?:sorry|apologies|i\ apologi[sz]e)\b,?\ (?:but\ )?(?:i|we)\b.{{0,40}}?{_CANNOT}
    | i\ (?:must|have\ to)\ (?:respectfully\ )?(?:decline|refuse)
    | i\ ?{_CANNOT}(?:\ to)?\ (?:be\ able\ to\ )?(?:assist|help|fulfil|comply|provide|answer|engage
        |create|generate|write|discuss|support|do\ that)
    | as\ an?\ (?:ai|artificial|large)\b.{{0,80}}?\bi\b.{{0,20}}?{_CANNOT}
    | (?:es\ )?tut\ mir\ leid\b.{{0,80}}?\bnicht\b
    | (?:je\ suis\ )?(?:désolée?|navrée?)\b,?\ (?:mais\ )?je\ ne\ (?:peux|suis)\ pas
    | lo\ siento,?\ (?:pero\ )?no\ puedo
    | (?:抱歉|对不起)，?(?:但)?我(?:无法|不能)
    )""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)


def look_at(text: str, *, finish_reason: str = "") -> list[Finding]:
    """What is wrong with a response. It takes microseconds for one that is well."""
    found = []
    if repeated := repetition(text):
        found.append(Finding(Kind.REPETITIVE, repeated))
    if finish_reason in REFUSED:
        found.append(Finding(Kind.REFUSAL, {"finish_reason": finish_reason}))
    elif refusal := _REFUSAL.match(text[:REFUSAL_START]):
        found.append(Finding(Kind.REFUSAL, {"spans": [list(refusal.span())]}))
    if finish_reason in CUT_OFF:
        found.append(Finding(Kind.TRUNCATED, {"finish_reason": finish_reason}))
    return found


def repetition(text: str) -> dict[str, Any]:
    """How a text repeats itself; empty if it does not."""
    if len(text) < LOOP_CHARACTERS:
        return {}
    tail = text[-LOOP_TAIL:].rstrip()
    period, times = _loop_at_end(tail)
    said = tail[-period:] if period else ""
    if times * period >= LOOP_CHARACTERS and any(letter.isalpha() for letter in said):
        return {"loop": said[:100], "times": times}
    if len(text) >= PACKED_FROM:
        looked_at = text[:PACKED_LOOKED_AT].encode("utf-8", "replace")
        share = len(zlib.compress(looked_at, 1)) / len(looked_at)
        if share < PACKED:
            return {"packed": round(share, 3)}
    return {}


def _loop_at_end(text: str) -> tuple[int, int]:
    """The shortest stretch that the text ends with LOOP_REPEATS times or more, and how often.

    (0, 0) if there is none. Candidates are where the last few characters come again, so that text
    without a loop costs a few searches.
    """
    end = len(text)
    marker = text[-8:]
    place = end - len(marker)
    for _try in range(LOOP_TRIES):
        place = text.rfind(marker, 0, place + len(marker) - 1)
        period = end - len(marker) - place
        if place < 0 or period * LOOP_REPEATS > end:
            break
        times = _times(text, period)
        if times >= LOOP_REPEATS:
            return period, times
    return 0, 0


def _times(text: str, period: int) -> int:
    unit = text[-period:]
    times = 1
    while text.endswith(unit, 0, len(text) - times * period):
        times += 1
    return times
