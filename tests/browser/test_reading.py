"""Reading on the compare page: side by side, in step, one at a time, folded, compared."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Preferences, User
from accounts.services import labeler_of
from collector.models import Message, Project
from labeling.models import ContentWarning
from labeling.services.building import build_tasks
from labeling.services.policies import set_policy
from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG = "\n\n".join(f"Paragraph {number} of a long text about tea." for number in range(60))
CODE = "Do this:\n\n```python\nprint('" + "tea " * 80 + "')\n```\n\nand $x^2$."


@pytest.fixture
def show(enter: Callable[..., Page], ana: User) -> Callable[..., Page]:
    """A function that shows Ana a task of the given responses; places are those of `texts`."""

    def show_(*texts: str, width: int = 1440, **options: object) -> Page:
        project = factories.make_project("reading", name="Reading")
        factories.make_member(project, "labeler", ana)
        set_policy(project=project, responses=len(texts))
        prompt = factories.make_prompt(project, "Which tea?")
        for number, text in enumerate(texts):
            factories.make_response(prompt, text, revision=f"model-{number}")
        build_tasks(project=project)
        page = enter(width, **options)
        page.goto("/projects/reading/label/")
        page.locator(".copy-code, .chip").first.wait_for()
        return page

    return show_


def columns(page: Page) -> int:
    boxes = [card.bounding_box() for card in page.locator(".response").all()]
    return len({round(box["x"]) for box in boxes if box})


@pytest.mark.parametrize(
    ("responses", "width", "expected"),
    [
        (2, 1440, 2),
        (3, 1440, 3),
        (4, 1440, 2),
        (5, 1440, 1),
        (2, 1024, 2),
        (3, 1024, 1),
        (2, 1000, 1),
        (4, 390, 1),
    ],
)
def test_two_to_four_stand_side_by_side_where_there_is_room(
    show: Callable[..., Page], responses: int, width: int, expected: int
) -> None:
    page = show(*(f"Response {number}." for number in range(responses)), width=width)
    assert columns(page) == expected
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_panes_scroll_together_each_by_its_own_length(show: Callable[..., Page]) -> None:
    page = show(LONG, LONG + "\n\n" + LONG)
    page.keyboard.press("y")
    first, second = (card.locator(".prose") for card in page.locator(".response").all())
    expect(page.locator('[data-does="sync"]')).to_have_attribute("aria-pressed", "true")
    part = "box => box.scrollTop / (box.scrollHeight - box.clientHeight)"
    first.evaluate("box => box.scrollTo(0, (box.scrollHeight - box.clientHeight) / 2)")
    page.wait_for_function("box => box.scrollTop > 0", arg=second.element_handle())
    assert second.evaluate(part) == pytest.approx(0.5, abs=0.02)
    second.evaluate("box => box.scrollTo(0, box.scrollHeight)")
    page.wait_for_function(f"box => ({part})(box) > 0.98", arg=first.element_handle())
    page.reload()
    expect(page.locator(".responses.panes")).to_have_count(1)


def test_focus_mode_shows_one_response_and_keys_go_round(show: Callable[..., Page]) -> None:
    page = show("One.", "Two.", "Three.")
    page.keyboard.press("f")
    visible = page.locator(".response:visible")
    expect(visible).to_have_count(1)
    expect(visible).to_have_attribute("data-place", "1")
    page.keyboard.press("h")
    expect(visible).to_have_attribute("data-place", "3")
    page.keyboard.press("l")
    expect(visible).to_have_attribute("data-place", "1")
    page.get_by_role("button", name="Next response").click()
    expect(visible).to_have_attribute("data-place", "2")
    expect(page.locator(".reading-where")).to_have_text("2 of 3")
    page.keyboard.type("213")
    expect(page.locator("#ranking")).to_have_value("2 1 3")
    page.keyboard.press("f")
    expect(visible).to_have_count(3)


def test_nothing_is_folded_until_one_asks(show: Callable[..., Page]) -> None:
    page = show(LONG, "Short.")
    long = page.locator(".response .prose", has_text="Paragraph 1 ")
    whole = long.evaluate("box => box.clientHeight")
    assert whole > 2000
    page.keyboard.press("o")
    expect(page.get_by_role("button", name="Show all of it")).to_have_count(1)
    assert long.evaluate("box => box.clientHeight") < 400
    page.get_by_role("button", name="Show all of it").click()
    assert long.evaluate("box => box.clientHeight") == whole
    expect(page.get_by_role("button", name="Show all of it")).to_have_count(0)


def test_code_wraps_on_demand_and_is_copied_with_a_button(show: Callable[..., Page]) -> None:
    page = show(CODE, "Short.", permissions=["clipboard-read", "clipboard-write"])
    expect(page.locator(".code-head")).to_have_text("python")
    code = page.locator(".code-box pre")
    assert code.evaluate("box => box.scrollWidth > box.clientWidth")
    page.keyboard.press("w")
    assert code.evaluate("box => box.scrollWidth <= box.clientWidth")
    page.get_by_role("button", name="Copy the code").click()
    expect(page.locator("#live")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == f"print('{'tea ' * 80}')\n"


def test_a_response_is_shown_and_copied_as_it_was_written(show: Callable[..., Page]) -> None:
    page = show(CODE, "Also *short*.", permissions=["clipboard-read", "clipboard-write"])
    page.keyboard.press("v")
    sources = sorted(page.locator(".source").all_inner_texts())
    assert sources == sorted([CODE, "Also *short*."])
    expect(page.locator(".response .prose:visible")).to_have_count(0)
    page.keyboard.press("v")
    card = page.locator(".response", has_text="Also short.")
    card.get_by_role("button", name="Source of response").click()
    expect(card.locator(".source")).to_have_text("Also *short*.")
    expect(page.locator(".source")).to_have_count(1)
    card.get_by_role("button", name="Copy response").click()
    expect(page.locator("#live")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == "Also *short*."


def test_the_difference_of_any_two_word_by_word(show: Callable[..., Page]) -> None:
    page = show("Tea is *good* for you.", "Tea is bad for you.", "Coffee <b>is</b> bad.")
    assert not page.evaluate("'Diff' in window")
    page.keyboard.press("d")
    dialog = page.get_by_role("dialog", name="Difference")
    place = {
        text: card.get_attribute("data-place")
        for text in ("good", "Coffee", "Tea is bad")
        for card in [page.locator(".response", has_text=text)]
    }
    dialog.locator("[name=before]").select_option(place["good"])
    dialog.locator("[name=after]").select_option(place["Tea is bad"])
    expect(dialog.locator("del")).to_have_text(["*good*"])
    expect(dialog.locator("ins")).to_have_text(["bad"])
    expect(dialog.locator("[data-said]")).to_have_text(
        "Words only in the first: 1. Words only in the second: 1."
    )
    dialog.locator("[name=before]").select_option(place["Coffee"])
    expect(dialog.locator("[data-difference]")).to_contain_text("<b>")
    expect(dialog.locator("[data-difference] b")).to_have_count(0)


def test_what_differs_too_much_is_said_and_not_waited_for(show: Callable[..., Page]) -> None:
    one = " ".join(f"a{number}" for number in range(40_000))
    other = " ".join(f"b{number}" for number in range(40_000))
    page = show(one, other)
    page.keyboard.press("d")
    expect(page.locator("[data-said]")).to_have_text(
        "These two differ in too many words to be compared."
    )


def test_what_is_warned_of_is_blurred_until_shown(
    show: Callable[..., Page], ana: User, project: Project
) -> None:
    page = show("A peaceful text.", "A bloody text.")
    bloody = Message.objects.get(text="A bloody text.")
    ContentWarning.objects.create(message=bloody, category="violence", source="staff")
    page.reload()
    veil = page.locator("details.warned")
    expect(veil).to_have_count(1)
    expect(veil.locator("summary")).to_contain_text("May upset: violence")
    expect(page.locator(".chip", has_text="bloody")).to_have_count(0)
    page.keyboard.press("d")
    expect(page.locator("#message")).to_contain_text("not blurred are needed")
    expect(page.locator("#compare-dialog")).not_to_be_visible()
    text = veil.locator(".veiled")
    assert "blur" in text.evaluate("box => getComputedStyle(box).filter")
    assert text.evaluate("box => box.inert")
    page.keyboard.press("b")
    assert text.evaluate("box => getComputedStyle(box).filter") == "none"
    assert not text.evaluate("box => box.inert")
    expect(veil.get_by_text("A bloody text.")).to_be_visible()
    Preferences.objects.update_or_create(
        labeler=labeler_of(user=ana), defaults={"shown_categories": ["violence"]}
    )
    page.reload()
    page.locator(".chip").first.wait_for()
    expect(page.locator("details.warned")).to_have_count(0)
