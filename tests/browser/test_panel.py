"""The panel beside the responses: what has the digits, what is shown where, small screens."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.services import labeler_of
from labeling.services.preferences import preferences_of
from tests.browser.asking import answered, by_place, make_asking, open_desk
from tests.browser.looking import findings

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_after_a_tie_digits_are_not_for_how_much_better(
    enter: Callable[..., Page], ana: User
) -> None:
    make_asking(ana, "pair", "safety", "strength")
    page = enter()
    slot = open_desk(page)
    page.keyboard.type("13")
    expect(page.locator(".current")).to_have_attribute("data-question", "pair")
    page.keyboard.type("2")
    expect(page.locator(".current")).to_have_attribute("data-question", "strength")
    expect(page.locator('[name="strength"]:checked')).to_have_count(0)
    page.keyboard.press("=")
    expect(page.locator(".current")).to_have_attribute("data-question", "pair")
    page.keyboard.press("Enter")
    judgment = answered(page, slot)
    assert (by_place(judgment), judgment.strength) == ([[1, 2]], None)


def test_a_choice_that_does_not_count_any_more_can_be_read(
    enter: Callable[..., Page], ana: User
) -> None:
    make_asking(ana, "pair", "strength")
    page = enter()
    open_desk(page)
    page.keyboard.type("12")
    page.keyboard.press("=")
    moot = page.locator(".moot .option:has(:checked)")
    expect(moot).to_have_count(1)
    expect(moot).to_have_css("color", "rgb(83, 94, 114)")
    expect(moot).to_have_css("background-color", "rgb(236, 239, 243)")
    assert findings(page) == []


def test_no_card_has_a_place_where_none_is_acceptable(desk: Page) -> None:
    desk.keyboard.type("123")
    expect(desk.locator(".response.ranked")).to_have_count(3)
    box = desk.get_by_label("No response is acceptable")
    box.check()
    expect(desk.locator(".response.ranked")).to_have_count(0)
    expect(desk.locator(".rank-next:visible")).to_have_count(0)
    box.uncheck()
    expect(desk.locator(".response.ranked")).to_have_count(3)
    expect(desk.locator(".rank-next:visible")).to_have_count(3)


def test_the_help_names_the_key_for_a_tie(enter: Callable[..., Page], ana: User) -> None:
    preferences = preferences_of(labeler=labeler_of(user=ana))
    preferences.keys = {"tie": ["x"]}
    preferences.save()
    page = enter()
    page.goto("/projects/tea/label/")
    expect(page.locator("#ranking-help")).to_have_text(
        "Type the numbers, best first; x for a tie. Enter submits."
    )


@pytest.mark.parametrize(
    ("modes", "count"), [(("pair",), 0), (("pair", "edit", "spans"), 1)], ids=["plain", "asked"]
)
def test_keys_of_what_is_not_asked_are_not_listed(
    enter: Callable[..., Page], ana: User, modes: tuple[str, ...], count: int
) -> None:
    make_asking(ana, *modes, span_labels=["wrong"] if count else [])
    page = enter()
    page.goto("/projects/asks/label/")
    page.locator(".response").first.wait_for()
    keys = page.locator("#help-dialog")
    expect(keys.get_by_text("Edit the best response")).to_have_count(count)
    expect(keys.get_by_text("Mark the selected text")).to_have_count(count)
    expect(keys.get_by_text("Skip the task")).to_have_count(1)


def test_a_digit_chooses_what_a_report_is_about(desk: Page) -> None:
    desk.keyboard.press("r")
    dialog = desk.get_by_role("dialog", name="Report")
    expect(dialog.get_by_role("radio").first).to_be_focused()
    desk.keyboard.press("2")
    expect(dialog.get_by_role("radio").nth(1)).to_be_checked()


def test_submit_is_as_wide_as_the_panel_where_nothing_can_be_skipped(desk: Page) -> None:
    widths = """() => ['.panel-actions', '.submit'].map((each) => {
        const found = document.querySelector(each);
        const style = getComputedStyle(found);
        const inner = each === '.submit' ? 0 : parseFloat(style.paddingLeft) * 2;
        return Math.round(found.getBoundingClientRect().width - inner);
    })"""
    desk.locator(".desk").evaluate("each => each.classList.add('correcting')")
    panel, submit = desk.evaluate(widths)
    assert submit == panel


def test_on_a_phone_the_bar_leads_to_the_answer_and_shows_it(
    enter: Callable[..., Page], ana: User
) -> None:
    make_asking(ana, "pair", texts=("Tea.\n\n" * 80, "Milk.\n\n" * 80))
    page = enter(390)
    open_desk(page)
    choice = page.get_by_role("radio", name="Response 2", exact=True)
    expect(choice).not_to_be_in_viewport()
    page.get_by_role("button", name="Your answer").click()
    expect(choice).to_be_in_viewport()
    choice.click()
    expect(page.get_by_role("button", name="Your answer")).to_contain_text("Response 2")


def test_on_a_phone_half_hidden_controls_can_be_hit_and_the_keys_are_in_the_menu(
    enter: Callable[..., Page], ana: User
) -> None:
    make_asking(ana, "pair", texts=("Tea.\n\n" * 40, "Milk.\n\n" * 40))
    page = enter(390)
    open_desk(page)
    page.locator("#response-1").evaluate("each => scrollTo(0, each.offsetTop - 25)")
    assert findings(page) == []
    page.evaluate("scrollTo(0, 0)")
    expect(page.locator(".site-header .tools > [data-opens='help-dialog']")).to_be_hidden()
    page.locator(".menu > summary").click()
    page.locator(".menu").get_by_role("button", name="Keys").click()
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
