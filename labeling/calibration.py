"""How a labeler's answers compare with experts' and with others', for nobody but themselves.

Nothing here names anybody else or tells what was said of one task: figures are shares over many
tasks, of tasks whose answers can no longer be changed, and they move in whole batches, so that
the change from one visit to the next tells nothing of a single answer, nor which task was a check.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Value, When, Window
from django.db.models.functions import Coalesce, RowNumber
from django.utils import timezone

from accounts.models import Labeler
from collector.models import Project
from labeling.models import Judgment
from labeling.models.judgments import Purpose
from labeling.models.policies import Mode
from labeling.scoring import Agreement, agreement, total_of

BATCH = 10  # tasks; a first figure needs one batch
OTHERS_AT_LEAST = 2
NEWEST = 500  # judgments looked at for a figure, and what fills the oldest batch of them
EXPERT = (Purpose.GOLD, Purpose.PRACTICE, Purpose.QUALIFICATION)
_APART = ["task__project", "figure"]  # what is counted by itself


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
    own = _own(labeler, now or timezone.now())
    experts = _with_experts(own)
    others = _with_others(own, labeler)
    projects = {judgment.task.project_id: judgment.task.project for judgment in own}
    return [
        Calibration(project, _figure(experts[pk]), _figure(others[pk]))
        for pk, project in sorted(projects.items(), key=lambda item: (item[1].name, item[0]))
    ]


def _own(labeler: Labeler, now: datetime) -> Sequence[Judgment]:
    """The newest of each project that go into a figure, oldest first; others stand for none.

    They are counted from the first one ever and begin with a whole batch, so that batches stay the
    same as more come: a window that slid by one would tell what left it. Compared with others is
    work whose edit window is over: nobody can change it after seeing what others said.
    """
    standing = Judgment.objects.filter(labeler=labeler, retired_at__isnull=True)
    others = _of_others(labeler).filter(task=OuterRef("task"))
    window = F("policy_version__edit_window_minutes")
    closed = Q(created_at__lt=now - Coalesce(window, 0) * timedelta(minutes=1))
    numbered = standing.annotate(
        window=window,
        modes=F("policy_version__modes"),
        figure=Case(
            When(purpose__in=EXPERT, task__gold_item__isnull=False, then=Value("experts")),
            When(closed & Exists(others), purpose=Purpose.WORK, then=Value("others")),
            default=Value(""),
        ),
    ).annotate(
        number=Window(RowNumber(), partition_by=_APART, order_by=["created_at", "pk"]),
        passed=(Window(Count("pk"), partition_by=_APART) - NEWEST) / BATCH * BATCH,
    )
    newest = numbered.filter(number__gt=F("passed")).order_by("created_at", "pk")
    return list(newest.select_related("task__project", "task__gold_item"))


def _of_others(labeler: Labeler) -> QuerySet[Judgment]:
    work = Judgment.objects.filter(retired_at__isnull=True, purpose=Purpose.WORK)
    return work.exclude(labeler=labeler)


def _with_experts(own: Sequence[Judgment]) -> dict[int, list[Agreement]]:
    found: dict[int, list[Agreement]] = defaultdict(list)
    for judgment in _of_figure("experts", own):
        found[judgment.task.project_id].append(
            agreement(
                own=judgment.tiers,
                expert=judgment.task.gold_item.tiers,
                responses=judgment.order,
                best_only=_best_only(judgment),
            )
        )
    return found


def _with_others(own: Sequence[Judgment], labeler: Labeler) -> dict[int, list[Agreement]]:
    """By task: all pairs with all others, where the projects' others are enough to hide one."""
    final = _of_figure("others", own)
    theirs = (
        _of_others(labeler)
        .filter(task__in=[judgment.task_id for judgment in final])
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


def _of_figure(name: str, own: Sequence[Judgment]) -> list[Judgment]:
    return [judgment for judgment in own if judgment.figure == name]  # type: ignore[attr-defined]


def _figure(agreements: list[Agreement]) -> Figure:
    """Over whole batches of the oldest first; what is left over waits for the next."""
    whole = len(agreements) - len(agreements) % BATCH
    total = total_of(agreements[:whole])
    if not total.pairs:
        return Figure()
    return Figure(share=total.share, tasks=whole, pairs=total.pairs)
