"""How fast a generator is asked, by all workers together."""

import threading
from bisect import bisect_left
from collections.abc import Iterator
from time import monotonic

import pytest
from django.db import connection

from collector.generation import limits, worker
from collector.generation.limits import Limits, admit, report
from collector.generation.pace import Admission, Pace, Rate, Report
from collector.generation.worker import work
from collector.models import Project, Run
from collector.services.runs import start_run
from tests.collector.generation.conftest import MakeGenerator, make_due, work_run
from tests.factories import make_prompt
from tests.fake_llm import FakeLLM

GENERATOR = 4_000_000_001  # an id that no row has
NEVER = "redis://127.0.0.1:1/0"


@pytest.fixture(autouse=True)
def _nothing_known() -> Iterator[None]:
    limits.forget(GENERATOR)
    yield
    limits.forget(GENERATOR)


def some_limits(requests: int | None = None, tokens: int | None = None) -> Limits:
    return Limits(GENERATOR, requests, tokens, concurrency=64)


def sent_in(
    pace: Pace, seconds: float, step: float = 0.05, tokens_each: float = 1.0
) -> list[float]:
    """When requests were admitted, if as many as may be are sent at every step."""
    times = []
    for tick in range(int(seconds / step)):
        granted = pace.admit(tick * step, 10_000, tokens_each).granted
        times += [tick * step] * granted
    return times


@pytest.mark.parametrize("a_minute", [1, 30, 60, 90, 600, 6000])
def test_no_minute_sees_more_requests_than_the_limit(a_minute: int) -> None:
    times = sent_in(Pace(requests=Rate.of(a_minute), tokens=None), 180)
    fullest = max(bisect_left(times, start + 60) - at for at, start in enumerate(times))
    assert fullest <= a_minute
    assert len(times) >= 3 * a_minute * 0.9 - 1  # and it is used


def test_tokens_are_paced_however_large_a_request_is() -> None:
    pace = Pace(requests=None, tokens=Rate.of(6_000))
    times = sent_in(pace, 120, tokens_each=1_000)
    assert 11 <= len(times) <= 13  # 1,000 tokens are 10 seconds' worth
    pace.report(120, Report(tokens=6_000), 64)  # what was sent was larger than foreseen
    assert pace.admit(130, 1, 1_000).granted == 0
    assert pace.admit(200, 1, 1_000).granted == 1


def test_the_window_halves_when_the_server_is_overloaded_and_opens_again() -> None:
    pace = Pace(requests=None, tokens=None)
    assert pace.admit(0, 64, 1).window is None
    pace.report(0, Report(overloaded=30, in_flight=64), 64)
    pace.report(0.5, Report(overloaded=30, in_flight=64), 64)  # of the same moment
    assert pace.admit(1, 64, 1).window == 32
    pace.report(2, Report(overloaded=1, in_flight=32), 64)
    assert pace.admit(3, 64, 1).window == 16
    pace.report(4, Report(answered=16, in_flight=16), 64)
    assert pace.admit(5, 64, 1).window == 17
    for second in range(6, 200):
        pace.report(second, Report(answered=30, in_flight=30), 64)
    assert pace.admit(200, 64, 1).window is None


def test_all_workers_share_what_redis_knows() -> None:
    slow = some_limits(requests=60)
    assert admit(slow, wanted=5, tokens_each=1) == Admission(1)
    refused = admit(slow, wanted=5, tokens_each=1)
    assert refused.granted == 0
    assert 0.5 < refused.wait <= 1
    report(slow, Report(unused=1))
    assert admit(slow, wanted=5, tokens_each=1).granted == 1


def test_redis_paces_tokens_as_the_arithmetic_does() -> None:
    paced = some_limits(tokens=60_000)  # 1,000 at once
    assert admit(paced, wanted=50, tokens_each=100).granted == 10
    report(paced, Report(tokens=30_000))  # they were larger than foreseen
    refused = admit(paced, wanted=50, tokens_each=100)
    assert refused.granted == 0
    assert 29 < refused.wait <= 31
    report(paced, Report(tokens=-32_000))
    assert admit(paced, wanted=50, tokens_each=500).granted >= 2


def test_redis_halves_and_opens_the_window() -> None:
    plain = some_limits()
    report(plain, Report(overloaded=3, in_flight=40))
    report(plain, Report(overloaded=3, in_flight=40))
    assert admit(plain, wanted=1, tokens_each=1).window == 20
    report(plain, Report(answered=20, in_flight=20))
    assert admit(plain, wanted=1, tokens_each=1).window == 21
    for _ in range(60):
        report(plain, Report(answered=100, in_flight=20))
    assert admit(plain, wanted=1, tokens_each=1).window is None


