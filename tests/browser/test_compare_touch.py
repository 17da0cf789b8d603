"""The compare page under a finger: drag by the handle, scroll by everything else, big targets."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.browser.test_compare import ranking

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def phone(enter: Callable[..., Page]) -> Page:
    page = enter(390, has_touch=True, is_mobile=True)
    page.set_viewport_size({"width": 390, "height": 600})
    page.goto("/projects/tea/label/")
    page.locator(".chip").first.wait_for()
    page.wait_for_load_state("networkidle")
    return page


def centre(page: Page, selector: str) -> tuple[float, float]:
    box = page.locator(selector).bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def swipe(
    page: Page, start: tuple[float, float], end: tuple[float, float], until: str = "body"
) -> None:
    """A finger put down, moved in steps, and lifted once `until` is there.

    As the browser gets it from a screen.
    """
    finger: CDPSession = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        event: dict[str, Any] = {
            "type": kind,
            "touchPoints": [{"x": x, "y": y} for x, y in points],
        }
        finger.send("Input.dispatchTouchEvent", event)

    touch("touchStart", start)
    for step in range(1, 13):
        share = step / 12
        x = start[0] + (end[0] - start[0]) * share
        y = start[1] + (end[1] - start[1]) * share
        touch("touchMove", (x, y))
    page.locator(until).wait_for(state="attached")
    touch("touchEnd")


def middle_of_the_screen(page: Page) -> float:
    """Scroll the board there, away from edges at which a drag scrolls on purpose."""
    page.locator("#board").evaluate(
        "board => { board.scrollIntoView({block: 'center', behavior: 'instant'});"
        " scrollBy({top: -100, behavior: 'instant'}); }"  # room to scroll either way
    )
    return float(page.evaluate("scrollY"))


def test_a_finger_on_the_handle_drags_and_does_not_scroll_the_page(phone: Page) -> None:
    before = middle_of_the_screen(phone)
    start = centre(phone, '.chip[data-place="2"] .handle')
    end = centre(phone, '[data-gap="0"]')
    swipe(phone, start, end, until='[data-gap="0"] .chip[data-place="2"]')
    expect(phone.get_by_label("Best to worst")).to_have_value("2")
    assert phone.evaluate("scrollY") == before


def test_a_finger_on_the_text_of_a_chip_scrolls_and_drags_nothing(phone: Page) -> None:
    before = middle_of_the_screen(phone)
    x, y = centre(phone, '.chip[data-place="2"] .snippet')
    swipe(phone, (x, y), (x, y + 150))
    phone.wait_for_function("before => scrollY !== before", arg=before)
    assert ranking(phone) == ""


def test_only_the_handle_keeps_the_page_from_scrolling(phone: Page) -> None:
    kept = phone.locator(".desk *").evaluate_all(
        "all => all.filter((each) => getComputedStyle(each).touchAction === 'none')"
        ".map((each) => each.className)"
    )
    assert kept == ["handle"] * 3


def test_main_targets_are_big_enough_for_fingers(phone: Page) -> None:
    phone.get_by_role("button", name="Rank response 1 next", exact=True).tap()
    small = phone.locator(
        ".chip button, .chip .handle, .rank-next, .panel-actions button"
    ).evaluate_all(
        "all => all.map((each) => [each, each.getBoundingClientRect()])"
        ".filter(([, box]) => box.width < 44 || box.height < 44)"
        ".map(([each, box]) => `${each.className} ${box.width}x${box.height}`)"
    )
    assert small == []


@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_no_target_is_smaller_than_24_pixels(enter: Callable[..., Page], width: int) -> None:
    page = enter(width)
    page.goto("/projects/tea/label/")
    page.locator(".chip").first.wait_for()
    page.keyboard.type("12=3")
    small = page.locator("a, button, summary, input:not([type=hidden]), textarea").evaluate_all(
        "all => all.map((each) => [each, (each.closest('label') ?? each).getBoundingClientRect()])"
        ".filter(([, box]) => box.width > 1 && (box.width < 24 || box.height < 24))"
        ".map(([each, box]) => `${each.outerHTML.slice(0, 80)} ${box.width}x${box.height}`)"
    )
    assert small == []
