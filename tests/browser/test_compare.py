"""The compare page in a real browser: ranking, drafts, retries, and what happens when it fails."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from labeling.models import Judgment, Skip, Slot
from tests.browser.conftest import Watch

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def slot_on(page: Page) -> Slot:
    return Slot.objects.get(uid=page.locator("#desk").get_attribute("data-slot") or "")


def wait_for_next(page: Page, slot: Slot) -> None:
    """Another task is there, and what was given is stored: the page does not wait for that."""
    expect(page.locator("#desk")).not_to_have_attribute("data-slot", str(slot.uid))
    expect(page.locator('#notices[data-unsent]:not([data-unsent="0"])')).to_have_count(0)


def tiers_by_place(slot: Slot) -> list[list[int]]:
    order = slot.order or []
    judgment = Judgment.objects.get(slot=slot, retired_at__isnull=True)
    assert judgment.tiers is not None
    return [sorted(order.index(pk) + 1 for pk in tier) for tier in judgment.tiers]


def ranking(page: Page) -> str:
    return page.get_by_label("Best to worst").input_value()


def test_a_ranking_takes_as_many_keys_as_responses_and_enter(desk: Page) -> None:
    slot = slot_on(desk)
    for key in ("2", "1", "3", "Enter"):
        desk.keyboard.press(key)
    wait_for_next(desk, slot)
    assert tiers_by_place(slot) == [[2], [1], [3]]
    judgment = Judgment.objects.get(slot=slot)
    assert judgment.seconds is not None
    assert 0 <= judgment.seconds < 60
    expect(desk.get_by_text("1 today")).to_be_visible()
    assert ranking(desk) == ""


def test_ties_backspace_and_escape_from_the_keyboard(desk: Page) -> None:
    slot = slot_on(desk)
    desk.keyboard.type("13")
    desk.keyboard.press("Escape")
    assert ranking(desk) == ""
    desk.keyboard.type("2 13")
    desk.keyboard.press("Backspace")
    desk.keyboard.type("=3")
    expect(desk.locator(".tier")).to_have_count(2)
    expect(desk.locator("#live")).to_have_text("Order: 2, then 1 tied with 3.")
    desk.keyboard.press("Enter")
    wait_for_next(desk, slot)
    assert tiers_by_place(slot) == [[2], [1, 3]]


@pytest.mark.parametrize("width", [390, 1440])
def test_typing_a_ranking_does_not_scroll_away_from_what_one_reads(
    enter: Callable[..., Page], width: int
) -> None:
    page = enter(width)
    page.set_viewport_size({"width": width, "height": 400})
    page.goto("/projects/tea/label/")
    page.locator(".chip").first.wait_for()
    page.keyboard.type("2 1=3")
    assert ranking(page) == "2 1=3"
    assert page.evaluate("scrollY") == 0
    expect(page.locator("#response-3")).to_contain_text("Place 2, tied")


def test_an_unfinished_ranking_is_not_sent_and_says_what_is_missing(desk: Page) -> None:
    desk.keyboard.type("2")
    desk.keyboard.press("Enter")
    expect(desk.locator("#message")).to_have_text(re.compile(r"Still to rank: 1, 3\."))
    assert not Judgment.objects.exists()


def drag(page: Page, place: int, target: str) -> None:
    handle = page.locator(f'.chip[data-place="{place}"] .handle').bounding_box()
    assert handle
    page.mouse.move(handle["x"] + 8, handle["y"] + 12)
    page.mouse.down()
    page.mouse.move(handle["x"] + 12, handle["y"] + 4, steps=4)
    zone = page.locator(target).bounding_box()
    assert zone
    page.mouse.move(zone["x"] + 60, zone["y"] + zone["height"] / 2, steps=12)
    page.mouse.up()


def test_ranking_by_drag_and_drop_with_a_tie(desk: Page) -> None:
    slot = slot_on(desk)
    drag(desk, 3, '[data-gap="0"]')
    expect(desk.get_by_label("Best to worst")).to_have_value("3")
    drag(desk, 1, '[data-gap="1"]')
    expect(desk.get_by_label("Best to worst")).to_have_value("3 1")
    drag(desk, 2, '[data-tier="1"]')
    expect(desk.get_by_label("Best to worst")).to_have_value(re.compile(r"^3 (1=2|2=1)$"))
    desk.get_by_role("button", name="Submit").click()
    wait_for_next(desk, slot)
    assert tiers_by_place(slot) == [[3], [1, 2]]


def test_ranking_by_buttons_for_people_who_cannot_drag(desk: Page) -> None:
    for place in (1, 2, 3):
        desk.get_by_role("button", name=f"Rank response {place} next", exact=True).click()
    desk.get_by_role("button", name="Move response 3 up", exact=True).click()
    assert ranking(desk) == "1 3 2"
    desk.get_by_role("button", name="Tie response 2 with the one above", exact=True).click()
    assert ranking(desk) == "1 3=2"
    desk.get_by_role("button", name="Take response 1 out of the ranking", exact=True).click()
    assert ranking(desk) == "3=2"
    desk.get_by_role("button", name="Untie response 3", exact=True).click()
    assert ranking(desk) == "2 3"


def test_skipping_from_the_keyboard(desk: Page) -> None:
    slot = slot_on(desk)
    desk.keyboard.press("s")
    expect(desk.get_by_role("dialog")).to_be_visible()
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    wait_for_next(desk, slot)
    assert list(Skip.objects.values_list("task", "reason")) == [(slot.task_id, "expertise")]
    expect(desk.get_by_role("dialog")).to_have_count(0)


def test_none_acceptable_from_the_keyboard(desk: Page) -> None:
    slot = slot_on(desk)
    desk.keyboard.press("n")
    desk.keyboard.type("All are about coffee, 100% of them?")
    desk.keyboard.press("Control+Enter")
    wait_for_next(desk, slot)
    judgment = Judgment.objects.get(slot=slot)
    assert judgment.tiers is None
    assert judgment.not_rankable == "All are about coffee, 100% of them?"


def test_help_and_guidelines_are_one_key_away(desk: Page) -> None:
    desk.keyboard.press("?")
    expect(desk.get_by_role("heading", name="Keys")).to_be_visible()
    desk.keyboard.press("Escape")
    desk.keyboard.press("g")
    expect(desk.get_by_role("heading", name="Be fair")).to_be_visible()
    desk.keyboard.press("Escape")
    expect(desk.get_by_role("dialog")).to_have_count(0)


def test_single_keys_can_be_switched_off(desk: Page) -> None:
    desk.keyboard.press("?")
    desk.get_by_label("Single keys work anywhere on the page").uncheck()
    desk.keyboard.press("Escape")
    desk.keyboard.press("s")
    desk.keyboard.press("1")
    expect(desk.get_by_role("dialog")).to_have_count(0)
    assert ranking(desk) == ""


def test_without_scripts_the_form_still_posts(enter: Callable[..., Page], watch: Watch) -> None:
    page = enter(java_script_enabled=False)
    page.goto("/projects/tea/label/")
    slot = slot_on(page)
    page.get_by_label("Best to worst").fill("3 1")
    page.get_by_role("button", name="Submit").click()
    expect(page.locator("#message")).to_contain_text("Still to rank: 2.")
    page.get_by_label("Best to worst").fill("3 1 2")
    page.get_by_role("button", name="Submit").click()
    wait_for_next(page, slot)
    assert tiers_by_place(slot) == [[3], [1], [2]]
    watch.forgive("400 (Bad Request)")
