"""No budget that bounds a judge is passed, and what it costs is in every sum."""

from decimal import Decimal

import pytest
from django.db.models import Sum

from collector.generation.limits import Limits
from collector.models import Project, Spending
from labeling.judging.leasing import reclaim
from labeling.judging.work import Questions
from labeling.models import Judge, Verdict
from labeling.services.judges import change_judge, have_judged, judging_progress
from tests.fake_llm import FakeLLM
from tests.labeling.judging.conftest import MakeJudge, make_tasks, turn

pytestmark = pytest.mark.django_db(transaction=True)

PRICED = {"prices": {"input": 1000, "output": 1000}, "parameters": {"max_tokens": 100}}
SERIALLY = {"limits": {"concurrency": 1}}


def costs() -> Decimal:
    total: Decimal = Verdict.objects.aggregate(all=Sum("cost", default=Decimal(0)))["all"]
    return total


def test_costs_are_in_the_sums_of_judge_project_and_questions(
    llm: FakeLLM, project: Project, make_judge: MakeJudge
) -> None:
    make_tasks(project, 3)
    judge = make_judge(**PRICED)
    have_judged(judge=judge)
    turn(judge)
    tokens = Verdict.objects.aggregate(all=Sum("tokens_in") + Sum("tokens_out"))["all"]
    expected = Decimal(tokens) / 1000
    assert expected > 0
    assert (judge.spent, costs(), Spending.objects.get().spent) == (expected, expected, expected)


def test_a_budget_pauses_before_it_is_passed_and_a_greater_one_goes_on(
    llm: FakeLLM, project: Project, make_judge: MakeJudge
) -> None:
    make_tasks(project, 10)
    judge = make_judge(budget="4", **PRICED, **SERIALLY)
    have_judged(judge=judge)
    turn(judge)
    asked = len(llm.received)
    assert 0 < asked < 20
    assert judge.spent <= Decimal(4)
    assert (judge.spent, Spending.objects.get().spent) == (costs(), costs())
    reason = "Paused: the next question could pass the judge's budget of $4."
    assert judge.paused_reason == reason
    told = judging_progress(judge=judge)
    assert (told["status"], told["error"]) == ("paused", reason)
    turn(judge)
    assert len(llm.received) == asked

    change_judge(judge=judge, budget="1000")
    turn(judge)
    assert judging_progress(judge=judge)["succeeded"] == 20


def test_a_budget_is_taken_away_again(project: Project, make_judge: MakeJudge) -> None:
    judge = make_judge(budget="4", **PRICED, **SERIALLY)
    assert change_judge(judge=judge, enabled=False).budget == 4
    assert change_judge(judge=judge, budget=None).budget is None
    judge.refresh_from_db()
    assert (judge.budget, judge.enabled) == (None, False)


def test_the_projects_budget_bounds_judges_too(
    llm: FakeLLM, project: Project, make_judge: MakeJudge
) -> None:
    make_tasks(project, 2)
    judge = make_judge(**PRICED)
    Project.objects.filter(pk=project.pk).update(monthly_budget=Decimal("0.01"))
    have_judged(judge=judge)
    turn(judge)
    assert llm.received == []
    assert judge.paused_reason.startswith("Paused: the next question could pass the project's mon")


def test_what_nobody_told_counts_as_the_most_it_can_cost(
    project: Project, make_judge: MakeJudge
) -> None:
    make_tasks(project, 1)
    judge = make_judge(budget="100", both_orders=False, steps="nousage", **PRICED)
    have_judged(judge=judge)
    turn(judge)
    assert (
        judge.spent == costs() > Decimal("1")
    )  # of 1,000 bytes of question and more, a token each


def test_what_a_dead_worker_may_have_sent_counts_as_spent(
    llm: FakeLLM, project: Project, make_judge: MakeJudge
) -> None:
    make_tasks(project, 1)
    judge = make_judge(budget="100", both_orders=False, **PRICED)
    have_judged(judge=judge)
    dead = Questions(Judge.objects.select_related("project", "revision__generator").get())
    dead.at_the_pace_of(_limits(judge))
    assert len(dead.lease(5).requests) == 1
    judge.refresh_from_db()
    most = judge.spent
    assert most > Decimal("1")
    Verdict.objects.update(lease_until=judge.created_at)
    assert reclaim() == 1
    turn(judge)
    verdict = Verdict.objects.get()
    assert verdict.status == "succeeded"
    assert judge.spent == verdict.cost
    assert most < judge.spent < 2 * most


def _limits(judge: Judge) -> Limits:

    return Limits.of(judge.revision, concurrency=4)
