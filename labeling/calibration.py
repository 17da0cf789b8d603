"""How a labeler's answers compare with experts' and with others', for nobody but themselves.

Nothing here names anybody else or tells what was said of one task: figures are shares over many
tasks, of tasks whose answers can no longer be changed, and they move in whole batches, so that
the change from one visit to the next tells nothing of a single answer, nor which task was a check.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F
from django.utils import timezone

from accounts.models import Labeler
from collector.models import Project
from labeling.models import Judgment
from labeling.models.judgments import Purpose
from labeling.models.policies import Mode
from labeling.scoring import Agreement, agreement, total_of

BATCH = 10  # tasks; a first figure needs one batch
OTHERS_AT_LEAST = 2
NEWEST = 500  # judgments looked at
EXPERT = (Purpose.GOLD, Purpose.PRACTICE, Purpose.QUALIFICATION)


@dataclass(frozen=True)
class Figure:
    """`share` is 0 to 1 over `tasks` tasks with `pairs` pairs; null while there is not enough."""

    share: float | None = None
    tasks: int = 0
    pairs: int = 0


@dataclass(frozen=True)
class Calibration:
    """One project's figures: agreement with experts' answers and with other labelers."""

    project: Project
    experts: Figure
    others: Figure


def calibrations_of(*, labeler: Labeler, now: datetime | None = None) -> list[Calibration]:
    """One a project in which they have answered, by name."""
    own = _own(labeler)
    experts = _with_experts(own)
    others = _with_others(own, labeler, now or timezone.now())
    projects = {judgment.task.project_id: judgment.task.project for judgment in own}
    return [
        Calibration(project, _figure(experts[pk]), _figure(others[pk]))
        for pk, project in sorted(projects.items(), key=lambda item: (item[1].name, item[0]))
    ]


def _own(labeler: Labeler) -> Sequence[Judgment]:
    """Oldest first, so that batches stay the same as more come."""
    standing = Judgment.objects.filter(labeler=labeler, retired_at__isnull=True)
    newest = (
        standing.select_related("task__project", "task__gold_item")
        .annotate(window=F("policy_version__edit_window_minutes"), modes=F("policy_version__modes"))
        .order_by("-created_at", "-pk")
    )
    return list(newest[:NEWEST])[::-1]


def _with_experts(own: Sequence[Judgment]) -> dict[int, list[Agreement]]:
    found: dict[int, list[Agreement]] = defaultdict(list)
    for judgment in own:
        item = getattr(judgment.task, "gold_item", None)
        if item is not None and judgment.purpose in EXPERT:
            found[judgment.task.project_id].append(
                agreement(
                    own=judgment.tiers,
                    expert=item.tiers,
                    responses=judgment.order,
                    best_only=_best_only(judgment),
                )
            )
    return found


def _with_others(
    own: Sequence[Judgment], labeler: Labeler, now: datetime
) -> dict[int, list[Agreement]]:
    """By task: all pairs with all others, where the projects' others are enough to hide one."""
    final = [judgment for judgment in own if _is_final(judgment, now)]
    theirs = (
        Judgment.objects.filter(
            task__in=[judgment.task_id for judgment in final],
            retired_at__isnull=True,
            purpose=Purpose.WORK,
        )
        .exclude(labeler=labeler)
        .annotate(modes=F("policy_version__modes"))
        .only("task", "labeler", "tiers", "order")
    )
    by_task: dict[int, list[Judgment]] = defaultdict(list)
    for other in theirs:
        by_task[other.task_id].append(other)
    found: dict[int, list[Agreement]] = defaultdict(list)
    people: dict[int, set[int]] = defaultdict(set)
    for judgment in final:
        if others := by_task[judgment.task_id]:
            project = judgment.task.project_id
            people[project] |= {they.labeler_id for they in others}
            found[project].append(total_of(_compared(judgment, they) for they in others))
    return defaultdict(
        list, {pk: rows for pk, rows in found.items() if len(people[pk]) >= OTHERS_AT_LEAST}
    )


def _compared(judgment: Judgment, other: Judgment) -> Agreement:
    return agreement(
        own=judgment.tiers,
        expert=other.tiers,
        responses=set(judgment.order) & set(other.order),
        best_only=_best_only(judgment) or _best_only(other),
    )


def _best_only(judgment: Judgment) -> bool:
    modes: list[str] | None = judgment.modes  # type: ignore[attr-defined]  # annotated
    return Mode.BEST in (modes or [])


def _is_final(judgment: Judgment, now: datetime) -> bool:
    """Work whose edit window is over: nobody can change it after seeing what others said."""
    window: int | None = judgment.window  # type: ignore[attr-defined]  # annotated
    return judgment.purpose == Purpose.WORK and (
        judgment.created_at + timedelta(minutes=window or 0) < now
    )


def _figure(agreements: list[Agreement]) -> Figure:
    """Over whole batches of the oldest first; what is left over waits for the next."""
    whole = len(agreements) - len(agreements) % BATCH
    total = total_of(agreements[:whole])
    if not total.pairs:
        return Figure()
    return Figure(share=total.share, tasks=whole, pairs=total.pairs)
