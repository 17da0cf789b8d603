"""What the compare page says of a ranking it cannot read, as soon as it is typed."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_compare import ranking, slot_on, tiers_by_place, wait_for_next

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_digit_that_cannot_stand_there_is_refused_with_the_reason(desk: Page) -> None:
    slot = slot_on(desk)
    message = desk.locator("#message")
    desk.keyboard.type("121")
    expect(message).to_have_text("1 is already in place 1.")
    desk.keyboard.press("9")
    expect(message).to_have_text("No response is number 9: there are 3.")
    assert ranking(desk) == "1 2"
    desk.keyboard.press("3")
    expect(message).to_have_text("")
    desk.keyboard.press("Enter")
    wait_for_next(desk, slot)
    assert tiers_by_place(slot) == [[1], [2], [3]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1 2 1", "Ranked twice: 1."),
        ("1 2 4", "No response is number 4: there are 3."),
        ("1 == 2", "A = stands between two numbers: 2 1=3."),
        ("1 b", "“b” cannot be read."),
    ],
)
def test_what_is_wrong_in_the_field_is_said_while_typing(desk: Page, text: str, words: str) -> None:
    desk.get_by_label("Best to worst").fill(text)
    expect(desk.locator("#message")).to_contain_text(words)
    expect(desk.locator("#live")).to_have_text("")


def test_a_tie_without_an_end_is_said_on_submitting_only(desk: Page) -> None:
    desk.keyboard.type("1 2 3=")
    expect(desk.locator("#message")).to_have_text("")
    desk.keyboard.press("Enter")
    expect(desk.locator("#message")).to_have_text("Something is missing after the last =.")


def test_full_width_signs_are_read(desk: Page) -> None:
    slot = slot_on(desk)
    desk.get_by_label("Best to worst").fill("２、１＝３")
    desk.keyboard.press("Enter")
    wait_for_next(desk, slot)
    assert tiers_by_place(slot) == [[2], [1, 3]]
