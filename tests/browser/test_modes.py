"""Every way of ordering responses, and what is asked beside it: what is clicked is stored."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from labeling.models import Comparison, Judgment
from tests.browser.asking import answered, by_place, make_asking, open_desk, ratings_by_place

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FOUR = ("Tea first.", "Milk first.", "Water first.", "Neither.")


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


@pytest.mark.parametrize(
    ("keys", "tiers", "not_rankable"),
    [
        (["1"], [[1], [2]], None),
        (["2"], [[2], [1]], None),
        (["3"], [[1, 2]], None),
        (["="], [[1, 2]], None),
        (["4"], None, "both_bad"),
        (["n"], None, "both_bad"),
    ],
)
def test_a_pair_takes_two_keys(
    enter: Callable[..., Page],
    ana: User,
    keys: list[str],
    tiers: list[list[int]] | None,
    not_rankable: str | None,
) -> None:
    make_asking(ana, "pair")
    page = enter()
    slot = open_desk(page)
    press(page, *keys, "Enter")
    judgment = answered(page, slot)
    assert (by_place(judgment), judgment.not_rankable) == (tiers, not_rankable)
    assert (judgment.strength, judgment.answers, judgment.rationale) == (None, {}, "")


def test_a_pair_with_the_pointer_from_the_card_or_the_panel_and_taken_back(
    enter: Callable[..., Page], ana: User
) -> None:
    make_asking(ana, "pair")
    page = enter(390)
    slot = open_desk(page)
    page.get_by_role("button", name="Choose (response 1)").click()
    expect(page.get_by_role("radio", name="Response 1", exact=True)).to_be_checked()
    page.get_by_role("button", name="Chosen (response 1)").click()
    expect(page.get_by_role("radio", name="Response 1", exact=True)).not_to_be_checked()
    page.get_by_role("radio", name="Tie").click()
    page.get_by_role("radio", name="Tie").click()
    expect(page.get_by_role("radio", name="Tie")).not_to_be_checked()
    page.get_by_role("button", name="Submit").click()
    expect(page.locator("#message")).to_contain_text("Not answered yet: Which response is better?")
    assert not Judgment.objects.exists()
    page.get_by_role("radio", name="Both are bad").click()
    page.get_by_label("Why is neither good enough?").fill("Both are cold.")
    page.get_by_role("button", name="Submit").click()
    judgment = answered(page, slot)
    assert (by_place(judgment), judgment.not_rankable) == (None, "Both are cold.")
    assert list(Comparison.objects.values_list("outcome", flat=True)) == ["both_bad"]


@pytest.mark.parametrize(
    ("key", "tiers", "strength", "not_rankable"),
    [
        ("1", [[1], [2]], 3, None),
        ("3", [[1], [2]], 1, None),
        ("4", [[1, 2]], None, None),
        ("=", [[1, 2]], None, None),
        ("6", [[2], [1]], 2, None),
        ("8", None, None, "neither_valid"),
        ("n", None, None, "neither_valid"),
    ],
)
def test_seven_points_take_two_keys(
    enter: Callable[..., Page],
    ana: User,
    key: str,
    tiers: list[list[int]] | None,
    strength: int | None,
    not_rankable: str | None,
) -> None:
    make_asking(ana, "pair_7")
    page = enter()
    slot = open_desk(page)
    press(page, key, "Enter")
    judgment = answered(page, slot)
    assert (by_place(judgment), judgment.strength) == (tiers, strength)
    assert judgment.not_rankable == not_rankable


def test_the_best_of_four(enter: Callable[..., Page], ana: User) -> None:
    make_asking(ana, "best", texts=FOUR)
    page = enter()
    slot = open_desk(page)
    press(page, "2", "3")
    expect(page.locator("#response-3.ranked")).to_be_visible()
    expect(page.locator(".response.ranked")).to_have_count(1)
    press(page, "Enter")
    assert by_place(answered(page, slot)) == [[3], [1, 2, 4]]


def test_none_of_four_with_its_reason(enter: Callable[..., Page], ana: User) -> None:
    make_asking(ana, "best", texts=FOUR)
    page = enter()
    slot = open_desk(page)
    press(page, "2", "n")
    page.keyboard.type("All are cold.")
    press(page, "Control+Enter")
    judgment = answered(page, slot)
    assert (judgment.tiers, judgment.not_rankable) == (None, "All are cold.")


def test_safety_then_preference_then_its_strength_and_confidence_by_digits_alone(
    enter: Callable[..., Page], ana: User
) -> None:
    make_asking(ana, "pair", "strength", "confidence", "safety")
    page = enter()
    slot = open_desk(page)
    expect(page.locator(".current")).to_have_attribute("data-question", "safety")
    press(page, "3", "2", "1", "7", "Enter")
    judgment = answered(page, slot)
    assert by_place(judgment) == [[2], [1]]
    assert judgment.strength == 3
    assert judgment.answers == {"safety": "both", "confidence": 7}


def test_backspace_takes_the_last_step_back_and_escape_brings_it_back(
    enter: Callable[..., Page], ana: User
) -> None:
    make_asking(ana, "pair", "confidence", "safety")
    page = enter()
    slot = open_desk(page)
    press(page, "1", "2", "Backspace")
    expect(page.locator(".current")).to_have_attribute("data-question", "pair")
    assert page.locator("#answer fieldset :checked").count() == 1
    press(page, "Backspace")
    expect(page.locator(".current")).to_have_attribute("data-question", "safety")
    assert page.locator("#answer fieldset :checked").count() == 0
    press(page, "Escape")
    expect(page.locator('[name="safety"][value="first"]')).to_be_checked()
    press(page, "Delete")
    expect(page.locator('[name="safety"][value="first"]')).not_to_be_checked()
    press(page, "j", "1", "Enter")
    judgment = answered(page, slot)
    assert (by_place(judgment), judgment.answers) == ([[1], [2]], {})


def test_a_tie_asks_for_no_strength(enter: Callable[..., Page], ana: User) -> None:
    make_asking(ana, "pair", "strength")
    page = enter()
    slot = open_desk(page)
    page.get_by_role("radio", name="slightly better").click()
    page.get_by_role("radio", name="Tie").click()
    expect(page.get_by_role("radio", name="slightly better")).to_be_disabled()
    press(page, "Enter")
    judgment = answered(page, slot)
    assert (by_place(judgment), judgment.strength) == ([[1, 2]], None)


def test_a_ranking_goes_on_to_what_else_is_asked(enter: Callable[..., Page], ana: User) -> None:
    make_asking(ana, "rank", "strength", "overall", texts=FOUR[:3])
    page = enter()
    slot = open_desk(page)
    press(page, "2", "1", "=", "3", "3", "7", "1", "5", "Enter")
    judgment = answered(page, slot)
    assert (by_place(judgment), judgment.strength) == ([[2], [1, 3]], 1)
    assert ratings_by_place(judgment) == {1: {"overall": 7}, 2: {"overall": 1}, 3: {"overall": 5}}


def test_attributes_by_digits_skip_what_is_not_answered(
    enter: Callable[..., Page], ana: User
) -> None:
    make_asking(ana, "pair", "attributes")
    page = enter()
    slot = open_desk(page)
    press(page, "1", "4", "0", "j", "2")
    expect(page.locator(".current")).to_have_attribute("data-question", "verbosity")
    expect(page.locator("#response-1 .group-count")).to_have_text("3 of 5")
    press(page, "Enter")
    assert ratings_by_place(answered(page, slot)) == {
        1: {"attributes": {"helpfulness": 4, "correctness": 0, "complexity": 2}}
    }


def test_flags_one_yes_and_no_to_all_the_rest(enter: Callable[..., Page], ana: User) -> None:
    make_asking(ana, "pair", "flags")
    page = enter()
    slot = open_desk(page)
    press(page, "1")
    second = page.locator("#response-2")
    second.get_by_role("group", name="Makes things up").get_by_role("radio", name="yes").check()
    second.get_by_role("button", name="No to all that is left").click()
    expect(second.locator(".group-count")).to_have_text("11 of 11")
    press(page, "Enter")
    rated = ratings_by_place(answered(page, slot))
    assert rated.keys() == {2}
    assert len(rated[2]["flags"]) == 11
    assert [name for name, raised in rated[2]["flags"].items() if raised] == ["hallucination"]


def test_labels_need_spam_and_leave_out_the_rest(enter: Callable[..., Page], ana: User) -> None:
    make_asking(ana, "pair", "labels")
    page = enter()
    slot = open_desk(page)
    press(page, "1", "2", "Enter")
    expect(page.locator("#message")).to_contain_text("Response 2: Spam")
    expect(page.locator(".current")).to_have_attribute("data-place", "2")
    press(page, "1")
    page.locator('[name="label_2_quality"][value="0.75"]').check()
    page.locator('[name="label_2_violence"][value="0"]').check()
    press(page, "Enter")
    assert ratings_by_place(answered(page, slot)) == {
        1: {"labels": {"spam": False}},
        2: {"labels": {"spam": True, "quality": 0.75, "violence": 0}},
    }


def test_ten_modes_at_once_leave_out_what_was_not_answered(
    enter: Callable[..., Page], ana: User
) -> None:
    asked = ("pair", "strength", "confidence", "safety", "overall", "attributes", "flags")
    make_asking(ana, *asked, "spans", "edit", "rationale", span_labels=["wrong"])
    page = enter()
    slot = open_desk(page)
    page.get_by_role("radio", name="Response 2", exact=True).click()
    press(page, "Enter")
    judgment = answered(page, slot)
    assert by_place(judgment) == [[2], [1]]
    assert (judgment.strength, judgment.answers, judgment.rationale) == (None, {}, "")
    assert (judgment.edit, list(judgment.spans.all()), ratings_by_place(judgment)) == (None, [], {})


def test_a_reload_keeps_every_choice(enter: Callable[..., Page], ana: User) -> None:
    make_asking(ana, "pair", "safety", "flags", "rationale")
    page = enter()
    slot = open_desk(page)
    press(page, "4", "2")
    page.locator('[name="flag_1_sexual_content"][value="no"]').check()
    page.get_by_label("Why this choice?").fill("It is <b>warm</b>.")
    page.reload()
    assert open_desk(page) == slot
    expect(page.locator('[name="flag_1_sexual_content"][value="no"]')).to_be_checked()
    press(page, "Enter")
    judgment = answered(page, slot)
    assert (by_place(judgment), judgment.answers) == ([[2], [1]], {"safety": "neither"})
    assert judgment.rationale == "It is <b>warm</b>."
    assert ratings_by_place(judgment) == {1: {"flags": {"sexual_content": False}}}


def test_without_scripts_every_choice_posts(enter: Callable[..., Page], ana: User) -> None:
    make_asking(ana, "pair", "safety", "attributes", "labels")
    page = enter(java_script_enabled=False)
    page.goto("/projects/asks/label/")
    page.get_by_role("radio", name="both", exact=True).check()
    page.get_by_role("radio", name="Response 1", exact=True).check()
    page.locator('[name="attr_2_verbosity"][value="3"]').check()
    for place in (1, 2):
        page.locator(f'#response-{place} [data-group="labels"] summary').click()
        page.locator(f'[name="label_{place}_spam"][value="no"]').check()
    page.get_by_role("button", name="Submit").click()
    page.wait_for_load_state()
    judgment = Judgment.objects.get()
    assert (by_place(judgment), judgment.answers) == ([[1], [2]], {"safety": "both"})
    assert ratings_by_place(judgment) == {
        1: {"labels": {"spam": False}},
        2: {"attributes": {"verbosity": 3}, "labels": {"spam": False}},
    }
