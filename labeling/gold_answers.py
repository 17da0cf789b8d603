"""Reads of answers to hidden items with a known answer."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import orjson
from django.db import connection

from labeling.models.policies import Mode
from labeling.scoring import Tiers, agreement

# By way of the items: they are few, while a labeler's judgments are many. `OFFSET 0` keeps it so.
_ANSWERS = """
SELECT j.labeler_id, j.tiers, item.tiers, j."order", coalesce(%(best)s = ANY(policy.modes), false)
FROM (
    SELECT item.task_id, item.tiers FROM labeling_golditem item
    WHERE item.project_id = %(project)s AND item.use = 'gold' OFFSET 0
) AS item
JOIN labeling_judgment j ON j.task_id = item.task_id
LEFT JOIN labeling_policyversion policy ON policy.id = j.policy_version_id
WHERE j.purpose = 'gold' AND j.retired_at IS NULL
  AND (%(labelers)s::bigint[] IS NULL OR j.labeler_id = ANY(%(labelers)s))
  AND (%(since)s::timestamptz IS NULL OR j.created_at > %(since)s)
"""


@dataclass(frozen=True, slots=True)
class GoldAnswers:
    """`total` answers to hidden items. `right` adds up, answer by answer, the share of its pairs
    on which it says what the expert says (½ where exactly one of the two says tie); of two
    responses an answer so counts 1, ½ or 0.
    """

    right: float = 0.0
    total: int = 0


def gold_answers(
    *, project_id: int, labelers: Collection[int] | None = None, since: datetime | None = None
) -> dict[int, GoldAnswers]:
    """By labeler (an id): standing answers to the project's hidden items, given after `since`.

    Who has none is absent.
    """
    params = {
        "project": project_id,
        "labelers": None if labelers is None else list(labelers),
        "since": since,
        "best": Mode.BEST.value,
    }
    shares: dict[int, list[float]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERS, params)
        for labeler, own, expert, order, best_only in cursor.fetchall():
            answered = agreement(
                own=_tiers(own), expert=_tiers(expert), responses=order, best_only=best_only
            )
            shares[labeler].append(answered.share)
    return {labeler: GoldAnswers(sum(found), len(found)) for labeler, found in shares.items()}


def _tiers(text: str | None) -> Tiers | None:
    """A column of JSON, which the database gives as text."""
    found: Tiers | None = orjson.loads(text) if text else None
    return found
