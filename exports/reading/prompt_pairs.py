"""Pairs prompt by prompt: where votes are counted together, or a prompt gives so many pairs.

Counting, drawing and balancing are PostgreSQL's; here is only how its statement is put together.
"""

import dataclasses
from collections.abc import Iterator
from itertools import pairwise, product
from typing import Any

import orjson

from exports.items import Pair
from exports.reading.ballots import order_of, read_ballots
from exports.reading.keys import Page, Row, fetch, portions
from exports.reading.texts import read_prompts, read_texts
from exports.recipes import Recipe
from exports.selection import Frame, comparison_where, decided, unfit

_VOTES = """
SELECT p.id AS prompt_id, c.first_id, c.second_id, c.judgment_id, c.outcome, c.strength,
       c.first_generator_id, c.second_generator_id, cardinality(j."order") AS responses,
       {decided} AS decided
FROM collector_message p
JOIN labeling_task t ON t.prompt_id = p.id
JOIN labeling_judgment j ON j.task_id = t.id
JOIN labeling_comparison c ON c.judgment_id = j.id AND c.prompt_id = p.id
JOIN collector_message f ON f.id = c.first_id
JOIN collector_message s ON s.id = c.second_id
WHERE p.project_id = %(project)s AND p.role = 'user' AND {keys} AND {conditions}"""
_KEYS = "p.id > %(low)s AND p.id <= %(high)s"
_PROMPTS = """
SELECT p.id FROM collector_message p WHERE p.project_id = %(project)s AND p.role = 'user'
  AND p.id > %(low)s AND p.id <= %(high)s"""
# An expert's answer to a pair in place of the votes on it.
_PREFERRED = """
SELECT * FROM (
    SELECT *, bool_or(decided) OVER (PARTITION BY prompt_id, first_id, second_id) AS settled
    FROM ({votes}) AS cast_votes
) AS weighed WHERE decided OR NOT settled"""
# A vote by itself, beside all on the same pair.
_EACH = """
SELECT prompt_id, first_id, second_id, judgment_id, outcome, strength::float8,
       first_generator_id, second_generator_id, responses,
       count(*) OVER pair AS votes,
       count(*) OVER (PARTITION BY prompt_id, first_id, second_id, outcome) AS same,
       count(*) FILTER (WHERE outcome = 'first') OVER pair AS firsts,
       count(*) FILTER (WHERE outcome = 'second') OVER pair AS seconds
FROM vote WINDOW pair AS (PARTITION BY prompt_id, first_id, second_id)"""
# All votes on a pair as one. The strength is of those who said the same as most.
_COUNTED = """
SELECT prompt_id, first_id, second_id, count(*) AS votes,
       count(*) FILTER (WHERE outcome = 'first') AS firsts,
       count(*) FILTER (WHERE outcome = 'second') AS seconds,
       count(*) FILTER (WHERE outcome = 'tie') AS ties,
       count(*) FILTER (WHERE outcome = 'both_bad') AS bad,
       avg(strength) FILTER (WHERE outcome = 'first')::float8 AS first_by,
       avg(strength) FILTER (WHERE outcome = 'second')::float8 AS second_by,
       max(responses) AS responses,
       bool_or(decided) AS decided,
       max(first_generator_id) AS first_generator_id,
       max(second_generator_id) AS second_generator_id
FROM vote GROUP BY prompt_id, first_id, second_id"""
_CONSENSUS = f"""
SELECT prompt_id, first_id, second_id, 0 AS judgment_id, outcome,
       CASE outcome WHEN 'first' THEN first_by WHEN 'second' THEN second_by END AS strength,
       first_generator_id, second_generator_id, responses, votes, decided,
       CASE outcome WHEN 'first' THEN firsts WHEN 'second' THEN seconds
                    WHEN 'tie' THEN ties ELSE bad END AS same,
       firsts, seconds
FROM (
    SELECT *,
           CASE WHEN firsts <> seconds AND greatest(firsts, seconds) >= ties + bad
                THEN CASE WHEN firsts > seconds THEN 'first' ELSE 'second' END
                WHEN bad > ties AND bad > greatest(firsts, seconds) THEN 'both_bad'
                ELSE 'tie' END AS outcome
    FROM ({_COUNTED}) AS counted
) AS named"""  # noqa: S608 - our own text
_PAIRS = """
SELECT *, CASE outcome WHEN 'second' THEN second_id ELSE first_id END AS won,
       CASE outcome WHEN 'second' THEN first_id ELSE second_id END AS lost,
       CASE WHEN outcome IN ('first', 'second') THEN '' ELSE outcome END AS undecided,
       same::float8 / votes AS agreement,
       (CASE outcome WHEN 'second' THEN seconds ELSE firsts END
        + (votes - firsts - seconds) / 2.0)::float8 / votes AS probability,
       md5(%(seed)s || ':' || judgment_id || ':' || first_id || ':' || second_id)
           COLLATE "C" AS draw
FROM ({said}) AS said"""
_MODELS = """least(coalesce(first_generator_id, 0), coalesce(second_generator_id, 0)) || ':'
       || greatest(coalesce(first_generator_id, 0), coalesce(second_generator_id, 0))"""
