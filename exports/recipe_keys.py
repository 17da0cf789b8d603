"""The keys of a recipe: how each value is read, and the JSON Schema that says the same.

Values come as JSON data or as strings (`"test_share": "0.1"`, `"models": "a,b"`); a reader takes
both and raises InvalidInput naming the key. The schema is of the JSON data alone.
"""

import math
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple

from collector.models import MessageFlag
from common.errors import InvalidInput
from labeling.models.judgments import Purpose

PAIRS = ("all", "best_worst", "adjacent", "one_per_prompt")
VOTES = ("each", "consensus")
ADJUDICATED = ("ignore", "prefer")
TIES = ("drop", "draw")
BALANCES = ("none", "model", "length")
COLUMNS = ("margin", "weight", "agreement", "votes", "probability")
# Llama 2 (Touvron et al. 2023), table 27: from 0 for negligibly to this for significantly better,
# in equal steps by strength.
MARGINS = {"small": 1.0, "large": 3.0}
# Gold, practice and qualification judgments test labelers; they never say what people prefer.
PURPOSES = tuple(
    purpose.value
    for purpose in Purpose
    if purpose not in (Purpose.GOLD, Purpose.PRACTICE, Purpose.QUALIFICATION)
)
_SEED_LIMIT = 2**63
_COUNT_LIMIT = 10**6

Schema = dict[str, Any]
Read = Callable[[str, object], object]


class Key(NamedTuple):
    """One key of a recipe; a `listed` one may be given several times and is joined."""

    read: Read
    schema: Schema
    listed: bool = False


def shown(text: object) -> str:
    """Any text as it can be written in an error, whatever it holds."""
    return str(text)[:100].encode(errors="backslashreplace").decode()


