"""A whole practice round, a test and new guidelines, in the browser; what is typed survives."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.services import labeler_of
from collector.models import Project
from labeling.models import Judgment, Slot
from labeling.services.policies import set_guidelines
from labeling.services.standings import set_standing
from tests.browser.conftest import Watch
from tests.browser.looking import findings, sideways
from tests.labeling.training import add_items, put_in_force

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TRAINING = "/projects/tea/training/"


@pytest.fixture
def training(project: Project) -> Project:
    """Two practice items and a test of one, before any work; tasks of two responses."""
    put_in_force(project, responses=2)
    add_items(project, "practice", 2)
    add_items(project, "qualification", 1)
    put_in_force(project, practice_items=2, qualification_items=1, qualification_attempts=1)
    return project


def held(ana: User) -> Slot:
    slots = Slot.objects.select_related("task__gold_item")
    return slots.filter(labeler=labeler_of(user=ana), state="leased").earliest("pk")


def ranking(ana: User, *, right: bool = True) -> str:
    """The keys that say what the expert said, or the opposite."""
    slot = held(ana)
    assert slot.order
    expert = slot.task.gold_item.tiers or []
    first = slot.order[0] == expert[0][0]
    return "12" if first == right else "21"


def answer(page: Page, ana: User, *, right: bool = True) -> None:
    page.locator(".chip").first.wait_for()
    page.keyboard.type(ranking(ana, right=right))
    page.keyboard.press("Enter")


def test_a_whole_practice_round(
    enter: Callable[..., Page], ana: User, training: Project, watch: Watch
) -> None:
    page = enter()
    page.goto("/projects/tea/label/")
    expect(page).to_have_url(f"{page.url.split('/projects')[0]}{TRAINING}")
    assert findings(page) == []

    page.get_by_role("link", name="Read", exact=True).click()
    page.get_by_role("button", name="I have read them").click()
    page.get_by_role("link", name="Start", exact=True).click()

    expect(page.locator(".where")).to_contain_text("Practice, item 1 of 2")
    answer(page, ana, right=False)
    expect(page.get_by_role("heading", level=1)).to_have_text("You and the expert differ")
    expect(page.get_by_text("The first is right.")).to_be_visible()
    assert findings(page) == []

    page.get_by_role("link", name="Next practice item").click()
    expect(page.locator(".where")).to_contain_text("Practice, item 2 of 2")
    answer(page, ana)
    expect(page.get_by_role("heading", level=1)).to_have_text("You and the expert agree")

    page.get_by_role("link", name="Back to the training").click()
    page.get_by_role("button", name="Start the test").click()
    expect(page.locator(".where")).to_contain_text("Test, question 1 of 1")
    expect(page.get_by_role("button", name="Skip")).to_have_count(0)
    answer(page, ana)
    expect(
        page.get_by_text("Passed: you agreed with the expert on 100% of the pairs.")
    ).to_be_visible()

    page.get_by_role("link", name="Compare responses").click()
    expect(page.locator("#answer")).to_be_visible()
    purposes = Judgment.objects.order_by("pk").values_list("purpose", flat=True)
    assert list(purposes) == ["practice", "practice", "qualification"]


def test_what_was_begun_survives_a_reload_and_the_loss_of_the_net(
    enter: Callable[..., Page], ana: User, training: Project, watch: Watch
) -> None:
    page = enter()
    page.goto(f"{TRAINING}practice/")
    page.locator(".chip").first.wait_for()
    slot = page.locator("#desk").get_attribute("data-slot")
    keys = ranking(ana)
    page.keyboard.type(keys)
    expect(page.locator("#ranking")).not_to_have_value("")
    page.reload()
    expect(page.locator("#desk")).to_have_attribute("data-slot", slot or "")
    expect(page.locator("#ranking")).not_to_have_value("")

    page.context.set_offline(True)
    page.keyboard.press("Enter")
    expect(page.locator("#message")).to_contain_text("press Submit to send it again")
    page.context.set_offline(False)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("You and the expert agree")
    assert Judgment.objects.count() == 1
    watch.forgive("ERR_INTERNET_DISCONNECTED")


def test_two_tabs_hold_one_item(
    enter: Callable[..., Page], ana: User, training: Project, watch: Watch
) -> None:
    page = enter()
    page.goto(f"{TRAINING}practice/")
    other = page.context.new_page()
    other.goto(f"{TRAINING}practice/")
    slots = [each.locator("#desk").get_attribute("data-slot") for each in (page, other)]
    assert slots[0] == slots[1]
    keys = ranking(ana)
    for each in (page, other):
        each.locator(".chip").first.wait_for()
        each.bring_to_front()
        each.locator("#ranking").fill(keys)
        each.get_by_role("button", name="Submit").click()
        expect(each.get_by_role("heading", level=1)).to_have_text("You and the expert agree")
    assert Judgment.objects.count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_training_is_accessible_and_fits_a_phone(
    enter: Callable[..., Page], ana: User, training: Project, scheme: str
) -> None:
    set_guidelines(project=training, text="# Be fair\n\nLonger wins among equals.")
    page = enter(390, scheme, reduced_motion="reduce")
    history = "/projects/tea/guidelines/history/?version=2"
    for address in (TRAINING, f"{TRAINING}practice/", history):
        page.goto(address)
        assert findings(page) == [], address
        assert sideways(page) <= 0, address
    labeler = labeler_of(user=ana)
    set_standing(project=training, labeler=labeler, state="paused", reason="Too fast.")
    page.goto(TRAINING)
    expect(page.get_by_text("The reason: “Too fast.”")).to_be_visible()
    assert findings(page) == []
    page.get_by_role("link", name="Write an appeal").click()
    expect(page).to_have_url(re.compile(r"/me/letters/tea/\?kind=appeal$"))


def test_new_guidelines_show_what_changed_and_are_read_in_the_dialog(
    enter: Callable[..., Page], ana: User, project: Project
) -> None:
    page = enter()
    page.goto("/projects/tea/guidelines/")
    page.get_by_role("button", name="I have read them").click()
    set_guidelines(project=project, text="# Be fair\n\nLonger wins among equals.")
    page.goto("/projects/tea/label/")
    page.locator(".chip").first.wait_for()
    expect(page.get_by_role("link", name="The guidelines have changed")).to_be_visible()
    page.keyboard.press("g")
    dialog = page.locator("#guidelines-dialog")
    expect(dialog.get_by_text("What changed since version 1, which you read")).to_be_visible()
    expect(dialog.locator("del")).to_have_text("Shorter")
    expect(dialog.locator("ins")).to_have_text("Longer")
    dialog.get_by_role("button", name="I have read them").click()
    expect(dialog.get_by_text("What changed since")).to_have_count(0)
    expect(dialog.get_by_role("button", name="I have read them")).to_have_count(0)
    assert findings(page) == []
