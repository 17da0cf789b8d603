"""The compare page in a real browser: ranking, drafts, retries, and what happens when it fails."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from collector.models import Project
from labeling.models import Judgment, Skip, Slot
from labeling.services.claiming import claim
from labeling.services.policies import set_policy
from tests import factories
from tests.browser.conftest import Watch

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def slot_on(page: Page) -> Slot:
    return Slot.objects.get(uid=page.locator("#desk").get_attribute("data-slot") or "")


def wait_for_next(page: Page, slot: Slot) -> None:
    expect(page.locator("#desk")).not_to_have_attribute("data-slot", str(slot.uid))


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


def test_a_reload_in_the_middle_keeps_the_order_shown_and_all_that_was_typed(
    enter: Callable[..., Page], project: Project
) -> None:
    set_policy(project=project, responses=3, modes=["rank", "strength", "overall", "rationale"])
    page = enter()
    page.goto("/projects/tea/label/")
    slot = slot_on(page)
    texts = page.locator(".response .prose").all_inner_texts()
    page.get_by_label("Best to worst").fill("3 1")
    page.get_by_label("Why this order?").fill("Two is <b>cold</b>.")
    page.get_by_label("slightly better").check()
    page.locator('[name="overall_2"][value="6"]').check()
    page.reload()
    assert slot_on(page) == slot
    assert page.locator(".response .prose").all_inner_texts() == texts
    assert ranking(page) == "3 1"
    expect(page.locator(".tier")).to_have_count(2)
    expect(page.get_by_label("Why this order?")).to_have_value("Two is <b>cold</b>.")
    page.get_by_label("Best to worst").fill("3 1 2")
    page.keyboard.press("Enter")
    wait_for_next(page, slot)
    judgment = Judgment.objects.get(slot=slot)
    assert (judgment.strength, judgment.rationale) == (1, "Two is <b>cold</b>.")
    assert slot.order
    assert list(judgment.ratings.values_list("response", "overall")) == [(slot.order[1], 6)]
    expect(page.get_by_label("Why this order?")).to_have_value("")


def test_a_double_enter_counts_once(desk: Page) -> None:
    slot = slot_on(desk)
    desk.keyboard.type("123")
    desk.evaluate(
        "() => { const form = document.getElementById('answer');"
        " form.requestSubmit(); form.requestSubmit(); }"
    )
    wait_for_next(desk, slot)
    assert Judgment.objects.count() == 1


def test_a_lost_reply_is_told_in_words_and_sending_again_counts_once(
    desk: Page, watch: Watch
) -> None:
    slot = slot_on(desk)

    def take_and_lose_the_reply(route: Route) -> None:
        route.fetch()
        route.abort()

    desk.route("**/submit/", take_and_lose_the_reply, times=1)
    desk.keyboard.type("321")
    desk.keyboard.press("Enter")
    expect(desk.locator("#message")).to_contain_text("cannot be reached")
    assert ranking(desk) == "3 2 1"
    assert Judgment.objects.count() == 1
    desk.get_by_role("button", name="Submit").click()
    wait_for_next(desk, slot)
    assert Judgment.objects.count() == 1
    assert tiers_by_place(slot) == [[3], [2], [1]]
    watch.forgive("ERR_FAILED", "htmx:")


def test_a_server_in_trouble_replaces_nothing(desk: Page, watch: Watch) -> None:
    slot = slot_on(desk)
    desk.route("**/submit/", lambda route: route.fulfill(status=502, body="<h1>bad</h1>"), times=1)
    desk.keyboard.type("321")
    desk.keyboard.press("Enter")
    expect(desk.locator("#message")).to_contain_text("Your answer is kept here")
    desk.keyboard.press("Enter")
    wait_for_next(desk, slot)
    assert Judgment.objects.count() == 1
    watch.forgive("502", "htmx:")


def test_a_lost_lease_is_explained_and_what_was_typed_is_there_to_copy(
    desk: Page, project: Project, watch: Watch
) -> None:
    slot = slot_on(desk)
    desk.keyboard.type("21=3")
    now = timezone.now()
    Slot.objects.exclude(pk=slot.pk).update(state="void")
    Slot.objects.filter(pk=slot.pk).update(
        granted_at=now - timedelta(hours=2), expires_at=now - timedelta(hours=1)
    )
    assert claim(project=project, labeler=factories.make_labeler())
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="This task went to somebody else")).to_be_visible()
    expect(desk.locator("dl.typed")).to_contain_text("2 1=3")
    desk.get_by_role("link", name="Next task").click()
    expect(desk.get_by_role("heading", name="All done")).to_be_visible()
    assert not Judgment.objects.exists()
    watch.forgive("410", "htmx:")


def test_back_after_submitting_shows_the_next_task_and_never_the_old_one(desk: Page) -> None:
    slot = slot_on(desk)
    desk.keyboard.type("123")
    desk.keyboard.press("Enter")
    wait_for_next(desk, slot)
    following = slot_on(desk)
    desk.goto("/")
    desk.go_back()
    desk.locator(".chip").first.wait_for()
    assert slot_on(desk) == following
    assert Judgment.objects.count() == 1


def test_two_tabs_with_the_same_task_count_once(desk: Page, watch: Watch) -> None:
    slot = slot_on(desk)
    other = desk.context.new_page()
    other.goto("/projects/tea/label/")
    assert slot_on(other) == slot
    desk.keyboard.type("123")
    desk.keyboard.press("Enter")
    wait_for_next(desk, slot)
    other.keyboard.type("321")
    other.keyboard.press("Enter")
    expect(other.get_by_role("heading", name="Already submitted")).to_be_visible()
    expect(other.get_by_role("link", name="Next task")).to_be_focused()
    assert Judgment.objects.count() == 1
    assert tiers_by_place(slot) == [[1], [2], [3]]


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


def test_the_lease_is_renewed_while_somebody_works(
    enter: Callable[..., Page], project: Project
) -> None:
    page = enter()
    page.clock.install()
    page.goto("/projects/tea/label/")
    slot = slot_on(page)
    with page.expect_response("**/renew/") as renewed:
        for _ in range(12):
            page.keyboard.press("Shift")
            page.clock.run_for(30_000)
    assert renewed.value.status == 200
    renewed_slot = Slot.objects.get(pk=slot.pk)
    assert renewed_slot.expires_at
    assert slot.expires_at
    assert renewed_slot.expires_at > slot.expires_at
