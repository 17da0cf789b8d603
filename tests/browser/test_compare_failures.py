"""What the compare page says when a request of its own fails, and after the last task."""

import pytest
from playwright.sync_api import Page, expect

from labeling.models import Skip
from tests.browser.conftest import Watch
from tests.browser.test_compare import slot_on, wait_for_next

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_guidelines_that_failed_to_come_can_be_fetched_again(desk: Page, watch: Watch) -> None:
    desk.route("**/guidelines/", lambda route: route.abort(), times=1)
    desk.keyboard.press("g")
    dialog = desk.get_by_role("dialog")
    expect(dialog.get_by_role("alert")).to_contain_text("The guidelines could not be fetched.")
    expect(desk.locator("#message")).to_have_text("")
    desk.route("**/guidelines/", lambda route: route.fulfill(status=502, body="bad"), times=1)
    desk.keyboard.press("Escape")
    desk.keyboard.press("g")
    dialog.get_by_role("button", name="Try again").click()
    expect(dialog.get_by_role("heading", name="Be fair")).to_be_visible()
    desk.keyboard.press("Escape")
    desk.keyboard.press("g")
    expect(dialog.get_by_role("heading", name="Be fair")).to_have_count(1)
    watch.forgive("ERR_FAILED", "502", "htmx:")


def test_a_skip_that_fails_speaks_of_the_skip(desk: Page, watch: Watch) -> None:
    desk.route("**/skip/", lambda route: route.fulfill(status=502, body="bad"), times=1)
    desk.keyboard.press("s")
    desk.locator('[value="expertise"]').check()
    desk.keyboard.press("Enter")
    expect(desk.locator("#message")).to_contain_text("could not skip the task")
    assert not Skip.objects.exists()
    watch.forgive("502", "htmx:")


def test_the_live_region_says_what_is_shown(desk: Page) -> None:
    live = desk.locator("#live")
    for _task in range(3):
        slot = slot_on(desk)
        desk.keyboard.type("123")
        desk.keyboard.press("Enter")
        wait_for_next(desk, slot)
        expect(live).to_have_text("Next task.")
    desk.keyboard.type("123")
    desk.keyboard.press("Enter")
    expect(live).to_have_text("All done")
