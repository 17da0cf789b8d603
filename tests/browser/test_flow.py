"""Answers on their way: sent once, whatever happens to the connection, the tab or the keys."""

import pytest
from playwright.sync_api import Page, Route, expect

from labeling.models import Judgment, Slot
from tests.browser.conftest import Watch
from tests.browser.flow import (
    NEXT,
    Enter,
    open_desk,
    rank,
    shelf,
    wait_until_ready,
    wait_until_sent,
)
from tests.browser.test_compare import ranking, slot_on, tiers_by_place, wait_for_next

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_double_enter_counts_once(desk: Page) -> None:
    slot = slot_on(desk)
    desk.keyboard.type("123")
    desk.evaluate(
        "() => { const form = document.getElementById('answer');"
        " form.requestSubmit(); form.requestSubmit(); }"
    )
    wait_for_next(desk, slot)
    assert Judgment.objects.count() == 1


@pytest.fixture
def alone(enter: Enter) -> Page:
    """The compare page where nothing can be fetched ahead."""
    page = enter()
    page.route(NEXT, lambda route: route.fulfill(status=503, body=""), times=1)
    return open_desk(page)


def test_the_next_task_is_painted_within_50_ms_of_enter(desk: Page) -> None:
    took = []
    for _ in range(3):
        wait_until_ready(desk)
        slot = slot_on(desk)
        desk.keyboard.type("123")
        desk.evaluate(
            """() => {
                window.took = new Promise((resolve) => {
                    document.addEventListener("keydown", (event) => {
                        const shown = document.getElementById("desk");
                        requestAnimationFrame(function look() {
                            if (document.getElementById("desk") === shown) {
                                return requestAnimationFrame(look);
                            }
                            const channel = new MessageChannel();  // runs after the paint
                            channel.port1.onmessage = () =>
                                resolve(performance.now() - event.timeStamp);
                            channel.port2.postMessage(0);
                        });
                    }, { capture: true, once: true });
                });
            }"""
        )
        desk.keyboard.press("Enter")
        took.append(float(desk.evaluate("window.took")))
        wait_for_next(desk, slot)
    assert Judgment.objects.count() == 3
    assert min(took) < 50, took


def test_a_lost_reply_is_told_in_words_and_sending_again_counts_once(
    alone: Page, watch: Watch
) -> None:
    def take_and_lose_the_reply(route: Route) -> None:
        route.fetch()
        route.abort()

    slot = slot_on(alone)
    alone.route("**/submit/", take_and_lose_the_reply, times=1)
    rank(alone, "321")
    expect(alone.locator("#notices")).to_contain_text("Saved. The next task comes")
    expect(alone.locator("#message")).to_be_hidden()
    assert ranking(alone) == "3 2 1"
    assert Judgment.objects.count() == 1
    alone.get_by_role("button", name="Submit").click()
    wait_for_next(alone, slot)
    assert Judgment.objects.count() == 1
    assert tiers_by_place(slot) == [[3], [2], [1]]
    watch.forgive("ERR_FAILED", "503")


def test_an_answer_changed_after_a_lost_reply_corrects_the_first(alone: Page, watch: Watch) -> None:
    def take_and_lose_the_reply(route: Route) -> None:
        route.fetch()
        route.abort()

    slot = slot_on(alone)
    alone.route("**/submit/", take_and_lose_the_reply, times=1)
    rank(alone, "321")
    expect(alone.locator("#notices")).to_contain_text("Saved. The next task comes")
    alone.keyboard.press("Escape")
    rank(alone, "123")
    wait_for_next(alone, slot)
    assert tiers_by_place(slot) == [[1], [2], [3]]
    first, second = Judgment.objects.order_by("created_at")
    assert second.supersedes == first
    watch.forgive("ERR_FAILED", "503")


def test_a_server_in_trouble_loses_nothing_and_gets_it_later_by_itself(
    alone: Page, watch: Watch
) -> None:
    slot = slot_on(alone)
    alone.route("**/submit/", lambda route: route.fulfill(status=502, body="<h1>bad</h1>"), times=1)
    rank(alone, "321")
    expect(alone.locator("#notices")).to_contain_text("1 answer is kept here")
    wait_for_next(alone, slot)  # nobody presses anything
    assert tiers_by_place(slot) == [[3], [2], [1]]
    watch.forgive("502", "503")


def test_offline_is_said_and_two_answers_wait_for_the_connection(desk: Page, watch: Watch) -> None:
    wait_until_ready(desk)
    first = slot_on(desk)
    desk.context.set_offline(True)
    rank(desk, "321")
    wait_for_other(desk, first)
    second = slot_on(desk)
    expect(desk.locator("#notices")).to_contain_text("The server cannot be reached.")
    rank(desk, "213")
    expect(desk.locator("#notices")).to_contain_text("Saved. The next task comes when the network")
    expect(desk.locator("#notices")).to_have_attribute("data-unsent", "2")
    assert ranking(desk) == "2 1 3"
    assert not Judgment.objects.exists()
    desk.context.set_offline(False)
    wait_for_next(desk, second)
    assert tiers_by_place(first) == [[3], [2], [1]]
    assert tiers_by_place(second) == [[2], [1], [3]]
    assert Judgment.objects.count() == 2
    watch.forgive("ERR_INTERNET_DISCONNECTED")


def wait_for_other(page: Page, slot: Slot) -> None:
    expect(page.locator("#desk")).not_to_have_attribute("data-slot", str(slot.uid))


def test_a_tab_killed_before_the_answer_arrived_sends_it_when_it_is_opened_again(
    desk: Page, watch: Watch
) -> None:
    slot = slot_on(desk)
    wait_until_ready(desk)
    desk.context.route("**/submit/", lambda route: route.abort(), times=1)
    rank(desk, "321")
    expect(desk.locator("#notices")).to_contain_text("1 answer is kept here")
    assert not Judgment.objects.exists()
    context = desk.context
    desk.close()
    again = context.new_page()
    open_desk(again)
    wait_until_sent(again)
    wait_for_next(again, slot)
    assert tiers_by_place(slot) == [[3], [2], [1]]
    assert shelf(again, "outbox") == []
    watch.forgive("ERR_FAILED")


def test_a_tab_killed_before_the_reply_came_counts_once(desk: Page, watch: Watch) -> None:
    slot = slot_on(desk)
    wait_until_ready(desk)

    def take_and_lose_the_reply(route: Route) -> None:
        route.fetch()
        route.abort()

    desk.context.route("**/submit/", take_and_lose_the_reply, times=1)
    rank(desk, "321")
    expect(desk.locator("#notices")).to_contain_text("1 answer is kept here")
    assert [row["slot"] for row in shelf(desk, "outbox")] == [str(slot.uid)]
    context = desk.context
    desk.close()
    again = context.new_page()
    open_desk(again)
    wait_until_sent(again)
    assert Judgment.objects.count() == 1
    assert slot_on(again) != slot
    watch.forgive("ERR_FAILED")


def test_on_a_slow_network_the_page_does_not_wait(desk: Page) -> None:
    wait_until_ready(desk)
    slot = slot_on(desk)
    waiting: list[Route] = []
    desk.route("**/submit/", lambda route: waiting.append(route), times=1)
    with desk.expect_request("**/submit/"):
        rank(desk, "321")
    wait_for_other(desk, slot)
    desk.keyboard.type("12")
    assert ranking(desk) == "1 2"
    assert not Judgment.objects.exists()
    waiting[0].continue_()
    wait_until_sent(desk)
    assert tiers_by_place(slot) == [[3], [2], [1]]
    assert ranking(desk) == "1 2"
