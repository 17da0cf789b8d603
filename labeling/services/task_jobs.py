"""Making tasks, and taking them back, as jobs: begun in a request, done there if there is little.

What is done is committed in batches and doing it again makes nothing twice, so a job that is
taken up by another worker, or cancelled, leaves whole tasks. A build is undone by withdrawing what
lies between its two ids.
"""

import logging
import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import IntegrityError, OperationalError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from collector.models import Project
from common.errors import Conflict
from labeling.models import TaskJob
from labeling.services.building import build_steps
from labeling.services.withdrawing_tasks import last_task, withdraw_steps

logger = logging.getLogger(__name__)

AT_ONCE_SECONDS = 2.0  # that somebody waits for their request before a worker goes on

_ONE_AT_A_TIME = "task_job_one_at_a_time"
_UNFINISHED = (TaskJob.Status.QUEUED, TaskJob.Status.RUNNING)


class _LeaseLost(Exception):
    """The job was cancelled, or another worker has it."""


class _TimeIsUp(Exception):
    """Whoever waits has waited long enough."""


def start_build(*, project: Project, user: User | None = None, at_once: bool = False) -> TaskJob:
    """Queue the making of all tasks that are ready.

    `at_once`: begin in this very call and leave to a worker what takes longer than
    AT_ONCE_SECONDS; not for calls within a transaction. Raises Conflict where the project is
    archived or another job of it is under way.
    """
    return _start(project, user, at_once, kind=TaskJob.Kind.BUILD, low=last_task())


def start_withdrawal(
    *,
    project: Project,
    build: TaskJob | None = None,
    user: User | None = None,
    at_once: bool = False,
) -> TaskJob:
    """Queue the taking back of open tasks that nobody has begun: all, or those of a build.

    `at_once` and errors are those of `start_build`; Conflict too while the build is under way.
    """
    if build is None:
        return _start(project, user, at_once, kind=TaskJob.Kind.WITHDRAW)
    if build.kind != TaskJob.Kind.BUILD or None in (build.low, build.high):
        raise Conflict(_("Only a build that has ended can be undone."))
    kind = TaskJob.Kind.WITHDRAW
    return _start(project, user, at_once, kind=kind, low=build.low, high=build.high)


def cancel_task_job(*, job: TaskJob) -> None:
    """Stop a job that is not finished; what it has done stays. Raises Conflict if it has ended."""
    stopped = TaskJob.objects.filter(pk=job.pk, status__in=_UNFINISHED).update(
        status=TaskJob.Status.CANCELLED,
        lease_token=None,
        lease_until=None,
        **_ended(job),
    )
    if not stopped:
        raise Conflict(_("The job has ended already."))


def run_task_job(*, job_id: int, seconds: float | None = None) -> None:
    """Do a job, unless it is finished or another worker has it; for so many seconds at most.

    What goes wrong ends it as failed, with the reason in a line; a lost database leaves it to be
    taken up again.
    """
    token = TaskJob.objects.take(job_id)
    if token is None:
        return
    job = TaskJob.objects.select_related("project").get(pk=job_id)
    try:
        _work(job, token, None if seconds is None else time.monotonic() + seconds)
    except _LeaseLost:
        logger.info("Job %s of tasks was cancelled or taken over.", job.uid)
    except _TimeIsUp:
        _hand_over(job, token)
    except OperationalError:
        raise
    except Exception as error:
        logger.exception("Job %s of tasks failed.", job.uid)
        line = (str(error) or type(error).__name__).splitlines()[0][:500]
        failed = TaskJob.Status.FAILED
        TaskJob.objects.finish(job_id, token, status=failed, error=line, **_ended(job))


def unfinished_task_jobs() -> list[int]:
    """Jobs nobody works on: new, forgotten by the broker, or left by a dead worker."""
    return list(TaskJob.objects.free().order_by("pk").values_list("pk", flat=True))


def _start(project: Project, user: User | None, at_once: bool, **fields: Any) -> TaskJob:
    if project.archived_at is not None:
        raise Conflict(_("The project is archived."))
    try:
        with transaction.atomic():
            job = TaskJob.objects.create(project=project, created_by=user, **fields)
            if not at_once:
                _enqueue(job.pk)
    except IntegrityError as error:
        if _ONE_AT_A_TIME not in str(error):
            raise
        raise Conflict(_("Tasks are being made or taken back already.")) from error
    if at_once:
        run_task_job(job_id=job.pk, seconds=AT_ONCE_SECONDS)
        job.refresh_from_db()
    return job


def _enqueue(job_id: int) -> None:
    from labeling.tasks import run_task_job as task  # noqa: PLC0415 - tasks are above services

    task.delay_on_commit(job_id)  # type: ignore[attr-defined]  # DjangoTask, unknown to the stubs


def _hand_over(job: TaskJob, token: UUID) -> None:
    """Leave the rest to a worker, who goes on where the last batch ended."""
    TaskJob.objects.held(job.pk, token).update(
        status=TaskJob.Status.QUEUED, lease_token=None, lease_until=None
    )
    _enqueue(job.pk)


def _work(job: TaskJob, token: UUID, until: float | None) -> None:
    done: dict[str, Any] = {}
    for done in _steps(job):
        _keep(job, token, attempts=0, **done)
        if until is not None and time.monotonic() > until and done["progress"] < 1:
            raise _TimeIsUp
    succeeded = TaskJob.Status.SUCCEEDED
    results = done | _ended(job) | {"progress": 1.0}
    TaskJob.objects.finish(job.pk, token, status=succeeded, **results)


def _steps(job: TaskJob) -> Iterator[dict[str, Any]]:
    """What the job has done after each batch, with what it had done when it was taken up."""
    made, owed, start = job.tasks, job.slots, job.progress
    if job.kind == TaskJob.Kind.BUILD:
        for built, share in build_steps(project=job.project):
            yield _told(made + built.tasks, owed + built.slots, start + (1 - start) * share)
        return
    for tasks, slots, kept, share in withdraw_steps(
        project=job.project, low=job.low, high=job.high
    ):
        told = _told(made + tasks, owed + slots, start + (1 - start) * share)
        yield told | {"kept": kept}


def _ended(job: TaskJob) -> dict[str, int]:
    """What a build has made lies below the id that there is now."""
    return {"high": last_task()} if job.kind == TaskJob.Kind.BUILD else {}


def _told(tasks: int, slots: int, progress: float) -> dict[str, Any]:
    return {"tasks": tasks, "slots": slots, "progress": min(1.0, progress)}


def _keep(job: TaskJob, token: UUID, **done: Any) -> None:
    if not TaskJob.objects.renew(job.pk, token, **done):
        raise _LeaseLost
