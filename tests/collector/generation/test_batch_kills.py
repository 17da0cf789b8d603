"""A process killed in the middle of a batch: nothing is handed over, stored or paid for twice."""

import signal
import subprocess
import sys

import pytest
from django.conf import settings

from collector.generation.batches.polling import poll
from collector.models import Batch, Message, Project, Run
from collector.services.runs import start_run
from tests.collector.generation.conftest import MakeGenerator, work_run
from tests.conftest import service_environment
from tests.factories import make_prompt
from tests.fake_llm import FakeLLM

pytestmark = pytest.mark.django_db(transaction=True)

WORK = """
import sys, django
django.setup()
from collector.generation.inline import work_run
from collector.models import Run
work_run(run=Run.objects.get(pk=int(sys.argv[1])))
"""


@pytest.mark.parametrize(
    "killed_at", ["POST /v1/files", "POST /v1/batches", "GET /v1/files/ID/content"]
)
def test_killed_at(
    killed_at: str, llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(batch=True)
    prompts = [f"Prompt {number}?" for number in range(20)]
    for prompt in prompts:
        make_prompt(project, prompt)
    run = start_run(project=project, generators=["bot"])
    victim: list[subprocess.Popen[bytes]] = []

    def kill(call: str) -> None:
        if call == "POST /v1/batches":
            llm.finish_batches()
        if call == killed_at and victim:
            victim.pop().kill()

    llm.batches.after = kill
    process = subprocess.Popen(
        [sys.executable, "-c", WORK, str(run.pk)],
        cwd=settings.BASE_DIR,
        env=service_environment(),
    )
    victim.append(process)
    assert process.wait(120) == -signal.SIGKILL
    batch = Batch.objects.get()
    assert batch.status != Batch.Status.SUCCEEDED
    assert run.generations.filter(status="running").count() == 20

    # The minutes that the dead process's lease lasts.
    for _ in range(2):
        Batch.objects.filter(next_poll_at__isnull=False).update(
            lease_until="2000-01-01T00:00Z", next_poll_at="2000-01-01T00:00Z"
        )
        poll()
    work_run(run)

    assert run.status == Run.Status.SUCCEEDED
    assert Message.objects.filter(role="assistant").count() == 20
    assert llm.batches.answered == dict.fromkeys(prompts, 1)
    assert len(llm.batches.jobs) == 1
