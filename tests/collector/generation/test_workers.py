"""Real Celery workers, a real broker: nothing is lost, nothing is stored or paid for twice."""

import importlib.util
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db.models import F

from collector.generation.leasing import LEASE
from collector.generation.requeue import requeue
from collector.models import Generation, Message, Project, Run
from collector.services.generators import create_generator
from collector.services.runs import run_progress, start_run, wait_for_run
from tests.collector.generation.conftest import MakeGenerator
from tests.factories import make_prompt
from tests.fake_llm import FakeLLM, Received

pytestmark = pytest.mark.django_db(transaction=True)

StartWorker = Callable[..., "subprocess.Popen[str]"]
PATIENCE = 120.0
IN_FLIGHT = 8


def assert_complete(run: Run, prompts: int) -> None:
    progress = run_progress(run=run)
    assert (progress["status"], progress["succeeded"]) == ("succeeded", prompts)
    responses = Message.objects.filter(role="assistant")
    assert responses.count() == prompts
    assert responses.values("parent").distinct().count() == prompts


def test_a_worker_killed_in_mid_run_costs_no_more_than_was_in_flight(
    llm: FakeLLM,
    project: Project,
    make_generator: MakeGenerator,
    celery_worker_process: StartWorker,
) -> None:
    make_generator(limits={"concurrency": IN_FLIGHT})
    for number in range(200):
        make_prompt(project, f"Prompt {number}?")
    underway = threading.Event()

    def notice(_: Received) -> None:
        if len(llm.received) >= 60:
            underway.set()

    llm.delay, llm.on_request = 0.02, notice
    victim = celery_worker_process("generation")
    run = start_run(project=project, generators=["bot"])
    assert underway.wait(PATIENCE)
    victim.kill()
    victim.wait()
    left = run.generations.filter(status=Generation.Status.RUNNING)
    assert left.count() <= IN_FLIGHT
    assert run.generations.exclude(status=Generation.Status.SUCCEEDED).exists()

    left.update(lease_until=F("lease_until") - 2 * LEASE)  # the minute that a lease lasts
    celery_worker_process("generation")
    requeue()
    wait_for_run(run=run, timeout=PATIENCE, every=0.1)

    assert_complete(run, 200)
    assert set(llm.prompts()) == {f"Prompt {number}?" for number in range(200)}
    assert len(llm.received) <= 200 + IN_FLIGHT


def test_a_broker_that_forgot_everything_is_told_again(
    llm: FakeLLM,
    project: Project,
    make_generator: MakeGenerator,
    celery_worker_process: StartWorker,
) -> None:
    make_generator()
    for number in range(20):
        make_prompt(project, f"Prompt {number}?")
    run = start_run(project=project, generators=["bot"])
    cache.clear()  # of the Redis database that the broker keeps its queues in
    celery_worker_process("generation")
    assert llm.received == []
    requeue()
    wait_for_run(run=run, timeout=PATIENCE, every=0.1)
    assert_complete(run, 20)
    assert len(llm.received) == 20


def test_a_local_model_without_torch_fails_with_what_is_missing(
    project: Project, celery_worker_process: StartWorker, tmp_path: Path
) -> None:
    # Where torch is installed, the missing model's folder is what is told.
    create_generator(name="tiny", provider="transformers", model=str(tmp_path / "none"))
    make_prompt(project)
    celery_worker_process("generation,local_models", pool="threads")
    run = start_run(project=project, generators=["tiny"])
    progress = wait_for_run(run=run, timeout=PATIENCE, every=0.1)
    assert (progress["status"], progress["failed"]) == ("failed", 1)
    missing = "none" if importlib.util.find_spec("torch") else "Local models need torch"
    assert missing in run.generations.get().error


def test_two_workers_share_a_run_and_ask_for_nothing_twice(
    llm: FakeLLM,
    project: Project,
    make_generator: MakeGenerator,
    celery_worker_process: StartWorker,
) -> None:
    make_generator(limits={"concurrency": 4})
    for number in range(100):
        make_prompt(project, f"Prompt {number}?")
    llm.delay = 0.1
    for pool in ("solo", "threads"):
        celery_worker_process("generation", pool=pool)
    run = start_run(project=project, generators=["bot"])
    wait_for_run(run=run, timeout=PATIENCE, every=0.1)
    assert_complete(run, 100)
    assert len(llm.received) == 100
    assert llm.most_in_flight == 4  # of both together
