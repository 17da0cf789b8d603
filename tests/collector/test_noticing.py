"""What beat notices in runs, budgets and generators is told of once."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from collector.models import Generation, Generator, Notice, Notification, Project, Run, Spending
from collector.notification_words import told
from collector.services.generators import recorded_revision
from collector.services.noticing import notice
from tests.factories import make_member, make_project, make_prompt, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project("poems", name="Poems")


def run_of(project: Project, **fields: Any) -> Run:
    return Run.objects.create(project=project, **fields)


def noticed(event: str) -> list[tuple[str, dict[str, Any]]]:
    """Projects and data of what is told of now, and was not before."""
    known = set(Notification.objects.values_list("pk", flat=True))
    notice()
    new = Notification.objects.filter(event=event).exclude(pk__in=known).order_by("pk")
    return [(each.project.slug, each.data) for each in new.select_related("project")]


def test_a_run_that_ended_is_told_of_once_with_its_outcome(project: Project) -> None:
    run = run_of(
        project,
        status="succeeded",
        finished_at=timezone.now(),
        spent=Decimal("0.25"),
        created_by=make_user(),
    )
    prompts = [make_prompt(project) for _ in range(3)]
    revision = recorded_revision(name="model-a")
    for prompt, status in zip(prompts, ("succeeded", "succeeded", "failed"), strict=True):
        Generation.objects.create(run=run, prompt=prompt, revision=revision, status=status)
    old = timezone.now() - timedelta(days=2)
    run_of(project, status="failed", finished_at=old)
    run_of(project, status="cancelled", finished_at=timezone.now())
    run_of(project, status="running")
    archived = make_project(archived_at=timezone.now())
    run_of(archived, status="succeeded", finished_at=timezone.now())
    data = {
        "id": str(run.uid),
        "status": "succeeded",
        "succeeded": 2,
        "failed": 1,
        "cost": "0.25",
        "error": None,
    }
    assert noticed("run.finished") == [("poems", data)]
    assert noticed("run.finished") == []
    assert told("run.finished", data).text == "Responses: 2. Failed: 1. Cost: $0.25."
    assert Notification.objects.get().address == f"/admin/projects/poems/runs/{run.uid}/"


def test_a_run_that_a_budget_paused_is_told_of_each_time(project: Project) -> None:
    now = timezone.now()
    why = "The run's budget of $1 is spent."
    run = run_of(project, status="paused", paused_at=now, error=why)
    run_of(project, status="paused", paused_at=now)  # by hand
    assert noticed("run.paused") == [("poems", {"id": str(run.uid), "reason": why})]
    assert noticed("run.paused") == []
    Run.objects.filter(pk=run.pk).update(paused_at=now + timedelta(hours=1))
    assert len(noticed("run.paused")) == 1


def spend(project: Project, spent: str, reserved: str = "0") -> None:
    month = timezone.now().date().replace(day=1)
    Spending.objects.update_or_create(
        project=project, month=month, defaults={"spent": spent, "reserved": reserved}
    )


def test_budgets_are_near_from_four_fifths_on(project: Project) -> None:
    Project.objects.filter(pk=project.pk).update(budget=100, monthly_budget=10)
    spend(project, "7.9")
    spend(make_project("elsewhere"), "1000")
    assert noticed("budget.near") == []
    spend(project, "7.9", "0.1")
    near = {"budget": "project_month", "limit": "10", "spent": "8", "run": None}
    assert noticed("budget.near") == [("poems", near)]
    spend(project, "9")
    assert noticed("budget.near") == []
    Project.objects.filter(pk=project.pk).update(monthly_budget=11)
    assert noticed("budget.near") == [("poems", near | {"limit": "11", "spent": "9"})]
    spend(project, "80")
    Project.objects.filter(pk=project.pk).update(monthly_budget=None)
    assert noticed("budget.near") == [
        ("poems", {"budget": "project", "limit": "100", "spent": "80", "run": None})
    ]


def test_a_runs_own_budget_is_near_too(project: Project) -> None:
    run = run_of(project, status="running", budget=5, spent=3, reserved=1)
    run_of(project, status="running", budget=5, spent=3)
    run_of(project, status="succeeded", budget=5, spent=5, finished_at=timezone.now())
    assert noticed("budget.near") == [
        ("poems", {"budget": "run", "limit": "5", "spent": "4", "run": str(run.uid)})
    ]


@pytest.fixture
def waiting(project: Project) -> Callable[..., Generator]:
    """A paused generator that a run of the project waits for."""

    def make(**fields: Any) -> Generator:
        revision = recorded_revision(name="model-a")
        Generator.objects.filter(pk=revision.generator_id).update(pause_reason="401.", **fields)
        run = run_of(project, status="running")
        Generation.objects.create(run=run, prompt=make_prompt(project), revision=revision)
        return revision.generator

    return make


def test_a_model_that_waits_for_a_person_is_told_of_where_runs_wait_for_it(
    project: Project, waiting: Callable[..., Generator]
) -> None:
    generator = waiting(paused_at=Now())
    run_of(make_project("elsewhere"), status="running")
    data = {"id": str(generator.uid), "name": "model-a", "reason": "401."}
    assert noticed("generator.paused") == [("poems", data)]
    assert noticed("generator.paused") == []
    Generator.objects.update(paused_at=timezone.now() + timedelta(hours=1))
    assert noticed("generator.paused") == [("poems", data)]


def test_a_model_that_pauses_shortly_is_told_of_once_it_lasts(
    waiting: Callable[..., Generator],
) -> None:
    soon = timezone.now() + timedelta(minutes=1)
    waiting(paused_at=Now(), paused_until=soon)
    assert noticed("generator.paused") == []
    Generator.objects.update(paused_at=timezone.now() - timedelta(minutes=11))
    assert len(noticed("generator.paused")) == 1


def test_what_was_told_long_ago_is_forgotten(project: Project) -> None:
    make_member(project, "researcher", make_user("rosa@example.org", password="x"))
    run_of(project, status="paused", paused_at=Now(), error="Spent.")
    notice()
    long_ago = timezone.now() - timedelta(days=91)
    Notification.objects.update(created_at=long_ago)
    Run.objects.update(paused_at=long_ago)
    run = run_of(project, status="paused", paused_at=Now(), error="Spent.")
    notice()
    assert Notification.objects.get().data["id"] == str(run.uid)
    assert Notice.objects.count() == 1
