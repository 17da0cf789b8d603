"""Tasks from responses: wherever a prompt has K responses that no task compares yet."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from collector.models import Project
from collector.services.threads import ensure_threads
from labeling import locks
from labeling.models import PolicyVersion
from labeling.services.build_sql import BUILD, PROMPTS_TO_DO
from labeling.services.masking import mask_responses
from labeling.services.policies import current_policy

PROMPTS_A_BATCH = 2000
ANALYZE_FROM = 1000  # tasks; the planner should know of a queue that has just appeared


@dataclass(frozen=True, slots=True)
class Built:
    """What one call made."""

    tasks: int
    slots: int


def build_tasks(*, project: Project, on_progress: Callable[[int], None] | None = None) -> Built:
    """Make a compare task of every K responses of a prompt that no task has yet.

    Prompts and responses with a standing flag that the policy keeps out are passed over.
    Prompts are taken in the order of their ids, which is the order tasks are served in. Work is
    committed in batches; calling again, or from several places at once, makes nothing twice.
    `on_progress` is told the number of tasks made so far.
    """
    tasks = slots = 0
    policy = current_policy(project=project)
    to_do = _prompts_to_do(policy)
    for start in range(0, len(to_do), PROMPTS_A_BATCH):
        prompts = to_do[start : start + PROMPTS_A_BATCH]
        made = _build_batch(policy, prompts)
        tasks += made
        slots += made * policy.overlap
        if on_progress:
            on_progress(tasks)
    if tasks >= ANALYZE_FROM:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE labeling_task, labeling_slot, labeling_candidate")
    return Built(tasks=tasks, slots=slots)


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
