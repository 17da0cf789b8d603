"""What a run would ask and cost, told before it starts."""

import json
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command

from collector.generation.context import conversation_tokens
from collector.generation.conversations import requests_for
from collector.generation.providers.base import Request
from collector.models import Generation, GeneratorRevision, Message, Project, Run
from collector.services import estimates
from collector.services.budgets import set_budgets
from collector.services.estimates import GUESSED_OUTPUT, estimate_run
from collector.services.generators import recorded_revision
from collector.services.runs import cancel_run, start_run
from common.errors import InvalidInput
from tests.collector.generation.conftest import MakeGenerator, work_run
from tests.factories import make_prompt, make_response
from tests.fake_llm import FakeLLM

pytestmark = pytest.mark.django_db
PRICED: dict[str, Any] = {
    "prices": {"input": 1, "output": 1000},
    "parameters": {"max_tokens": 10},
}


def foresee(project: Project, *names: str, **asked: Any) -> dict[str, Any]:
    return estimate_run(project=project, generators=names or ["bot"], **asked)


def tokens_sent(project: Project) -> int:
    """Of all prompts of the project, as they are counted where they are sent."""
    revision = GeneratorRevision.objects.get(generator__name="bot")
    prompts = Message.objects.filter(project=project, role="user")
    asked = [Generation(pk=each.pk, prompt=each, revision=revision) for each in prompts]
    total = 0
    for request in requests_for(asked, revision).values():
        assert isinstance(request, Request)
        total += conversation_tokens(request.messages, revision)[0]
    return total


