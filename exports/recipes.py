"""Recipes: what goes into a dataset, as validated, frozen data.

A recipe arrives as JSON, as `--set key=value` or as query parameters; `parse_recipe` reads all
three. Everything that decides a byte of the files is in it, so that recipe and cut-off suffice to
build them again. `exports.recipe_keys` says what each key may be.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

from common.errors import InvalidInput
from exports.recipe_keys import KEYS, MARGINS, shown
from labeling.models.judgments import Purpose


@dataclass(frozen=True, slots=True)
class Recipe:
    """Which judgments become rows, of what kind, in which split.

    `pairs` says which pairs of a ranking are rows: `all`, `best_worst` (a response of the best
    tier over one of the worst), `adjacent` (neighbouring tiers), `one_per_prompt` (one pair of
    each prompt, drawn by `split_seed`); `max_pairs` bounds how many a prompt gives. `votes` is
    `each`, a row a judgment, or `consensus`: a pair is what most votes on it say (a tie where
    ties outnumber either side or the sides are even), a ranking Tideman's order of all of its
    prompt's. With `adjudicated` `prefer` an expert's answer stands in place of the votes in a
    consensus, whatever `purposes`, `min_votes` and `min_labeler_quality` ask of votes. `ties` is
    what becomes of rankings with ties. `columns` adds `margin` (from the
    strength, by `margin_table`), `weight`, and `agreement`, `votes` and `probability` of a pair.

    `models` keeps pairs whose two responses are both by these generators, `languages` and
    `topics` those of prompts in one of them, `purposes` judgments of these; times are compared
    with the judgment's. `excluded_flags`, `consented`, `min_votes`, `min_agreement` and
    `min_labeler_quality` leave out what is doubtful; they and the draws of `balance` work on what
    the other filters leave. `test_share` of the prompts go to the split `test`, drawn by
    `split_seed`; `anonymise_seed` decides the labeler ids written.
    """

    pairs: str = "all"
    votes: str = "each"
    adjudicated: str = "ignore"
    ties: str = "drop"
    columns: tuple[str, ...] = ()
    margin_table: str = "small"
    models: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    created_after: datetime | None = None
    created_before: datetime | None = None
    purposes: tuple[str, ...] = field(default=(Purpose.WORK.value,))
    excluded_flags: tuple[str, ...] = ()
    consented: bool = False
    min_votes: int = 1
    min_agreement: float = 0.0
    min_labeler_quality: float = 0.0
    max_pairs: int = 0
    balance: str = "none"
    test_share: float = 0.05
    split_seed: int = 0
    anonymise_seed: int = 0

    @property
    def most_pairs(self) -> int:
        """How many pairs a prompt gives at most; 0 is no limit."""
        return 1 if self.pairs == "one_per_prompt" else self.max_pairs

    @property
    def counts_votes(self) -> bool:
        """Whether a pair depends on the other votes on it."""
        return (
            self.votes == "consensus"
            or self.min_votes > 1
            or self.min_agreement > 0
            or not {"agreement", "votes", "probability"}.isdisjoint(self.columns)
        )

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
        if key not in KEYS:
            known = ", ".join(sorted(KEYS))
            name = shown(key)
            raise InvalidInput(f"A recipe has no key “{name}”; it has {known}.", attr=name)
    recipe = Recipe(**{key: KEYS[key].read(key, value) for key, value in data.items()})  # type: ignore[arg-type]
    _check_together(recipe)
    return recipe


def join_repeated(given: Mapping[str, list[str]]) -> dict[str, str]:
    """One string a key, of keys given any number of times: those of a list are joined.

    Raises InvalidInput for any other key given twice, where one value would be dropped.
    """
    for key, values in given.items():
        if len(values) > 1 and not (key in KEYS and KEYS[key].listed):
            raise InvalidInput(f"{shown(key)} is given more than once.", attr=shown(key))
    return {key: ",".join(values) for key, values in given.items()}


def recipe_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of recipes, with what each key is when it is left out."""
    defaults = Recipe().as_json()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Recipe",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            name: {**key.schema, "default": defaults[name]} for name, key in KEYS.items()
        },
        "allOf": [
            *({"not": {"required": list(keys), "properties": keys}} for keys in _SENSELESS_SCHEMAS),
            _ADJUDICATED_SCHEMA,
        ],
    }


# What `_check_together` refuses, times aside, which a schema cannot compare.
_SENSELESS_SCHEMAS: tuple[dict[str, Any], ...] = (
    {
        "columns": {"contains": {"const": "weight"}},
        "pairs": {"enum": ["best_worst", "adjacent", "one_per_prompt"]},
    },
    {"columns": {"contains": {"const": "weight"}}, "max_pairs": {"minimum": 1}},
    {"columns": {"contains": {"const": "weight"}}, "balance": {"not": {"const": "none"}}},
    {"pairs": {"const": "one_per_prompt"}, "max_pairs": {"minimum": 1}},
    {
        "votes": {"const": "consensus"},
        "pairs": {"enum": ["best_worst", "adjacent"]},
        "balance": {"not": {"const": "none"}},
    },
)

_ADJUDICATED_SCHEMA: dict[str, Any] = {
    "if": {"required": ["adjudicated"], "properties": {"adjudicated": {"const": "prefer"}}},
    "then": {"required": ["votes"], "properties": {"votes": {"const": "consensus"}}},
}


def _check_together(recipe: Recipe) -> None:
    drawn = recipe.max_pairs > 0 or recipe.balance != "none"
    if "weight" in recipe.columns and (recipe.pairs != "all" or drawn):
        raise InvalidInput(
            "The column weight is 1/C(K,2) and has a meaning only with pairs=all and without "
            "max_pairs and balance.",
            attr="columns",
        )
    if recipe.pairs == "one_per_prompt" and recipe.max_pairs:
        raise InvalidInput("one_per_prompt is max_pairs=1: give one of the two.", attr="max_pairs")
    by_order = recipe.votes == "consensus" and recipe.pairs in ("best_worst", "adjacent")
    if by_order and recipe.balance != "none":
        raise InvalidInput(
            f"pairs={recipe.pairs} of a consensus cannot be balanced.", attr="balance"
        )
    if recipe.adjudicated == "prefer" and recipe.votes != "consensus":
        raise InvalidInput(
            "adjudicated=prefer has a meaning with votes=consensus only.", attr="adjudicated"
        )
    after, before = recipe.created_after, recipe.created_before
    if after and before and after >= before:
        raise InvalidInput("created_after must be before created_before.", attr="created_after")


if set(KEYS) != {item.name for item in fields(Recipe)}:
    raise RuntimeError("Every key of a recipe has a reader.")
