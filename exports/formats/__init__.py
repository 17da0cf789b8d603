"""The registry: one small module a format, found by name."""

from collections.abc import Sequence

from common.errors import InvalidInput
from exports.formats.base import Format, Layout, Row, Source, Withholds
from exports.formats.instruction import InstructionFormat
from exports.formats.judgments import JudgmentsFormat
from exports.formats.lm_human_preferences import LMHumanPreferencesFormat
from exports.formats.nemo import NemoFormat
from exports.formats.oasst import OasstFormat, OasstMessagesFormat, OasstMessagesTable, OasstTable
from exports.formats.openai_dpo import OpenAIDPOFormat
from exports.formats.preference import PreferenceFormat
from exports.formats.preference_text import PreferenceTextFormat
from exports.formats.prompts import PromptsFormat
from exports.formats.ranked import RankedFormat
from exports.formats.sft import SFTFormat
from exports.formats.unpaired import UnpairedFormat

_ALL: tuple[Format, ...] = (
    PreferenceFormat(),
    PreferenceTextFormat(),
    RankedFormat(),
    OasstFormat(),
    OasstMessagesFormat(),
    UnpairedFormat(),
    SFTFormat(),
    PromptsFormat(),
    OpenAIDPOFormat(),
    NemoFormat(),
    InstructionFormat(),
    LMHumanPreferencesFormat(),
    JudgmentsFormat(),
)
FORMATS: dict[str, Format] = {item.name: item for item in _ALL}
# Rows that no table can hold as they are, in the shape that one can.
_TABLES: dict[str, Format] = {item.name: item for item in (OasstTable(), OasstMessagesTable())}


def get_format(name: str) -> Format:
    """The format of that name; InvalidInput if there is none."""
    if name not in FORMATS:
        raise InvalidInput(
            f"There is no format “{name}”; there is {', '.join(FORMATS)}.", attr="formats"
        )
    return FORMATS[name]


def format_in(name: str, container: str) -> Format:
    """The format of that name as it is in such a container; InvalidInput if there is none."""
    form = get_format(name)
    return _TABLES.get(name, form) if container == "parquet" else form


def sources_of(names: Sequence[str]) -> list[Source]:
    """The sources that these formats read, each once, in the order of the names."""
    return list(dict.fromkeys(get_format(name).source for name in names))


__all__ = [
    "FORMATS",
    "Format",
    "Layout",
    "Row",
    "Source",
    "Withholds",
    "format_in",
    "get_format",
    "sources_of",
]
