"""What a judge's server may think: from what it was sent to the words of its reply."""

import json
import re
from collections.abc import Callable

from tests.fake_llm import Received

Mind = Callable[[Received], str]
_MARKED = re.compile(
    r"<<< (?P<code>[0-9A-F]{16}) response (?P<place>\d+) >>>\n(?P<text>.*?)\n"
    r"<<< (?P=code) end of response (?P=place) >>>",
    re.DOTALL,
)


def responses_in(request: Received) -> list[str]:
    """The texts to be compared, first place first."""
    found = {int(each["place"]): each["text"] for each in _MARKED.finditer(request.prompt)}
    return [found[place] for place in sorted(found)]


def prefers(preference: str, reason: str = "") -> str:
    return json.dumps({"reason": reason, "preference": preference})


def always_first(_: Received) -> str:
    """A judge that is blinded by position."""
    return prefers("1")


def by_length(request: Received) -> str:
    """The longer the better, in any form that is asked for; equal lengths are a tie."""
    texts = responses_in(request)
    lengths = sorted({len(text) for text in texts}, reverse=True)
    tiers = [
        [str(place) for place, text in enumerate(texts, start=1) if len(text) == length]
        for length in lengths
    ]
    if len(texts) > 2:
        return json.dumps({"reason": "by length", "ranking": tiers})
    return prefers(tiers[0][0] if len(tiers) == 2 else "tie", "by length")
