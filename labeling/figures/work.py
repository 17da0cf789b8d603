"""How much each labeler judged in a project, and how fast."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from django.db import connection

from labeling.figures.choice import Choice
from labeling.figures.plain import plain
from labeling.figures.reading import Columns, read_columns
from labeling.figures.votes import Floats
from labeling.statistics.intervals import wilson

NEWEST = 500  # timed judgments of each labeler that speed is measured on
# Bytes a second that nobody reads: English is skimmed at some 600 words a minute (Carver 1990), of
# about six letters each. Scripts with more bytes a letter also say more with each.
SKIMMING = 60.0

_JUDGMENTS = """
SELECT judgment.labeler_id, count(*) FROM labeling_judgment judgment
JOIN labeling_task task ON task.id = judgment.task_id
WHERE {judged}
GROUP BY 1
"""
_COMPARISONS = """
SELECT c.labeler_id, count(*) FROM labeling_comparison c {joins} WHERE {where} GROUP BY 1
"""
_SECONDS = """
SELECT judge.id AS labeler, timed.seconds, timed.bytes
FROM unnest(%(labelers)s::bigint[]) AS judge (id)
CROSS JOIN LATERAL (
    SELECT judgment.seconds,
           (SELECT coalesce(sum(octet_length(shown.text)), 0) FROM collector_message shown
            WHERE shown.id = ANY(judgment."order") OR shown.id = task.prompt_id)::bigint AS bytes
    FROM labeling_judgment judgment
    JOIN labeling_task task ON task.id = judgment.task_id
    WHERE judgment.labeler_id = judge.id AND {judged}
      AND judgment.seconds > 0 AND task.prompt_id IS NOT NULL
    ORDER BY judgment.created_at DESC LIMIT %(newest)s
) AS timed
"""


def comparisons_of(choice: Choice) -> dict[int, int]:
    """Comparisons by labeler (an id)."""
    query = _COMPARISONS.format(joins=choice.joins, where=choice.where)
    with connection.cursor() as cursor:
        cursor.execute(query, choice.parameters)
        return dict(cursor.fetchall())


def judgments_of(choice: Choice) -> dict[int, int]:
    """Judgments in force by labeler (an id), excluded or not."""
    with connection.cursor() as cursor:
        cursor.execute(_JUDGMENTS.format(judged=choice.judged), choice.parameters)
        return dict(cursor.fetchall())


def seconds_of(choice: Choice, *, labelers: Sequence[int]) -> dict[int, dict[str, Any]]:
    """By labeler (an id): the median of the seconds a judgment took, and how many were too few.

    `mad` is the median absolute deviation of the logarithms, times 1.4826, so that it estimates a
    standard deviation; `lower` and `upper` hold the median in 95 of 100 cases. `fast` counts
    judgments given sooner than the texts could have been skimmed. Of each labeler's newest
    judgments that were timed; who has none is absent.
    """
    wanted = choice.parameters | {"labelers": list(labelers), "newest": NEWEST}
    types = {"labeler": "int", "seconds": "float", "bytes": "int"}
    rows = read_columns(_SECONDS.format(judged=choice.judged), wanted, types)
    return {int(pk): _told(rows, pk) for pk in np.unique(rows["labeler"])}


def _told(rows: Columns, labeler: int) -> dict[str, Any]:
    mine = rows["labeler"] == labeler
    seconds = np.sort(rows["seconds"][mine])
    logs = np.log(seconds)
    fast = int((rows["seconds"][mine] < rows["bytes"][mine] / SKIMMING).sum())
    share = wilson(fast, len(seconds))
    lower, upper = _median_ends(seconds)
    return {
        "median": plain(np.exp(np.median(logs))),
        "lower": plain(lower),
        "upper": plain(upper),
        "mad": plain(1.4826 * np.median(np.abs(logs - np.median(logs)))),
        "n": len(seconds),
        "fast": fast,
        "fast_share": plain(share.share),
        "fast_lower": plain(share.lower),
        "fast_upper": plain(share.upper),
    }


def _median_ends(ordered: Floats) -> tuple[float, float]:
    """Order statistics around the median, by the normal approximation of the binomial."""
    count = len(ordered)
    reach = 1.96 * count**0.5 / 2
    low = max(int(np.floor(count / 2 - reach)), 0)
    high = min(int(np.ceil(count / 2 + reach)), count - 1)
    return float(ordered[low]), float(ordered[high])
