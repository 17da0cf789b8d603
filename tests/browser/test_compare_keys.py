"""Keys inside the text boxes and the skip dialog of the compare page."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from labeling.models import Skip
from tests.browser.test_compare import ranking, slot_on, wait_for_next

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_escape_takes_back_an_empty_reason_and_leaves_a_filled_one(desk: Page) -> None:
    box = desk.locator('[name="unacceptable"]')
    desk.keyboard.press("n")
    expect(desk.locator("#reason")).to_be_focused()
    expect(desk.get_by_role("button", name="Submit")).to_contain_text("Ctrl+Enter")
    expect(desk.locator(".from-page")).to_be_hidden()
    desk.keyboard.press("Escape")
    expect(box).not_to_be_checked()
    desk.keyboard.press("2")
    assert ranking(desk) == "2"
    desk.keyboard.press("n")
    desk.keyboard.type("All cold.")
    desk.keyboard.press("Escape")
    expect(box).to_be_checked()
    expect(desk.locator("#reason")).to_have_value("All cold.")
    expect(desk.locator("#main")).to_be_focused()
    expect(desk.locator(".from-text")).to_be_hidden()


@pytest.mark.parametrize(("key", "reason"), [("3", 2), ("ArrowDown", 0)])
def test_a_reason_to_skip_is_one_key(desk: Page, key: str, reason: int) -> None:
    slot = slot_on(desk)
    desk.keyboard.press("s")
    reasons = desk.locator('#skip-dialog [name="reason"]')
    expect(reasons.first).to_be_focused()
    value = reasons.nth(reason).get_attribute("value")
    desk.keyboard.press(key)
    expect(reasons.nth(reason)).to_be_checked()
    desk.keyboard.press("Enter")
    wait_for_next(desk, slot)
    assert list(Skip.objects.values_list("task", "reason")) == [(slot.task_id, value)]


def test_the_order_and_submit_stay_in_sight_on_a_narrow_screen(enter: Callable[..., Page]) -> None:
    page = enter(390)
    page.set_viewport_size({"width": 390, "height": 400})
    page.goto("/projects/tea/label/")
    page.locator(".chip").first.wait_for()
    field = page.get_by_label("Best to worst")
    expect(field).to_have_attribute("placeholder", "e.g. \u20662 1=3\u2069")
    page.keyboard.type("2 1=3")
    expect(page.locator(".order-words")).to_have_text("2 1=3")
    expect(page.locator(".order-words")).to_be_in_viewport()
    expect(page.get_by_role("button", name="Submit")).to_be_in_viewport()
    assert page.evaluate("scrollY") == 0
