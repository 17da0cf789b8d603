"""How far machine judges can be trusted: by their own two orders, and beside people."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import Count

from collector.models import Project
from labeling.figures.choice import Choice
from labeling.figures.plain import plain
from labeling.figures.votes import Floats
from labeling.models import Judge, Judgment, Verdict
from labeling.models.judgments import Purpose
from labeling.statistics.intervals import wilson

# Answers as columns of counts; both bad says as little about which is better as a tie.
OUTCOMES = ("first", "second", "tie", "both_bad")
_DECIDED, _UNDECIDED = (0, 1), (2, 3)
# The pairs of texts that a judge compared, its answer, and how many people gave which.
_BESIDE_PEOPLE = """
WITH judged AS MATERIALIZED (
    SELECT DISTINCT ON (first_id, second_id) first_id, second_id, outcome
    FROM labeling_comparison
    WHERE project_id = %(project)s AND labeler_id = %(judge)s AND purpose = 'machine'
      AND retired_at IS NULL AND first_id IS NOT NULL
    ORDER BY first_id, second_id, id
)
SELECT judged.outcome, {counts}
FROM judged JOIN labeling_comparison c
    ON c.first_id = judged.first_id AND c.second_id = judged.second_id
{joins}
WHERE {where}
GROUP BY judged.first_id, judged.second_id, judged.outcome
"""
# The key of a second thought names the answer before (`labeling.services.reconsidering`).
_SECOND_THOUGHTS = """
SELECT count(*), count(*) FILTER (WHERE changed), count(*) FILTER (WHERE changed AND EXISTS (
    SELECT FROM labeling_judgment machine
    JOIN labeling_judge judge ON judge.labeler_id = machine.labeler_id
    JOIN labeling_task other ON other.id = machine.task_id
    WHERE machine.purpose = 'machine' AND machine.retired_at IS NULL
      AND judge.project_id = said.project_id AND other.prompt_id = said.prompt_id
      AND machine."order" @> said."order" AND machine."order" <@ said."order"
      AND machine.tiers IS NOT DISTINCT FROM said.tiers))
FROM (
    SELECT second.tiers, second."order", task.project_id, task.prompt_id,
           second.tiers IS DISTINCT FROM own.tiers AS changed
    FROM labeling_judgment second
    JOIN labeling_task task ON task.id = second.task_id
    JOIN labeling_judgment own ON own.id = split_part(second.submit_key, '-', 2)::bigint
    WHERE task.project_id = %(project)s AND second.purpose = 'reconsidered'
      AND second.retired_at IS NULL
) said
"""
_COUNTS = ", ".join(f"count(*) FILTER (WHERE c.outcome = '{each}')" for each in OUTCOMES)
_MOST_VERDICTS = 200_000  # the newest ones; as many say no more of a habit


@dataclass(frozen=True, slots=True)
class _Votes:
    """By pair of texts: how many pairs of answers there are, and how many of them agree.

    In `discounted` a pair with exactly one tie counts half, and both bad is a tie.
    """

    same: Floats
    discounted: Floats
    total: Floats


def judges(*, project: Project, choice: Choice | None = None) -> list[dict[str, Any]]:
    """Every judge of the project, oldest first, beside the people that `choice` is of.

    `position` tells of its two orders: `consistency`, the share of pairs that both order alike,
    and `first`, how often of decided pairs the one shown earlier wins (one half where places do
    not matter, as each pair is shown both ways). `people` is how often it says what a person says
    of the same two texts, `raw` and with half a point where one of two is a tie; `between_people`
    the same of two people on those texts. Shares are `{share, lower, upper, n}` with Wilson's
    interval at the number of pairs that so much spread between texts is worth; `share` is null
    where there is nothing to count.
    """
    found = Judge.objects.filter(project=project).select_related("labeler", "revision__generator")
    counted = dict(
        Judgment.objects.filter(
            labeler__judge__project=project, retired_at__isnull=True, purpose=Purpose.MACHINE
        )
        .values_list("labeler")
        .annotate(number=Count("pk"))
    )
    return [
        {
            "id": str(judge.uid),
            "name": judge.name,
            "generator": judge.revision.generator.name,
            "labeler": judge.labeler.pseudonym,
            "judgments": counted.get(judge.labeler_id, 0),
            "position": _position(judge),
            **_beside_people(judge, choice or Choice(project)),
        }
        for judge in found.order_by("pk")
    ]


def minds_changed(*, project: Project) -> dict[str, Any]:
    """What people say after having seen judges' opinions: `shown`, and of those `changed`.

    `changed` is a share with its interval; `towards` counts the changes after which the answer is
    that of a judge.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SECOND_THOUGHTS, {"project": project.pk})
        shown, changed, towards = cursor.fetchone()
    return {"shown": shown, "changed": _share(changed, shown), "towards": towards}


