"""Keys of one's own, keys on other keyboards, and an order that is never lost by a key."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Preferences, User
from accounts.services import labeler_of
from labeling.services.preferences import set_keys
from tests.browser.conftest import Watch
from tests.browser.test_compare import ranking, slot_on, tiers_by_place, wait_for_next

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# As browsers report them: the key written, the place on the keyboard, Shift.
FRENCH = [("é", "Digit2", False), ("&", "Digit1", False), ('"', "Digit3", False)]
FRENCH_SHIFTED = [("2", "Digit2", True), ("1", "Digit1", True), ("3", "Digit3", True)]
ARABIC = [("\u0662", "Digit2", False), ("\u0661", "Digit1", False), ("\u0663", "Digit3", False)]


def press_raw(page: Page, key: str, code: str, shift: bool = False, **more: Any) -> None:
    page.evaluate(
        "init => document.body.dispatchEvent(new KeyboardEvent('keydown',"
        " {bubbles: true, cancelable: true, ...init}))",
        {"key": key, "code": code, "shiftKey": shift, **more},
    )


def test_keys_of_ones_own_work_are_shown_and_the_old_ones_do_not(
    enter: Callable[..., Page], ana: User
) -> None:
    remaps = {"rank-1": ["a"], "rank-2": ["ö"], "rank-3": ["<"], "submit": ["x"], "skip": []}
    set_keys(labeler=labeler_of(user=ana), keys=remaps)
    page = enter()
    page.goto("/projects/tea/label/")
    page.locator(".chip").first.wait_for()
    slot = slot_on(page)
    page.keyboard.press("s")
    page.keyboard.press("1")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert ranking(page) == ""
    page.keyboard.press("a")
    press_raw(page, "ö", "Semicolon")
    page.keyboard.press("<")
    assert ranking(page) == "1 2 3"
    page.keyboard.press("?")
    help_ = page.get_by_role("dialog")
    expect(help_.locator("div", has_text="Response or choice 3").last).to_contain_text("<")
    expect(help_.get_by_text("Skip the task")).to_have_count(0)
    page.keyboard.press("Escape")
    page.keyboard.press("x")
    wait_for_next(page, slot)
    assert tiers_by_place(slot) == [[1], [2], [3]]


@pytest.mark.parametrize("presses", [FRENCH, FRENCH_SHIFTED, ARABIC])
def test_numbers_count_by_their_place_on_keyboards_that_write_other_signs_there(
    desk: Page, presses: list[tuple[str, str, bool]]
) -> None:
    for key, code, shift in presses:
        press_raw(desk, key, code, shift)
    assert ranking(desk) == "2 1 3"


def test_letters_count_by_their_place_on_keyboards_without_latin_ones(desk: Page) -> None:
    press_raw(desk, "т", "KeyN")
    expect(desk.locator("#reason")).to_be_focused()


def test_caps_lock_changes_no_key(desk: Page) -> None:
    press_raw(desk, "N", "KeyN")
    expect(desk.locator("#reason")).to_be_focused()


@pytest.mark.parametrize("modifier", ["ctrlKey", "altKey", "metaKey"])
def test_keys_with_other_modifiers_are_left_to_the_browser(desk: Page, modifier: str) -> None:
    press_raw(desk, "1", "Digit1", **{modifier: True})
    assert ranking(desk) == ""


def test_shift_with_the_number_ties_so_that_any_order_takes_k_and_one_keys(desk: Page) -> None:
    slot = slot_on(desk)
    for key in ("2", "Shift+Digit1", "Shift+Digit3", "Enter"):
        desk.keyboard.press(key)
    wait_for_next(desk, slot)
    assert tiers_by_place(slot) == [[1, 2, 3]]


def test_t_and_the_sign_of_equality_tie_alike(desk: Page) -> None:
    desk.keyboard.type("1t2=3")
    assert ranking(desk) == "1=2=3"


@pytest.mark.parametrize("key", ["Escape", "Backspace", "Control+z", "Delete"])
def test_what_escape_clears_comes_back(desk: Page, key: str) -> None:
    desk.keyboard.type("21=3")
    desk.keyboard.press("Escape")
    assert ranking(desk) == ""
    expect(desk.locator("#message")).to_contain_text("The order is cleared.")
    desk.keyboard.press(key)
    assert ranking(desk) == "2 1=3"
    expect(desk.locator("#message")).to_have_text("")


def test_what_escape_clears_comes_back_by_a_button(desk: Page) -> None:
    slot = slot_on(desk)
    desk.keyboard.type("21=3")
    desk.keyboard.press("Escape")
    desk.get_by_role("button", name="Bring it back").click()
    assert ranking(desk) == "2 1=3"
    desk.keyboard.press("Enter")
    wait_for_next(desk, slot)
    assert tiers_by_place(slot) == [[2], [1, 3]]


def test_every_change_of_the_order_can_be_undone(desk: Page) -> None:
    desk.keyboard.type("213")
    desk.get_by_role("button", name="Take response 1 out of the ranking", exact=True).click()
    desk.get_by_role("button", name="Move response 3 up", exact=True).click()
    assert ranking(desk) == "3 2"
    desk.keyboard.press("Control+z")
    desk.keyboard.press("Control+z")
    assert ranking(desk) == "2 1 3"


def test_tab_comes_to_the_board_once_and_arrows_go_about_in_it(desk: Page) -> None:
    desk.keyboard.type("213")
    desk.get_by_label("Best to worst").focus()
    desk.keyboard.press("Tab")
    expect(desk.get_by_role("button", name="Move response 2 down")).to_be_focused()
    desk.keyboard.press("ArrowDown")
    expect(desk.get_by_role("button", name="Move response 1 down")).to_be_focused()
    desk.keyboard.press("ArrowLeft")
    expect(desk.get_by_role("button", name="Move response 1 up")).to_be_focused()
    desk.keyboard.press("Enter")
    assert ranking(desk) == "1 2 3"
    expect(desk.locator("#live")).to_have_text("Order: 1, then 2, then 3.")
    expect(desk.locator("#board :focus")).to_have_attribute("data-place", "1")
    desk.keyboard.press("End")
    expect(desk.locator("#board :focus")).to_have_attribute("data-place", "3")
    desk.keyboard.press("Tab")
    assert desk.locator("#board :focus").count() == 0


# --- the page on which keys are chosen ---


def test_a_key_is_chosen_by_pressing_it_without_a_mouse(
    enter: Callable[..., Page], ana: User
) -> None:
    page = enter()
    page.goto("/settings/keys/")
    button = page.get_by_role("button", name="Press a key for: skip the task")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#key-live")).to_contain_text("Press the key now.")
    page.keyboard.press("F5")
    expect(page.locator("#key-live")).to_contain_text("cannot be used")
    page.keyboard.press("x")
    expect(page.get_by_label("Skip the task", exact=True)).to_have_value("x")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("#key-live")).to_contain_text("No longer waiting")
    page.get_by_label("Skip the task", exact=True).press("Enter")
    expect(page.get_by_text("Your keys are stored.")).to_be_visible()
    assert Preferences.objects.get().keys == {"skip": ["x"]}
    page.get_by_role("button", name="Back to s for: skip the task").press("Enter")
    expect(page.get_by_label("Skip the task", exact=True)).to_have_value("s")
    page.get_by_role("button", name="Reset all keys").press("Enter")
    expect(page.get_by_text("All keys are as they were at first.")).to_be_visible()
    assert Preferences.objects.get().keys == {}


def test_keys_are_chosen_without_scripts(enter: Callable[..., Page], watch: Watch) -> None:
    page = enter(390, java_script_enabled=False)
    page.goto("/settings/keys/")
    page.get_by_label("Skip the task", exact=True).fill("esc")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Esc is already the key for")).to_be_visible()
    watch.forgive("400 (Bad Request)")
