"""The Batch API: handed over once, collected once, whatever fails in between."""

import json
from typing import Any

import pytest
from django.db.models.functions import Now

from collector.generation.batches import submitting
from collector.generation.batches.files import lines
from collector.generation.batches.polling import poll
from collector.generation.inline import work_run as work_to_the_end
from collector.generation.providers import Permanent
from collector.generation.requeue import requeue
from collector.models import Batch, Generation, Message, Project, Run
from collector.services.runs import cancel_run, start_run
from tests.collector.generation.conftest import MakeGenerator, make_due, work_run
from tests.factories import make_prompt
from tests.fake_llm import FakeLLM

pytestmark = pytest.mark.django_db

PROMPTS = ["One?", "Two?", "Three?"]


@pytest.fixture
def run(project: Project, make_generator: MakeGenerator) -> Run:
    """Three prompts, handed over."""
    return handed_over(project, make_generator)


def handed_over(project: Project, make_generator: MakeGenerator, **fields: Any) -> Run:
    make_generator(batch=True, **fields)
    for prompt in PROMPTS:
        make_prompt(project, prompt)
    run = start_run(project=project, generators=["bot"])
    work_run(run)
    return run


def look() -> Batch:
    """The beat's look, now; the newest batch after it."""
    Batch.objects.filter(next_poll_at__isnull=False).update(
        next_poll_at=Now(), lease_until=None, lease_token=None
    )
    poll()
    return Batch.objects.latest("pk")


def statuses(run: Run) -> list[str]:
    run.refresh_from_db()
    return [g.status for g in run.generations.order_by("prompt__pk")]


def test_what_is_due_is_one_file_and_one_job(run: Run, llm: FakeLLM) -> None:
    batch = Batch.objects.get()
    assert (batch.status, batch.requests, batch.remote_status) == ("submitted", 3, "validating")
    (job,) = llm.batches.jobs.values()
    assert (job["endpoint"], job["completion_window"]) == ("/v1/chat/completions", "24h")
    assert job["metadata"] == {"concord_batch": str(batch.uid)}
    lines = [json.loads(line) for line in llm.batches.files["file-1"].splitlines()]
    assert lines == [
        {
            "custom_id": f"generation-{generation.pk}",
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": {
                "model": "script=ok",
                "messages": [{"role": "user", "content": prompt}],
            },
        }
        for generation, prompt in zip(run.generations.order_by("pk"), PROMPTS, strict=True)
    ]
    assert statuses(run) == ["running"] * 3
    assert llm.received == []  # nothing is asked one by one


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_answers_become_responses_at_half_the_price(
    api: str, project: Project, make_generator: MakeGenerator, llm: FakeLLM
) -> None:
    prices = {"input": 2, "output": 10}
    run = handed_over(project, make_generator, api=api, prices=prices)
    llm.finish_batches()
    batch = look()
    assert (batch.status, batch.error, batch.next_poll_at) == ("succeeded", "", None)
    assert statuses(run) == ["succeeded"] * 3
    assert run.status == Run.Status.SUCCEEDED
    generation = run.generations.select_related("response").get(prompt__text="One?")
    assert generation.response is not None
    assert generation.response.text == "script=ok answers 'One?'"
    assert (generation.input_tokens, generation.output_tokens) == (1, 3)
    assert float(generation.cost or 0) == (2 * 1 + 10 * 3) / 1_000_000 / 2
    assert (generation.batch, generation.latency_ms) == (batch, None)


def test_the_price_of_a_batch_may_be_another_share(
    project: Project, make_generator: MakeGenerator, llm: FakeLLM
) -> None:
    prices = {"input": 2, "output": 10, "batch": 0.25}
    run = handed_over(project, make_generator, prices=prices)
    llm.finish_batches()
    look()
    assert float(run.generations.get(prompt__text="One?").cost or 0) == 32 / 1_000_000 / 4


def test_a_job_under_way_is_looked_at_later(run: Run, llm: FakeLLM) -> None:
    assert look().status == Batch.Status.SUBMITTED
    calls = len(llm.batches.calls)
    poll()  # not due
    assert len(llm.batches.calls) == calls
    assert statuses(run) == ["running"] * 3


def test_collecting_twice_stores_nothing_twice(run: Run, llm: FakeLLM) -> None:
    llm.finish_batches()
    look()
    Batch.objects.update(status=Batch.Status.COLLECTING, next_poll_at=Now())
    assert look().status == Batch.Status.SUCCEEDED
    assert Message.objects.filter(role="assistant").count() == 3
    assert llm.batches.answered == dict.fromkeys(PROMPTS, 1)


