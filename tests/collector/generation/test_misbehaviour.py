"""What a worker makes of everything a model server can do wrong."""

import pytest
from django.db import connection

from collector.models import Generation, Message, Project, Run
from collector.services.runs import run_progress, start_run
from tests.collector.generation.conftest import MakeGenerator, make_due, only, work_run
from tests.factories import make_prompt
from tests.fake_llm import FakeLLM, start_fake_llm

pytestmark = pytest.mark.django_db

# A second attempt is not waited for: what was scheduled is looked at, then made due.
LATER = {"limits": {"attempts": 3}}


def ask_once(project: Project, generator: str = "bot") -> Run:
    make_prompt(project, "Why is the sky blue?")
    run = start_run(project=project, generators=[generator])
    work_run(run)
    return run


def seconds_until_retry(generation: Generation) -> float:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM next_attempt_at - now())"
            " FROM collector_generation WHERE id = %s",
            [generation.pk],
        )
        return float(cursor.fetchone()[0])


def test_a_reply_is_stored_with_tokens_cost_latency_and_reason(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(prices={"input": 2, "output": 10})
    run = ask_once(project)
    generation = only(run)
    assert generation.response is not None
    assert generation.response.text == "script=ok answers 'Why is the sky blue?'"
    assert generation.response.parent == Message.objects.prompts().get()
    assert generation.response.origin == Message.Origin.GENERATED
    assert generation.response.revision == generation.revision
    assert generation.response.meta == {"model": "script=ok"}
    assert (generation.input_tokens, generation.output_tokens) == (5, 7)
    assert float(generation.cost or 0) == (2 * 5 + 10 * 7) / 1_000_000
    assert generation.latency_ms is not None
    assert generation.finish_reason == "stop"
    assert generation.attempts == 1
    assert run.status == Run.Status.SUCCEEDED
    assert run_progress(run=run)["cost"] == "0.00008"
    assert len(llm.received) == 1


def test_retry_after_is_obeyed(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(steps="429:600|ok")
    run = ask_once(project)
    generation = only(run)
    assert generation.status == Generation.Status.PENDING
    assert generation.error.startswith("HTTP 429:")
    assert 590 < seconds_until_retry(generation) <= 660
    work_run(run)  # not due: nobody asks
    assert len(llm.received) == 1
    make_due(run)
    work_run(run)
    assert only(run).status == Generation.Status.SUCCEEDED
    assert only(run).error == ""
    assert only(run).attempts == 2
    assert run.status == Run.Status.SUCCEEDED


def test_retry_after_may_be_a_date(project: Project, make_generator: MakeGenerator) -> None:
    make_generator(steps="date|ok")
    assert 3500 < seconds_until_retry(only(ask_once(project))) <= 3600 * 1.1


@pytest.mark.parametrize("fault", ["500", "503:600", "408:600", "cut", "badjson", "html"])
def test_a_passing_fault_is_asked_again(
    fault: str, llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(steps=f"{fault}|ok")
    run = ask_once(project)
    make_due(run)
    work_run(run)
    assert only(run).status == Generation.Status.SUCCEEDED
    assert only(run).attempts == 2
    assert len(llm.received) == 2


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("400", "HTTP 400"),
        ("404", "HTTP 404"),
        ("nochoices", "empty response"),
        ("empty", "empty response: ' \\n' (finish reason: stop)"),
    ],
)
def test_a_lasting_fault_is_kept_with_its_text_and_not_asked_again(
    fault: str, error: str, llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(steps=f"{fault}|ok")
    run = ask_once(project)
    generation = only(run)
    assert generation.status == Generation.Status.FAILED
    assert generation.error.startswith(error)
    assert generation.response is None
    assert Message.objects.count() == 1  # the prompt
    assert len(llm.received) == 1
    assert run.status == Run.Status.FAILED
    assert run.error == "Every generation failed."


def test_an_empty_reply_has_cost_what_it_cost(
    project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(steps="empty", prices={"input": 2, "output": 10})
    generation = only(ask_once(project))
    assert generation.status == Generation.Status.FAILED
    assert float(generation.cost or 0) == 2 * 5 / 1_000_000


def test_a_reply_that_does_not_end_is_not_read_to_its_end(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(steps="flood:1000")
    generation = only(ask_once(project))
    assert generation.status == Generation.Status.FAILED
    assert generation.error == "The server's reply is over 8 MiB."
    assert llm.flooded < 100


def test_a_reply_that_could_unfold_to_any_size_is_not_read(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(steps="gzip")
    assert only(ask_once(project)).error == "The server compressed its reply unasked."
    assert llm.received[0].headers["accept-encoding"] == "identity"


def test_attempts_end(llm: FakeLLM, project: Project, make_generator: MakeGenerator) -> None:
    make_generator(steps="500", limits={"attempts": 3})
    run = ask_once(project)
    for _ in range(5):
        make_due(run)
        work_run(run)
    generation = only(run)
    assert generation.status == Generation.Status.FAILED
    assert generation.attempts == 3
    assert "status 500" in generation.error
    assert len(llm.received) == 3


def test_a_slow_server_is_given_up_and_asked_again_later(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(steps="hang", limits={"timeout_seconds": 1, "attempts": 1})
    run = ask_once(project)
    assert only(run).error == "No reply within 1 s."
    assert len(llm.received) == 1


def test_nobody_listening_is_a_passing_fault(
    project: Project, make_generator: MakeGenerator
) -> None:
    with start_fake_llm() as gone:
        base_url = gone.base_url
    make_generator(base_url=base_url, limits={"attempts": 1})
    run = ask_once(project)
    assert only(run).error.startswith("The connection failed:")


def test_a_redirect_is_not_followed(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    with start_fake_llm() as elsewhere:
        make_generator(steps=f"redirect:{elsewhere.base_url}/chat/completions")
        run = ask_once(project)
        assert elsewhere.received == []
    assert only(run).status == Generation.Status.FAILED
    assert "redirects are not followed" in only(run).error
    assert len(llm.received) == 1


def test_uncounted_tokens_are_unknown_and_not_zero(
    project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(steps="nousage", prices={"input": 1, "output": 1})
    generation = only(ask_once(project))
    assert generation.status == Generation.Status.SUCCEEDED
    assert (generation.input_tokens, generation.output_tokens, generation.cost) == (
        None,
        None,
        None,
    )


def test_text_the_database_cannot_hold_is_mended(
    project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(steps="nul")
    generation = only(ask_once(project))
    assert generation.response is not None
    assert "\0" not in generation.response.text
    assert generation.response.text.startswith("zero \N{REPLACEMENT CHARACTER} and half ")


def test_one_bad_prompt_does_not_stop_the_others(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(steps="ok")
    make_generator("broken", steps="400")
    for number in range(40):
        make_prompt(project, f"Prompt {number}")
    run = start_run(project=project, generators=["bot", "broken"], samples=2)
    work_run(run)
    assert run.status == Run.Status.SUCCEEDED
    of_generators = run_progress(run=run)["generators"]
    assert counts(succeeded=80).items() <= of_generators["bot"].items()
    assert counts(failed=80).items() <= of_generators["broken"].items()
    assert len(llm.received) == 160
    assert llm.most_in_flight <= 32


def counts(**by_status: int) -> dict[str, int]:
    none = dict.fromkeys(["pending", "running", "succeeded", "failed", "cancelled"], 0)
    return {"total": sum(by_status.values())} | none | by_status
