"""Which rows are in: a recipe and a cut-off as SQL conditions.

Everything is decided by what was committed at the cut-off (`created_at`, `retired_at`), so the
same frame selects the same rows for ever; blanked texts and flags are the exceptions.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from collector.models import Generator
from common.errors import InvalidInput
from exports.qualities import good_labelers
from exports.recipes import Recipe
from exports.validator import SPACES, SPECIAL_TOKEN, TRANSCRIPT_MARK
from labeling.exclusions import excluded_labelers as excluded_now
from labeling.models.judgments import Purpose

WINNER = "CASE c.outcome WHEN 'first' THEN c.first_id WHEN 'second' THEN c.second_id END"
LOSER = "CASE c.outcome WHEN 'first' THEN c.second_id WHEN 'second' THEN c.first_id END"

_BEST_WORST = f"j.tiers->0 @> to_jsonb({WINNER}) AND j.tiers->-1 @> to_jsonb({LOSER})"
_ADJACENT = f"""EXISTS (
    SELECT FROM generate_series(0, jsonb_array_length(j.tiers) - 2) AS tier
    WHERE j.tiers->tier @> to_jsonb({WINNER}) AND j.tiers->(tier + 1) @> to_jsonb({LOSER}))"""


@dataclass(frozen=True, slots=True)
class Frame:
    """A project's judgments as of `cut_off`, seen through a recipe.

    `generator_ids` and `labeler_ids` are those that the recipe's `models` and
    `min_labeler_quality` let in. `thresholds` say, for each stratum of a balanced recipe, up to
    which draw its pairs are in; `exports.reading.balanced` finds them. `excluded_labelers` are
    those whose judgments did not count when it was made (`labeling.exclusions`).
    """

    project_id: int
    cut_off: datetime
    recipe: Recipe
    generator_ids: tuple[int, ...] = ()
    labeler_ids: tuple[int, ...] = ()
    excluded_labelers: tuple[int, ...] = ()
    thresholds: Mapping[str, str] | None = field(default=None)

    @property
    def parameters(self) -> dict[str, Any]:
        """The values of every `%(name)s` in the conditions below."""
        recipe = self.recipe
        return {
            "project": self.project_id,
            "cut_off": self.cut_off,
            "purposes": list(recipe.purposes),
            "generators": list(self.generator_ids),
            "labelers": list(self.labeler_ids),
            "excluded_labelers": list(self.excluded_labelers),
            "languages": list(recipe.languages),
            "topics": list(recipe.topics),
            "flags": list(recipe.excluded_flags),
            "after": recipe.created_after,
            "before": recipe.created_before,
            "seed": str(recipe.split_seed),
            "spaces": SPACES,
            "marks": f"{SPECIAL_TOKEN.pattern}|{TRANSCRIPT_MARK.pattern}",
        }


def make_frame(
    *,
    project_id: int,
    cut_off: datetime,
    recipe: Recipe,
    excluded_labelers: Iterable[int] | None = None,
) -> Frame:
    """A frame with the recipe's models and labelers looked up; InvalidInput if one is unknown.

    `excluded_labelers` is the list that a version was frozen with; without one it is evaluated now.
    """
    if excluded_labelers is None:
        excluded_labelers = excluded_now(project=project_id)
    ids = dict(Generator.objects.filter(name__in=recipe.models).values_list("name", "pk"))
    for name in recipe.models:
        if name not in ids:
            raise InvalidInput(f"There is no model “{name}”.", attr="models")
    least = recipe.min_labeler_quality
    return Frame(
        project_id,
        cut_off,
        recipe,
        tuple(sorted(ids.values())),
        good_labelers(project_id=project_id, cut_off=cut_off, least=least) if least else (),
        tuple(sorted(excluded_labelers)),
    )


def excluded(frame: Frame) -> dict[str, list[Any]]:
    """What is left out, as of now: purposes by name, generators and excluded labelers by id."""
    purposes = [purpose for purpose in Purpose.values if purpose not in frame.recipe.purposes]
    others = Generator.objects.exclude(pk__in=frame.generator_ids).order_by("pk")
    kept_all = not frame.recipe.models
    return {
        "purposes": purposes,
        "generators": [] if kept_all else list(others.values_list("pk", flat=True)),
        "labelers": list(frame.excluded_labelers),
    }


def decided(table: str, recipe: Recipe) -> str:
    """The condition that a comparison or judgment is an expert's and stands in place of votes."""
    return f"{table}.purpose = 'adjudication'" if recipe.adjudicated == "prefer" else "false"


