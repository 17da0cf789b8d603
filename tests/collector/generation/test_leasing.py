"""Who may work a generation, and whose result counts."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from collector.generation.leasing import LEASE, reclaim, renew, take
from collector.generation.providers import Completion, Permanent, Transient
from collector.generation.requeue import requeue
from collector.generation.results import retry_delay, settle
from collector.generation.worker import work
from collector.models import Generation, GeneratorRevision, Message, Project, Run
from collector.services.runs import cancel_run, run_progress, start_run
from tests.collector.generation.conftest import MakeGenerator, work_run
from tests.factories import make_prompt
from tests.fake_llm import FakeLLM

pytestmark = pytest.mark.django_db

REPLY = Completion(text="An answer.")


@pytest.fixture
def run(project: Project, make_generator: MakeGenerator) -> Run:
    """Three generations owed."""
    make_generator(limits={"attempts": 2})
    for number in range(3):
        make_prompt(project, f"Prompt {number}?")
    return start_run(project=project, generators=["bot"])


@pytest.fixture
def revision(run: Run) -> GeneratorRevision:
    return run.revisions.get()


def expire(run: Run) -> None:
    """A minute passes without a sign of life from the worker."""
    run.generations.filter(status="running").update(lease_until=F("lease_until") - LEASE * 2)


def lease(revision: GeneratorRevision, limit: int = 1) -> tuple[UUID, list[Generation]]:
    token = uuid4()
    return token, take(revision=revision, token=token, limit=limit)


def test_what_one_worker_holds_no_other_gets(run: Run, revision: GeneratorRevision) -> None:
    _, first = lease(revision, 2)
    _, second = lease(revision, 2)
    assert (len(first), len(second)) == (2, 1)
    assert {generation.pk for generation in first}.isdisjoint(g.pk for g in second)
    run.refresh_from_db()
    assert run.status == Run.Status.RUNNING


def test_a_result_after_the_lease_was_lost_is_dropped(
    run: Run, revision: GeneratorRevision
) -> None:
    late, [generation] = lease(revision)
    expire(run)
    assert reclaim() == 1
    token, again = lease(revision, 3)
    assert generation.pk in {each.pk for each in again}
    assert settle(token=late, revision=revision, outcomes={generation.pk: REPLY}) == set()
    assert not Message.objects.filter(role="assistant").exists()
    settle(token=token, revision=revision, outcomes={generation.pk: REPLY})
    settle(token=token, revision=revision, outcomes={generation.pk: REPLY})
    generation.refresh_from_db()
    assert generation.response == Message.objects.get(role="assistant")
    assert generation.attempts == 2


def test_a_result_in_time_counts_even_if_the_lease_has_run_out_unnoticed(
    run: Run, revision: GeneratorRevision
) -> None:
    token, [generation] = lease(revision)
    expire(run)
    assert settle(token=token, revision=revision, outcomes={generation.pk: REPLY}) == {run.pk}


def test_renewing_tells_what_is_still_held(run: Run, revision: GeneratorRevision) -> None:
    token, taken = lease(revision, 2)
    kept, lost = taken
    expire(run)
    Generation.objects.filter(pk=lost.pk).update(lease_token=uuid4())
    assert renew(token=token, ids=[kept.pk, lost.pk]) == {kept.pk}
    assert reclaim() == 1
    kept.refresh_from_db()
    assert kept.status == Generation.Status.RUNNING


def test_leases_that_outlive_their_attempts_have_failed(
    run: Run, revision: GeneratorRevision
) -> None:
    for _ in range(2):
        lease(revision, 3)
        expire(run)
        reclaim()
    rows = run.generations.values_list("status", "error", "attempts").distinct()
    assert list(rows) == [("failed", "The worker died 2 times while asking.", 2)]


def test_what_a_dead_worker_may_have_asked_counts_as_spent(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(prices={"input": 0, "output": 1000}, parameters={"max_tokens": 10})
    make_prompt(project)
    run = start_run(project=project, generators=["bot"], budget="0.015")
    revision = run.revisions.get()
    assert len(lease(revision)[1]) == 1
    assert run_progress(run=run)["cost"] == "0"
    expire(run)
    reclaim()
    assert run_progress(run=run)["cost"] == "0.01"
    work_run(run)
    assert llm.received == []
    assert run.status == Run.Status.PAUSED


def test_what_a_dead_worker_left_of_a_cancelled_run_is_not_asked_again(
    llm: FakeLLM, run: Run, revision: GeneratorRevision
) -> None:
    lease(revision, 2)
    cancel_run(run=run)
    expire(run)
    requeue()
    work_run(run)
    assert set(run.generations.values_list("status", flat=True)) == {"cancelled"}
    assert llm.received == []


def test_a_task_that_comes_twice_asks_once(
    llm: FakeLLM, run: Run, revision: GeneratorRevision
) -> None:
    work(revision_id=revision.pk)
    work(revision_id=revision.pk)
    assert llm.prompts() == {f"Prompt {number}?": 1 for number in range(3)}
    assert Message.objects.filter(role="assistant").count() == 3


def test_a_retry_is_scheduled_in_the_database(run: Run, revision: GeneratorRevision) -> None:
    token, [generation] = lease(revision)
    outcome = Transient("HTTP 503", retry_after=120)
    settle(token=token, revision=revision, outcomes={generation.pk: outcome})
    waiting = run.generations.filter(
        pk=generation.pk,
        status="pending",
        lease_token=None,
        next_attempt_at__gt=Now() + timedelta(seconds=119),
        next_attempt_at__lt=Now() + timedelta(seconds=133),
    )
    assert waiting.get().error == "HTTP 503"
    assert generation.pk not in {each.pk for each in lease(revision, 3)[1]}


def test_back_off_doubles_up_to_five_minutes_and_never_undercuts_the_server() -> None:
    for attempts, longest in [(1, 1), (2, 2), (5, 16), (30, 300)]:
        waits = [retry_delay(attempts=attempts, retry_after=None) for _ in range(50)]
        assert all(longest / 2 <= wait <= longest for wait in waits)
        assert len(set(waits)) > 1  # jitter
    assert retry_delay(attempts=1, retry_after=40) >= 40


def test_a_deleted_prompt_is_not_sent(llm: FakeLLM, run: Run) -> None:
    prompt = Message.objects.get(text="Prompt 1?")
    prompt.text, prompt.deleted_at = "", prompt.created_at
    prompt.save()
    work_run(run)
    assert sorted(llm.prompts()) == ["Prompt 0?", "Prompt 2?"]
    assert run.generations.get(prompt=prompt).error == "The prompt has been deleted."


def test_permanent_errors_are_bounded_and_kept(run: Run, revision: GeneratorRevision) -> None:
    token, [generation] = lease(revision)
    outcome = Permanent("bad \0 " + "x" * 10_000)
    settle(token=token, revision=revision, outcomes={generation.pk: outcome})
    generation.refresh_from_db()
    assert generation.status == Generation.Status.FAILED
    assert generation.error.startswith("bad \N{REPLACEMENT CHARACTER} xxx")
    assert len(generation.error) == 2000


def test_taking_reads_the_queue_in_order_of_its_index(
    run: Run, revision: GeneratorRevision
) -> None:
    """However much is owed, taking a few reads a few."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT id FROM collector_generation WHERE revision_id = %s"
            " AND status = 'pending' AND next_attempt_at <= now()"
            " ORDER BY next_attempt_at LIMIT 32",
            [revision.pk],
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "generation_due" in plan
    assert "Sort" not in plan
