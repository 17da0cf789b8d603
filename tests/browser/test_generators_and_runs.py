"""Generators and runs in a browser: tried out, foreseen, followed; accessible, and fitting."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from collector.generation.inline import work_run
from collector.models import Generator, Project, Run
from collector.services.generators import create_generator
from collector.services.runs import start_run
from tests import factories
from tests.browser.conftest import sign_in
from tests.browser.looking import OURS, findings, follow, sideways
from tests.fake_llm import FakeLLM, start_fake_llm

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HOME = "/admin/projects/tea/"


@pytest.fixture
def llm() -> Iterator[FakeLLM]:
    cache.clear()
    with start_fake_llm() as server:
        yield server


@pytest.fixture
def tea() -> Project:
    project = factories.make_project("tea", name="Tea and biscuits")
    for language in ("en", "en", "fr"):
        factories.make_prompt(project, language=language)
    return project


@pytest.fixture
def researcher(tea: Project) -> User:
    return factories.make_member(tea, "researcher")


def work_apart(run: Run) -> None:
    """As a worker would, in a thread of its own: the browser keeps a loop in this one."""

    def work() -> None:
        try:
            work_run(run=run)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as executor:
        executor.submit(work).result()


def fine(page: Page) -> None:
    """Nothing that axe finds, and nothing that sticks out."""
    assert findings(page, OURS) == []
    assert sideways(page) <= 0


def shoot(page: Page, name: str) -> None:
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_a_generator_is_made_tried_out_and_asked(
    open_page: Callable[..., Page],
    live_server: LiveServer,
    tea: Project,
    researcher: User,
    llm: FakeLLM,
    width: int,
    scheme: str,
) -> None:
    page = open_page(width, scheme, reduced_motion="reduce")
    sign_in(page, researcher, live_server)
    page.goto(f"{HOME}generators/")
    fine(page)
    page.get_by_role("link", name="New generator").first.click()
    expect(page.get_by_label("LoRA adapter")).to_be_hidden()
    page.get_by_label("Name", exact=True).fill("heron")
    page.get_by_label("Model", exact=True).fill("ok")
    page.get_by_label("Address of the server").fill(llm.base_url)
    page.get_by_label("Reading, US dollars").fill("1")
    page.get_by_label("Writing, US dollars").fill("2")
    fine(page)
    shoot(page, f"generator-form-{width}")
    page.get_by_role("button", name="Save and test").click()
    expect(page.get_by_role("heading", name="The model answers")).to_be_visible()
    fine(page)
    shoot(page, f"generator-{width}")

    page.get_by_role("link", name="New run").click()
    expect(page.get_by_label("heron")).to_be_checked()
    panel = page.get_by_label("Estimate")
    expect(panel).to_contain_text("3 requests")
    page.get_by_label("Responses a prompt").fill("2")
    expect(panel).to_contain_text("6 requests")
    page.get_by_label("In the language").select_option("en")
    expect(panel).to_contain_text("4 requests")
    fine(page)
    shoot(page, f"run-form-{width}")
    page.get_by_role("button", name="Start the run").click()
    expect(page.get_by_text("The run has started.")).to_be_visible()
    expect(page.get_by_text("0 / 4").first).to_be_visible()
    fine(page)
    work_apart(Run.objects.get())
    expect(page.get_by_text("4 / 4").first).to_be_visible()
    expect(page.get_by_text("succeeded")).to_be_visible()
    shoot(page, f"run-{width}")
    page.get_by_role("link", name="All runs").click()
    expect(page.get_by_role("cell", name="succeeded")).to_be_visible()
    fine(page)
    shoot(page, f"runs-{width}")


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_what_went_wrong_is_grouped_and_retried(
    open_page: Callable[..., Page],
    live_server: LiveServer,
    tea: Project,
    researcher: User,
    llm: FakeLLM,
    width: int,
    scheme: str,
) -> None:
    for name, steps in (("heron", "401|ok"), ("egret", "ok"), ("a-crane-with-a-long-name", "400")):
        create_generator(
            name=name,
            provider="openai",
            model=f"script={steps}",
            base_url=llm.base_url,
            user=researcher,
            limits={"attempts": 1},
        )
    run = start_run(project=tea, generators=["heron", "egret", "a-crane-with-a-long-name"])
    page = open_page(width, scheme, reduced_motion="reduce")
    sign_in(page, researcher, live_server)
    page.goto(f"{HOME}runs/{run.uid}/")
    follow(page, page.get_by_role("button", name="Pause", exact=True))
    page.get_by_label("New budget, US dollars").wait_for()
    fine(page)
    follow(page, page.get_by_role("button", name="Resume"))
    page.get_by_text("Cancel the run").click()
    expect(page.get_by_role("button", name="Cancel this run")).to_be_visible()
    fine(page)
    run.refresh_from_db()
    work_apart(run)
    run.refresh_from_db()
    # Until it shows what became of the run, the page may be about to load itself anew.
    expect(page.locator("[data-job]")).to_have_attribute("data-status", run.status)
    expect(page.get_by_text("HTTP 401").first).to_be_visible()
    fine(page)
    shoot(page, f"run-errors-{width}")
    page.goto(f"{HOME}generators/")
    fine(page)
    shoot(page, f"generators-{width}")
    heron = Generator.objects.get(name="heron")
    page.goto(f"{HOME}generators/{heron.uid}/")
    fine(page)
    shoot(page, f"generator-errors-{width}")
