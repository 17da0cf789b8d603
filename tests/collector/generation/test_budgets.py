"""Money: what is set aside and spent, which budget stops a run, and how it goes on."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib import import_module
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from collector.generation.leasing import reclaim, take
from collector.generation.providers import Completion, Transient
from collector.generation.results import Outcome, settle
from collector.models import Generation, Project, Run, Spending
from collector.services.budgets import set_budgets
from collector.services.runs import cancel_run, pause_run, resume_run, run_progress, start_run
from common.errors import Conflict, InvalidInput
from tests.collector.generation.conftest import MakeGenerator, make_due, work_run
from tests.collector.generation.test_leasing import expire
from tests.factories import make_project, make_prompt
from tests.fake_llm import FakeLLM

pytestmark = pytest.mark.django_db
CENT = Decimal("0.01")
PRICED: dict[str, Any] = {
    "steps": "words:10",
    "prices": {"input": 0, "output": 1000},
    "parameters": {"max_tokens": 10},
    "limits": {"concurrency": 4},
}
"""Each response costs a cent, and may cost no more."""


def this_month() -> date:
    return datetime.now(UTC).date().replace(day=1)


def owing(project: Project, prompts: int, **fields: Any) -> Run:
    for _ in range(prompts):
        make_prompt(project)
    return start_run(project=project, generators=["bot"], **fields)


def lease(run: Run, limit: int) -> tuple[UUID, list[Generation]]:
    token = uuid4()
    return token, take(revision=run.revisions.get(), token=token, limit=limit)


def sums(run: Run) -> tuple[Any, Any]:
    """Spent and reserved: of the run, which must be those of the project's only month."""
    run.refresh_from_db()
    month = Spending.objects.get(project=run.project)
    assert month.month == this_month()
    assert (month.spent, month.reserved) == (run.spent, run.reserved)
    return run.spent, run.reserved