def _storable(text: str) -> bool:
    """Whether PostgreSQL and UTF-8 can hold it: no NUL and no half of a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _one_of(about: str, *choices: str) -> Key:
    def read(key: str, value: object) -> str:
        if value not in choices or not isinstance(value, str):
            raise InvalidInput(f"{key} is one of {', '.join(choices)}.", attr=key)
        return value

    return Key(read, {"type": "string", "enum": list(choices), "description": about})


def _strings(key: str, value: object) -> tuple[str, ...]:
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list | tuple):
        raise InvalidInput(f"{key} is a list of strings.", attr=key)
    names: list[str] = []
    for item in items:
        if not isinstance(item, str) or not item.strip():
            raise InvalidInput(f"{key} is a list of strings, none of them empty.", attr=key)
        if not _storable(item):
            raise InvalidInput(f"{key} holds a character that no text can have.", attr=key)
        names.append(item.strip())
    return tuple(sorted(set(names)))


def _names(about: str) -> Key:
    items = {"type": "string", "minLength": 1}
    return Key(_strings, {"type": "array", "items": items, "description": about}, listed=True)


def _some_of(about: str, *choices: str, least: int = 0) -> Key:
    def read(key: str, value: object) -> tuple[str, ...]:
        names = _strings(key, value) if value != "" else ()
        for name in names:
            if name not in choices:
                raise InvalidInput(
                    f"{key} can hold {', '.join(choices)}; “{name}” is none of them.", attr=key
                )
        if len(names) < least:
            raise InvalidInput(f"{key} names at least one of {', '.join(choices)}.", attr=key)
        return names

    items = {"type": "string", "enum": list(choices)}
    schema = {"type": "array", "items": items, "minItems": least, "description": about}
    return Key(read, schema, listed=True)


def _share(about: str) -> Key:
    def read(key: str, value: object) -> float:
        try:
            share = float(value) if isinstance(value, str | int | float) else math.nan
        except (ValueError, OverflowError):
            share = math.nan
        if isinstance(value, bool) or not 0 <= share <= 1:
            raise InvalidInput(f"{key} is a number from 0 to 1.", attr=key)
        return share

    return Key(read, {"type": "number", "minimum": 0, "maximum": 1, "description": about})


def _whole(about: str, *, low: int, high: int) -> Key:
    def read(key: str, value: object) -> int:
        try:
            number = int(value) if isinstance(value, str | int) else low - 1
        except ValueError:
            number = low - 1
        if isinstance(value, bool) or not low <= number <= high:
            raise InvalidInput(f"{key} is a whole number from {low} to {high}.", attr=key)
        return number

    return Key(read, {"type": "integer", "minimum": low, "maximum": high, "description": about})


def _yes_no(about: str) -> Key:
    def read(key: str, value: object) -> bool:
        if isinstance(value, bool):
            return value
        if value in ("true", "false"):
            return value == "true"
        raise InvalidInput(f"{key} is true or false.", attr=key)

    return Key(read, {"type": "boolean", "description": about})


def _read_time(key: str, value: object) -> datetime | None:
    if value is None:
        return None
    try:
        if isinstance(value, str) and len(value) == len("2026-01-31"):
            moment = datetime.combine(date.fromisoformat(value), time(), UTC)
        else:
            moment = datetime.fromisoformat(str(value))
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput(f"{key} is a date or time in ISO 8601.", attr=key) from None


def _time(about: str) -> Key:
    moments = [{"type": "string", "format": kind} for kind in ("date-time", "date")]
    return Key(_read_time, {"anyOf": [*moments, {"type": "null"}], "description": about})


KEYS: dict[str, Key] = {
    "pairs": _one_of(
        "Which pairs of a ranking are rows: all, one of the best tier over one of the worst, "
        "neighbouring tiers, or one pair of each prompt drawn by split_seed.",
        *PAIRS,
    ),
    "votes": _one_of(
        "A row for each judgment, or one for what most votes on the same pair or prompt say.",
        *VOTES,
    ),
    "adjudicated": _one_of(
        "Whether an expert's answer stands in place of the votes on the same pair or task; of "
        "votes=consensus only.",
        *ADJUDICATED,
    ),
    "ties": _one_of(
        "Rankings with tied responses are left out and counted, or put in an order drawn by "
        "split_seed. Tied pairs are always left out and counted.",
        *TIES,
    ),
    "columns": _some_of(
        "Columns added to pairs: margin (from the strength), weight (1/C(K,2)), agreement (share "
        "of the votes on the pair that say the same), votes (their number), probability (share "
        "of votes for the chosen one, a tie counting half).",
        *COLUMNS,
    ),
    "margin_table": _one_of(
        "Margins by strength as in Llama 2: small is 0, 1/3, 2/3, 1 and large is 0, 1, 2, 3.",
        *MARGINS,
    ),
    "models": _names("Only responses by these generators; all where empty."),
    "languages": _names("Only prompts in one of these languages; all where empty."),
    "topics": _names("Only prompts with one of these tags; all where empty."),
    "created_after": _time("Only judgments of this time or later."),
    "created_before": _time("Only judgments before this time."),
    "purposes": _some_of("Only judgments asked for with one of these aims.", *PURPOSES, least=1),
    "excluded_flags": _some_of(
        "Without texts that have a standing flag of one of these kinds.", *MessageFlag.Kind.values
    ),
    "consented": _yes_no("Only judgments of people whose consent to the terms is recorded."),
    "min_votes": _whole(
        "Only pairs, orders and ratings with as many votes.", low=1, high=_COUNT_LIMIT
    ),
    "min_agreement": _share("Only pairs and orders that this share of the votes agrees with."),
    "min_labeler_quality": _share(
        "Only judgments of labelers whose answers agree with experts' to this share; above 0, "
        "whoever was never compared with an expert is out."
    ),
    "max_pairs": _whole(
        "At most as many decided pairs of each prompt, drawn by split_seed; 0 is no limit.",
        low=0,
        high=_COUNT_LIMIT,
    ),
    "balance": _one_of(
        "Leave out pairs, drawn by split_seed, until each pair of models occurs equally often, or "
        "the longer response is chosen as often as the shorter.",
        *BALANCES,
    ),
    "test_share": _share("The share of prompts that go to the split test."),
    "split_seed": _whole("Decides every draw.", low=0, high=_SEED_LIMIT - 1),
    "anonymise_seed": _whole("Decides the labelers' names in files.", low=0, high=_SEED_LIMIT - 1),
}
