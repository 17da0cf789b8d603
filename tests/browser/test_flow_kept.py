"""What a labeler typed stays in the browser, theirs alone, until it is stored."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Dialog, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from accounts.services import accept_consent, create_user, labeler_of
from collector.models import Project
from labeling.models import Judgment
from labeling.services.policies import set_policy
from tests import factories
from tests.browser.conftest import Watch, sign_in
from tests.browser.flow import open_desk, rank, shelf, wait_until_ready, wait_until_sent
from tests.browser.test_compare import ranking, slot_on, tiers_by_place, wait_for_next

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


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
    expect(page.locator(".tier")).to_have_count(2)  # the draft is put back by then
    assert ranking(page) == "3 1"
    expect(page.get_by_label("Why this order?")).to_have_value("Two is <b>cold</b>.")
    page.get_by_label("Best to worst").fill("3 1 2")
    page.keyboard.press("Enter")
    wait_for_next(page, slot)
    judgment = Judgment.objects.get(slot=slot)
    assert (judgment.strength, judgment.rationale) == (1, "Two is <b>cold</b>.")
    assert slot.order
    assert list(judgment.ratings.values_list("response", "overall")) == [(slot.order[1], 6)]
    expect(page.get_by_label("Why this order?")).to_have_value("")


@pytest.fixture
def bo(project: Project) -> User:
    """Another labeler who has consented."""
    user = create_user(email="bo@example.org")
    factories.make_member(project, "labeler", user)
    accept_consent(labeler=labeler_of(user=user))
    return user


def test_a_stored_answer_leaves_no_draft_behind(desk: Page) -> None:
    slot = slot_on(desk)
    desk.keyboard.type("32")
    desk.wait_for_function("document.querySelector('#ranking').value === '3 2'")
    rank(desk, "1")
    wait_for_next(desk, slot)
    wait_until_sent(desk)
    assert shelf(desk, "outbox") == []
    assert str(slot.uid) not in [row["slot"] for row in shelf(desk, "drafts")]


def test_another_labeler_at_the_same_computer_sees_nothing_of_the_first(
    desk: Page, bo: User, live_server: LiveServer, watch: Watch
) -> None:
    wait_until_ready(desk)
    slot = slot_on(desk)
    desk.context.route("**/submit/", lambda route: route.abort())
    rank(desk, "321")
    expect(desk.locator("#notices")).to_contain_text("1 answer is kept here")
    desk.keyboard.type("12")
    draft = slot_on(desk)
    desk.context.unroute("**/submit/")
    sign_in(desk, bo, live_server)
    open_desk(desk)
    assert ranking(desk) == ""
    expect(desk.locator("#notices")).to_be_hidden()
    wait_until_ready(desk)
    assert not Judgment.objects.exists()
    sign_in(desk, User.objects.get(email="ana@example.org"), live_server)
    open_desk(desk)
    wait_until_sent(desk)
    assert tiers_by_place(slot) == [[3], [2], [1]]
    expect(desk.locator("#desk")).to_have_attribute("data-slot", str(draft.uid))
    assert ranking(desk) == "1 2"
    watch.forgive("ERR_FAILED")


def test_an_answer_is_never_sent_in_the_name_of_who_signed_in_since(
    desk: Page, bo: User, live_server: LiveServer, watch: Watch
) -> None:
    wait_until_ready(desk)
    slot = slot_on(desk)
    sign_in(desk, bo, live_server)
    rank(desk, "321")
    expect(desk.locator("#notices")).to_contain_text("Somebody else has signed in")
    assert not Judgment.objects.exists()
    sign_in(desk, User.objects.get(email="ana@example.org"), live_server)
    desk.get_by_role("button", name="Try now").click()
    wait_until_sent(desk)
    assert Judgment.objects.get(slot=slot, labeler__user__email="ana@example.org")
    watch.forgive("401")


def test_signed_out_in_the_middle_keeps_the_answer_and_sends_it_after_signing_in(
    desk: Page, ana: User, live_server: LiveServer, watch: Watch
) -> None:
    wait_until_ready(desk)
    slot = slot_on(desk)
    desk.context.clear_cookies()
    rank(desk, "321")
    notices = desk.locator("#notices")
    expect(notices).to_contain_text("You are signed out.")
    expect(notices.get_by_role("link", name="Sign in")).to_have_attribute("target", "_blank")
    other = desk.context.new_page()
    other.goto("/accounts/login/")
    other.get_by_label("Email").fill(ana.email)
    other.get_by_label("Password", exact=True).fill("a-long-enough-password")
    other.get_by_role("button", name="Sign in", exact=True).click()
    other.get_by_role("heading", name="My projects").wait_for()
    notices.get_by_role("button", name="Try now").click()
    wait_until_sent(desk)
    assert tiers_by_place(slot) == [[3], [2], [1]]
    watch.forgive("401", "403")


def test_an_answer_outlives_the_token_that_guards_the_form(desk: Page, watch: Watch) -> None:
    wait_until_ready(desk)
    slot = slot_on(desk)
    desk.context.clear_cookies(name="csrftoken")
    rank(desk, "321")
    wait_for_next(desk, slot)
    wait_until_sent(desk)
    assert tiers_by_place(slot) == [[3], [2], [1]]
    watch.forgive("403")


OFF = "Object.defineProperty(window, 'indexedDB', { get() { throw new Error('off'); } });"
FULL = "IDBObjectStore.prototype.put = () => { throw new DOMException('', 'QuotaExceededError'); };"


@pytest.mark.parametrize("broken", [OFF, FULL])
def test_without_storage_answers_are_sent_and_the_page_warns_before_it_is_left(
    enter: Callable[..., Page], watch: Watch, broken: str
) -> None:
    page = enter()
    page.add_init_script(broken)
    open_desk(page)
    wait_until_ready(page)
    slot = slot_on(page)
    rank(page, "321")
    wait_for_next(page, slot)
    assert tiers_by_place(slot) == [[3], [2], [1]]
    page.keyboard.type("12")
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)
    page.reload()
    page.locator(".chip").first.wait_for()
    assert asked == ["beforeunload"]
