"""The terms people consent to: each version is a template, and what changed between two of them."""

from dataclasses import dataclass
from difflib import SequenceMatcher
from html.parser import HTMLParser
from typing import Any, Literal

from django.conf import settings
from django.template.loader import render_to_string

_BLOCKS = frozenset({"h1", "h2", "h3", "p", "li"})


@dataclass(frozen=True, slots=True)
class Change:
    """A heading, paragraph or point that is new in the later version, or no longer there."""

    kind: Literal["new", "gone"]
    text: str


def terms(*, version: str = "", **context: Any) -> str:
    """The terms of a version (of the one in force) as HTML, in the language of the reader.

    Raises TemplateDoesNotExist for a version that never was.
    """
    version = version or settings.CONSENT_VERSION
    return render_to_string(f"accounts/consent/version_{version}.html", context)


def changes(*, since: str, **context: Any) -> list[Change]:
    """What the version in force says otherwise than an earlier one, in reading order."""
    before = _blocks(terms(version=since, **context))
    now = _blocks(terms(**context))
    found: list[Change] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, now, autojunk=False).get_opcodes():
        if tag != "equal":
            found += [Change("gone", text) for text in before[i1:i2]]
            found += [Change("new", text) for text in now[j1:j2]]
    return found


class _Blocks(HTMLParser):
    """Collects the text of each block, without its markup."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self._text = []

    def handle_data(self, data: str) -> None:
        self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.found.append(" ".join("".join(self._text).split()))


def _blocks(html: str) -> list[str]:
    parser = _Blocks()
    parser.feed(html)
    return parser.found
