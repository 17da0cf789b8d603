"""How texts look on the compare page: nothing cut off, every line, every language, every width."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import Preferences, User
from accounts.services import labeler_of
from labeling.models import Judgment
from tests.browser.asking import make_asking, open_desk
from tests.browser.test_reading import LONG, show

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

__all__ = ["show"]  # the fixture

FORMULAS = (
    r"Areas: $\pi r^2$, $e^{x^2}$, $\frac{a^{2}}{b_{1}}$, $\sum_{i=1}^{n} x_i^2$, $\hat{\theta}$, "
    r"$\sqrt{\frac{1}{x}}$, $\int_0^1 f$ and \(\begin{pmatrix}1&2\\3&4\end{pmatrix}\)."
    "\n\n- in a list $x^{2^{2}}$\n\n$$\\int_0^1 x^2 dx = " + "+ x" * 120 + "$$"
)
HAIKU = "Steam above the cup,\nthe leaves unfold one by one,\nmorning finds its voice."
CUT_OFF = """boxes => boxes.filter((box) => box.scrollHeight > box.clientHeight)
    .map((box) => box.outerHTML)"""
BOXES = '.prose math:not([display="block"]), .formula-box'


def box_of(part: Locator) -> dict[str, float]:
    box = part.bounding_box()
    assert box
    return {side: box[side] for side in ("x", "y", "width", "height")}


@pytest.mark.parametrize("width", [1440, 390])
def test_no_formula_is_cut_off(show: Callable[..., Page], width: int) -> None:
    page = show(FORMULAS, "Short.", width=width)
    formulas = page.locator(BOXES)
    expect(formulas).to_have_count(10)
    assert formulas.evaluate_all(CUT_OFF) == []
    page.keyboard.type("12")
    with page.expect_response("**/submit/") as submitted:
        page.keyboard.press("Enter")
    assert submitted.value.ok
    page.goto(f"/me/contributions/{Judgment.objects.get().uid}/")
    expect(formulas).to_have_count(10)
    assert formulas.evaluate_all(CUT_OFF) == []


def test_a_formula_that_goes_on_beyond_the_edge_says_so(show: Callable[..., Page]) -> None:
    page = show(FORMULAS, "Short.")
    box = page.locator(".formula-box")
    assert box.evaluate("box => box.scrollWidth > box.clientWidth")
    assert box.evaluate("box => getComputedStyle(box).backgroundAttachment") == (
        "local, local, scroll, scroll"
    )


def test_a_poem_keeps_its_lines(show: Callable[..., Page]) -> None:
    page = show(HAIKU, "Short.")
    assert page.locator(".response .prose", has_text="Steam").inner_text() == HAIKU


@pytest.mark.parametrize("width", [1920, 1024])
def test_text_begins_at_the_edge_of_its_card_in_pages_from_the_right(
    show: Callable[..., Page], ana: User, width: int
) -> None:
    Preferences.objects.create(labeler=labeler_of(user=ana), interface_language="ar")
    page = show("An English answer.", "جواب بالعربية.", "Another.", width=width)
    measure = """paragraph => {
        const range = document.createRange();
        range.selectNodeContents(paragraph);
        const [text, card] = [range, paragraph.closest(".response, .turn")]
            .map((each) => each.getBoundingClientRect());
        return [text.left - card.left, card.right - text.right];
    }"""
    for english in ("Which tea?", "An English answer."):
        assert page.locator(".prose p", has_text=english).evaluate(measure)[0] < 32
    assert page.locator(".prose p", has_text="جواب").evaluate(measure)[1] < 32


@pytest.mark.parametrize("width", [390, 320])
def test_the_reading_tools_are_one_row_on_a_phone(show: Callable[..., Page], width: int) -> None:
    page = show("One.", "Two.", "Three.", width=width, has_touch=True)
    tools = page.locator(".reading-tools .tool:visible")
    expect(tools).to_have_count(5)
    for count in (5, 7):
        expect(tools).to_have_count(count)
        boxes = [box_of(tool) for tool in tools.all()]
        assert len({round(box["y"] + box["height"] / 2) for box in boxes}) == 1
        assert all(box["height"] >= 44 and box["width"] >= 28 for box in boxes)
        assert max(box["x"] + box["width"] for box in boxes) <= width
        assert tools.evaluate_all("tools => tools.every((tool) => tool.title)")
        page.keyboard.press("f")


def test_what_is_asked_of_a_short_response_stands_right_under_it(
    enter: Callable[..., Page], ana: User
) -> None:
    make_asking(ana, "pair", "overall", texts=("Short.", LONG))
    page = enter(1440)
    open_desk(page)
    short = page.locator(".response", has=page.get_by_text("Short.", exact=True))
    prose, asks = box_of(short.locator(".prose")), box_of(short.locator(".asks"))
    assert prose["height"] < 100
    assert asks["y"] == pytest.approx(prose["y"] + prose["height"], abs=1)
    page.keyboard.press("y")
    expect(page.locator(".responses.panes")).to_have_count(1)
    scrolls = """parts => parts.filter((part) => part.scrollHeight > part.clientHeight + 1
        && ["auto", "scroll"].includes(getComputedStyle(part).overflowY))
        .map((part) => part.className)"""
    assert page.locator(".response, .response *").evaluate_all(scrolls) == ["prose"]


def test_the_tools_of_a_card_stay_where_they_are(show: Callable[..., Page]) -> None:
    page = show("One.", "Two.")
    tools = page.locator(".card-tools").first
    button = page.locator(".rank-next").first
    before = box_of(tools)
    page.keyboard.type("1")
    expect(button).not_to_have_text("Rank next")
    assert box_of(tools) == before
    button.evaluate("button => { button.hidden = true; }")
    expect(button).to_be_hidden()
    assert box_of(tools) == before


def difference(page: Page, first: str, second: str) -> Locator:
    page.keyboard.press("d")
    dialog = page.get_by_role("dialog", name="Difference")
    for name, text in (("before", first), ("after", second)):
        card = page.locator(".response", has_text=text)
        dialog.locator(f"[name={name}]").select_option(card.get_attribute("data-place"))
    return dialog


def test_changes_with_no_word_between_them_are_one(show: Callable[..., Page]) -> None:
    rest = " It is drunk all over the world, hot or cold, with milk or without."
    page = show(f"Green tea, mild.{rest}\n\n`steep(3)`", f"Black brew: bitter.{rest}\n\n`steep(4)`")
    dialog = difference(page, "Green", "Black")
    expect(dialog.locator("del")).to_have_text(["Green tea, mild", "3"])
    expect(dialog.locator("ins")).to_have_text(["Black brew: bitter", "4"])
    expect(dialog.locator("del .code")).to_have_text(["3"])
    expect(dialog.locator("[data-said]")).to_have_text(
        "Words only in the first: 4. Words only in the second: 4."
    )


def test_two_unlike_texts_stand_side_by_side(show: Callable[..., Page]) -> None:
    page = show("Tea calms one down.\n\n```\nwait()\n```", "Coffee, however, wakes everybody up.")
    dialog = difference(page, "calms", "wakes")
    expect(dialog.locator("[data-said]")).to_have_text(
        "These two differ in too many words to be compared."
    )
    columns = dialog.locator(".unlike section > div")
    expect(columns).to_have_count(2)
    expect(columns.nth(0)).to_contain_text("Tea calms one down.")
    expect(columns.nth(1)).to_have_text("Coffee, however, wakes everybody up.")
    assert box_of(columns.nth(0))["y"] == box_of(columns.nth(1))["y"]
    assert "ono" in columns.nth(0).locator(".code").evaluate(
        "code => getComputedStyle(code).fontFamily"
    )