def test_of_two_bounds_the_larger_is_set_aside(
    project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(**PRICED | {"parameters": {"max_completion_tokens": 1, "max_tokens": 10}})
    run = owing(project, 1, budget="1")
    lease(run, 1)
    assert sums(run) == (0, CENT)


def test_the_most_it_can_cost_is_set_aside_until_the_cost_is_known(
    project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(**PRICED)
    run = owing(project, 3, budget="1")
    token, taken = lease(run, 3)
    assert sums(run) == (0, 3 * CENT)
    assert set(run.generations.values_list("reserved", "reserved_in")) == {(CENT, this_month())}
    outcomes: dict[int, Outcome] = {
        taken[0].pk: Completion(text="Short.", input_tokens=1, output_tokens=2),
        taken[1].pk: Transient("HTTP 502"),
        taken[2].pk: Transient("HTTP 429", billed=False),
    }
    settle(token=token, revision=run.revisions.get(), outcomes=outcomes)
    assert sums(run) == (Decimal("0.012"), 0)
    assert set(run.generations.values_list("reserved", "reserved_in")) == {(None, None)}
    costs = run.generations.order_by("pk").values_list("cost", flat=True)
    assert list(costs) == [Decimal("0.002"), CENT, 0]


def test_without_a_budget_nothing_is_set_aside_and_what_is_spent_is_counted(
    project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(**PRICED)
    run = owing(project, 2)
    lease(run, 1)
    assert not Spending.objects.exists()
    work_run(run)
    assert sums(run) == (CENT, 0)


def test_what_a_dead_worker_held_is_spent(project: Project, make_generator: MakeGenerator) -> None:
    make_generator(**PRICED)
    run = owing(project, 2, budget="1")
    lease(run, 2)
    expire(run)
    assert reclaim() == 2
    assert sums(run) == (2 * CENT, 0)


def test_runs_share_the_budget_of_their_project(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(**PRICED)
    set_budgets(project=project, budgets={"budget": "0.035"})
    first = owing(project, 2)
    work_run(first)
    second = owing(project, 4)
    work_run(second)
    assert len(llm.received) == 3
    assert (first.status, second.status) == (Run.Status.SUCCEEDED, Run.Status.PAUSED)
    assert second.error == "Paused: the next response could pass the project's budget of $0.035."
    assert second.paused_at is not None
    assert second.generations.filter(status="pending").count() == 3


def test_a_run_stops_only_when_nothing_under_way_can_turn_out_cheaper(
    project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(**PRICED)
    run = owing(project, 4, budget="0.025")
    token, taken = lease(run, 4)
    assert len(taken) == 2
    assert lease(run, 4)[1] == []
    run.refresh_from_db()
    assert run.status == Run.Status.RUNNING
    cheap = Completion(text="Short.", input_tokens=1, output_tokens=1)
    outcomes: dict[int, Outcome] = {each.pk: cheap for each in taken}
    settle(token=token, revision=run.revisions.get(), outcomes=outcomes)
    assert len(lease(run, 4)[1]) == 2


def test_a_raised_budget_lets_a_paused_run_go_on(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(**PRICED)
    run = owing(project, 4, budget="0.02")
    work_run(run)
    assert run.error == "Paused: the next response could pass the run's budget of $0.02."
    run = resume_run(run=run, budget="0.04")
    assert (run.status, run.error, run.paused_at) == (Run.Status.RUNNING, "", None)
    work_run(run)
    assert run.status == Run.Status.SUCCEEDED
    assert len(llm.received) == 4
    assert sums(run) == (4 * CENT, 0)


def test_a_monthly_budget_counts_its_month_alone(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(**PRICED)
    Spending.objects.create(project=project, month=date(2026, 1, 1), spent=Decimal(5))
    set_budgets(project=project, budgets={"monthly_budget": "0.02"})
    run = owing(project, 3)
    work_run(run)
    assert len(llm.received) == 2
    assert (
        run.error == "Paused: the next response could pass the project's monthly budget of $0.02."
    )
    months = Spending.objects.order_by("month").values_list("month", "spent")
    assert list(months) == [(date(2026, 1, 1), 5), (this_month(), 2 * CENT)]


def test_what_was_set_aside_in_one_month_is_released_there(
    project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(**PRICED)
    run = owing(project, 1, budget="1")
    token, [taken] = lease(run, 1)
    january = date(2026, 1, 1)  # as if the lease had been taken then
    Spending.objects.update(month=january)
    run.generations.update(reserved_in=january)
    reply = Completion(text="Late.", input_tokens=1, output_tokens=1)
    settle(token=token, revision=run.revisions.get(), outcomes={taken.pk: reply})
    [month] = Spending.objects.values_list("month", "spent", "reserved")
    assert month == (january, Decimal("0.001"), Decimal(0))


def test_projects_share_the_budget_of_their_server(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator, settings: Any
) -> None:
    make_generator(**PRICED)
    settings.CONCORD_MONTHLY_BUDGET = Decimal("0.03")
    Spending.objects.create(project=project, month=date(2026, 1, 1), spent=Decimal(5))
    first, second = owing(project, 2), owing(make_project("another"), 2)
    work_run(first)
    work_run(second)
    assert len(llm.received) == 3
    first.refresh_from_db()
    assert (first.status, second.status) == (Run.Status.SUCCEEDED, Run.Status.PAUSED)
    expected = "Paused: the next response could pass this server's monthly budget of $0.03."
    assert second.error == expected


def test_a_project_with_a_budget_asks_nobody_whose_price_is_unknown(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator()
    run = owing(project, 1)
    set_budgets(project=project, budgets={"budget": 1})
    with pytest.raises(InvalidInput, match="bot has no prices"):
        start_run(project=project, generators=["bot"])
    work_run(run)  # it was there before the budget
    assert llm.received == []
    assert run.status == Run.Status.PAUSED
    assert run.error.startswith("Paused: bot has no prices, so a budget could not be kept")


@pytest.mark.parametrize("name", ["budget", "monthly_budget"])
@pytest.mark.parametrize("wrong", ["much", -1, 10**6, "NaN"])
def test_a_budget_is_an_amount(project: Project, name: str, wrong: Any) -> None:
    with pytest.raises(InvalidInput) as refusal:
        set_budgets(project=project, budgets={name: wrong})
    assert refusal.value.attr == name


def test_taking_over_what_failed_loses_nothing_that_was_spent(
    project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(**PRICED | {"steps": "nochoices|words:3"})
    first = owing(project, 1, budget="1")
    work_run(first)
    assert run_progress(run=first)["cost"] == "0.01"
    second = start_run(project=project, generators=["bot"])
    work_run(second)
    assert (first.generations.count(), second.generations.count()) == (0, 1)
    assert run_progress(run=first)["cost"] == "0.01"
    assert run_progress(run=second)["cost"] == "0.003"
    assert Spending.objects.get().spent == Decimal("0.013")


def test_a_paused_run_asks_nothing_and_keeps_what_was_under_way(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator()
    run = owing(project, 3)
    token, taken = lease(run, 1)
    run = pause_run(run=run)
    assert (run.status, run.error) == (Run.Status.PAUSED, "")
    reply = Completion(text="Paid for.")
    settle(token=token, revision=run.revisions.get(), outcomes={taken[0].pk: reply})
    work_run(run)
    assert llm.received == []
    assert (run_progress(run=run)["succeeded"], run_progress(run=run)["pending"]) == (1, 2)
    work_run(resume_run(run=run))
    run.refresh_from_db()
    assert run.status == Run.Status.SUCCEEDED
    assert len(llm.received) == 2


def test_a_run_paused_before_it_began_is_queued_again(
    project: Project, make_generator: MakeGenerator
) -> None:
    make_generator()
    run = pause_run(run=owing(project, 1))
    assert resume_run(run=run).status == Run.Status.QUEUED


def test_only_a_paused_run_is_resumed(project: Project, make_generator: MakeGenerator) -> None:
    make_generator()
    run = owing(project, 1)
    with pytest.raises(Conflict):
        resume_run(run=run)
    assert cancel_run(run=pause_run(run=run)).status == Run.Status.CANCELLED
    with pytest.raises(Conflict):
        resume_run(run=run)
    assert pause_run(run=run).status == Run.Status.CANCELLED


def test_a_budget_is_kept_by_as_many_queries_however_much_is_taken(
    project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(**PRICED)
    run = owing(project, 41, budget="1")
    lease(run, 1)  # opens the month
    counts = []
    for limit in (10, 30):
        with CaptureQueriesContext(connection) as captured:
            assert len(lease(run, limit)[1]) == limit
        money = [q for q in captured if "collector_spending" in q["sql"] or "_run" in q["sql"]]
        counts.append(len(money))
    assert counts[0] == counts[1]


def test_the_sums_of_what_was_there_before_are_filled_in(
    project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(**PRICED)
    run = owing(project, 3, budget="1")
    token, taken = lease(run, 2)
    reply = Completion(text="Short.", input_tokens=1, output_tokens=2)
    settle(token=token, revision=run.revisions.get(), outcomes={taken[0].pk: reply})
    Spending.objects.all().delete()
    run.generations.update(reserved_in=None)
    Run.objects.update(spent=0, reserved=0, started_at=None)
    with connection.cursor() as cursor:
        for operation in import_module(
            "collector.migrations.0009_spending_so_far"
        ).Migration.operations:
            cursor.execute(operation.sql)
    assert sums(run) == (Decimal("0.002"), CENT)
    assert run.started_at == run.created_at
    assert run.generations.get(status="running").reserved_in == this_month()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("whose", ["run", "project", "server"])
def test_workers_at_once_pass_no_budget_together(
    whose: str, project: Project, make_generator: MakeGenerator, settings: Any
) -> None:
    make_generator(**PRICED)
    if whose == "project":
        set_budgets(project=project, budgets={"monthly_budget": "0.07"})
    if whose == "server":
        settings.CONCORD_MONTHLY_BUDGET = Decimal("0.07")
    first = owing(project, 15, budget="0.07" if whose == "run" else None)
    other = make_project("another") if whose == "server" else project
    if whose != "run":
        owing(other, 15)
    revision = first.revisions.get()

    def worker(_: int) -> int:
        try:
            return len(take(revision=revision, token=uuid4(), limit=2))
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as pool:
        taken = list(pool.map(worker, range(12)))
    assert sum(taken) == 7
    for model in (Spending, Run):
        assert sum(model.objects.values_list("reserved", flat=True)) == 7 * CENT


def test_retries_keep_to_the_budget_too(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(**PRICED | {"steps": "502"})
    run = owing(project, 1, budget="0.025")
    for _ in range(3):
        make_due(run)
        work_run(run)
    assert len(llm.received) == 2
    assert sums(run) == (2 * CENT, 0)
    assert run.status == Run.Status.PAUSED
