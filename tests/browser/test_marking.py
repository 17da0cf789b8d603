"""A mark is stored where the selected text stands in the source, or refused."""

from collections.abc import Callable

import orjson
import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from labeling.models import Slot
from tests.browser.asking import answered, make_asking, open_desk, place_of
from tests.browser.conftest import Watch

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PARIS = "🫖 See [Paris](https://en.wikipedia.org/wiki/Paris_is_big) is big."
LIST = "1. 2 apples\n2. 1 pear"
CODE = "```python\npython -m x\n```"
TABLE = "| a | b |\n|---|---|\n| - | c |"
LAST = "Salt &amp; tea, $x^2$ 😀 done."
TEXT = "\n\n".join((PARIS, LIST, CODE, TABLE, LAST))

SELECT = """([where, text, nth]) => {
  const walker = document.createTreeWalker(document.querySelector(where), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const at = walker.currentNode.data.indexOf(text);
    if (at < 0 || nth-- > 0) continue;
    const range = document.createRange();
    range.setStart(walker.currentNode, at);
    range.setEnd(walker.currentNode, at + text.length);
    getSelection().removeAllRanges();
    return getSelection().addRange(range);
  }
  throw new Error(`no ${text}`);
}"""


@pytest.fixture
def marking(enter: Callable[..., Page], ana: User) -> tuple[Page, int]:
    make_asking(ana, "pair", "spans", texts=(TEXT, "Milk first."), span_labels=["wrong"])
    page = enter()
    return page, place_of(open_desk(page), TEXT)


def stretches(page: Page) -> list[tuple[int, str]]:
    marks = orjson.loads(page.locator("#spans").input_value() or "[]")
    return [(mark["start"], TEXT[mark["start"] : mark["end"]]) for mark in marks]


@pytest.mark.parametrize(
    ("inside", "text", "nth", "at"),
    [
        ("p", "big", 0, TEXT.index("big.")),
        ("p", "is", 1, TEXT.index("is big.")),
        ("ol", "1", 0, TEXT.index("1 pear")),
        ("ol", "2", 0, TEXT.index("2 apples")),
        ("pre", "python", 0, TEXT.index("python -m")),
        ("td", "-", 0, TEXT.index("- | c")),
        ("td + td", "c", 0, TEXT.index("c |")),
        ("p:last-child", "😀 done", 0, TEXT.index("😀 done")),
    ],
)
def test_what_is_selected_is_marked_where_it_stands(
    marking: tuple[Page, int], inside: str, text: str, nth: int, at: int
) -> None:
    page, place = marking
    page.evaluate(SELECT, [f"#response-{place} .prose {inside}", text, nth])
    page.get_by_role("button", name="wrong").click()
    expect(page.locator("#marks li")).to_have_count(1)
    assert stretches(page) == [(at, text)]


def test_what_stands_nowhere_is_refused_in_words_and_marked_in_the_source(
    marking: tuple[Page, int],
) -> None:
    page, place = marking
    for text in ("& tea", "Salt &", "x"):
        page.evaluate(SELECT, [f"#response-{place} .prose p:last-child", text, 0])
        expect(page.locator("#mark-tool")).to_contain_text("Show the source and mark it there.")
        expect(page.get_by_role("button", name="wrong")).to_be_hidden()
    page.keyboard.press("m")
    expect(page.locator("#live")).to_contain_text("Show the source and mark it there.")
    page.keyboard.press("v")
    page.evaluate(SELECT, [f"#response-{place} .source", "&amp; tea", 0])
    page.get_by_role("button", name="wrong").click()
    assert stretches(page) == [(TEXT.index("&amp; tea"), "&amp; tea")]


def test_a_page_that_shows_another_text_than_the_server_marks_nothing(
    marking: tuple[Page, int],
) -> None:
    page, place = marking
    page.evaluate(f"document.querySelector('#response-{place} .prose p').append(' more')")
    page.evaluate(SELECT, [f"#response-{place} .prose p", "big", 0])
    expect(page.locator("#mark-tool")).to_contain_text("Show the source and mark it there.")


def test_origins_are_on_the_page_only_where_text_is_marked(
    enter: Callable[..., Page], ana: User, marking: tuple[Page, int]
) -> None:
    page, _ = marking
    expect(page.locator("[data-origins]")).to_have_count(2)
    page.keyboard.press("Escape")
    other = enter()
    other.goto("/projects/tea/label/")
    other.locator(".chip").first.wait_for()
    expect(other.locator("[data-origins]")).to_have_count(0)


def test_a_mark_is_stored_as_it_was_shown(marking: tuple[Page, int]) -> None:
    page, place = marking
    slot = open_desk(page)
    page.evaluate(SELECT, [f"#response-{place} .prose td", "-", 0])
    page.get_by_role("button", name="wrong").click()
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    spans = answered(page, slot).spans.values_list("start", "end")
    assert list(spans) == [(TEXT.index("- | c"), TEXT.index("- | c") + 1)]


def test_marks_of_an_answer_that_was_lost_are_there_to_copy(
    marking: tuple[Page, int], watch: Watch
) -> None:
    page, place = marking
    slot = open_desk(page)
    page.evaluate(SELECT, [f"#response-{place} .prose td", "-", 0])
    page.get_by_role("button", name="wrong").click()
    page.get_by_label("Note on “-”").fill("No value.")
    Slot.objects.filter(pk=slot.pk).update(state="void")
    Slot.objects.exclude(pk=slot.pk).update(state="void")
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    back = page.get_by_role("button", name="Back to that answer")
    typed = page.locator("dl.typed")
    expect(back.or_(typed)).to_be_visible()
    if back.is_visible():
        back.click()
    expect(typed).to_contain_text(f"Response {place} · Marked text: wrong")
    expect(typed.locator("q")).to_have_text("-")
    expect(typed).to_contain_text("No value.")
    watch.forgive("409", "410", "404")