_LONGER = "sign(char_length(w.text) - char_length(l.text))::text"
# Where a prompt gives so many pairs, those that will be refused come last: no prompt is lost to
# one while it has another, and one that is drawn all the same is counted.
_NUMBERED = """
SELECT pair.*, {unfit} AS unfit, {stratum} AS stratum,
       octet_length(w.text) + octet_length(l.text) AS size,
       row_number() OVER (PARTITION BY prompt_id
                          ORDER BY undecided <> '', {unfit}, draw) AS number
FROM pair
JOIN collector_message w ON w.id = pair.won
JOIN collector_message l ON l.id = pair.lost
WHERE {conditions}"""
_ITEMS = """
WITH vote AS ({votes}), pair AS ({pairs}), numbered AS ({numbered})
SELECT size + coalesce(pg_column_size(h.messages), 0), n.prompt_id, won, lost, undecided,
       strength, responses, agreement, votes, probability
FROM numbered n LEFT JOIN collector_thread h ON h.prompt_id = n.prompt_id
WHERE {conditions}
ORDER BY n.prompt_id, first_id, second_id, judgment_id"""
_COUNT = """
WITH vote AS ({votes}), pair AS ({pairs}), numbered AS ({numbered})
SELECT count(*) FROM numbered n WHERE {conditions}"""
# As many draws of each stratum are in as the smallest has. Where one of the two directions of
# length does not occur at all, there is nothing to balance the other with.
_THRESHOLDS = """
WITH drawn AS MATERIALIZED (
    WITH vote AS ({votes}), pair AS ({pairs}), numbered AS ({numbered})
    SELECT stratum, draw FROM numbered n WHERE {conditions}),
placed AS (
    SELECT stratum, draw, row_number() OVER (PARTITION BY stratum ORDER BY draw) AS place
    FROM drawn)
SELECT stratum, draw FROM placed
WHERE place = (SELECT min(size) FROM (
          SELECT count(*) AS size FROM drawn GROUP BY stratum) AS sizes)
  AND (SELECT count(DISTINCT stratum) FROM drawn) >= %(strata)s"""
_EQUALLY_LONG = "0"
_BY_ORDER = (
    "(first_id, second_id) IN (SELECT * FROM unnest(%(low_ids)s::bigint[], %(high_ids)s::bigint[]))"
)
_KEPT = f"""(undecided <> '' OR unfit OR stratum = '{_EQUALLY_LONG}'
       OR draw <= (%(thresholds)s::jsonb ->> stratum) COLLATE "C")"""


def paired_pages(frame: Frame, low: int, high: int) -> Iterator[Page]:
    """The pairs of the frame's prompts as `Pair`s, by the ids of prompts and responses."""
    query = _statement(_ITEMS, frame.recipe, keys=_KEYS, conditions=_kept(frame.recipe))
    for portion in portions(fetch(query, _parameters(frame, low, high))):
        yield Page(low, _pairs(portion, frame.recipe))
    yield Page(high, [])


