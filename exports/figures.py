"""What a dataset's card says of its judgments: who made them, under what, how far they agree.

Figures of agreement and bias are of the newest comparisons only (of those of the frame's purposes,
times and labelers), so that they take no longer the larger the dataset is. They are decided by the
frame alone, as the rows are.
"""

from collections.abc import Iterable
from typing import TypedDict

from django.db import connection

from exports.selection import Frame, judgment_where, said_where
from labeling.statistics.intervals import wilson

SAMPLE = 20_000

_MADE = """
SELECT j.labeler_id, l.kind, gv.number, pv.number, count(*), min(j.created_at), max(j.created_at)
FROM labeling_judgment j
JOIN labeling_task t ON t.id = j.task_id
JOIN collector_message p ON p.id = t.prompt_id
JOIN accounts_labeler l ON l.id = j.labeler_id
LEFT JOIN labeling_guidelineversion gv ON gv.id = j.guideline_version_id
LEFT JOIN labeling_policyversion pv ON pv.id = j.policy_version_id
WHERE {judgments}
GROUP BY 1, 2, 3, 4 ORDER BY 2, 3, 4, 1"""
# A tie, or both bad, is an answer like another. Edits are nobody's choice between two shown.
_SAID = """
WITH sample AS MATERIALIZED (
    SELECT c.prompt_id, c.first_id, c.second_id, c.labeler_id, c.outcome, c.first_shown_before,
           octet_length(f.text) - octet_length(s.text) AS longer
    FROM (SELECT * FROM labeling_comparison c
          WHERE c.project_id = %(project)s AND {said} ORDER BY c.id DESC LIMIT %(sample)s) AS c
    JOIN labeling_judgment j ON j.id = c.judgment_id
    JOIN labeling_task t ON t.id = j.task_id
    JOIN collector_message p ON p.id = t.prompt_id
    JOIN collector_message f ON f.id = c.first_id
    JOIN collector_message s ON s.id = c.second_id
    WHERE {judgments} AND c.first_id = ANY(j."order") AND c.second_id = ANY(j."order")
), votes AS (
    SELECT sum(said) AS n, sum(said * (said - 1)) AS same
    FROM (SELECT first_id, second_id, outcome, count(DISTINCT labeler_id) AS said
          FROM sample GROUP BY 1, 2, 3) AS each
    GROUP BY first_id, second_id
)
SELECT count(*),
       count(*) FILTER (WHERE outcome = 'tie'),
       count(*) FILTER (WHERE outcome = 'both_bad'),
       count(*) FILTER (WHERE outcome IN ('first', 'second')),
       count(*) FILTER (WHERE outcome IN ('first', 'second')
                          AND (outcome = 'first') = first_shown_before),
       count(*) FILTER (WHERE outcome IN ('first', 'second') AND longer <> 0),
       count(*) FILTER (WHERE outcome IN ('first', 'second') AND longer <> 0
                          AND (outcome = 'first') = (longer > 0)),
       (SELECT coalesce(sum(n * (n - 1)), 0)::bigint / 2 FROM votes),
       (SELECT coalesce(sum(same), 0)::bigint / 2 FROM votes)
FROM sample"""


class Share(TypedDict):
    """`count` of `total`; the share and its 95% interval (Wilson), null where the total is 0."""

    count: int
    total: int
    share: float | None
    low: float | None
    high: float | None


class Figures(TypedDict):
    """What the card tells. Times are ISO 8601, null without judgments.

    `labelers` counts them by kind; `guidelines` and `policies` the judgments made under each
    version, by its number. Of the newest `sample` comparisons: `agreement` is the share of pairs
    of labelers' answers to the same two responses that are the same, `first_shown` the share of
    decided ones that the response shown earlier won, `longer` the same of the longer response,
    `ties` and `both_bad` the share of those answers.
    """

    first_judgment: str | None
    last_judgment: str | None
    labelers: dict[str, int]
    guidelines: dict[str, int]
    policies: dict[str, int]
    sample: int
    agreement: Share
    first_shown: Share
    longer: Share
    ties: Share
    both_bad: Share


def read_figures(frame: Frame) -> Figures:
    """The figures of the frame's judgments."""
    judgments = judgment_where(frame.recipe)
    with connection.cursor() as cursor:
        cursor.execute(_MADE.format(judgments=judgments), frame.parameters)
        made = cursor.fetchall()
        newest = _SAID.format(judgments=judgments, said=said_where("c", frame.recipe))
        cursor.execute(newest, {**frame.parameters, "sample": SAMPLE})
        sample, ties, bad, decided, first, uneven, longer, together, same = cursor.fetchone()
    kinds = {labeler: kind for labeler, kind, *_ in made}
    return Figures(
        first_judgment=min(row[5] for row in made).isoformat() if made else None,
        last_judgment=max(row[6] for row in made).isoformat() if made else None,
        labelers=_tally((kind, 1) for kind in kinds.values()),
        guidelines=_tally((_version(row[2]), row[4]) for row in made),
        policies=_tally((_version(row[3]), row[4]) for row in made),
        sample=sample,
        agreement=_share(same, together),
        first_shown=_share(first, decided),
        longer=_share(longer, uneven),
        ties=_share(ties, sample),
        both_bad=_share(bad, sample),
    )


def _version(number: int | None) -> str:
    return "none" if number is None else str(number)


def _tally(counts: Iterable[tuple[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, number in counts:
        found[name] = found.get(name, 0) + number
    return dict(sorted(found.items()))


def _share(count: int, total: int) -> Share:
    if not total:
        return Share(count=count, total=total, share=None, low=None, high=None)
    found = wilson(count, total)
    low, high = (round(float(bound), 4) for bound in (found.lower, found.upper))
    return Share(count=count, total=total, share=round(count / total, 4), low=low, high=high)