def _said(table: str, recipe: Recipe, *, experts: bool = False) -> list[str]:
    """Conditions on what comparisons and judgments both have; `experts`: theirs too, if preferred.

    What is asked of votes (why they were given, and by whom) is not asked of an expert's answer.
    """
    vote = [
        f"{table}.purpose = ANY(%(purposes)s)",
        *([f"{table}.labeler_id = ANY(%(labelers)s)"] if recipe.min_labeler_quality else []),
    ]
    counts = " AND ".join(vote)
    if experts and recipe.adjudicated == "prefer":
        counts = f"({decided(table, recipe)} OR {counts})"
    consented = f"""EXISTS (
        SELECT FROM accounts_labeler said WHERE said.id = {table}.labeler_id
        AND (said.kind <> 'person' OR EXISTS (
            SELECT FROM accounts_consent given
            WHERE given.labeler_id = said.id AND given.accepted_at <= %(cut_off)s)))"""  # noqa: S608 - our own text
    return [
        f"{table}.created_at <= %(cut_off)s",
        f"({table}.retired_at IS NULL OR {table}.retired_at > %(cut_off)s)",
        counts,
        f"{table}.labeler_id <> ALL(%(excluded_labelers)s)",
        *([f"{table}.created_at >= %(after)s"] if recipe.created_after else []),
        *([f"{table}.created_at < %(before)s"] if recipe.created_before else []),
        *([consented] if recipe.consented else []),
    ]


def said_where(table: str, recipe: Recipe) -> str:
    """The condition on who said a judgment or comparison, when and why; its texts aside."""
    return " AND ".join(_said(table, recipe))


def _fit(messages: str, recipe: Recipe) -> list[str]:
    """Conditions on one message (`m.id`), or on all of an array (`ANY(j."order")`)."""
    standing = f"""NOT EXISTS (
        SELECT FROM collector_messageflag flag
        WHERE flag.message_id = {messages} AND flag.kind = ANY(%(flags)s)
          AND flag.created_at <= %(cut_off)s
          AND (flag.dismissed_at IS NULL OR flag.dismissed_at > %(cut_off)s))"""
    return [standing] if recipe.excluded_flags else []


def _prompt(recipe: Recipe) -> list[str]:
    """Conditions on the prompt `p` that every source has."""
    return [
        "p.deleted_at IS NULL",
        *(["p.language = ANY(%(languages)s)"] if recipe.languages else []),
        *(["p.meta->'tags' ?| %(topics)s"] if recipe.topics else []),
        *_fit("p.id", recipe),
    ]


def comparison_where(recipe: Recipe, *, experts: bool = False) -> str:
    """The condition on comparisons `c` with judgment `j`, prompt `p`, texts `f` and `s`.

    With `experts` those of adjudications are in, if the recipe prefers them.

    How many pairs a prompt gives, and what other votes say, is for the query of prompts.
    """
    named = [
        "c.first_generator_id = ANY(%(generators)s)",
        "c.second_generator_id = ANY(%(generators)s)",
    ]
    conditions = [
        "c.project_id = %(project)s",
        *_said("c", recipe, experts=experts),
        *(named if recipe.models else []),
        *_prompt(recipe),
        "f.deleted_at IS NULL AND s.deleted_at IS NULL",
        *_fit("f.id", recipe),
        *_fit("s.id", recipe),
    ]
    if recipe.votes == "each" and recipe.pairs == "best_worst":
        conditions.append(_BEST_WORST)
    if recipe.votes == "each" and recipe.pairs == "adjacent":
        conditions.append(_ADJACENT)
    return " AND ".join(conditions)


def unfit(texts: tuple[str, str], recipe: Recipe) -> str:
    """Whether the validator would refuse a pair for its texts, or the recipe for its margin."""
    trimmed = [f"btrim({text}.text, %(spaces)s)" for text in texts]
    refusals = [
        f"{trimmed[0]} = {trimmed[1]}",
        *(f"{text} = ''" for text in trimmed),
        *(f"{text}.text ~ %(marks)s" for text in texts),
        *(["strength IS NULL"] if "margin" in recipe.columns else []),
    ]
    return f"({' OR '.join(refusals)})"


def judgment_where(recipe: Recipe, *, experts: bool = False) -> str:
    """The condition on judgments `j` with task `t` and prompt `p`; `experts` as above.

    A judgment is out as a whole when one of the responses shown is deleted or flagged, or, where
    models are named, is not by one of them.
    """
    shown = 'SELECT FROM collector_message m WHERE m.id = ANY(j."order")'
    foreign = """SELECT FROM collector_message m
        LEFT JOIN collector_generatorrevision v ON v.id = m.revision_id
        WHERE m.id = ANY(j."order")
          AND (v.generator_id IS NULL OR v.generator_id <> ALL(%(generators)s))"""
    return " AND ".join(
        [
            "t.project_id = %(project)s",
            *_said("j", recipe, experts=experts),
            *_prompt(recipe),
            f"NOT EXISTS ({shown} AND m.deleted_at IS NOT NULL)",
            *_fit('ANY(j."order")', recipe),
            *([f"NOT EXISTS ({foreign})"] if recipe.models else []),
        ]
    )


def prompt_where(recipe: Recipe) -> str:
    """The condition on prompts `p` by themselves, whether or not anything was said of them."""
    return " AND ".join(
        [
            "p.project_id = %(project)s AND p.role = 'user' AND p.created_at <= %(cut_off)s",
            *_prompt(recipe),
        ]
    )


def message_where(m: str, recipe: Recipe) -> str:
    """The condition on messages `m` of conversations: there at the cut-off, and fit to be shown."""
    there = f"{m}.deleted_at IS NULL AND {m}.created_at <= %(cut_off)s"
    return " AND ".join([there, *_fit(f"{m}.id", recipe)])
