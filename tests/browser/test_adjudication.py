"""An expert decides on disagreements, by the keyboard alone and on a phone."""

from collections.abc import Callable

import pytest
from django.core.cache import cache
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from collector.models import Project
from labeling.models import Adjudication
from labeling.services.adjudicated import order_for
from labeling.services.adjudicating import Decision, resolve
from labeling.services.policies import set_guidelines
from tests.browser.conftest import Watch, sign_in
from tests.browser.looking import findings, sideways
from tests.labeling.disputes import disputed, expert, opened
from tests.labeling.work import ranking

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def project(transactional_db: None) -> Project:
    """Three disagreements about two responses each."""
    cache.clear()
    project = disputed(3)
    set_guidelines(project=project, text="# Be fair\n\nShorter wins among equals.")
    opened(project)
    return project


@pytest.fixture
def reviewer(project: Project) -> User:
    return expert(project)


@pytest.fixture
def review(
    open_page: Callable[..., Page], reviewer: User, live_server: LiveServer
) -> Callable[..., Page]:
    """A function that opens a page as the reviewer."""

    def enter(width: int = 1440, scheme: str = "light") -> Page:
        page = open_page(width, scheme, reduced_motion="reduce")
        sign_in(page, reviewer, live_server)
        return page

    return enter


def address(project: Project, tail: str = "") -> str:
    return f"/projects/{project.slug}/review/adjudications/{tail}"


def ready(page: Page, adjudication: Adjudication) -> None:
    expect(page.locator(f'#desk[data-slot="{adjudication.uid}"] .chip')).to_have_count(2)


def test_decisions_by_keys_alone(review: Callable[..., Page], project: Project) -> None:
    first, second, third = Adjudication.objects.order_by("pk")
    page = review()
    page.goto(address(project, "next/"))
    ready(page, first)
    page.keyboard.press("Enter")
    expect(page.locator("#message")).to_contain_text("Why do they disagree?")
    page.keyboard.press("1")  # a slip, which needs an answer
    page.keyboard.press("Enter")
    expect(page.locator("#message")).to_contain_text("Still to rank: 1, 2.")
    page.keyboard.type("21")
    page.keyboard.press("Enter")
    ready(page, second)
    first.refresh_from_db()
    assert (first.kind, first.judgment and first.judgment.tiers) == (
        "slip",
        [[pk] for pk in reversed(order_for(first))],
    )
    page.keyboard.press("s")  # later
    ready(page, third)
    page.keyboard.type("12")
    expect(page.locator("[data-question=kind]")).to_have_class("question list kinds current")
    page.keyboard.press("3")  # what was ranked is set aside: the prompt is ambiguous
    expect(page.locator("#ranking")).to_be_hidden()
    page.keyboard.press("Enter")
    ready(page, second)
    third.refresh_from_db()
    assert (third.kind, third.judgment) == ("ambiguous_prompt", None)


def test_a_gap_is_written_beside_its_difference(
    review: Callable[..., Page], project: Project, watch: Watch
) -> None:
    first = Adjudication.objects.earliest("pk")
    page = review()
    page.goto(address(project, f"{first.uid}/"))
    ready(page, first)
    page.locator("[name=kind][value=guideline_gap]").check(force=True)
    expect(page.locator("[data-gap-state]")).to_have_text("Not changed yet.")
    page.locator("#desk .panel-head").click()
    page.keyboard.press("e")
    text = page.get_by_label("Text (Markdown)")
    text.fill("# Be fair\n\nShorter wins among equals.\n\nDates must be right.")
    expect(page.locator("#guideline-changes ins").last).to_have_text("Dates must be right.")
    assert findings(page) == []
    page.get_by_role("button", name="Done").click()
    expect(page.locator("[data-gap-state]")).to_contain_text("Changed.")
    page.reload()  # nothing that was written is lost
    ready(page, first)
    expect(page.locator("[data-gap-state]")).to_contain_text("Changed.")
    set_guidelines(project=project, text="# Somebody else's")
    page.get_by_label("all that wait here (3 tasks)").check(force=True)
    page.locator("button.submit").click()
    expect(page.get_by_role("heading", name="Version 2 of the guidelines")).to_be_visible()
    expect(page.locator("#guideline-changes del").first).to_be_visible()
    page.get_by_role("button", name="Done").click()
    page.locator("button.submit").click()
    expect(page.get_by_text("The guidelines are version 3 now")).to_be_visible()
    assert project.tasks.filter(state="open").count() == 3
    # A difference that is asked for as one leaves the page is let go, which htmx logs.
    watch.forgive("409 (Conflict)", "htmx:afterRequest", "htmx:sendError")


def test_who_is_second_is_told_and_keeps_on(
    review: Callable[..., Page], project: Project, watch: Watch
) -> None:
    first, second = Adjudication.objects.order_by("pk")[:2]
    page = review()
    page.goto(address(project, f"{first.uid}/"))
    ready(page, first)
    page.keyboard.type("211")
    decision = Decision("slip", ranking("1", "2"))
    resolve(adjudication=first, user=expert(project), decision=decision)
    page.keyboard.press("Enter")
    expect(page.locator("#message")).to_contain_text("Somebody has decided on this already.")
    page.locator("#message").get_by_role("button", name="Later").click()
    ready(page, second)
    watch.forgive("409 (Conflict)")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_of_it_is_accessible_and_fits(
    review: Callable[..., Page], project: Project, width: int, scheme: str
) -> None:
    first, second, _third = Adjudication.objects.order_by("pk")
    user = expert(project)
    resolve(adjudication=first, user=user, decision=Decision("slip", ranking("1", "2"), "So."))
    page = review(width, scheme)
    found = {}
    for tail in ("", "?state=resolved", f"{first.uid}/", f"{second.uid}/"):
        page.goto(address(project, tail))
        if page.locator("#board").count():
            page.locator(".chip").first.wait_for()
        found[tail] = findings(page)
        assert sideways(page) <= 0, tail
    page.locator("[name=kind][value=guideline_gap]").check(force=True)
    found["gap"] = findings(page)
    assert {tail: each for tail, each in found.items() if each} == {}