def test_new_and_failed_ones_would_be_asked_and_what_is_there_or_waiting_not(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator("works")
    make_generator("fails", steps="400")
    make_generator("waits")
    make_prompt(project, "One?")
    work_run(start_run(project=project, generators=["works", "fails"]))
    cancel_run(run=start_run(project=project, generators=["waits"], prompts={"limit": 1}))
    make_prompt(project, "Two?")
    start_run(project=project, generators=["waits"], prompts={"ids": [str(_uid("Two?"))]})
    found = foresee(project, "works", "fails", "waits", samples=2)
    counts = ("prompts", "requests", "there", "waiting", "again")
    by_name = {name: tuple(one[c] for c in counts) for name, one in found["generators"].items()}
    assert by_name == {
        "works": (2, 3, 1, 0, 0),
        "fails": (2, 4, 0, 0, 1),
        "waits": (2, 3, 0, 1, 1),
    }
    assert tuple(found[c] for c in counts[1:]) == (10, 1, 1, 2)
    run = start_run(project=project, generators=["works", "fails", "waits"], samples=2)
    assert run.generations.count() == 10
    assert run.estimate["requests"] == 10


def _uid(text: str) -> Any:
    return Message.objects.get(text=text).uid


def test_a_conversation_is_counted_whole(project: Project, make_generator: MakeGenerator) -> None:
    make_generator(system_prompt="Be brief.")
    first = make_prompt(project, "Why is the sky blue?")
    answer = make_response(first, "Because of scattering.")
    make_prompt(project, "And red?", parent=answer, root=first, depth=2)
    found = foresee(project)
    assert found["input_tokens"] == tokens_sent(project)
    assert found["requests"] == 2
    assert foresee(project, samples=3)["input_tokens"] == 3 * tokens_sent(project)


def test_a_sample_stands_for_what_is_like_it(
    project: Project, make_generator: MakeGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_generator()
    for number in range(20):
        make_prompt(project, f"Twenty prompts of one length each: {number:02}.")
    whole = foresee(project)["input_tokens"]
    monkeypatch.setattr(estimates, "SAMPLED_PROMPTS", 3)
    found = foresee(project)
    assert found["input_tokens"] == whole == tokens_sent(project)
    assert found["generators"]["bot"]["exact"] is False


def test_money_is_low_likely_and_at_most(project: Project, make_generator: MakeGenerator) -> None:
    make_generator(**PRICED)
    for letter in "xy":
        make_prompt(project, letter * 68)  # 100 tokens at most, as reserved
    found = foresee(project)
    assert found["output_tokens"] == {"low": 20, "likely": 20, "at_most": 20}
    assert found["cost"]["at_most"] == "0.0202"
    read = found["input_tokens"]
    assert found["cost"]["likely"] == f"{0.02 + read / 1e6:.6f}".rstrip("0")
    assert found["generators"]["bot"]["output_from"] == "a guess"


def test_responses_are_foreseen_as_long_as_those_that_came(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(steps="words:7", **PRICED)
    make_prompt(project)
    work_run(start_run(project=project, generators=["bot"]))
    make_prompt(project)
    make_generator("other", prices={"input": 0, "output": 0})
    found = foresee(project, "bot", "other")["generators"]
    assert found["bot"]["output_tokens"] == {"low": 7, "likely": 7, "at_most": 10}
    assert found["bot"]["output_from"] == "this generator"
    assert found["other"]["output_tokens"] == {"low": 14, "likely": 14, "at_most": None}
    assert found["other"]["output_from"] == "other generators"


def test_what_has_no_price_or_no_bound_is_said(
    project: Project, make_generator: MakeGenerator
) -> None:
    make_generator("unpriced")
    make_generator("unbounded", prices={"input": 1, "output": 1})
    recorded_revision(name="chatgpt")
    make_prompt(project)
    found = foresee(project, "unpriced", "unbounded", "chatgpt")
    assert found["unpriced"] == ["unpriced"]
    assert found["generators"]["unpriced"]["cost"] is None
    assert found["generators"]["unbounded"]["cost"]["at_most"] is None
    assert found["generators"]["unbounded"]["output_tokens"]["likely"] == GUESSED_OUTPUT
    assert found["generators"]["chatgpt"]["cost"] == {"low": "0", "likely": "0", "at_most": "0"}
    assert found["cost"]["at_most"] is None


def test_what_does_not_fit_the_window_is_not_counted(
    project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(context_window=50)
    make_prompt(project, "Short?")
    make_prompt(project, "Long? " * 100)
    found = foresee(project, samples=2)["generators"]["bot"]
    assert (found["requests"], found["refused"]) == (4, 2)


def test_what_is_left_of_budgets_is_told(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator, settings: Any
) -> None:
    make_generator(
        steps="words:10", prices={"input": 0, "output": 1000}, parameters={"max_tokens": 10}
    )
    make_prompt(project)
    settings.CONCORD_MONTHLY_BUDGET = Decimal(5)
    set_budgets(project=project, budgets={"budget": 2, "monthly_budget": "0.015"})
    work_run(start_run(project=project, generators=["bot"]))
    assert foresee(project)["budgets"] == [
        {"name": "project", "limit": "2", "left": "1.99"},
        {"name": "project_month", "limit": "0.015", "left": "0.005"},
        {"name": "server_month", "limit": "5", "left": "4.99"},
    ]


def test_nothing_to_ask_costs_nothing(project: Project, make_generator: MakeGenerator) -> None:
    make_generator(**PRICED)
    found = foresee(project)
    assert (found["requests"], found["input_tokens"]) == (0, 0)
    assert found["cost"] == {"low": "0", "likely": "0", "at_most": "0"}
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "attr"),
    [({"samples": 0}, "samples"), ({"prompts": {"ids": ["x"]}}, "prompts")],
)
def test_an_estimate_refuses_what_a_run_refuses(
    wrong: dict[str, Any], attr: str, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator()
    with pytest.raises(InvalidInput) as refusal:
        foresee(project, **wrong)
    assert refusal.value.attr == attr


def test_the_command_foresees_and_starts_nothing(
    project: Project, make_generator: MakeGenerator, capsys: Any
) -> None:
    make_generator(**PRICED)
    make_prompt(project)
    call_command("generate", project.slug, generator=["bot"], estimate=True)
    words = capsys.readouterr().out
    assert words.startswith("bot: 1 requests (0 there already), about ")
    call_command("generate", project.slug, generator=["bot"], estimate=True, json=True)
    assert json.loads(capsys.readouterr().out)["requests"] == 1
    assert not Run.objects.exists()
