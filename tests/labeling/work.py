"""Projects with work in them, and people who do it, for the tests of labeling."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import F

from accounts.models import Labeler
from collector.models import Project
from labeling.models import Judgment, Slot
from labeling.services.building import build_tasks
from labeling.services.claiming import ClaimedTask, claim
from labeling.services.policies import set_policy
from labeling.services.submitting import Answer, submit
from tests.factories import make_answered_prompts, make_project


def project_with_tasks(tasks: int, responses: int = 2, **policy: Any) -> Project:
    project = make_project()
    set_policy(project=project, responses=responses, **policy)
    make_answered_prompts(project, tasks, responses)
    build_tasks(project=project)
    return project


def claimed(project: Project, labeler: Labeler, holding: Sequence[UUID] = ()) -> ClaimedTask:
    """A claim that must find something."""
    task = claim(project=project, labeler=labeler, holding=holding)
    assert task is not None
    return task


def ranking(*tiers: str, **fields: Any) -> Answer:
    """`ranking("2", "13")`: place 2 first, then 1 and 3 tied."""
    return Answer(**{"submit_key": str(uuid4()), "tiers": [list(tier) for tier in tiers]} | fields)


def judge(project: Project, labeler: Labeler, *tiers: str, **fields: Any) -> Judgment:
    """Claim and submit; without tiers, in the order shown."""
    task = claimed(project, labeler)
    if "tiers" not in fields:
        tiers = tiers or tuple(shown.id for shown in task.responses)
    return submit(slot_uid=task.slot, labeler=labeler, answer=ranking(*tiers, **fields))


def expire(slot_uid: UUID) -> None:
    """As if the lease had ended a minute ago."""
    Slot.objects.filter(uid=slot_uid).update(
        granted_at=F("granted_at") - timedelta(days=1),
        expires_at=F("granted_at") - timedelta(minutes=1),
    )


def together(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Run `work(0) … work(count - 1)` at once, each with its own connection; results or errors."""
    results: list[Any] = [None] * count
    start = Barrier(count)

    def run(index: int) -> None:
        start.wait()
        try:
            results[index] = work(index)
        except Exception as error:  # noqa: BLE001 - handed to the test
            results[index] = error
        finally:
            connection.close()

    threads = [Thread(target=run, args=[index]) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
