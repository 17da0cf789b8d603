"""A loopback model server that judges, and a project with tasks to be judged."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from collector.generation import limits
from collector.models import Generator, Project
from collector.services.generators import create_generator
from labeling.judging.work import work
from labeling.models import Judge, Task, Verdict
from labeling.services.building import build_tasks
from labeling.services.judges import create_judge
from labeling.services.policies import set_policy
from tests.factories import make_project, make_prompt, make_response
from tests.fake_llm import FakeLLM, start_fake_llm
from tests.labeling.judging.minds import by_length

MakeGenerator = Callable[..., Generator]
MakeJudge = Callable[..., Judge]


@pytest.fixture
def llm() -> Iterator[FakeLLM]:
    with start_fake_llm() as server:
        server.says = by_length
        yield server


@pytest.fixture
def project(db: None) -> Project:
    return make_project("judged")


@pytest.fixture
def make_generator(llm: FakeLLM, db: None) -> MakeGenerator:
    """A generator that asks the loopback server; `steps` is its script."""

    def make(name: str = "mind", steps: str = "ok", **fields: Any) -> Generator:
        defaults = {"model": f"script={steps}", "base_url": llm.base_url, "provider": "openai"}
        generator = create_generator(name=name, **(defaults | fields))
        limits.forget(generator.pk)  # what an earlier session's Redis knows of the same id
        return generator

    return make


@pytest.fixture
def make_judge(project: Project, make_generator: MakeGenerator) -> MakeJudge:
    """A judge of the project; what a generator is made of goes to its generator."""

    def make(
        name: str = "judy",
        *,
        instructions: str = "",
        both_orders: bool = True,
        budget: Any = None,
        **generator: Any,
    ) -> Judge:
        made = make_generator(f"mind of {name}", **generator)
        return create_judge(
            project=project,
            name=name,
            generator=made.name,
            instructions=instructions,
            both_orders=both_orders,
            budget=budget,
        )

    return make


def make_tasks(project: Project, tasks: int, *, responses: int = 2) -> list[Task]:
    """Tasks whose responses are one letter longer each, model-a's the shortest."""
    set_policy(project=project, responses=responses, overlap=1)
    for _task in range(tasks):
        prompt = make_prompt(project)
        for index in range(responses):
            make_response(prompt, "x" * (index + 1), revision=f"model-{'abcdefghi'[index]}")
    build_tasks(project=project)
    return list(Task.objects.filter(project=project, repeats=None).order_by("pk"))


def turn(judge: Judge) -> None:
    """One worker's turn at the judge, back-offs let pass."""
    limits.forget(judge.revision.generator_id)
    Verdict.objects.filter(judge=judge, status="pending").update(next_attempt_at=None)
    work(judge_id=judge.pk)
    judge.refresh_from_db()
