"""The admin's pages of runs, generators and budgets: what they show, and what they do."""

from decimal import Decimal

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from accounts.services import create_user
from collector.models import Generator, Project, Run
from collector.services.generators import create_generator
from collector.services.runs import start_run
from tests import factories
from tests.dashboard.test_admin import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return sign_in(create_user(email="root@example.org", is_superuser=True))


@pytest.fixture
def project() -> Project:
    """Two prompts, one of them tagged."""
    project = factories.make_project("tea")
    factories.make_prompt(project, "Green?", meta={"tags": ["colour"]})
    factories.make_prompt(project, "How hot?")
    return project


@pytest.fixture
def generator() -> Generator:
    return create_generator(
        name="heron",
        provider="openai",
        model="m",
        base_url="http://127.0.0.1:9/v1",
        prices={"input": 1, "output": 2},
        parameters={"max_tokens": 100},
    )


def form(project: Project, **fields: object) -> dict[str, object]:
    empty = dict.fromkeys(("source", "language", "tag", "missing", "limit", "budget"), "")
    return empty | {"project": project.pk, "generators": ["heron"], "samples": 2} | fields


def page(run: Run, what: str = "change") -> str:
    return reverse(f"admin:collector_run_{what}", args=[run.pk])


def test_a_run_is_started_with_what_the_form_says(
    client: Client, project: Project, generator: Generator
) -> None:
    add = reverse("admin:collector_run_add")
    assert "hx-post" in client.get(add).content.decode()
    response = client.post(add, form(project, tag="colour", budget="2.5"))
    run = Run.objects.get()
    assert response["Location"] == page(run)
    assert (run.prompts, run.samples, run.budget) == ({"tag": "colour"}, 2, Decimal("2.5"))
    assert run.generations.count() == 2
    assert run.created_by is not None
    assert run.created_by.email == "root@example.org"


def test_the_estimate_starts_nothing(
    client: Client, project: Project, generator: Generator
) -> None:
    response = client.post(reverse("admin:collector_run_estimate"), form(project))
    words = " ".join(response.content.decode().split())
    assert "<strong>4 requests</strong>" in words
    assert "<dd>$0.0008" in words  # 4 × 100 tokens at 2 dollars a million, and what is read
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "at"),
    [
        ({"source": "nowhere"}, "source"),
        ({"generators": []}, "generators"),
        ({"samples": 0}, "samples"),
    ],
)
def test_what_makes_no_sense_is_said_beside_its_field(
    wrong: dict[str, object], at: str, client: Client, project: Project, generator: Generator
) -> None:
    response = client.post(reverse("admin:collector_run_add"), form(project, **wrong))
    assert list(response.context["adminform"].form.errors) == [at]
    estimate = client.post(reverse("admin:collector_run_estimate"), form(project, **wrong))
    assert "requests" not in estimate.content.decode()
    assert not Run.objects.exists()


def test_the_page_of_a_run_asks_for_news_until_it_has_ended(
    client: Client, project: Project, generator: Generator
) -> None:
    run = start_run(project=project, generators=["heron"])
    words = client.get(page(run)).content.decode()
    assert f'hx-get="{page(run, "progress")}"' in words
    assert "0 of 2 responses" in words
    client.post(page(run, "cancel"))
    ended = client.get(page(run, "progress")).content.decode()
    assert "hx-get" not in ended
    assert "cancelled" in ended


def test_a_run_is_paused_and_resumed_with_another_budget(
    client: Client, project: Project, generator: Generator
) -> None:
    run = start_run(project=project, generators=["heron"], budget=1)
    assert client.post(page(run, "pause"))["Location"] == page(run)
    run.refresh_from_db()
    assert run.status == Run.Status.PAUSED
    refused = client.post(page(run, "resume"), {"budget": "much"})
    said = [str(message) for message in get_messages(refused.wsgi_request)]
    assert said == ["The budget is an amount of US dollars."]
    client.post(page(run, "resume"), {"budget": "2"})
    run.refresh_from_db()
    assert (run.status, run.budget) == (Run.Status.QUEUED, Decimal(2))


def test_nothing_changes_by_looking(client: Client, project: Project, generator: Generator) -> None:
    run = start_run(project=project, generators=["heron"])
    for what in ("pause", "resume", "cancel"):
        assert client.get(page(run, what)).status_code == 405
    run.refresh_from_db()
    assert run.status == Run.Status.QUEUED


def test_a_generator_is_paused_and_asked_again(client: Client, generator: Generator) -> None:
    address = reverse("admin:collector_generator_change", args=[generator.pk])
    client.post(reverse("admin:collector_generator_pause", args=[generator.pk]))
    assert "Paused by hand." in client.get(address).content.decode()
    client.post(reverse("admin:collector_generator_unpause", args=[generator.pk]))
    generator.refresh_from_db()
    assert (generator.paused_at, generator.pause_reason) == (None, "")


def test_budgets_of_a_project_are_set_here(client: Client, project: Project) -> None:
    fields = {"name": "Tea", "description": "", "licence": "", "languages": ""}
    address = reverse("admin:collector_project_change", args=[project.pk])
    client.post(address, fields | {"budget": "10", "monthly_budget": "2.5"})
    project.refresh_from_db()
    assert (project.budget, project.monthly_budget) == (Decimal(10), Decimal("2.5"))
    assert "$0 in all, $0 this month" in client.get(address).content.decode()
