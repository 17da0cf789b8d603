"""The registry: one small module a format, found by name."""

from collections.abc import Sequence

from common.errors import InvalidInput
from exports.formats.base import Format, Row, Source
from exports.formats.judgments import JudgmentsFormat
from exports.formats.preference import PreferenceFormat
from exports.formats.preference_text import PreferenceTextFormat

FORMATS: dict[str, Format] = {
    item.name: item for item in (PreferenceFormat(), PreferenceTextFormat(), JudgmentsFormat())
}


def get_format(name: str) -> Format:
    """The format of that name; InvalidInput if there is none."""
    if name not in FORMATS:
        raise InvalidInput(
            f"There is no format “{name}”; there is {', '.join(FORMATS)}.", attr="formats"
        )
    return FORMATS[name]


def sources_of(names: Sequence[str]) -> list[Source]:
    """The sources that these formats read, each once, in the order of the names."""
    return list(dict.fromkeys(get_format(name).source for name in names))


__all__ = ["FORMATS", "Format", "Row", "Source", "get_format", "sources_of"]
