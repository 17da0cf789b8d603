"""Answers that wait in the browser: taken back safely, sent from home, in nobody's way."""

import pytest
from playwright.sync_api import Page, Route, expect

from labeling.models import Judgment
from tests.browser.conftest import Watch
from tests.browser.flow import Enter, open_desk, rank, shelf, wait_until_ready, wait_until_sent
from tests.browser.test_compare import ranking, slot_on, tiers_by_place

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# As a browser tells it that still has pages in its cache.
OFF_LINE = "Object.defineProperty(navigator, 'onLine', { get: () => false })"


def answer_offline(page: Page) -> None:
    page.add_init_script(OFF_LINE)
    open_desk(page)
    wait_until_ready(page)
    rank(page, "321")
    expect(page.locator("#notices")).to_have_attribute("data-unsent", "1")


def test_an_answer_stays_in_the_outbox_until_its_desk_is_there(enter: Enter, watch: Watch) -> None:
    page = enter()
    answer_offline(page)
    slot = str(shelf(page, "outbox")[0]["slot"])
    open_desk(page)
    expect(page.locator("#notices")).to_have_attribute("data-unsent", "1")
    correct = f"**/label/{slot}/"
    page.route(correct, lambda route: route.abort())
    page.locator("[data-undo-last]").click()
    expect(page.locator("#message")).to_contain_text("The server cannot be reached.")
    assert [row["slot"] for row in shelf(page, "outbox")] == [slot]
    page.unroute(correct)
    page.locator("[data-undo-last]").click()
    expect(page.locator("#notices")).to_be_hidden()
    expect(page.locator("#desk")).to_have_attribute("data-slot", slot)
    assert ranking(page) == "3 2 1"
    assert shelf(page, "outbox") == []
    assert slot in [row["slot"] for row in shelf(page, "drafts")]
    assert not Judgment.objects.exists()
    watch.forgive("ERR_FAILED")


def test_an_answer_that_waits_is_told_of_and_sent_from_home(enter: Enter, watch: Watch) -> None:
    page = enter()
    open_desk(page)
    wait_until_ready(page)
    slot = slot_on(page)
    page.context.route("**/submit/", lambda route: route.abort())
    rank(page, "321")
    expect(page.locator("#notices")).to_have_attribute("data-unsent", "1")
    page.goto("/")
    notices = page.locator("#notices")
    expect(notices).to_contain_text("1 answer is kept here and will be sent.")
    assert not Judgment.objects.exists()
    page.context.unroute("**/submit/")
    notices.get_by_role("button", name="Try now").click()
    expect(notices).to_be_hidden()
    assert tiers_by_place(slot) == [[3], [2], [1]]
    assert shelf(page, "outbox") == []
    watch.forgive("ERR_FAILED")


def test_home_sends_by_itself_what_waits(enter: Enter, watch: Watch) -> None:
    page = enter()
    open_desk(page)
    wait_until_ready(page)
    slot = slot_on(page)
    page.context.route("**/submit/", lambda route: route.abort())
    rank(page, "123")
    expect(page.locator("#notices")).to_have_attribute("data-unsent", "1")
    page.context.unroute("**/submit/")
    with page.expect_response("**/submit/"):
        page.goto("/")
    expect(page.locator("#notices")).to_have_attribute("data-unsent", "0")
    assert tiers_by_place(slot) == [[1], [2], [3]]
    watch.forgive("ERR_FAILED")


def test_an_answer_the_server_fails_on_holds_up_no_other(enter: Enter, watch: Watch) -> None:
    page = enter()
    page.clock.install()
    open_desk(page)
    wait_until_ready(page)
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 10)
    stuck = slot_on(page)
    tries: list[str] = []

    def fail(route: Route) -> None:
        tries.append(route.request.url)
        route.fulfill(status=503, body="")

    page.route(f"**/{stuck.uid}/submit/", fail)
    page.clock.run_for(500)
    rank(page, "321")
    expect(page.locator("#desk")).not_to_have_attribute("data-slot", str(stuck.uid))
    notices = page.locator("#notices")
    expect(notices).to_contain_text("The server is in trouble just now. 1 answer is kept here")
    for keys in ("123", "213"):
        slot = slot_on(page)
        page.clock.run_for(500)  # a key that bounces answers no task
        rank(page, keys)
        expect(page.locator("#desk")).not_to_have_attribute("data-slot", str(slot.uid))
        assert Judgment.objects.filter(slot=slot).exists()
        expect(notices).to_contain_text("The server is in trouble just now. 1 answer is kept here")
    assert len(tries) == 1  # its turn has not come again
    page.unroute(f"**/{stuck.uid}/submit/")
    notices.get_by_role("button", name="Try now").click()
    wait_until_sent(page)
    assert tiers_by_place(stuck) == [[3], [2], [1]]
    watch.forgive("503")
