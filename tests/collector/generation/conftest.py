"""A loopback model server, and a project to ask about."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db.models.functions import Now

from collector.generation import limits
from collector.generation.worker import work
from collector.models import Generation, Generator, Project, Run
from collector.services.generators import create_generator
from tests.factories import make_project
from tests.fake_llm import FakeLLM, start_fake_llm

MakeGenerator = Callable[..., Generator]


@pytest.fixture
def llm() -> Iterator[FakeLLM]:
    with start_fake_llm() as server:
        yield server


@pytest.fixture
def project(db: None) -> Project:
    return make_project("generation")


@pytest.fixture
def make_generator(llm: FakeLLM, db: None) -> MakeGenerator:
    """A generator that asks the loopback server; `steps` is its script."""

    def make(name: str = "bot", steps: str = "ok", **fields: Any) -> Generator:
        defaults = {"model": f"script={steps}", "base_url": llm.base_url, "provider": "openai"}
        generator = create_generator(name=name, **(defaults | fields))
        limits.forget(generator.pk)  # what an earlier session's Redis knows of the same id
        return generator

    return make


def work_run(run: Run) -> None:
    """One worker's turn at each of the run's revisions."""
    for revision in run.revisions.all():
        work(revision_id=revision.pk)
    run.refresh_from_db()


def make_due(run: Run) -> None:
    """Let the back-off pass, and what the server asked all workers to wait."""
    for revision in run.revisions.all():
        limits.forget(revision.generator_id)
    run.generations.filter(status=Generation.Status.PENDING).update(next_attempt_at=Now())


def only(run: Run) -> Generation:
    return Generation.objects.select_related("response").get(run=run)
