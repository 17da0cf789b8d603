"""Tasks from responses: wherever a prompt has K responses that no task compares yet.

Unless the policy selects pairs: then a few at a time, those that teach most.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from collector.models import Project
from collector.services.threads import ensure_threads
from labeling import locks
from labeling.models import PolicyVersion
from labeling.models.policies import Selection
from labeling.services.build_sql import BUILD, PROMPTS_TO_DO
from labeling.services.masking import mask_responses
from labeling.services.policies import current_policy
from labeling.services.selecting import is_selected, select_tasks

PROMPTS_A_BATCH = 2000
ANALYZE_FROM = 1000  # tasks; the planner should know of a queue that has just appeared


@dataclass(frozen=True, slots=True)
class Built:
    """What one call made."""

    tasks: int
    slots: int


def build_tasks(*, project: Project, on_progress: Callable[[int], None] | None = None) -> Built:
    """Make a compare task of every K responses of a prompt that no task has yet.

    A policy that selects pairs has as many tasks open as it says, and no more: call again once
    some are answered (a beat task does).

    Prompts and responses with a standing flag that the policy keeps out are passed over. Prompts
    are taken in the order of their ids, which is the order tasks are served in. Work is committed
    in batches; calling again, or from several places at once, makes nothing twice. `on_progress`
    is told the number of tasks made so far.
    """
    built = Built(tasks=0, slots=0)
    for built, _share in build_steps(project=project):
        if on_progress:
            on_progress(built.tasks)
    return built


def build_steps(*, project: Project) -> Iterator[tuple[Built, float]]:
    """As `build_tasks`, a committed batch at a time: what was made so far, and the share done.

    Who stops asking leaves the rest to be built another time. The share is of the prompts that
    were ready when it began, or of the tasks that a policy wants open.
    """
    tasks = 0
    policy = current_policy(project=project)
    for made, share in _selected(policy) if is_selected(policy) else _everything(policy):
        tasks += made
        yield Built(tasks=tasks, slots=tasks * policy.overlap), share
    if tasks >= ANALYZE_FROM:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE labeling_task, labeling_slot, labeling_candidate")


def top_up_all() -> int:
    """Build what the policies that select pairs want now; returns the number of tasks made."""
    newest = PolicyVersion.objects.order_by("project", "-number").distinct("project")
    selecting = PolicyVersion.objects.filter(pk__in=newest.values("pk"))
    projects = Project.objects.filter(
        pk__in=selecting.exclude(selection=Selection.ALL).values("project"),
        archived_at__isnull=True,
    )
    return sum(build_tasks(project=project).tasks for project in projects.order_by("pk"))


def _selected(policy: PolicyVersion) -> Iterator[tuple[int, float]]:
    tasks = 0
    while made := select_tasks(policy=policy):
        tasks += made
        yield made, min(1.0, tasks / policy.selection_tasks)


def _everything(policy: PolicyVersion) -> Iterator[tuple[int, float]]:
    to_do = _prompts_to_do(policy)
    for start in range(0, len(to_do), PROMPTS_A_BATCH):
        batch = to_do[start : start + PROMPTS_A_BATCH]
        yield _build_batch(policy, batch), (start + len(batch)) / len(to_do)


def _prompts_to_do(policy: PolicyVersion) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(PROMPTS_TO_DO, _asked(policy))
        return [row[0] for row in cursor.fetchall()]


def _asked(policy: PolicyVersion) -> dict[str, Any]:
    return {
        "project": policy.project_id,
        "k": policy.responses,
        "overlap": policy.overlap,
        "kept_out": policy.excluded_flags,
    }


def _build_batch(policy: PolicyVersion, prompts: list[int]) -> int:
    project = policy.project
    with transaction.atomic():
        locks.one_builder(project_id=project.pk)
        with connection.cursor() as cursor:
            cursor.execute(BUILD, {**_asked(policy), "prompts": prompts})
            made, with_tasks = cursor.fetchone()
        ensure_threads(prompts=with_tasks or [])
        mask_responses(project=project, prompts=with_tasks or [])
    return int(made)
