"""Which rows are in: a recipe and a cut-off as SQL conditions.

Everything is decided by what was committed at the cut-off (`created_at`, `retired_at`), so the
same frame selects the same rows for ever; blanked texts are the one exception.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from collector.models import Generator
from common.errors import InvalidInput
from exports.recipes import Recipe
from exports.validator import SPACES, SPECIAL_TOKEN, TRANSCRIPT_MARK
from labeling.models.judgments import Purpose

WINNER = "CASE c.outcome WHEN 'first' THEN c.first_id WHEN 'second' THEN c.second_id END"
LOSER = "CASE c.outcome WHEN 'first' THEN c.second_id WHEN 'second' THEN c.first_id END"

_BEST_WORST = f"j.tiers->0 @> to_jsonb({WINNER}) AND j.tiers->-1 @> to_jsonb({LOSER})"
_ADJACENT = f"""EXISTS (
    SELECT FROM generate_series(0, jsonb_array_length(j.tiers) - 2) AS tier
    WHERE j.tiers->tier @> to_jsonb({WINNER}) AND j.tiers->(tier + 1) @> to_jsonb({LOSER}))"""


@dataclass(frozen=True, slots=True)
class Frame:
    """A project's judgments as of `cut_off`, seen through a recipe."""

    project_id: int
    cut_off: datetime
    recipe: Recipe
    generator_ids: tuple[int, ...] = field(default=())

    @property
    def parameters(self) -> dict[str, Any]:
        """The values of every `%(name)s` in the conditions below."""
        recipe = self.recipe
        return {
            "project": self.project_id,
            "cut_off": self.cut_off,
            "purposes": list(recipe.purposes),
            "generators": list(self.generator_ids),
            "languages": list(recipe.languages),
            "after": recipe.created_after,
            "before": recipe.created_before,
            "seed": str(recipe.split_seed),
            "spaces": SPACES,
            "marks": f"{SPECIAL_TOKEN.pattern}|{TRANSCRIPT_MARK.pattern}",
        }


def make_frame(*, project_id: int, cut_off: datetime, recipe: Recipe) -> Frame:
    """A frame with the recipe's models looked up; InvalidInput if one is unknown."""
    ids = dict(Generator.objects.filter(name__in=recipe.models).values_list("name", "pk"))
    for name in recipe.models:
        if name not in ids:
            raise InvalidInput(f"There is no model “{name}”.", attr="models")
    return Frame(project_id, cut_off, recipe, tuple(sorted(ids.values())))


def excluded(frame: Frame) -> dict[str, list[Any]]:
    """What a recipe's choices leave out, as of now: purposes by name, generators by id."""
    purposes = [purpose for purpose in Purpose.values if purpose not in frame.recipe.purposes]
    others = Generator.objects.exclude(pk__in=frame.generator_ids).order_by("pk")
    kept_all = not frame.recipe.models
    return {
        "purposes": purposes,
        "generators": [] if kept_all else list(others.values_list("pk", flat=True)),
    }


def _frozen(table: str, recipe: Recipe) -> list[str]:
    """Conditions on what comparisons and judgments both have."""
    return [
        f"{table}.created_at <= %(cut_off)s",
        f"({table}.retired_at IS NULL OR {table}.retired_at > %(cut_off)s)",
        f"{table}.purpose = ANY(%(purposes)s)",
        *([f"{table}.created_at >= %(after)s"] if recipe.created_after else []),
        *([f"{table}.created_at < %(before)s"] if recipe.created_before else []),
    ]


def _comparison_conditions(c: str, recipe: Recipe) -> list[str]:
    return [
        f"{c}.project_id = %(project)s",
        *_frozen(c, recipe),
        *(
            [
                f"{c}.first_generator_id = ANY(%(generators)s)",
                f"{c}.second_generator_id = ANY(%(generators)s)",
            ]
            if recipe.models
            else []
        ),
    ]


def _unfit(c: str, texts: tuple[str, str], recipe: Recipe) -> str:
    """Whether the validator would refuse the pair for its texts, or the recipe for its margin."""
    trimmed = [f"btrim({text}.text, %(spaces)s)" for text in texts]
    refusals = [
        f"{trimmed[0]} = {trimmed[1]}",
        *(f"{text} = ''" for text in trimmed),
        *(f"{text}.text ~ %(marks)s" for text in texts),
        *([f"{c}.strength IS NULL"] if "margin" in recipe.columns else []),
    ]
    return f"({' OR '.join(refusals)})"


def _drawn(c: str, texts: tuple[str, str], recipe: Recipe) -> str:
    """The rank of a pair in the draw: fit ones first, then by a hash."""
    key = f"%(seed)s || ':' || {c}.judgment_id || ':' || {c}.first_id || ':' || {c}.second_id"
    return f"({_unfit(c, texts, recipe)}, md5({key}))"


def _one_per_prompt(recipe: Recipe) -> str:
    """Decided, and no other decided pair of its prompt comes before it in the draw.

    A pair that would be refused is drawn only where its prompt has no other, so that the refusal
    is counted and no prompt is lost to it.
    """
    rival = " AND ".join(_comparison_conditions("r", recipe))
    before = f"{_drawn('r', ('rf', 'rs'), recipe)} < {_drawn('c', ('f', 's'), recipe)}"
    return f"""c.outcome IN ('first', 'second') AND NOT EXISTS (
        SELECT FROM labeling_task rt
        JOIN labeling_judgment rj ON rj.task_id = rt.id
        JOIN labeling_comparison r ON r.judgment_id = rj.id
        JOIN collector_message rf ON rf.id = r.first_id AND rf.deleted_at IS NULL
        JOIN collector_message rs ON rs.id = r.second_id AND rs.deleted_at IS NULL
        WHERE rt.prompt_id = c.prompt_id AND r.outcome IN ('first', 'second')
          AND {rival} AND {before})"""


def comparison_where(recipe: Recipe) -> str:
    """The condition on comparisons `c` with judgment `j`, prompt `p`, texts `f` and `s`."""
    conditions = [
        *_comparison_conditions("c", recipe),
        "p.deleted_at IS NULL AND f.deleted_at IS NULL AND s.deleted_at IS NULL",
        *(["p.language = ANY(%(languages)s)"] if recipe.languages else []),
    ]
    match recipe.pairs:
        case "best_worst":
            conditions.append(_BEST_WORST)
        case "adjacent":
            conditions.append(_ADJACENT)
        case "one_per_prompt":
            conditions.append(_one_per_prompt(recipe))
    return " AND ".join(conditions)


def judgment_where(recipe: Recipe) -> str:
    """The condition on judgments `j` with task `t` and prompt `p`.

    A judgment is out as a whole when one of the responses shown is deleted, or, where models are
    named, is not by one of them.
    """
    shown = 'SELECT FROM collector_message m WHERE m.id = ANY(j."order")'
    foreign = """SELECT FROM collector_message m
        LEFT JOIN collector_generatorrevision v ON v.id = m.revision_id
        WHERE m.id = ANY(j."order")
          AND (v.generator_id IS NULL OR v.generator_id <> ALL(%(generators)s))"""
    return " AND ".join(
        [
            "t.project_id = %(project)s",
            *_frozen("j", recipe),
            f"p.deleted_at IS NULL AND NOT EXISTS ({shown} AND m.deleted_at IS NOT NULL)",
            *(["p.language = ANY(%(languages)s)"] if recipe.languages else []),
            *([f"NOT EXISTS ({foreign})"] if recipe.models else []),
        ]
    )