def count_pairs(frame: Frame) -> int:
    """How many pairs `paired_pages` gives over all keys."""
    query = _statement(_COUNT, frame.recipe, keys=_KEYS, conditions=_kept(frame.recipe))
    return int(fetch(query, _parameters(frame, 0, 2**63 - 1))[0][0])


def _kept(recipe: Recipe) -> str:
    return f"{_drawn(recipe)} AND {_KEPT}" if recipe.balance != "none" else _drawn(recipe)


def _parameters(frame: Frame, low: int, high: int) -> dict[str, Any]:
    parameters = {**frame.parameters, "low": low, "high": high}
    parameters["thresholds"] = orjson.dumps(frame.thresholds or {}).decode()
    if goes_by_order(frame.recipe):
        parameters |= _ordered_pairs(frame, low, high)
    return parameters


def balanced(frame: Frame) -> Frame:
    """The frame with the thresholds that its recipe's balance needs; one look at all its pairs."""
    recipe = frame.recipe
    if recipe.balance == "none" or frame.thresholds is not None:
        return frame
    conditions = f"{_drawn(recipe)} AND undecided = '' AND NOT unfit"
    if recipe.balance == "length":
        conditions += f" AND stratum <> '{_EQUALLY_LONG}'"
    query = _statement(_THRESHOLDS, recipe, keys="true", conditions=conditions)
    strata = 2 if recipe.balance == "length" else 1
    rows = fetch(query, {**frame.parameters, "strata": strata})
    return dataclasses.replace(frame, thresholds=dict(rows))


def _statement(outline: str, recipe: Recipe, *, keys: str, conditions: str) -> str:
    # The texts are looked into only where a draw depends on it: that costs more than all else.
    drawn = recipe.most_pairs or recipe.balance != "none"
    prefers = recipe.adjudicated == "prefer"
    chosen = [
        f"(votes >= {recipe.min_votes}{' OR decided' if prefers else ''})",
        f"(undecided <> '' OR agreement >= {recipe.min_agreement!r})",
        *([_BY_ORDER] if goes_by_order(recipe) else []),
    ]
    said = _CONSENSUS if recipe.votes == "consensus" else _EACH
    votes = _VOTES.format(
        keys=keys,
        conditions=comparison_where(recipe, experts=True),
        decided=decided("c", recipe),
    )
    return outline.format(
        votes=_PREFERRED.format(votes=votes) if prefers else votes,
        pairs=_PAIRS.format(said=said),
        numbered=_NUMBERED.format(
            unfit=unfit(("w", "l"), recipe) if drawn else "false",
            stratum={"model": _MODELS, "length": _LONGER}.get(recipe.balance, "''"),
            conditions=" AND ".join(chosen),
        ),
        conditions=conditions,
    )


def _drawn(recipe: Recipe) -> str:
    """Of a bounded number the undecided are none: a tie is no pair to draw."""
    return f"undecided = '' AND number <= {recipe.most_pairs}" if recipe.most_pairs else "true"


def goes_by_order(recipe: Recipe) -> bool:
    """Whether pairs are those between tiers of the order of all votes."""
    return recipe.votes == "consensus" and recipe.pairs in ("best_worst", "adjacent")


def _ordered_pairs(frame: Frame, low: int, high: int) -> dict[str, list[int]]:
    """The pairs, lower id first, between tiers that `pairs` names of each prompt's order."""
    prompts = fetch(_PROMPTS, {**frame.parameters, "low": low, "high": high})
    found = []
    for ballots in read_ballots([row[0] for row in prompts], frame).values():
        tiers = order_of(ballots).tiers
        sides = [(tiers[0], tiers[-1])] if len(tiers) > 1 else []
        if frame.recipe.pairs == "adjacent":
            sides = list(pairwise(tiers))
        found += [sorted(pair) for better, worse in sides for pair in product(better, worse)]
    return {"low_ids": [low for low, _ in found], "high_ids": [high for _, high in found]}


def _pairs(portion: list[Row], recipe: Recipe) -> list[Pair]:
    prompts = read_prompts({row[1] for row in portion}, recipe)
    texts = read_texts({key for row in portion for key in row[2:4]})
    return [
        Pair(prompts[prompt], texts[won], texts[lost], *said)
        for _size, prompt, won, lost, *said in portion
    ]
