"""The pages of figures in a browser: pictures drawn from their tables, and boards one can use."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from collector.models import Project
from labeling.figures.snapshots import take_snapshots
from tests import factories
from tests.browser.conftest import sign_in
from tests.labeling.figures.voting import vote

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Whether the picture has a point in the first line's colour: none before it is drawn.
HAS_ACCENT = """() => {
  const name = getComputedStyle(document.documentElement).getPropertyValue("--c-series-1").trim();
  const wanted = [1, 3, 5].map((at) => parseInt(name.slice(at, at + 2), 16)).join();
  const canvas = document.querySelector("canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  for (let at = 0; at < data.length; at += 4)
    if (data[at + 3] === 255 && data.slice(at, at + 3).join() === wanted) return true;
  return false;
}"""


@pytest.fixture
def board(
    open_page: Callable[..., Page], project: Project, live_server: LiveServer
) -> Callable[..., Page]:
    """A function that opens a page of figures as a reviewer, after two snapshots."""
    for times in (12, 5):
        for labeler in (factories.make_labeler(), factories.make_labeler()):
            vote(project, labeler, "alpha", "beta", "first", times=times)
            vote(project, labeler, "alpha", "beta", "second", times=3)
        take_snapshots(project=project)

    def open_(name: str, width: int = 1440, scheme: str = "light") -> Page:
        page = open_page(width, scheme)
        sign_in(page, factories.make_member(project, "reviewer"), live_server)
        page.goto(f"/projects/tea/{name}/")
        return page

    return open_


def test_ratings_over_time_are_drawn_and_follow_the_colours_of_the_page(
    board: Callable[..., Page],
) -> None:
    page = board("leaderboard")
    page.wait_for_function(HAS_ACCENT)
    page.get_by_role("button", name="Dark colours").click()
    page.wait_for_function(HAS_ACCENT)
    page.get_by_text("As a table").click()
    expect(page.locator("[data-chart] tbody tr")).to_have_count(2)
    expect(page.locator("[data-chart] thead th")).to_have_text(["Time", "alpha", "beta"])


def test_one_comes_from_the_projects_to_a_sorted_board_by_keys_alone(
    board: Callable[..., Page],
) -> None:
    page = board("leaderboard")
    page.goto("/")
    page.get_by_role("link", name="Leaderboard of Tea and biscuits").press("Enter")
    expect(page.get_by_role("heading", name="Leaderboard")).to_be_visible()
    page.get_by_role("link", name="Labelers").press("Enter")
    judgments = page.get_by_role("columnheader", name="Judgments")
    judgments.get_by_role("link").press("Enter")
    expect(judgments).to_have_attribute("aria-sort", "descending")
    shown = page.locator("tbody td[data-label=Judgments] .share")
    expect(shown).to_have_text(["15", "15", "8", "8"])
    judgments.get_by_role("link").press("Enter")
    expect(shown).to_have_text(["8", "8", "15", "15"])


def test_on_a_phone_a_row_says_what_its_numbers_are(board: Callable[..., Page]) -> None:
    page = board("labelers", 390)
    expect(page.get_by_role("columnheader", name="Judgments")).to_be_hidden()
    label = "getComputedStyle(document.querySelector('[data-label]'), '::before').content"
    assert page.evaluate(label) == '"Judgments"'
    page.get_by_label("Sorted by").select_option("judgments")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("tbody td[data-label=Judgments] .share").first).to_have_text("8")
