"""projects/{slug}/overview/: the project at a glance."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.utils import timezone

from collector.models import Generator, Membership, Run, Spending
from collector.services.generators import recorded_revision
from labeling.figures import funnel, overview, snapshots
from labeling.figures.cost import cost_of
from labeling.models import AgreementSnapshot, LeaderboardSnapshot, Letter
from labeling.results import project_progress
from labeling.services.building import build_tasks
from labeling.services.policies import set_guidelines, set_policy
from labeling.services.simulating import simulate_labelers
from labeling.tastes import longer
from tests.factories import make_answered_prompts, make_labeler, make_member, make_prompt
from tests.labeling.figures.voting import vote
from tests.labeling.work import judge

URL = "/api/v1/projects/poems/overview/"


@pytest.fixture(autouse=True)
def _nothing_kept():
    cache.clear()


def look(client):
    response = client.get(URL)
    assert response.status_code == 200, response.content
    return response.json()


def codes(body):
    return [alert["code"] for alert in body["alerts"]]


@pytest.fixture
def at_work(project):
    """Three tasks of two responses, two judgments each; one labeler did two of the six."""
    set_policy(project=project, responses=2, overlap=2)
    set_guidelines(project=project, text="Be fair.")
    make_answered_prompts(project, 3, responses=2)
    build_tasks(project=project)
    labeler = make_labeler()
    make_member(project, Membership.Role.LABELER, labeler.user)
    for _ in range(2):
        judge(project, labeler)
    return labeler


def test_the_funnel_counts_what_progress_counts(researcher, project, at_work):
    make_prompt(project)
    vote(project, make_labeler(), "alpha", "beta", "first", times=2)
    body = look(researcher)
    progress = project_progress(project=project)
    steps = {step["name"]: step for step in body["funnel"]["steps"]}
    assert list(steps) == ["prompts", "responses", "tasks", "judgments", "comparisons"]
    for name in ("prompts", "responses", "judgments", "comparisons"):
        assert steps[name]["count"] == progress[name], name
    assert steps["tasks"]["count"] == progress["tasks"]["open"] + progress["tasks"]["complete"]
    assert [step["count"] for step in steps.values()] == [6, 10, 5, 4, 4]
    assert steps["responses"]["for_each"] == pytest.approx(10 / 6)
    assert steps["prompts"]["last_day"] == 6
    assert steps["comparisons"]["last_day"] is None


def test_the_pace_is_of_the_last_day_and_says_when_all_is_done(researcher, at_work):
    body = look(researcher)
    pace = body["pace"]
    assert (pace["last_day"], pace["owed"], pace["responses_owed"]) == (2, 4, 0)
    assert len(pace["hours"]) == 24
    assert sum(hour["judgments"] for hour in pace["hours"]) == 2
    assert len(pace["days"]) == funnel.DAYS
    assert sum(day["judgments"] for day in pace["days"]) == 2
    left = datetime.fromisoformat(pace["done_at"]) - datetime.fromisoformat(body["as_of"])
    assert left == timedelta(days=2)


def test_without_work_no_end_is_foretold(researcher, project):
    body = look(researcher)
    assert body["pace"]["done_at"] is None
    assert body["agreement"]["raw"] is None
    assert body["leaderboard"]["models"] == []
    assert body["queue"] == {"open": 0, "leased": 0, "more": False, "oldest_open": None}
    assert codes(body) == ["no_prompts"]


def test_people_and_the_queue_are_of_this_moment(researcher, project, at_work):
    body = look(researcher)
    assert body["people"] == {"online": 1, "today": 1, "judgments_today": 2}
    assert (body["queue"]["open"], body["queue"]["leased"]) == (4, 0)
    oldest = project.tasks.filter(state="open").earliest("pk").created_at
    assert datetime.fromisoformat(body["queue"]["oldest_open"]) == oldest
    assert codes(body) == []


def test_the_leaderboard_has_its_intervals(researcher, project):
    for _ in range(2):
        vote(project, make_labeler(), "alpha", "beta", "first", times=6)
    rows = look(researcher)["leaderboard"]["models"]
    assert [row["model"] for row in rows] == ["alpha", "beta"]
    assert rows[0]["lower"] < rows[0]["rating"] < rows[0]["upper"]


def test_of_many_votes_figures_are_those_written_down(researcher, project, monkeypatch):
    vote(project, make_labeler(), "alpha", "beta", "first", times=4)
    snapshots.take_snapshots(project=project)
    monkeypatch.setattr(overview, "AT_ONCE", 3)
    vote(project, make_labeler(), "alpha", "beta", "first")
    body = look(researcher)
    assert body["leaderboard"]["comparisons"] == body["agreement"]["comparisons"] == 4
    assert body["leaderboard"]["as_of"] < body["as_of"]
    assert len(body["agreement"]["trend"]) == 1


def test_costs_and_their_forecast(project):
    now = datetime(2026, 4, 11, tzinfo=UTC)  # a third of April is gone
    project.budget = Decimal(100)
    Spending.objects.create(project=project, month="2026-03-01", spent=30)
    Spending.objects.create(project=project, month="2026-04-01", spent=50, reserved=5)
    cost = cost_of(project=project, runs=[], now=now)
    assert (cost["spent"], cost["this_month"], cost["forecast"]) == ("80", "50", "150")
    of_all_time, of_month = cost["budgets"]
    assert of_all_time == {
        "name": "project",
        "limit": "100",
        "left": "15",
        "share": 0.85,
        "near": True,
    }
    assert of_month["limit"] is None
    run = Run(status="running", spent=20, estimate={"cost": {"likely": "220"}})
    assert cost_of(project=project, runs=[run], now=now)["forecast"] == "250"
    first_day = cost_of(project=project, runs=[], now=datetime(2026, 5, 1, 3, tzinfo=UTC))
    assert first_day["forecast"] is None


def test_alerts_say_what_to_do_the_urgent_ones_first(researcher, project, at_work):
    project.budget = 10
    project.save()
    Spending.objects.create(project=project, month="2026-04-01", spent=9)
    revision = recorded_revision(name="broken")
    Generator.objects.filter(pk=revision.generator_id).update(
        paused_at=timezone.now(), pause_reason="no answer"
    )
    run = Run.objects.create(project=project, status="paused", error="The money is gone.")
    run.revisions.add(revision)
    Letter.objects.create(
        project=project, labeler=at_work, from_labeler=True, kind="appeal", text="Why?"
    )
    body = look(researcher)
    assert codes(body) == ["generators_paused", "appeals_waiting", "budget_near", "run_paused"]
    by_code = {alert["code"]: alert for alert in body["alerts"]}
    assert "broken" in by_code["generators_paused"]["message"]
    assert by_code["appeals_waiting"]["address"] == "/admin/projects/poems/people/"
    assert all(alert["advice"] for alert in body["alerts"])


def test_a_project_without_labelers_is_told_to_invite_some(researcher, project):
    project.memberships.filter(role="labeler").delete()
    assert codes(look(researcher)) == ["no_labelers", "no_prompts"]


def test_a_project_of_simulated_labelers_is_led_on_to_datasets(researcher, project):
    project.memberships.filter(role="labeler").delete()
    set_policy(project=project, responses=2)
    set_guidelines(project=project, text="Be fair.")
    make_answered_prompts(project, 1, responses=2)
    build_tasks(project=project)
    simulate_labelers(project=project, taste=longer, labelers=1, judgments=5, seed=1)
    alerts = {alert["code"]: alert for alert in look(researcher)["alerts"]}
    assert sorted(alerts) == ["all_done", "only_simulated"]
    assert alerts["all_done"]["address"] == "/admin/projects/poems/datasets/"
    assert alerts["only_simulated"]["message"].startswith("1 judgment here is simulated")


def test_falling_agreement_is_told(researcher, project):
    texts_of = {"raw": 0.9, "raw_lower": 0.8, "raw_upper": 0.95, "pairs": 99, "comparisons": 99}
    alpha = {"nominal": 0.8, "ordinal": 0.8, "interval": 0.8}
    old = texts_of | {"alpha": alpha, "as_of": (timezone.now() - timedelta(days=9)).isoformat()}
    new = old | {"raw": 0.7, "raw_lower": 0.6, "raw_upper": 0.79, "as_of": timezone.now()}
    new["as_of"] = new["as_of"].isoformat()
    for body in (old, new | {"reading": "poor", "comparisons": 10**6}):
        AgreementSnapshot.objects.create(
            project=project, stamp="", comparisons=body["comparisons"], body=body, seconds=0
        )
    alerts = {alert["code"]: alert for alert in look(researcher)["alerts"]}
    assert alerts["agreement_falling"]["message"] == "Agreement fell from 90% to 70%."


def test_an_overview_costs_few_queries(researcher, project, at_work, django_assert_max_num_queries):
    vote(project, make_labeler(), "alpha", "beta", "first", times=4)
    with django_assert_max_num_queries(15):
        look(researcher)
    with django_assert_max_num_queries(8):  # counts and figures are kept
        look(researcher)
    assert LeaderboardSnapshot.objects.count() == 0  # looking writes nothing
