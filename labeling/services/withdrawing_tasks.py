"""Taking tasks back that nobody has begun: what building made is as if it had never been made.

A task is begun once anybody had it, said anything of it, or asked a machine about it; these stay,
so that nothing that a person did is lost. What is withdrawn is deleted, and its responses can be
built into tasks again.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection, transaction

from collector.models import Project
from common.errors import Conflict
from labeling import locks
from labeling.models import Task

TASKS_A_BATCH = 2000

# A slot that was ever granted is not open any more, or has left a skip. A task under a check, an
# item with a known answer or a machine's question stands for more than itself.
UNTOUCHED = """
    task.state = 'open' AND task.kind = 'compare' AND task.repeats_id IS NULL
    AND NOT EXISTS (
        SELECT FROM labeling_slot s WHERE s.task_id = task.id AND s.state <> 'open')
    AND NOT EXISTS (SELECT FROM labeling_judgment j WHERE j.task_id = task.id)
    AND NOT EXISTS (SELECT FROM labeling_skip p WHERE p.task_id = task.id)
    AND NOT EXISTS (SELECT FROM labeling_verdict v WHERE v.task_id = task.id)
    AND NOT EXISTS (SELECT FROM labeling_golditem g WHERE g.task_id = task.id)
    AND NOT EXISTS (SELECT FROM labeling_adjudication a WHERE a.task_id = task.id)
    AND NOT EXISTS (SELECT FROM labeling_report r WHERE r.task_id = task.id)
    AND NOT EXISTS (SELECT FROM labeling_task other WHERE other.repeats_id = task.id)
"""
_OPEN = """
SELECT task.id FROM labeling_task task
WHERE task.project_id = %(project)s AND task.state = 'open' AND task.repeats_id IS NULL
  AND task.id > %(after)s AND task.id <= %(high)s
ORDER BY task.id LIMIT %(limit)s
"""
# Slots before their task, as every writer locks; what somebody is being given just now is passed.
_LOCK_SLOTS = """
SELECT id FROM labeling_slot WHERE task_id = ANY(%(tasks)s) AND state = 'open'
ORDER BY id FOR UPDATE SKIP LOCKED
"""
_LOCK_TASKS = """
SELECT id FROM labeling_task WHERE id = ANY(%(tasks)s) ORDER BY id FOR UPDATE SKIP LOCKED
"""
# A statement after the locks, so that it sees what was committed before they were had.
_LEAVING = f"""
SELECT task.id FROM labeling_task task
WHERE task.id = ANY(%(tasks)s) AND {UNTOUCHED.strip()}
  AND NOT EXISTS (
      SELECT FROM labeling_slot s WHERE s.task_id = task.id AND s.id <> ALL(%(slots)s))
"""  # noqa: S608 - our own text
_DELETE = """
WITH compared AS (DELETE FROM labeling_candidate WHERE task_id = ANY(%(tasks)s)),
owed AS (DELETE FROM labeling_slot WHERE task_id = ANY(%(tasks)s) RETURNING id),
gone AS (DELETE FROM labeling_task WHERE id = ANY(%(tasks)s) RETURNING id)
SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM owed)
"""
_LAST_TASK = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM labeling_task_id_seq"


def withdraw_steps(
    *, project: Project, low: int | None = None, high: int | None = None
) -> Iterator[tuple[int, int, int, float]]:
    """Take back the open tasks that nobody has begun, a committed batch at a time.

    Of the whole project, or with ids above `low` and up to `high`. After each batch: how many
    tasks and slots were taken back so far, how many open tasks were left because they are begun,
    and the share of the ids that was looked at.
    """
    after, last = low or 0, last_task() if high is None else high
    first, tasks, slots, kept = after, 0, 0, 0
    while found := _ids(_OPEN, project=project.pk, after=after, high=last, limit=TASKS_A_BATCH):
        gone, owed = _withdraw(project_id=project.pk, tasks=found)
        tasks, slots, kept = tasks + gone, slots + owed, kept + len(found) - gone
        after = found[-1]
        yield tasks, slots, kept, min(1.0, (after - first) / max(1, last - first))


def withdraw_task(*, task: Task) -> None:
    """Take one task back. Raises Conflict, saying so, where somebody has begun it."""
    gone, _slots = _withdraw(project_id=task.project_id, tasks=[task.pk])
    if not gone:
        raise Conflict(
            "The task was begun: somebody has it, answered, skipped or reported it, or a machine "
            "or an expert was asked about it. It stays."
        )


def can_be_withdrawn(*, task: Task) -> bool:
    """Whether nobody has begun the task so far."""
    return bool(_ids(_LOOK, tasks=[task.pk]))


_LOOK = f"""
SELECT task.id FROM labeling_task task WHERE task.id = ANY(%(tasks)s) AND {UNTOUCHED.strip()}
"""  # noqa: S608 - our own text


def last_task() -> int:
    """An id that no task made from now on has, and none that there is passes."""
    return (_ids(_LAST_TASK) or [0])[0]


@transaction.atomic
def _withdraw(*, project_id: int, tasks: Sequence[int]) -> tuple[int, int]:
    locks.one_builder(project_id=project_id)
    slots = _ids(_LOCK_SLOTS, tasks=list(tasks))
    locked = _ids(_LOCK_TASKS, tasks=list(tasks))
    leaving = _ids(_LEAVING, tasks=locked, slots=slots)
    if not leaving:
        return 0, 0
    with connection.cursor() as cursor:
        cursor.execute(_DELETE, {"tasks": leaving})
        gone, owed = cursor.fetchone()
    return int(gone), int(owed)


def _ids(query: str, **values: Any) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return [row[0] for row in cursor.fetchall()]