def _position(judge: Judge) -> dict[str, Any]:
    rows = Verdict.objects.filter(judge=judge, status=Verdict.Status.SUCCEEDED)
    orders: dict[int, list[dict[tuple[int, int], int]]] = {}
    earlier = decided = 0
    newest = rows.order_by("-pk").values_list("task", "order", "tiers")[:_MOST_VERDICTS]
    for task, order, tiers in newest:
        signs = _signs(order, tiers)
        orders.setdefault(task, []).append(signs)
        place = {response: index for index, response in enumerate(order)}
        for (a, b), sign in signs.items():
            decided += sign != 0
            earlier += sign * (place[a] - place[b]) > 0
    both = [pair for pair in orders.values() if len(pair) == 2]
    alike = sum(first[each] == second[each] for first, second in both for each in first)
    pairs = sum(len(first) for first, _second in both)
    return {"consistency": _share(alike, pairs), "first": _share(earlier, decided)}


def _signs(order: Sequence[int], tiers: Any) -> dict[tuple[int, int], int]:
    """Of each pair by id: -1 if the lower id is better, 1 if the other, 0 for neither."""
    tier = {response: index for index, tied in enumerate(tiers or ()) for response in tied}
    return {
        (a, b): int(np.sign(tier.get(b, 0) - tier.get(a, 0))) * -1
        for a, b in combinations(sorted(order), 2)
    }


def _beside_people(judge: Judge, choice: Choice) -> dict[str, Any]:
    statement = _BESIDE_PEOPLE.format(counts=_COUNTS, joins=choice.joins, where=choice.where)
    with connection.cursor() as cursor:
        cursor.execute(statement, choice.parameters | {"judge": judge.labeler_id})
        rows = cursor.fetchall()
    said = np.array([OUTCOMES.index(row[0]) for row in rows], dtype=np.intp)
    counts = np.array([row[1:] for row in rows], dtype=float).reshape(-1, len(OUTCOMES))
    own = np.eye(len(OUTCOMES))[said]
    people = _agreeing(own, counts)
    # Two different people: a person is none of those that agree with themselves.
    others = _agreeing(counts, counts)
    totals = counts.sum(axis=1)
    between = _Votes(
        same=(others.same - totals) / 2,
        discounted=(others.discounted - totals) / 2,
        total=(others.total - totals) / 2,
    )
    return {
        "texts": len(rows),
        "people": _agreement(people),
        "between_people": _agreement(between),
    }


def _agreeing(a: Floats, b: Floats) -> _Votes:
    """Answers of `a` paired with those of `b`; both hold counts, pairs of texts by outcomes."""
    tied_a, tied_b = a[:, _UNDECIDED].sum(axis=1), b[:, _UNDECIDED].sum(axis=1)
    all_a, all_b = a.sum(axis=1), b.sum(axis=1)
    decided = (a * b)[:, _DECIDED].sum(axis=1)
    one_tie = tied_a * (all_b - tied_b) + tied_b * (all_a - tied_a)
    return _Votes(
        same=(a * b).sum(axis=1),
        discounted=decided + tied_a * tied_b + one_tie / 2,
        total=all_a * all_b,
    )


def _agreement(votes: _Votes) -> dict[str, Any]:
    """Raw, where both bad is an answer of its own, and tie-discounted, where it is a tie."""
    total = float(votes.total.sum())
    if not total:
        return {"raw": _share(0, 0), "tie_discounted": None}
    return {
        "raw": _clustered(votes, float(votes.same.sum()) / total, total),
        "tie_discounted": plain(float(votes.discounted.sum()) / total),
    }


def _clustered(votes: _Votes, share: float, total: float) -> dict[str, Any]:
    """Votes on the same texts are not independent: as many as their spread is worth count."""
    used = votes.total > 0
    texts = int(used.sum())
    off = (votes.same - share * votes.total)[used]
    variance = texts / (texts - 1) * float((off**2).sum()) / total**2 if texts > 1 else 0.0
    worth = share * (1 - share) / variance if variance else float(texts)
    worth = min(max(worth, 1.0), total)
    found = _share(share * worth, worth)
    return found | {"n": int(total)}


def _share(count: float, total: float) -> dict[str, Any]:
    found = wilson(count, total)
    return {
        "share": plain(found.share),
        "lower": plain(found.lower) if total else None,
        "upper": plain(found.upper) if total else None,
        "n": int(total),
    }
