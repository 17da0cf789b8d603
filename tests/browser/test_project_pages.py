"""A new project and its settings, in a browser: the whole path, the live preview, accessible."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from collector.models import Project
from labeling.services.policies import set_guidelines, set_policy
from tests import factories
from tests.browser.conftest import Watch, sign_in
from tests.browser.looking import OURS, findings, follow, sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def researcher(
    open_page: Callable[..., Page], project: Project, live_server: LiveServer
) -> Callable[..., Page]:
    """A function that opens a page as a researcher of the project."""
    user = factories.make_member(project, "researcher")

    def enter(width: int = 1440, scheme: str = "light") -> Page:
        page = open_page(width, scheme, reduced_motion="reduce")
        sign_in(page, user, live_server)
        return page

    return enter


def looked_at(page: Page, found: dict[str, list[str]]) -> None:
    """Keep what is wrong with the page as it stands."""
    found[page.url] = findings(page, OURS)
    assert sideways(page) <= 0, page.url


def settled(page: Page) -> None:
    """The preview shows the page of labelers."""
    inside = page.frame_locator("#policy-preview iframe")
    expect(inside.locator("#desk, .note").first).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_a_project_is_made_step_by_step(
    researcher: Callable[..., Page], width: int, scheme: str
) -> None:
    page = researcher(width, scheme)
    found: dict[str, list[str]] = {}
    page.goto("/admin/projects/")
    follow(page, page.get_by_role("link", name="New project"))
    looked_at(page, found)
    page.get_by_label("Name", exact=True).fill("Coffee")
    page.get_by_label("What it is for").fill("Which answer about coffee helps more?")
    page.get_by_label("What it is for").blur()
    with page.expect_navigation():
        page.get_by_label("Name", exact=True).press("Enter")  # goes on, and not back
    page.get_by_label("Languages").fill("en")
    looked_at(page, found)
    follow(page, page.get_by_role("button", name="Next").last)
    expect(page.get_by_label("Guidelines")).to_have_value(re.compile("^# Coffee"))
    looked_at(page, found)
    follow(page, page.get_by_role("button", name="Next").last)
    settled(page)
    looked_at(page, found)
    follow(page, page.get_by_role("button", name="Purpose"))
    expect(page.get_by_label("Name", exact=True)).to_have_value("Coffee")
    follow(page, page.get_by_role("button", name="Judging"))
    follow(page, page.get_by_role("button", name="Next").last)
    looked_at(page, found)
    follow(page, page.get_by_role("button", name="Next").last)
    looked_at(page, found)
    follow(page, page.get_by_role("button", name="Review").last)
    expect(page.get_by_text("Which answer about coffee helps more?", exact=True)).to_be_visible()
    looked_at(page, found)
    follow(page, page.get_by_role("button", name="Make the project"))
    expect(page.locator(".next-steps")).to_be_visible()
    looked_at(page, found)
    assert Project.objects.filter(slug="coffee").exists()
    assert {address: list_ for address, list_ in found.items() if list_} == {}


def test_the_preview_follows_what_is_ticked(researcher: Callable[..., Page]) -> None:
    page = researcher()
    page.goto("/admin/projects/tea/settings/policy/")
    inside = page.frame_locator("#policy-preview iframe")
    expect(inside.locator("#desk")).to_have_attribute("data-places", "3")
    page.get_by_label("choose between two: left, right, tie or both bad").check()
    expect(inside.locator(".note")).to_contain_text("compare two responses")
    page.get_by_label("Responses a task").fill("2")
    expect(inside.locator("#desk")).to_have_attribute("data-places", "2")
    expect(inside.locator("[name=rationale]")).to_have_count(0)
    page.get_by_label("a reason in free text").check()
    expect(inside.locator("[name=rationale]")).to_have_count(1)


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_the_settings_are_accessible_and_fit(
    researcher: Callable[..., Page], project: Project, watch: Watch, width: int, scheme: str
) -> None:
    set_policy(project=project, responses=2, modes=["pair", "spans"], span_labels=["wrong"])
    set_guidelines(project=project, text="# Be fair\n\nLonger wins among equals.")
    page = researcher(width, scheme)
    found: dict[str, list[str]] = {}
    page.goto("/admin/projects/tea/settings/")
    looked_at(page, found)
    page.get_by_label("Of all time").fill("much")
    page.get_by_role("button", name="Save the budgets").click()
    expect(page.get_by_text("The budget is an amount of US dollars.")).to_be_visible()
    looked_at(page, found)
    page.get_by_role("link", name="Judging", exact=True).click()
    settled(page)
    looked_at(page, found)
    page.get_by_role("navigation", name="Settings").get_by_role("link", name="Guidelines").click()
    page.get_by_text("What the newest version changed").click()
    looked_at(page, found)
    page.goto("/admin/projects/tea/settings/")
    page.get_by_role("button", name="Archive the project").click()
    expect(page.get_by_text("This project is archived")).to_be_visible()
    looked_at(page, found)
    assert {address: list_ for address, list_ in found.items() if list_} == {}
    watch.forgive("400 (Bad Request)")
