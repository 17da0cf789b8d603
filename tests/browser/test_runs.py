"""Runs in the administration: the estimate follows the form, and a run's page follows the run."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.services import create_user
from collector.models import Generation, Project, Run
from collector.services.generators import create_generator
from collector.services.runs import finish_runs
from tests import factories
from tests.browser.conftest import sign_in
from tests.browser.looking import findings, sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def tea() -> Project:
    """Three prompts, and a generator that nobody asks."""
    project = factories.make_project("tea")
    for _ in range(3):
        factories.make_prompt(project)
    create_generator(
        name="heron",
        provider="openai",
        model="m",
        base_url="http://127.0.0.1:9/v1",
        prices={"input": 0, "output": 1000},
        parameters={"max_tokens": 10},
    )
    return project


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_a_run_is_foreseen_started_watched_and_paused(
    open_page: Callable[..., Page], live_server: LiveServer, tea: Project, width: int, scheme: str
) -> None:
    page = open_page(width, scheme, reduced_motion="reduce")
    sign_in(page, create_user(email="root@example.org", is_superuser=True), live_server)
    page.goto("/admin/collector/run/add/")
    page.get_by_label("Project").select_option(label="tea")
    page.get_by_label("heron").check()
    estimate = page.get_by_label("Estimate")
    expect(estimate).to_contain_text("3 requests")
    expect(estimate).to_contain_text("$0.03")
    page.get_by_label("Responses a prompt").fill("2")
    page.get_by_label("Responses a prompt").blur()
    expect(estimate).to_contain_text("6 requests")
    assert in_panels(page) == []
    assert sideways(page) <= 0
    page.get_by_role("button", name="Save").click()

    progress = page.get_by_label("Progress")
    expect(progress).to_contain_text("0 of 6 responses")
    assert in_panels(page) == []
    run = Run.objects.get()
    answered = run.generations.values_list("pk", flat=True)[:4]
    Generation.objects.filter(pk__in=list(answered)).update(status="succeeded", cost="0.01")
    expect(progress).to_contain_text("4 of 6 responses", timeout=10_000)
    page.get_by_role("button", name="Pause").click()
    page.get_by_label("New budget, US dollars").fill("5")
    assert in_panels(page) == []
    assert sideways(page) <= 0
    page.get_by_role("button", name="Resume").click()
    expect(progress).to_contain_text("$0 of $5")
    run.generations.update(status="succeeded")
    finish_runs(run_ids={run.pk})
    expect(progress).to_contain_text("6 of 6 responses", timeout=10_000)
    expect(page.get_by_role("button", name="Cancel the run")).to_have_count(0)


def in_panels(page: Page) -> list[str]:
    """What axe finds in our own part of the page; the frame around it is the administration's."""
    return findings(page, ".run-panel")
