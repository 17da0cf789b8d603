"""Ranking with the mouse, or with buttons from the keyboard, and Enter after it."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_compare import ranking, slot_on, tiers_by_place, wait_for_next

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("button", ['[data-rank-next="{}"]', '[data-act="add"][data-place="{}"]'])
def test_enter_after_ranking_with_the_mouse_submits(desk: Page, button: str) -> None:
    slot = slot_on(desk)
    for place in (1, 2, 3):
        desk.locator(button.format(place)).click()
    assert ranking(desk) == "1 2 3"
    desk.keyboard.press("Enter")
    wait_for_next(desk, slot)
    assert tiers_by_place(slot) == [[1], [2], [3]]


def test_enter_pressed_on_rank_buttons_ranks_one_after_the_other_and_submits(desk: Page) -> None:
    slot = slot_on(desk)
    desk.locator('[data-act="add"][data-place="2"]').focus()
    desk.keyboard.press("Enter")
    assert ranking(desk) == "2"
    desk.keyboard.press("Enter")
    desk.keyboard.press("Enter")
    assert ranking(desk) == "2 1 3"
    expect(desk.get_by_role("button", name="Submit")).to_be_focused()
    desk.keyboard.press("Enter")
    wait_for_next(desk, slot)
    assert tiers_by_place(slot) == [[2], [1], [3]]
