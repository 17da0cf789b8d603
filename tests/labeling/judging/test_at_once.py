"""Several workers at one judge, some of them killed: each task is judged once."""

import subprocess
import threading
from collections.abc import Callable

import pytest
from django.db import connection
from django.db.models import F

from collector.generation.leasing import LEASE
from collector.models import Project
from labeling.judging.work import requeue, work
from labeling.models import Comparison, Judgment, Verdict
from labeling.services.judges import have_judged, wait_for_judge
from tests.fake_llm import FakeLLM, Received
from tests.labeling.judging.conftest import MakeJudge, make_tasks

pytestmark = pytest.mark.django_db(transaction=True)

StartWorker = Callable[..., "subprocess.Popen[str]"]
PATIENCE = 120.0
IN_FLIGHT = 8


def at_once(*calls: Callable[[], object]) -> None:
    """All of them, each in a thread with a connection of its own; errors are raised here."""
    errors = []
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> None:
        barrier.wait()
        try:
            call()
        except BaseException as error:  # noqa: BLE001 - raised again by the test's own thread
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert errors == []


def test_workers_at_once_ask_and_judge_once(
    llm: FakeLLM, project: Project, make_judge: MakeJudge
) -> None:
    make_tasks(project, 40)
    judge = make_judge()
    at_once(*[lambda: have_judged(judge=judge)] * 3)
    assert Verdict.objects.count() == 80
    at_once(*[lambda: work(judge_id=judge.pk)] * 4)
    assert set(Verdict.objects.values_list("status", "attempts")) == {("succeeded", 1)}
    assert len(llm.received) == 80
    assert Judgment.objects.count() == Comparison.objects.count() == 40


def test_a_worker_killed_in_the_middle_loses_and_doubles_nothing(
    llm: FakeLLM,
    project: Project,
    make_judge: MakeJudge,
    celery_worker_process: StartWorker,
) -> None:
    make_tasks(project, 60)
    judge = make_judge(limits={"concurrency": IN_FLIGHT})
    underway = threading.Event()

    def notice(_: Received) -> None:
        if len(llm.received) >= 30:
            underway.set()

    llm.delay, llm.on_request = 0.05, notice
    victim = celery_worker_process("generation")
    have_judged(judge=judge)
    assert underway.wait(PATIENCE)
    victim.kill()
    victim.wait()
    left = Verdict.objects.filter(status=Verdict.Status.RUNNING)
    assert left.count() <= IN_FLIGHT
    assert Verdict.objects.filter(status=Verdict.Status.PENDING).exists()

    left.update(lease_until=F("lease_until") - 2 * LEASE)  # the minute that a lease lasts
    llm.delay = 0.0
    celery_worker_process("generation")
    requeue()
    assert wait_for_judge(judge=judge)["succeeded"] == 120
    assert Judgment.objects.count() == Comparison.objects.count() == 60
    assert len(llm.received) <= 120 + IN_FLIGHT
