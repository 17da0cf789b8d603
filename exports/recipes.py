"""Recipes: what goes into a dataset, as validated, frozen data.

A recipe arrives as JSON, as `--set key=value` or as query parameters; `parse_recipe` reads all
three. Everything that decides a byte of the files is in it, so that recipe and cut-off suffice to
build them again.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, date, datetime, time

from common.errors import InvalidInput
from labeling.models.judgments import Purpose

PAIRS = ("all", "best_worst", "adjacent", "one_per_prompt")
COLUMNS = ("margin", "weight")
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
_LATER_COLUMNS = ("agreement", "votes")
_LATER_KEYS = ("min_votes", "min_agreement", "min_labeler_quality")


@dataclass(frozen=True, slots=True)
class Recipe:
    """Which judgments become rows, of what kind, in which split.

    `pairs` says which pairs of a ranking are rows: `all`, `best_worst` (a response of the best
    tier over one of the worst), `adjacent` (neighbouring tiers), `one_per_prompt` (one pair of
    each prompt, drawn by `split_seed`). `models` keeps pairs whose two responses are both by
    these generators, `languages` those of prompts in one of them, `purposes` judgments of these.
    Times are compared with the judgment's. `votes` is `each`: a row a judgment. `columns` adds
    `margin` (from the strength, by `margin_table`) and `weight`. `test_share` of the prompts go to
    the split `test`, drawn by `split_seed`; `anonymise_seed` decides the labeler ids written.

    That is all a recipe can do. Not yet: several judgments of one pair as one row
    (`votes=consensus`), its columns `agreement` and `votes`, and filters by the number of votes,
    by agreement or by the quality of labelers; these are refused by name.
    """

    pairs: str = "all"
    votes: str = "each"
    columns: tuple[str, ...] = ()
    margin_table: str = "small"
    models: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    created_after: datetime | None = None
    created_before: datetime | None = None
    purposes: tuple[str, ...] = field(default=(Purpose.WORK.value,))
    test_share: float = 0.05
    split_seed: int = 0
    anonymise_seed: int = 0

    def as_json(self) -> dict[str, object]:
        """The recipe as JSON data that `parse_recipe` reads back, every key present."""
        return {key: _plain(value) for key, value in asdict(self).items()}


def margin_of(strength: float | None, recipe: Recipe) -> float | None:
    """The margin of a strength of 0 to 3, a mean of several too; None for None."""
    return None if strength is None else MARGINS[recipe.margin_table] * strength / 3


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def parse_recipe(data: Mapping[str, object]) -> Recipe:
    """A recipe from JSON data or from strings (`"test_share": "0.1"`, `"models": "a,b"`).

    Raises InvalidInput naming the key at fault: unknown keys, values of the wrong type or range,
    and combinations that have no meaning.
    """
    for key in data:
        if key in _LATER_KEYS:
            raise InvalidInput(
                f"{key} is not available yet: judgments of one pair are not counted together.",
                attr=key,
            )
        if key not in _READERS:
            known = ", ".join(sorted(_READERS))
            name = _shown(key)
            raise InvalidInput(f"A recipe has no key “{name}”; it has {known}.", attr=name)
    recipe = Recipe(**{key: _READERS[key](key, value) for key, value in data.items()})  # type: ignore[arg-type]
    _check_together(recipe)
    return recipe


def join_repeated(given: Mapping[str, list[str]]) -> dict[str, str]:
    """One string a key, of keys given any number of times: those of a list are joined.

    Raises InvalidInput for any other key given twice, where one value would be dropped.
    """
    for key, values in given.items():
        if len(values) > 1 and key not in _LISTS:
            raise InvalidInput(f"{_shown(key)} is given more than once.", attr=_shown(key))
    return {key: ",".join(values) for key, values in given.items()}


def _shown(text: object) -> str:
    """Any text as it can be written in an error, whatever it holds."""
    return str(text)[:100].encode(errors="backslashreplace").decode()


def _storable(text: str) -> bool:
    """Whether PostgreSQL and UTF-8 can hold it: no NUL and no half of a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _check_together(recipe: Recipe) -> None:
    if "weight" in recipe.columns and recipe.pairs != "all":
        raise InvalidInput(
            "The column weight is 1/C(K,2) and has a meaning with pairs=all only.", attr="columns"
        )
    after, before = recipe.created_after, recipe.created_before
    if after and before and after >= before:
        raise InvalidInput("created_after must be before created_before.", attr="created_after")


def _one_of(*choices: str) -> Callable[[str, object], str]:
    def read(key: str, value: object) -> str:
        if value not in choices or not isinstance(value, str):
            raise InvalidInput(f"{key} is one of {', '.join(choices)}.", attr=key)
        return value

    return read


def _votes(key: str, value: object) -> str:
    if value == "consensus":
        raise InvalidInput(
            "votes=consensus is not available yet; votes=each writes a row a judgment.", attr=key
        )
    return _one_of("each")(key, value)


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


def _some_of(*choices: str) -> Callable[[str, object], tuple[str, ...]]:
    def read(key: str, value: object) -> tuple[str, ...]:
        names = _strings(key, value) if value != "" else ()
        for name in names:
            if name not in choices:
                raise InvalidInput(
                    f"{key} can hold {', '.join(choices)}; “{name}” is none of them.", attr=key
                )
        return names

    return read


def _columns(key: str, value: object) -> tuple[str, ...]:
    later = [name for name in _LATER_COLUMNS if value != "" and name in _strings(key, value)]
    if later:
        raise InvalidInput(
            f"The column {later[0]} is not available yet; it comes with votes=consensus.", attr=key
        )
    return _some_of(*COLUMNS)(key, value)


def _purposes(key: str, value: object) -> tuple[str, ...]:
    names = _some_of(*PURPOSES)(key, value)
    if not names:
        raise InvalidInput(f"{key} names at least one of {', '.join(PURPOSES)}.", attr=key)
    return names


def _share(key: str, value: object) -> float:
    try:
        share = float(value) if isinstance(value, str | int | float) else math.nan
    except (ValueError, OverflowError):
        share = math.nan
    if isinstance(value, bool) or not 0 <= share <= 1:
        raise InvalidInput(f"{key} is a number from 0 to 1.", attr=key)
    return share


def _seed(key: str, value: object) -> int:
    try:
        seed = int(value) if isinstance(value, str | int) else -1
    except ValueError:
        seed = -1
    if isinstance(value, bool) or not 0 <= seed < _SEED_LIMIT:
        raise InvalidInput(f"{key} is a whole number from 0.", attr=key)
    return seed


def _time(key: str, value: object) -> datetime | None:
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


_READERS: dict[str, Callable[[str, object], object]] = {
    "pairs": _one_of(*PAIRS),
    "votes": _votes,
    "columns": _columns,
    "margin_table": _one_of(*MARGINS),
    "models": _strings,
    "languages": _strings,
    "created_after": _time,
    "created_before": _time,
    "purposes": _purposes,
    "test_share": _share,
    "split_seed": _seed,
    "anonymise_seed": _seed,
}
_LISTS = frozenset({"columns", "models", "languages", "purposes"})
if set(_READERS) != {item.name for item in fields(Recipe)}:
    raise RuntimeError("Every key of a recipe has a reader.")
