"""What surrounds the work, in Chromium: reports without losing one's place, breaks, one's pages."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from accounts.services import accept_consent, create_user, labeler_of
from collector.models import Project
from labeling.models import Judgment, Report, Slot
from labeling.services.letters import answer_letter, write_letter
from labeling.services.preferences import save_preferences
from labeling.services.reports import report
from tests import factories
from tests.browser.conftest import PASSWORD, Watch, sign_in
from tests.browser.looking import findings, sideways
from tests.labeling.work import judge

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def rita(project: Project) -> User:
    rita = create_user(email="rita@example.org", password=PASSWORD)
    factories.make_member(project, "reviewer", rita)
    accept_consent(labeler=labeler_of(user=rita))
    return rita


@pytest.fixture
def lived_in(project: Project, ana: User, rita: User) -> str:
    """A project with answers, letters and reports; the uid of an answer of Ana's."""
    labeler = labeler_of(user=ana)
    ranked = judge(project, labeler, "2", "13")
    judge(project, labeler, tiers=None, not_rankable="None of them is right.")
    write_letter(project=project, labeler=labeler, text="Is tea a drink?", kind="appeal")
    answer_letter(project=project, labeler=labeler, writer=rita, text="It is.\n\nGo on!")
    report(labeler=labeler, category="harmful", text="x" * 300, project=project)
    report(labeler=labeler, category="broken", text="The settings")
    project.tasks.update(language="de", topics=["cooking", "tea"])
    save_preferences(labeler=labeler, daily_goal=5)
    return str(ranked.uid)