@pytest.mark.parametrize("lost", ["POST /v1/files", "POST /v1/batches"])
def test_a_lost_reply_hands_nothing_over_twice(
    lost: str, llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    llm.batches.refuse = {lost: [-500]}
    run = handed_over(project, make_generator)
    batch = Batch.objects.get()
    assert batch.status == Batch.Status.PREPARING
    assert batch.error.startswith("HTTP 500")
    assert statuses(run) == ["running"] * 3
    assert look().status == Batch.Status.SUBMITTED
    assert len(llm.batches.jobs) == 1
    llm.finish_batches()
    look()
    assert statuses(run) == ["succeeded"] * 3
    assert llm.batches.answered == dict.fromkeys(PROMPTS, 1)


@pytest.mark.parametrize(
    "died_with",
    [
        {"input_file": "", "remote_id": "", "status": "preparing"},
        {"remote_id": "", "status": "preparing"},
    ],
)
def test_a_worker_killed_while_handing_over_costs_no_second_job(
    died_with: dict[str, str], run: Run, llm: FakeLLM
) -> None:
    if "input_file" in died_with:  # before the job was made
        llm.batches.jobs.clear()
    Batch.objects.update(**died_with, next_poll_at=Now())
    assert look().status == Batch.Status.SUBMITTED
    assert len(llm.batches.jobs) == 1
    llm.finish_batches()
    look()
    assert statuses(run) == ["succeeded"] * 3
    assert llm.batches.answered == dict.fromkeys(PROMPTS, 1)


def test_a_worker_that_died_keeps_its_lease_for_a_while_only(run: Run, llm: FakeLLM) -> None:
    llm.finish_batches()
    held = {"lease_token": "00000000-0000-0000-0000-000000000001", "next_poll_at": Now()}
    Batch.objects.update(**held, lease_until="2999-01-01T00:00Z")
    assert poll() == 0
    Batch.objects.update(**held, lease_until="2000-01-01T00:00Z")
    assert poll() == 1
    assert statuses(run) == ["succeeded"] * 3


def test_what_a_batch_holds_is_reclaimed_by_nobody_else(run: Run, llm: FakeLLM) -> None:
    requeue()
    assert statuses(run) == ["running"] * 3
    work_run(run)
    assert len(llm.batches.jobs) == 1


def test_failures_of_some_are_theirs_alone(
    project: Project, make_generator: MakeGenerator, llm: FakeLLM
) -> None:
    make_generator("other", steps="429|ok", batch=True)
    make_generator("wrong", steps="400", batch=True)
    make_prompt(project, "One?")
    run = start_run(project=project, generators=["other", "wrong"])
    work_run(run)
    llm.finish_batches()
    look()
    ends = {g.revision.generator.name: g for g in run.generations.all()}
    assert (ends["other"].status, ends["other"].error[:8]) == ("pending", "HTTP 429")
    assert (ends["wrong"].status, ends["wrong"].error[:8]) == ("failed", "HTTP 400")
    make_due(run)
    work_run(run)  # another batch for what is owed again
    llm.finish_batches()
    look()
    assert run.generations.filter(status="succeeded").count() == 1


@pytest.mark.parametrize("status", ["expired", "cancelled"])
def test_what_was_not_done_in_time_is_owed_again(status: str, run: Run, llm: FakeLLM) -> None:
    llm.finish_batches(status, without="Two")
    assert look().remote_status == status
    assert statuses(run) == ["succeeded", "pending", "succeeded"]
    make_due(run)
    work_run(run)
    llm.finish_batches()
    look()
    assert statuses(run) == ["succeeded"] * 3
    assert llm.batches.answered == dict.fromkeys(PROMPTS, 1)


def test_answers_that_are_missing_are_owed_again(run: Run, llm: FakeLLM) -> None:
    llm.finish_batches()
    (job,) = llm.batches.jobs.values()
    output = llm.batches.files[job["output_file_id"]]
    _, *others = output.splitlines(keepends=True)
    strays = b'not json\n\n{"custom_id": "generation-x"}\n[]\n{"custom_id": "generation-999999"}\n'
    llm.batches.files[job["output_file_id"]] = strays + b"".join(others) + others[0]
    look()
    assert sorted(statuses(run)) == ["pending", "succeeded", "succeeded"]


def test_a_file_the_server_refuses_fails_and_says_why(run: Run, llm: FakeLLM) -> None:
    llm.finish_batches("failed")
    batch = look()
    assert (batch.status, batch.error) == ("failed", "The batch failed: Line 1 is wrong.")
    assert statuses(run) == ["failed"] * 3
    assert run.status == Run.Status.FAILED


def test_a_lasting_refusal_before_anything_is_handed_over_is_the_end(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    llm.batches.refuse = {"POST /v1/files": [401]}
    run = handed_over(project, make_generator, prices={"input": 1, "output": 1})
    assert statuses(run) == ["failed"] * 3
    assert Batch.objects.get().status == Batch.Status.FAILED
    assert {g.cost for g in run.generations.all()} == {0}


@pytest.mark.parametrize("status", [401, 404, 500])
def test_answers_wait_until_whatever_is_wrong_is_mended(
    status: int, run: Run, llm: FakeLLM
) -> None:
    llm.finish_batches()
    llm.batches.refuse = {"GET /v1/batches/ID": [status], "GET /v1/files/ID/content": [status]}
    for _ in range(2):
        assert look().error.startswith(f"HTTP {status}")
        assert statuses(run) == ["running"] * 3
    assert look().status == Batch.Status.SUCCEEDED
    assert statuses(run) == ["succeeded"] * 3


def test_a_batch_that_no_server_has_any_more_is_given_up(run: Run, llm: FakeLLM) -> None:
    llm.batches.jobs.clear()
    look()
    assert statuses(run) == ["running"] * 3
    Batch.objects.update(created_at="2020-01-01T00:00Z")
    assert look().status == Batch.Status.FAILED
    assert statuses(run) == ["pending"] * 3


def test_cancelling_the_run_cancels_the_job_and_keeps_what_is_done(run: Run, llm: FakeLLM) -> None:
    cancel_run(run=run)
    look()
    (job,) = llm.batches.jobs.values()
    assert job["status"] == "cancelling"
    look()  # asked once
    assert llm.batches.calls.count("POST /v1/batches/ID/cancel") == 1
    llm.finish_batches("cancelled", without="Two")
    assert look().status == Batch.Status.CANCELLED
    assert statuses(run) == ["succeeded", "cancelled", "succeeded"]


def test_a_deleted_prompt_is_not_handed_over(
    project: Project, make_generator: MakeGenerator, llm: FakeLLM
) -> None:
    make_generator(batch=True)
    make_prompt(project, "One?")
    gone = make_prompt(project, "Two?")
    run = start_run(project=project, generators=["bot"])
    Message.objects.filter(pk=gone.pk).update(deleted_at=Now())
    work_run(run)
    assert statuses(run) == ["running", "failed"]
    assert len(llm.batches.files["file-1"].splitlines()) == 1


@pytest.mark.parametrize("name", ["../batches/batch-1", "a/b", "", "x" * 300, None, 7])
def test_an_id_that_could_lead_elsewhere_is_not_used(name: Any, run: Run, llm: FakeLLM) -> None:
    llm.finish_batches()
    (job,) = llm.batches.jobs.values()
    job["output_file_id"] = name
    look()
    assert all("/ID" in call or call.count("/") == 2 for call in llm.batches.calls)
    assert Message.objects.filter(role="assistant").count() == 0


def test_what_does_not_fit_into_one_file_goes_into_the_next(
    project: Project, make_generator: MakeGenerator, llm: FakeLLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submitting, "FILE_BYTES", 400)
    run = handed_over(project, make_generator)
    assert sorted(statuses(run)) == ["pending", "running", "running"]
    make_due(run)
    work_run(run)
    assert [len(content.splitlines()) for content in llm.batches.files.values()] == [2, 1]


def test_lines_are_found_wherever_a_download_is_cut() -> None:
    assert list(lines([b"a\nb", b"", b"b\n\n", b"c"])) == [b"a", b"bb", b"c"]
    endless = (b"x" * 1_000_000 for _ in range(1000))
    with pytest.raises(Permanent, match="over 8 MiB"):
        list(lines(endless))
    assert len(list(endless)) > 900


def test_a_command_waits_for_its_batches(
    project: Project, make_generator: MakeGenerator, llm: FakeLLM
) -> None:
    make_generator(batch=True)
    make_prompt(project, "One?")
    run = start_run(project=project, generators=["bot"])
    seen = []

    def progress(told: dict[str, Any]) -> None:
        seen.append(told["status"])
        llm.finish_batches()
        Batch.objects.filter(next_poll_at__isnull=False).update(next_poll_at=Now())

    assert work_to_the_end(run=run, on_progress=progress)["status"] == "succeeded"
    assert seen == ["running", "succeeded"]


def test_only_the_protocols_headers_are_sent(
    run: Run, llm: FakeLLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    llm.finish_batches()
    look()
    sent = {name for headers in llm.batches.headers for name in headers}
    assert sent <= {
        "host",
        "accept",
        "accept-encoding",
        "connection",
        "content-length",
        "transfer-encoding",
        "content-type",
        "user-agent",
        "idempotency-key",
    }
    assert Generation.objects.filter(status="succeeded").count() == 3