def test_retry_after_holds_everybody_back() -> None:
    plain = some_limits()
    report(plain, Report(overloaded=1, in_flight=1, retry_after=50))
    held = admit(plain, wanted=9, tokens_each=1)
    assert held.granted == 0
    assert 49 < held.wait <= 50
    assert 49 < limits.seconds_held(GENERATOR) <= 50
    limits.forget(GENERATOR)
    assert limits.seconds_held(GENERATOR) == 0
    assert admit(plain, wanted=9, tokens_each=1).granted == 9


def test_without_redis_a_worker_keeps_to_a_quarter(
    settings: object, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(_caches(settings), "LOCATION", NEVER)
    fast = some_limits(requests=2_400)  # 40 a second
    assert admit(fast, wanted=100, tokens_each=1).granted == 10
    assert admit(fast, wanted=100, tokens_each=1).granted == 0
    report(fast, Report(overloaded=1, in_flight=1, retry_after=50))
    assert admit(fast, wanted=1, tokens_each=1).wait > 49
    assert limits.seconds_held(GENERATOR) == 0  # nobody knows
    assert [record.message[:13] for record in caplog.records] == ["Redis is away"]


def _caches(settings: object) -> dict[str, str]:
    caches: dict[str, dict[str, str]] = settings.CACHES  # type: ignore[attr-defined]
    return caches["default"]


@pytest.mark.django_db
def test_a_run_keeps_to_requests_a_minute(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(limits={"requests_per_minute": 600, "concurrency": 64})
    times: list[float] = []
    llm.on_request = lambda _: times.append(monotonic())
    run = owing(project, 30)
    started = monotonic()  # and not the first arrival, which a busy machine may hear of late
    work_run(run)
    assert run.status == Run.Status.SUCCEEDED
    assert len(times) == 30
    # A burst of 10, then 591 a minute; the clock here is not Redis's, hence the tenth of leeway.
    assert times[-1] - started >= (30 - 10) * 60 / 591 * 0.9


@pytest.mark.django_db
def test_what_a_server_asks_one_worker_to_wait_others_wait_too(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(steps="429:600|ok", limits={"concurrency": 1})
    run = owing(project, 3)
    work_run(run)
    assert len(llm.received) == 1  # the other two were not even asked
    work_run(run)
    assert len(llm.received) == 1
    assert run.generations.filter(attempts=0).count() == 2
    make_due(run)
    llm.received.clear()


@pytest.mark.django_db
def test_an_overloaded_server_gets_fewer_requests_at_once(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    generator = make_generator(steps="503|ok", limits={"concurrency": 16})
    llm.delay = 0.05
    run = owing(project, 8)
    work_run(run)
    assert run.status == Run.Status.SUCCEEDED
    assert llm.most_in_flight == 8
    window = admit(some_limits_of(generator.pk), wanted=0, tokens_each=1).window
    assert window in {4, 5, 6}  # halved, and wider by one for each window answered


def some_limits_of(generator_id: int) -> Limits:
    return Limits(generator_id, None, None, concurrency=16)


@pytest.mark.django_db(transaction=True)
def test_turns_at_once_share_the_concurrency_of_their_generator(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(limits={"concurrency": 6})
    llm.delay = 0.05
    run = owing(project, 60)
    revision = run.revisions.get()

    def turn() -> None:
        work(revision_id=revision.pk)
        connection.close()

    turns = [threading.Thread(target=turn) for _ in range(3)]
    for each in turns:
        each.start()
    for each in turns:
        each.join()
    run.refresh_from_db()
    assert run.status == Run.Status.SUCCEEDED
    assert llm.most_in_flight == 6
    assert len(llm.received) == 60


def owing(project: Project, prompts: int) -> Run:
    for number in range(prompts):
        make_prompt(project, f"Prompt {number}?")
    return start_run(project=project, generators=["bot"])


def test_who_only_waits_lets_others_have_the_worker(
    project: Project,
    make_generator: MakeGenerator,
    llm: FakeLLM,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker, "IDLE_SECONDS", 0.0)
    for _ in range(2):
        make_prompt(project)
    make_generator("slow", limits={"requests_per_minute": 30})
    make_generator("quick")
    slow = start_run(project=project, generators=["slow"])
    quick = start_run(project=project, generators=["quick"])
    (waiting,) = slow.revisions.all()
    work(revision_id=waiting.pk)
    assert slow.generations.filter(status="succeeded").count() == 1  # the other in two seconds
    work_run(quick)
    assert quick.status == Run.Status.SUCCEEDED
    work_run(slow)  # nobody else waits, so it does
    assert slow.status == Run.Status.SUCCEEDED
