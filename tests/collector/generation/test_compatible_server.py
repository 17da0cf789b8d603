"""A server that nobody here wrote: llama.cpp's, with SmolLM2-135M-Instruct."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from collector.models import Generation, Project
from collector.services.generators import create_generator
from collector.services.runs import start_run
from collector.services.trials import try_generator
from config import local_llm
from tests.collector.generation.conftest import work_run
from tests.factories import make_prompt, make_response

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.local_model,
    pytest.mark.skipif(
        local_llm.missing() is not None, reason=f"no local model server: {local_llm.missing()}"
    ),
]
Ask = Callable[..., list[Generation]]
FRANCE = "What is the capital of France?"


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    server = subprocess.Popen(
        [sys.executable, "-m", "config.local_llm"],
        env=os.environ | {"LLM_PORT": "0"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    try:
        ready, _, address = server.stdout.readline().strip().partition(" ")
        assert ready == "ready"
        yield address
    finally:
        server.terminate()
        server.communicate(timeout=30)


@pytest.fixture
def ask(project: Project, base_url: str) -> Ask:
    """A run's generations, by prompt and sample, one request after the other."""

    def ask(name: str = "bot", samples: int = 1, **fields: Any) -> list[Generation]:
        parameters = {"max_tokens": 24, "temperature": 0} | fields.pop("parameters", {})
        create_generator(
            name=name,
            provider="openai",
            model=local_llm.MODEL,
            base_url=base_url,
            parameters=parameters,
            limits={"attempts": 1, "concurrency": 1},
            **fields,
        )
        run = start_run(project=project, generators=[name], samples=samples)
        work_run(run)
        found = run.generations.select_related("response", "prompt")
        return list(found.order_by("prompt", "sample_index"))

    return ask


def texts(generations: list[Generation]) -> list[str]:
    assert [generation.error for generation in generations] == [""] * len(generations)
    return [generation.response.text for generation in generations if generation.response]


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_both_protocols_are_spoken(api: str, ask: Ask, project: Project) -> None:
    make_prompt(project, FRANCE)
    (generation,) = ask(api=api)
    assert texts([generation])
    assert generation.input_tokens is not None
    assert generation.input_tokens > 10
    assert generation.response
    assert generation.response.meta["model"] == local_llm.MODEL


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_what_is_cut_off_says_so(api: str, ask: Ask, project: Project) -> None:
    make_prompt(project, "Count from one to a hundred.")
    (generation,) = ask(api=api, parameters={"max_tokens": 5})
    assert texts([generation])
    assert (generation.finish_reason, generation.output_tokens) == ("length", 5)


def test_a_seed_makes_samples_differ_and_come_again(ask: Ask, project: Project) -> None:
    make_prompt(project, "Invent a name for a ship.")
    sampled = {"temperature": 1.5, "seed": 7, "max_tokens": 12}
    first = texts(ask("first", samples=3, parameters=sampled))
    assert len(set(first)) > 1
    assert texts(ask("second", samples=3, parameters=sampled)) == first


def test_stop_texts_end_a_response(ask: Ask, project: Project) -> None:
    make_prompt(project, FRANCE)
    (whole,) = texts(ask("whole"))
    word = whole.split()[2]
    (stopped,) = ask("stopped", parameters={"stop": [word]})
    assert texts([stopped]) == [whole[: whole.index(word)]]
    assert stopped.finish_reason == "stop"


def test_a_conversation_is_read_from_its_root(ask: Ask, project: Project) -> None:
    root = make_prompt(project, "My name is Ada. Remember it.")
    reply = make_response(root, "Nice to meet you, Ada.")
    make_prompt(project, "What is my name?", parent=reply, root=root, depth=2)
    whole = ask(system_prompt="You are brief.")
    alone, threaded = whole
    assert "Ada" in texts([threaded])[0]
    assert alone.input_tokens is not None
    assert threaded.input_tokens is not None
    assert threaded.input_tokens > alone.input_tokens + 10


def test_what_is_over_the_servers_window_fails_with_its_words(ask: Ask, project: Project) -> None:
    make_prompt(project, "word " * 5000)
    (generation,) = ask()
    assert generation.status == Generation.Status.FAILED
    assert generation.error.startswith("HTTP 400")
    assert "context size" in generation.error


def test_our_window_refuses_before_it_is_sent(ask: Ask, project: Project) -> None:
    make_prompt(project, "word " * 5000)
    (generation,) = ask(context_window=local_llm.CONTEXT_TOKENS)
    assert f"window of {local_llm.CONTEXT_TOKENS}" in generation.error


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_a_trial_answers(api: str, base_url: str) -> None:
    generator = create_generator(
        name="bot", provider="openai", model=local_llm.MODEL, base_url=base_url, api=api
    )
    trial = try_generator(generator=generator, project=None)
    assert (trial.ok, trial.error) == (True, "")
    assert trial.text
