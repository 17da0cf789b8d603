"""Rationale, a better version of a response, and marked text: what is written is what is stored."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from collector.models import Message
from labeling.models import Comparison
from tests.browser.asking import answered, by_place, make_asking, open_desk, place_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MARKED = (
    "🫖 Tea is **very hot** at 100 °C.\n\nSee [the guide](https://tea.example/hot) for hot tips."
)
SELECT = """([place, from, to]) => {
  const prose = document.querySelector(`#response-${place} .prose`);
  const walker = document.createTreeWalker(prose, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  const find = (text) => {
    while (walker.nextNode()) {
      const at = walker.currentNode.data.indexOf(text);
      if (at >= 0) return [walker.currentNode, at];
    }
  };
  const [first, start] = find(from);
  range.setStart(first, start);
  walker.currentNode = first.previousSibling ?? first.parentNode;
  const [last, end] = find(to);
  range.setEnd(last, end + to.length);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}"""


def test_a_better_version_starts_as_the_best_response_and_becomes_a_response(
    enter: Callable[..., Page], ana: User
) -> None:
    make_asking(ana, "pair", "edit", "rationale", texts=("**Tea** first.", "Milk\n\nfirst."))
    page = enter()
    slot = open_desk(page)
    best = place_of(slot, "**Tea** first.")
    page.keyboard.press(str(best))
    page.keyboard.press("e")
    expect(page.get_by_label("Your version")).to_have_value("**Tea** first.")
    expect(page.get_by_label("Made from response")).to_have_value(str(best))
    page.keyboard.press("Control+End")
    page.keyboard.type(" Then milk.")
    page.get_by_label("Why this choice?").fill("It is warm.")
    page.keyboard.press("Control+Enter")
    judgment = answered(page, slot)
    assert judgment.rationale == "It is warm."
    made = judgment.edit
    assert made is not None
    parent = Message.objects.get(pk=judgment.order[best - 1])
    assert (made.text, made.origin, made.edits) == ("**Tea** first. Then milk.", "edit", parent)
    assert Comparison.objects.filter(judgment=judgment).count() == 2


def test_a_version_that_was_not_changed_is_none(enter: Callable[..., Page], ana: User) -> None:
    make_asking(ana, "pair", "edit")
    page = enter()
    slot = open_desk(page)
    page.keyboard.press("2")
    page.keyboard.press("e")
    expect(page.get_by_label("Your version")).to_be_focused()
    page.keyboard.press("Control+Enter")
    judgment = answered(page, slot)
    assert (by_place(judgment), judgment.edit) == ([[2], [1]], None)


def test_selected_text_is_marked_as_it_stands_in_the_source(
    enter: Callable[..., Page], ana: User
) -> None:
    make_asking(
        ana, "pair", "spans", texts=(MARKED, "Milk first."), span_labels=["wrong", "unclear"]
    )
    page = enter()
    slot = open_desk(page)
    place = place_of(slot, MARKED)
    page.evaluate(SELECT, [place, "Tea", "hot"])
    page.get_by_role("group", name="Label").get_by_role("button", name="wrong").click()
    expect(page.locator("#marks li")).to_have_count(1)
    page.evaluate(SELECT, [place, "hot tips", "hot tips"])
    page.keyboard.press("m")
    page.keyboard.press("2")
    page.get_by_label("Note on “hot tips”").fill("Which ones?")
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    judgment = answered(page, slot)
    marks = [
        (MARKED[span.start : span.end], span.label, span.note) for span in judgment.spans.all()
    ]
    assert marks == [("Tea is **very hot", "wrong", ""), ("hot tips", "unclear", "Which ones?")]
    assert {span.response_id for span in judgment.spans.all()} == {judgment.order[place - 1]}
    assert by_place(judgment) == [[1], [2]]


def test_text_is_marked_without_a_pointer_kept_over_a_reload_and_unmarked(
    enter: Callable[..., Page], ana: User
) -> None:
    make_asking(
        ana, "pair", "spans", texts=(MARKED, "Milk first."), span_labels=["wrong", "unclear"]
    )
    page = enter()
    slot = open_desk(page)
    place = place_of(slot, MARKED)
    page.get_by_text("Mark without selecting").click()
    page.get_by_label("Response", exact=True).select_option(str(place))
    for words in ("100 °C", "nowhere", "the guide"):
        page.get_by_label("Words as they are written there").fill(words)
        page.get_by_role("button", name="Mark", exact=True).click()
    expect(page.locator("#marks li")).to_have_count(2)
    page.get_by_label("Words as they are written there").fill("nowhere")
    page.get_by_role("button", name="Mark", exact=True).click()
    expect(page.locator("#mark-words [role=status]")).to_contain_text(f"not in response {place}")
    page.reload()
    assert open_desk(page) == slot
    expect(page.locator("#marks li")).to_have_count(2)
    page.get_by_role("button", name="Remove the mark on “the guide”").click()
    page.get_by_role("radio", name="Tie").click()
    page.keyboard.press("Enter")
    judgment = answered(page, slot)
    assert [MARKED[span.start : span.end] for span in judgment.spans.all()] == ["100 °C"]
