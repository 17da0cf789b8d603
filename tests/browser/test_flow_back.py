"""Ways back: to the answer before, to one that was not taken, from another tab, after the time."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Response, Route, expect

from collector.models import Project
from labeling.models import Judgment, Slot
from labeling.services.claiming import claim
from labeling.services.policies import set_policy
from tests import factories
from tests.browser.conftest import Watch
from tests.browser.flow import NEXT, Enter, open_desk, rank, wait_until_ready, wait_until_sent
from tests.browser.test_compare import ranking, slot_on, tiers_by_place, wait_for_next

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


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


def give_away(slot: Slot, project: Project) -> None:
    """The lease runs out, and another labeler gets the task."""
    now = timezone.now()
    others = Slot.objects.exclude(pk=slot.pk)
    states = dict(others.values_list("pk", "state"))
    others.update(state="void")
    Slot.objects.filter(pk=slot.pk).update(
        granted_at=now - timedelta(hours=2), expires_at=now - timedelta(hours=1)
    )
    assert claim(project=project, labeler=factories.make_labeler())
    for pk, state in states.items():
        Slot.objects.filter(pk=pk).update(state=state)


def test_a_lost_lease_is_explained_and_what_was_typed_is_there_to_copy(
    enter: Enter, project: Project, watch: Watch
) -> None:
    page = enter()
    page.route(NEXT, lambda route: route.fulfill(status=503, body=""), times=1)
    open_desk(page)
    slot = slot_on(page)
    page.keyboard.type("21=3")
    give_away(slot, project)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="This task went to somebody else")).to_be_visible()
    expect(page.locator("dl.typed")).to_contain_text("2 1=3")
    page.get_by_role("link", name="Next task").click()
    page.locator(".chip").first.wait_for()
    assert not Judgment.objects.exists()
    watch.forgive("410", "503")


def test_an_answer_refused_after_the_next_task_came_is_told_and_can_be_read(
    desk: Page, project: Project, watch: Watch
) -> None:
    wait_until_ready(desk)
    slot = slot_on(desk)
    give_away(slot, project)
    rank(desk, "21=3")
    notices = desk.locator("#notices")
    expect(notices).to_contain_text("An answer you gave was not taken. Your time for this task")
    following = slot_on(desk)
    desk.keyboard.type("3")
    notices.get_by_role("button", name="Back to that answer").click()
    expect(desk.locator("dl.typed")).to_contain_text("2 1=3")
    expect(notices).to_be_hidden()
    desk.get_by_role("link", name="Next task").click()
    desk.locator(".chip").first.wait_for()
    assert slot_on(desk) == following
    assert ranking(desk) == "3"
    watch.forgive("410", "404")


def test_a_refusal_that_can_be_mended_leads_back_to_the_answer(
    desk: Page, project: Project, watch: Watch
) -> None:
    wait_until_ready(desk)
    slot = slot_on(desk)
    refused = '{"code": "invalid_answer", "detail": "Say more."}'
    desk.route(
        "**/submit/",
        lambda route: route.fulfill(status=400, body=refused, content_type="application/json"),
        times=1,
    )
    rank(desk, "321")
    notices = desk.locator("#notices")
    expect(notices).to_contain_text("An answer you gave was not taken. Say more.")
    following = slot_on(desk)
    notices.get_by_role("button", name="Back to that answer").click()
    expect(desk.locator("#desk")).to_have_attribute("data-slot", str(slot.uid))
    assert ranking(desk) == "3 2 1"
    desk.keyboard.press("Escape")
    rank(desk, "123")
    wait_for_next(desk, slot)
    wait_until_sent(desk)
    assert slot_on(desk) == following
    assert tiers_by_place(slot) == [[1], [2], [3]]
    watch.forgive("400")


def test_a_refused_answer_is_on_its_desk_when_the_page_is_opened_again(
    desk: Page, watch: Watch
) -> None:
    wait_until_ready(desk)
    slot = slot_on(desk)
    refused = '{"code": "invalid_answer", "detail": "Say more."}'
    desk.route(
        "**/submit/",
        lambda route: route.fulfill(status=400, body=refused, content_type="application/json"),
        times=1,
    )
    rank(desk, "321")
    expect(desk.locator("#notices")).to_contain_text("Say more.")
    open_desk(desk)
    assert slot_on(desk) == slot
    assert ranking(desk) == "3 2 1"
    desk.keyboard.press("Enter")
    wait_for_next(desk, slot)
    wait_until_sent(desk)
    assert tiers_by_place(slot) == [[3], [2], [1]]
    expect(desk.locator("#notices")).to_be_hidden()
    watch.forgive("400")


def test_a_refusal_can_be_let_go(desk: Page, project: Project, watch: Watch) -> None:
    wait_until_ready(desk)
    give_away(slot_on(desk), project)
    rank(desk, "21=3")
    desk.get_by_role("button", name="Let it go").click()
    expect(desk.locator("#notices")).to_be_hidden()
    watch.forgive("410")


def test_u_corrects_the_answer_before_and_comes_back_to_the_task_in_hand(desk: Page) -> None:
    wait_until_ready(desk)
    slot = slot_on(desk)
    rank(desk, "321")
    wait_for_next(desk, slot)
    following = slot_on(desk)
    desk.keyboard.type("2")
    desk.keyboard.press("u")
    expect(desk.locator("#desk")).to_have_attribute("data-slot", str(slot.uid))
    expect(desk.get_by_text("You are correcting an answer you gave.")).to_be_visible()
    assert ranking(desk) == "3 2 1"
    desk.keyboard.press("Escape")
    rank(desk, "1=23")
    wait_for_next(desk, slot)
    assert slot_on(desk) == following
    assert ranking(desk) == "2"
    wait_until_sent(desk)
    assert tiers_by_place(slot) == [[1, 2], [3]]
    assert Judgment.objects.filter(slot=slot).count() == 2


def test_a_correction_can_be_dropped(desk: Page) -> None:
    wait_until_ready(desk)
    slot = slot_on(desk)
    rank(desk, "321")
    wait_for_next(desk, slot)
    following = slot_on(desk)
    desk.keyboard.press("u")
    desk.keyboard.press("Escape")
    desk.get_by_role("link", name="Leave it as it was").click()
    expect(desk.locator("#desk")).to_have_attribute("data-slot", str(following.uid))
    assert tiers_by_place(slot) == [[3], [2], [1]]


def test_after_a_reload_u_brings_the_stored_answer_from_the_server(
    desk: Page, project: Project
) -> None:
    wait_until_ready(desk)
    slot = slot_on(desk)
    rank(desk, "32=1")
    wait_for_next(desk, slot)
    open_desk(desk)
    desk.keyboard.press("u")
    expect(desk.locator("#desk")).to_have_attribute("data-slot", str(slot.uid))
    assert ranking(desk) == "3 1=2"


def test_an_answer_that_was_not_sent_yet_is_taken_back(desk: Page, watch: Watch) -> None:
    wait_until_ready(desk)
    slot = slot_on(desk)
    desk.context.set_offline(True)
    rank(desk, "321")
    expect(desk.locator("#notices")).to_contain_text("1 answer is kept here")
    desk.keyboard.press("u")
    expect(desk.locator("#desk")).to_have_attribute("data-slot", str(slot.uid))
    desk.keyboard.press("Escape")
    rank(desk, "123")
    desk.context.set_offline(False)
    wait_until_sent(desk)
    assert tiers_by_place(slot) == [[1], [2], [3]]
    assert Judgment.objects.count() == 1
    watch.forgive("ERR_INTERNET_DISCONNECTED")


def test_after_the_edit_window_a_correction_is_refused_in_words(
    desk: Page, project: Project, watch: Watch
) -> None:
    set_policy(project=project, responses=3, edit_window_minutes=0)
    Slot.objects.filter(state="leased").update(policy_version=project.policies.latest("number"))
    wait_until_ready(desk)
    slot = slot_on(desk)
    rank(desk, "321")
    wait_for_next(desk, slot)
    desk.keyboard.press("u")
    expect(desk.locator("#message")).to_contain_text("cannot be corrected any more")
    assert tiers_by_place(slot) == [[3], [2], [1]]


def test_a_second_tab_shows_another_task(desk: Page) -> None:
    other = open_desk(desk.context.new_page())
    assert slot_on(other) != slot_on(desk)
    expect(desk.locator("#notices")).to_have_attribute("data-ready", "0")


def test_two_tabs_with_the_only_task_count_once(enter: Enter, watch: Watch) -> None:
    first = UUID(int=0)
    page = enter()
    page.goto("/")
    keep = Slot.objects.filter(state="open").values_list("pk", flat=True)[:1]
    Slot.objects.exclude(pk__in=list(keep)).update(state="void")
    open_desk(page)
    slot = slot_on(page)
    assert slot.uid != first
    other = open_desk(page.context.new_page())
    assert slot_on(other) == slot
    expect(other.locator("#message")).to_contain_text("open in another tab, too")
    other.keyboard.type("321")
    rank(page, "123")
    expect(page.get_by_role("heading", name="All done")).to_be_visible()
    expect(other.locator("#message")).to_contain_text("You answered this task in another tab.")
    other.keyboard.press("Enter")
    expect(other.get_by_role("heading", name="Already submitted")).to_be_visible()
    expect(other.get_by_role("link", name="Next task")).to_be_focused()
    assert Judgment.objects.count() == 1
    assert tiers_by_place(slot) == [[1], [2], [3]]
    watch.forgive("409")


def test_without_scripts_the_last_answer_can_be_corrected(enter: Enter) -> None:
    page = enter(java_script_enabled=False)
    page.goto("/projects/tea/label/")
    slot = slot_on(page)
    page.get_by_label("Best to worst").fill("3 1 2")
    page.get_by_role("button", name="Submit").click()
    page.get_by_role("link", name="Correct the last answer").click()
    assert slot_on(page) == slot
    assert ranking(page) == "3 1 2"
    page.get_by_label("Best to worst").fill("1 2 3")
    page.get_by_role("button", name="Submit").click()
    assert slot_on(page) != slot
    assert tiers_by_place(slot) == [[1], [2], [3]]


def test_the_lease_is_renewed_while_somebody_works(enter: Enter, project: Project) -> None:
    page = enter()
    page.clock.install()
    open_desk(page)
    slot = slot_on(page)
    with page.expect_request("**/renew/", timeout=60_000) as renewed:
        for _ in range(11):  # due after 300 s; the request itself is given up 20 s later
            page.keyboard.press("Shift")
            page.clock.run_for(28_000)
    reply = renewed.value.response()
    assert reply
    assert reply.status == 200
    renewed_slot = Slot.objects.get(pk=slot.pk)
    assert renewed_slot.expires_at
    assert slot.expires_at
    assert renewed_slot.expires_at > slot.expires_at


def test_after_a_correction_the_address_is_that_of_the_next_task(desk: Page) -> None:
    wait_until_ready(desk)
    slot = slot_on(desk)
    rank(desk, "321")
    wait_for_next(desk, slot)
    wait_until_sent(desk)
    desk.goto(f"/projects/tea/label/{slot.uid}/")
    desk.locator(".chip").first.wait_for()
    desk.keyboard.press("Escape")
    rank(desk, "123")
    wait_for_next(desk, slot)
    wait_until_sent(desk)
    assert desk.url.endswith("/projects/tea/label/")
    following = slot_on(desk)
    desk.reload()
    desk.locator(".chip").first.wait_for()
    assert slot_on(desk) == following


def test_what_is_on_its_way_comes_next_and_only_once(desk: Page) -> None:
    wait_until_ready(desk)
    slot = slot_on(desk)
    rank(desk, "321")
    wait_for_next(desk, slot)
    wait_until_sent(desk)
    under_way: list[Route] = []
    desk.route(NEXT, lambda route: under_way.append(route), times=1)
    desk.goto(f"/projects/tea/label/{slot.uid}/")
    desk.locator(".chip").first.wait_for()
    desk.keyboard.press("Escape")
    rank(desk, "123")
    wait_until_sent(desk)
    under_way[0].continue_()
    wait_for_next(desk, slot)
    following = slot_on(desk)
    wait_until_ready(desk)
    rank(desk, "123")
    wait_for_next(desk, following)


def test_a_second_tab_logs_no_error(desk: Page, watch: Watch) -> None:
    wait_until_ready(desk)
    other = desk.context.new_page()
    watch.on(other, desk.url.split("/projects", maxsplit=1)[0])
    replies: list[int] = []

    def keep(reply: Response) -> None:
        if "/next/" in reply.url:
            replies.append(reply.status)

    other.on("response", keep)
    open_desk(other)
    with other.expect_response("**/label/next/**"):
        other.reload()
    assert set(replies) <= {200, 204}


def test_offline_without_a_next_task_one_calm_line_and_u_takes_it_back(
    enter: Enter, watch: Watch
) -> None:
    page = enter()
    page.route(NEXT, lambda route: route.fulfill(status=503, body=""), times=1)
    open_desk(page)
    slot = slot_on(page)
    page.context.set_offline(True)
    rank(page, "321")
    notices = page.locator("#notices")
    expect(notices).to_contain_text("Saved. The next task comes when the network is back.")
    expect(notices.locator(".note")).to_have_count(1)
    expect(page.locator("#message")).to_be_hidden()
    page.keyboard.press("u")
    expect(notices).to_be_hidden()
    assert ranking(page) == "3 2 1"
    page.keyboard.press("Escape")
    rank(page, "123")
    expect(notices).to_contain_text("Saved.")
    page.context.set_offline(False)
    wait_for_next(page, slot)
    wait_until_sent(page)
    assert tiers_by_place(slot) == [[1], [2], [3]]
    assert Judgment.objects.count() == 1
    watch.forgive("503", "ERR_INTERNET_DISCONNECTED")


def test_offline_after_the_answer_arrived_u_corrects_it(desk: Page, watch: Watch) -> None:
    wait_until_ready(desk)
    desk.route(NEXT, lambda route: route.abort())
    first = slot_on(desk)
    rank(desk, "321")
    wait_for_next(desk, first)
    second = slot_on(desk)
    rank(desk, "321")
    expect(desk.locator("#notices")).to_contain_text("Saved. The next task comes")
    desk.keyboard.press("u")
    expect(desk.get_by_text("You are correcting an answer you gave.")).to_be_visible()
    assert slot_on(desk) == second
    desk.unroute(NEXT)
    desk.keyboard.press("Escape")
    rank(desk, "213")
    wait_for_next(desk, second)
    assert tiers_by_place(second) == [[2], [1], [3]]
    watch.forgive("ERR_FAILED")