OF_A_LABELER = (
    "/",
    "/me/contributions/",
    "/me/contributions/?q=zzz",
    "/me/contributions/{judgment}/",
    "/me/calibration/",
    "/me/letters/",
    "/me/letters/tea/",
    "/me/data/",
    "/settings/",
    "/report/",
)
OF_A_REVIEWER = (
    "/",
    "/projects/tea/review/reports/",
    "/projects/tea/review/letters/",
    "/projects/tea/review/letters/{labeler}/",
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_these_pages_are_accessible_and_fit(
    open_page: Callable[..., Page],
    ana: User,
    rita: User,
    lived_in: str,
    live_server: LiveServer,
    width: int,
    scheme: str,
) -> None:
    names = {"judgment": lived_in, "labeler": str(labeler_of(user=ana).uid)}
    found: dict[str, list[str]] = {}
    for user, addresses in ((ana, OF_A_LABELER), (rita, OF_A_REVIEWER)):
        page = open_page(width, scheme, reduced_motion="reduce")
        sign_in(page, user, live_server)
        for address in addresses:
            page.goto(address.format(**names))
            found[f"{user} {address}"] = findings(page)
            assert sideways(page) <= 0, address
        page.get_by_role("link", name="Report", exact=True).click()
        expect(page.get_by_role("dialog", name="Report")).to_be_visible()
        found[f"{user} dialog"] = findings(page)
    assert {address: list_ for address, list_ in found.items() if list_} == {}


def test_a_report_leaves_the_desk_as_it_is(desk: Page) -> None:
    desk.keyboard.type("21")
    desk.keyboard.press("r")
    dialog = desk.get_by_role("dialog", name="Report")
    dialog.get_by_label("harmful or upsetting content").check()
    dialog.get_by_label("Which response?").select_option("2")
    dialog.get_by_label("What happened?").fill("It is rude.")
    dialog.get_by_role("button", name="Send the report").click()
    expect(dialog.get_by_text("Thank you.")).to_be_visible()
    dialog.get_by_role("button", name="Go on").click()
    expect(dialog).to_be_hidden()
    assert desk.locator("[name=ranking]").input_value() == "2 1"
    slot = Slot.objects.get(uid=desk.locator("#desk").get_attribute("data-slot") or "")
    assert slot.order
    assert Report.objects.values_list("task", "response", "category", "text").get() == (
        slot.task_id,
        slot.order[1],
        "harmful",
        "It is rude.",
    )


def test_a_report_that_cannot_be_sent_keeps_its_words(desk: Page, watch: Watch) -> None:
    desk.keyboard.press("r")
    dialog = desk.get_by_role("dialog", name="Report")
    dialog.get_by_label("something else").check()
    dialog.get_by_label("What happened?").fill("My words")
    desk.context.set_offline(True)
    dialog.get_by_role("button", name="Send the report").click()
    expect(dialog.get_by_role("alert")).to_contain_text("The server cannot be reached.")
    desk.context.set_offline(False)
    expect(dialog.get_by_label("What happened?")).to_have_value("My words")
    dialog.get_by_role("button", name="Send the report").click()
    expect(dialog.get_by_text("Thank you.")).to_be_visible()
    assert Report.objects.get().text == "My words"
    watch.forgive("ERR_INTERNET_DISCONNECTED")


def test_times_are_said_in_the_readers_zone(enter: Callable[..., Page], lived_in: str) -> None:
    """Half an hour beside every whole zone, so that no other one can be meant."""
    Judgment.objects.filter(uid=lived_in).update(created_at=datetime(2026, 3, 1, 7, 41, tzinfo=UTC))
    page = enter(locale="en-US", timezone_id="Asia/Kolkata")
    page.goto(f"/me/contributions/{lived_in}/")
    expect(page.locator("time")).to_have_text("Mar 1, 2026, 1:11 PM")


def test_the_pages_of_reports_and_save_are_in_reach(enter: Callable[..., Page]) -> None:
    page = enter(390)
    page.goto("/settings/")
    expect(page.get_by_role("button", name="Save")).to_be_in_viewport()
    page.goto("/report/?page=/settings/")
    form = page.locator("main form")
    form.get_by_label("Something else").check()
    form.get_by_label("What happened?").fill("The settings are odd.")
    form.get_by_role("button", name="Send the report").click()
    thanks = page.locator("main").get_by_text("Thank you. A reviewer will look at it.")
    expect(thanks).to_be_visible()
    filed = Report.objects.get()
    assert (filed.category, filed.text, filed.page) == (
        "other",
        "The settings are odd.",
        "/settings/",
    )


def test_figures_stand_two_by_two_on_a_phone(enter: Callable[..., Page]) -> None:
    page = enter(390)
    page.goto("/")
    tops = page.locator(".overview > div").evaluate_all(
        "tiles => tiles.map((tile) => tile.getBoundingClientRect().top)"
    )
    assert [tops.count(top) for top in sorted(set(tops))] == [2, 2]


def test_a_report_works_from_the_header_of_any_page(enter: Callable[..., Page]) -> None:
    page = enter(390)
    page.goto("/settings/")
    page.get_by_role("link", name="Report", exact=True).click()
    dialog = page.get_by_role("dialog", name="Report")
    expect(dialog.get_by_label("Which response?")).to_be_hidden()
    dialog.get_by_label("something does not work").check()
    dialog.get_by_role("button", name="Send the report").click()
    expect(dialog.get_by_text("Thank you.")).to_be_visible()
    reported = Report.objects.get()
    assert (reported.page, reported.task_id) == ("/settings/", None)


# --- breaks ---


@pytest.fixture
def clocked(enter: Callable[..., Page], ana: User) -> Page:
    """The compare page under a clock that the test winds."""
    save_preferences(labeler=labeler_of(user=ana), break_minutes=10)
    page = enter()
    page.clock.install()
    page.goto("/projects/tea/label/")
    page.locator(".chip").first.wait_for()
    return page


def work(page: Page, minutes: int) -> None:
    """A sign of life every minute."""
    for _ in range(minutes):
        page.clock.fast_forward(60_000)
        page.keyboard.press("Shift")


def test_after_a_while_of_work_a_break_is_suggested_once(clocked: Page) -> None:
    note = clocked.get_by_text("You have worked for 10 minutes.")
    clocked.keyboard.press("Shift")
    work(clocked, 9)
    expect(note).to_be_hidden()
    work(clocked, 1)
    expect(note).to_be_visible()
    clocked.get_by_role("button", name="All right").click()
    expect(note).to_be_hidden()
    work(clocked, 9)
    expect(note).to_be_hidden()


def test_time_away_is_no_work_and_a_rest_starts_the_count_anew(clocked: Page) -> None:
    note = clocked.get_by_text("You have worked for 10 minutes.")
    clocked.keyboard.press("Shift")
    work(clocked, 9)
    clocked.clock.fast_forward(240_000)  # away, but not for a rest
    clocked.keyboard.press("Shift")
    expect(note).to_be_hidden()
    clocked.clock.fast_forward(360_000)  # a rest
    clocked.keyboard.press("Shift")
    work(clocked, 9)
    expect(note).to_be_hidden()
    work(clocked, 1)
    expect(note).to_be_visible()


def test_who_wants_no_reminder_gets_none(enter: Callable[..., Page], ana: User) -> None:
    save_preferences(labeler=labeler_of(user=ana), break_minutes=0)
    page = enter()
    page.goto("/projects/tea/label/")
    page.locator(".chip").first.wait_for()
    assert page.locator("#break-note").count() == 0


# --- leaving ---


def test_a_person_erases_themselves_with_their_password(
    enter: Callable[..., Page], ana: User
) -> None:
    page = enter()
    page.goto("/me/data/")
    page.get_by_role("link", name="Erase my words and my account").click()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_label("I understand that this cannot be undone").check()
    page.get_by_role("button", name="Erase everything I wrote").click()
    expect(page.get_by_role("heading", name="Your words are erased")).to_be_visible()
    assert not User.objects.filter(email="ana@example.org").exists()
    page.goto("/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_the_data_come_as_a_file(enter: Callable[..., Page]) -> None:
    page = enter()
    page.goto("/me/data/")
    page.get_by_role("link", name="Download my data").click()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    with page.expect_download() as download:
        page.get_by_role("button", name="Confirm").click()
    assert download.value.suggested_filename == "my-data.zip"
