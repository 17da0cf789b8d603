"""How well labelers answer, as far as experts answered the same: who a recipe may count on."""

from collections import defaultdict
from datetime import datetime

from django.db.models import Q

from labeling.models import Judgment
from labeling.scoring import Agreement, agreement


def good_labelers(*, project_id: int, cut_off: datetime, least: float) -> tuple[int, ...]:
    """Ids of labelers whose agreement with experts' answers, as of `cut_off`, is `least` or more.

    Counted are all pairs of the project's gold, practice and qualification tasks that they
    answered (tie-discounted, as everywhere). Whoever answered none is not among them.
    """
    standing = Q(retired_at__isnull=True) | Q(retired_at__gt=cut_off)
    judged = Judgment.objects.filter(
        standing,
        task__project_id=project_id,
        task__gold_item__isnull=False,
        created_at__lte=cut_off,
    ).values_list("labeler_id", "tiers", "order", "task__gold_item__tiers")
    totals: defaultdict[int, Agreement] = defaultdict(Agreement)
    for labeler, tiers, order, expert in judged.iterator():
        totals[labeler] += agreement(own=tiers, expert=expert, responses=order)
    return tuple(
        sorted(key for key, total in totals.items() if total.pairs and total.share >= least)
    )
