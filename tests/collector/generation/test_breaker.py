"""A generator that keeps failing is paused, says so, and costs no run what it owes."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.db.models.functions import Now

from collector.generation import breaker, inline
from collector.generation.providers import Completion, Permanent, Transient, Unusable
from collector.generation.requeue import requeue, unattended
from collector.models import Generator, GeneratorRevision, Project, Run
from collector.services.breaker import pause_generator, unpause_generator
from collector.services.runs import start_run
from tests.collector.generation.conftest import MakeGenerator, make_due, work_run
from tests.factories import make_prompt
from tests.fake_llm import FakeLLM

pytestmark = pytest.mark.django_db

REPLY = Completion(text="An answer.")
BUSY = Transient("HTTP 503: busy", status=503)
WRONG_KEY = Permanent("HTTP 401: wrong key", status=401)
TOO_LONG = Permanent("HTTP 400: too long", status=400)
ONE_BY_ONE = {"concurrency": 1}


def owing(project: Project, prompts: int, *generators: str) -> Run:
    for number in range(prompts):
        make_prompt(project, f"Prompt {number}?")
    return start_run(project=project, generators=generators or ["bot"])


def revision_of(generator: Generator) -> GeneratorRevision:
    return generator.revisions.get()


def end_pause(generator: Generator) -> None:
    """The time comes to try again."""
    Generator.objects.filter(pk=generator.pk).update(paused_at=Now(), paused_until=Now())


def pause_seconds(generator: Generator) -> float:
    generator.refresh_from_db()
    assert generator.paused_until is not None
    assert generator.paused_at is not None
    return (generator.paused_until - generator.paused_at).total_seconds()


def test_a_server_that_is_down_is_left_in_peace_and_no_prompt_is_lost(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    bot = make_generator(steps="503:600", limits=ONE_BY_ONE)
    run = owing(project, 30)
    for _ in range(breaker.PASSING_IN_A_ROW):
        make_due(run)
        work_run(run)
    assert pause_seconds(bot) == pytest.approx(5, abs=1)
    assert bot.failures == breaker.PASSING_IN_A_ROW
    assert bot.pause_reason.startswith("10 requests in a row failed, at last: HTTP 503")
    Generator.objects.filter(pk=bot.pk).update(paused_until=F("paused_at") + timedelta(hours=1))
    requeue()
    make_due(run)
    work_run(run)
    assert len(llm.received) == breaker.PASSING_IN_A_ROW
    assert run.status == Run.Status.RUNNING
    assert run.error == f"Waiting: bot is paused. {bot.pause_reason}"
    assert run.generations.filter(status="pending").count() == 30


def test_one_request_tries_whether_the_server_is_back(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    bot = make_generator(limits={"concurrency": 4})
    run = owing(project, 12)
    breaker.record(revision_of(bot), [BUSY] * 10)
    breaker.announce(bot.pk)
    end_pause(bot)
    work_run(run)
    bot.refresh_from_db()
    assert run.status == Run.Status.SUCCEEDED
    assert run.error == ""
    assert (bot.failures, bot.paused_at, bot.pause_reason) == (0, None, "")
    assert len(llm.received) == 12


def test_a_server_that_is_still_down_is_left_in_peace_for_longer_each_time(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    bot = make_generator(steps="503:600", limits={"concurrency": 4})
    run = owing(project, 12)
    breaker.record(revision_of(bot), [BUSY] * 10)
    asked, pauses = [], []
    for _ in range(3):
        end_pause(bot)
        make_due(run)
        work_run(run)
        asked.append(len(llm.received))
        pauses.append(pause_seconds(bot))
    assert asked == [1, 2, 3]
    assert pauses == pytest.approx([10, 20, 40], abs=4)
    for _ in range(20):
        end_pause(bot)
        breaker.record(revision_of(bot), [BUSY])
    assert pause_seconds(bot) == pytest.approx(1800, abs=5)


def test_what_was_under_way_when_the_pause_began_does_not_prolong_it(
    make_generator: MakeGenerator,
) -> None:
    bot = make_generator()
    assert breaker.record(revision_of(bot), [BUSY] * 250) == breaker.Verdict(changed=True)
    assert breaker.record(revision_of(bot), [BUSY] * 250) == breaker.Verdict()
    assert pause_seconds(bot) == pytest.approx(5, abs=1)
    assert bot.failures == breaker.PASSING_IN_A_ROW
    assert breaker.record(revision_of(bot), [REPLY]) == breaker.Verdict(changed=True)
    bot.refresh_from_db()
    assert bot.paused_at is None


def test_a_reply_in_between_starts_the_count_anew(make_generator: MakeGenerator) -> None:
    bot = make_generator()
    breaker.record(revision_of(bot), [BUSY] * 9)
    breaker.record(revision_of(bot), [BUSY, REPLY, BUSY])
    breaker.record(revision_of(bot), [BUSY] * 8)
    bot.refresh_from_db()
    assert (bot.failures, bot.paused_at) == (9, None)


@pytest.mark.parametrize(
    ("outcome", "in_a_row"),
    [
        (WRONG_KEY, breaker.LASTING_IN_A_ROW),
        (Unusable("no key is declared"), breaker.LASTING_IN_A_ROW),
        (TOO_LONG, breaker.REFUSED_IN_A_ROW),
    ],
)
def test_what_only_a_person_can_mend_waits_for_one(
    outcome: Permanent, in_a_row: int, make_generator: MakeGenerator
) -> None:
    bot = make_generator()
    assert breaker.record(revision_of(bot), [outcome] * (in_a_row - 1)) == breaker.Verdict()
    paused = breaker.Verdict(changed=True, for_a_person=True)
    assert breaker.record(revision_of(bot), [outcome]) == paused
    assert breaker.record(revision_of(bot), [REPLY]) == breaker.Verdict()
    bot.refresh_from_db()
    assert bot.paused_at is not None
    assert bot.paused_until is None
    assert str(outcome) in bot.pause_reason


def test_a_wrong_key_costs_no_run_what_it_owes(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    bot = make_generator(steps="401|401|ok", limits={"concurrency": 5})
    run = owing(project, 20)
    work_run(run)
    assert len(llm.received) == 5
    assert run.generations.filter(status="failed").count() == 0
    assert run.generations.filter(status="pending", attempts=1).count() == 5
    requeue()
    work_run(run)
    assert len(llm.received) == 5
    assert "HTTP 401" in run.error
    assert not unattended().exists()
    unpause_generator(generator=bot)
    run.refresh_from_db()
    assert run.error == ""
    assert unattended().get() == revision_of(bot)


def test_a_person_pauses_and_lets_go_on(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    bot, rival = make_generator(), make_generator("rival")
    run = owing(project, 3, "bot", "rival")
    paused = pause_generator(generator=bot, reason="The budget talks.")
    assert (paused.paused_until, paused.pause_reason) == (None, "The budget talks.")
    requeue()
    work_run(run)
    assert run.status == Run.Status.RUNNING
    assert run.error == "Waiting: bot is paused. The budget talks."
    assert {request.body["model"] for request in llm.received} == {revision_of(rival).model}
    assert len(llm.received) == 3
    unpause_generator(generator=bot)
    work_run(run)
    assert (run.status, run.error) == (Run.Status.SUCCEEDED, "")
    assert len(llm.received) == 6


def test_a_command_does_not_wait_for_a_person(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(steps="401", limits={"concurrency": 5})
    run = owing(project, 20)
    progress = inline.work_run(run=run)
    assert (progress["status"], progress["pending"]) == ("running", 20)
    assert "HTTP 401" in progress["error"]
    assert len(llm.received) == 5


def test_recorded_responses_that_are_missing_pause_nothing(make_generator: MakeGenerator) -> None:
    kept = make_generator("kept", provider="recorded", model="", base_url="")
    missing = Permanent("There is no recorded response to this prompt.")
    assert breaker.record(revision_of(kept), [missing] * 500) == breaker.Verdict()
