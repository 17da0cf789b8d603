"""What a trained reward model thinks of judgments: kept beside them, and never a vote."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from collector.models import Message, Project, Thread
from common.errors import InvalidInput
from labeling import locks
from labeling.models import Judgment, Opinion
from labeling.models.judgments import TRAINING
from labeling.scorers import Conversation, Scorer

Tiers = Sequence[Sequence[int]]
PROMPTS_A_BATCH = 50
CONFIDENCE = 0.9
_STORE = """
INSERT INTO labeling_opinion (judgment_id, scorer, margin, surprising, created_at)
SELECT row.judgment, row.scorer, row.margin, row.surprising, clock_timestamp()
FROM unnest(%(judgments)s::bigint[], %(scorers)s::varchar[], %(margins)s::float8[],
            %(surprising)s::boolean[]) AS row (judgment, scorer, margin, surprising)
ON CONFLICT DO NOTHING
"""


@dataclass
class Scored:
    """How many judgments were given an opinion, how many of them surprise the scorer."""

    scorer: str
    judgments: int = 0
    surprising: int = 0


def score_judgments(
    *,
    project: Project,
    scorer: Scorer,
    confidence: float = CONFIDENCE,
    on_progress: Callable[[int], None] | None = None,
) -> Scored:
    """Give every standing judgment that orders responses the scorer's opinion, if it has none yet.

    A judgment is surprising where the scorer is at least as sure as `confidence` (from 0.5 to 1)
    that its pairs are the other way round. Safe to repeat and to interrupt: each batch of prompts
    is stored by itself. InvalidInput for another confidence.
    """
    if not 0.5 <= confidence < 1:
        raise InvalidInput(
            _("The confidence is a number from 0.5 to less than 1."), attr="confidence"
        )
    limit = -math.log(confidence / (1 - confidence))
    done = Scored(scorer=scorer.name)
    for prompts in _batches(_owed(project, scorer)):
        opinions = _opinions(_owed(project, scorer).filter(task__prompt__in=prompts), scorer, limit)
        _store(project, opinions)
        done.judgments += len(opinions)
        done.surprising += sum(opinion.surprising for opinion in opinions)
        if on_progress is not None:
            on_progress(done.judgments)
    return done


def _owed(project: Project, scorer: Scorer) -> QuerySet[Judgment]:
    """Judgments with an order that stand, of texts that are still there, without its opinion."""
    given = Opinion.objects.filter(judgment=OuterRef("pk"), scorer=scorer.name)
    return (
        Judgment.objects.filter(
            task__project=project,
            task__prompt__deleted_at__isnull=True,
            retired_at__isnull=True,
            tiers__isnull=False,
        )
        .exclude(purpose__in=TRAINING)
        .exclude(Exists(given))
    )


def _batches(owed: QuerySet[Judgment]) -> Iterable[list[int]]:
    """Ids of prompts, some at a time; those of judgments that come meanwhile may be left out."""
    last = 0
    while True:
        prompts = list(
            owed.filter(task__prompt__gt=last)
            .order_by("task__prompt")
            .values_list("task__prompt", flat=True)
            .distinct()[:PROMPTS_A_BATCH]
        )
        if not prompts:
            return
        yield prompts
        last = prompts[-1]


def _opinions(owed: QuerySet[Judgment], scorer: Scorer, limit: float) -> list[Opinion]:
    orders: dict[int, Tiers] = {pk: tiers or [] for pk, tiers in owed.values_list("pk", "tiers")}
    scores = _scores({pk for tiers in orders.values() for tier in tiers for pk in tier}, scorer)
    margins = {pk: margin_of(tiers, scores) for pk, tiers in orders.items()}
    return [
        Opinion(judgment_id=pk, scorer=scorer.name, margin=margin, surprising=margin <= limit)
        for pk, margin in margins.items()
        if margin is not None
    ]


def margin_of(tiers: Tiers, scores: dict[int, float]) -> float | None:
    """The mean of score(better) - score(worse) over the pairs that `tiers` decide.

    None where no pair is decided, or a response has no score.
    """
    if any(pk not in scores for tier in tiers for pk in tier):
        return None
    gaps = [
        scores[better] - scores[worse]
        for upper, lower in combinations(tiers, 2)
        for better in upper
        for worse in lower
    ]
    return sum(gaps) / len(gaps) if gaps else None


def _scores(responses: set[int], scorer: Scorer) -> dict[int, float]:
    """By message id; without those that are deleted or empty."""
    found = Message.objects.filter(pk__in=responses, deleted_at__isnull=True).exclude(text="")
    rows = list(found.order_by("pk").values_list("pk", "parent_id", "text"))
    threads = dict(
        Thread.objects.filter(prompt__in={row[1] for row in rows}).values_list("prompt", "messages")
    )
    asked = [row for row in rows if row[1] in threads]
    conversations: list[Conversation] = [
        [*threads[prompt], {"role": Message.Role.ASSISTANT.value, "content": text}]
        for _pk, prompt, text in asked
    ]
    numbers = scorer.scores(conversations)
    return {row[0]: number for row, number in zip(asked, numbers, strict=True)}


@transaction.atomic
def _store(project: Project, opinions: Sequence[Opinion]) -> None:
    """Stamped under the lock of all that is exported: a version frozen before has none of it."""
    locks.share_judgments(project_id=project.pk)
    with connection.cursor() as cursor:
        cursor.execute(
            _STORE,
            {
                "judgments": [opinion.judgment_id for opinion in opinions],
                "scorers": [opinion.scorer for opinion in opinions],
                "margins": [opinion.margin for opinion in opinions],
                "surprising": [opinion.surprising for opinion in opinions],
            },
        )
