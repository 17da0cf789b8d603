"""Hostile responses in a real browser: nothing runs, nothing breaks the page, no request leaves."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Dialog, Page, expect

from accounts.models import User
from labeling.services.building import build_tasks
from labeling.services.policies import set_policy
from tests import factories
from tests.labeling.hostile import CORPUS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

A_PAGE = 6
NAMES = list(CORPUS)
PAGES = [NAMES[start : start + A_PAGE] for start in range(0, len(NAMES), A_PAGE)]

# What of a card lies outside its column, and what of the page lies outside the window.
SPILLED = """() => {
  const edge = document.documentElement.clientWidth;
  const outside = (box, around) => box.left < around.left - 1 || box.right > around.right + 1;
  const wide = [...document.querySelectorAll(".response, .turn, .panel, .site-header, .chip")]
    .filter((part) => outside(part.getBoundingClientRect(), { left: 0, right: edge }))
    .map((part) => part.className);
  const cards = [...document.querySelectorAll(".response")]
    .map((card) => card.getBoundingClientRect());
  const overlap = cards.some((one, at) => cards.some((two, other) => at < other
    && one.left < two.right - 1 && two.left < one.right - 1
    && one.top < two.bottom - 1 && two.top < one.bottom - 1));
  return { wide, overlap, scrolls: document.documentElement.scrollWidth > edge + 1 };
}"""
# Nothing that a text brought along may be one of these, or carry a handler or a style.
ELEMENTS = "script img svg style iframe object embed link meta base form input button video dialog"
INTRUDERS = f"""() => [...document.querySelectorAll(".prose *, .snippet *")].filter((node) =>
  {ELEMENTS.split()}.includes(node.localName) && !node.closest(".copy-code")
  || [...node.attributes].some(({{ name }}) =>
    /^(on|style|id|name|hx-|data-|src|xlink|autofocus|form)/.test(name)))
  .map((node) => node.outerHTML.slice(0, 80))"""
LINKS = """() => [...document.querySelectorAll(".prose a")].filter(({ href, target, rel }) =>
  !/^(https?:[/][/]|mailto:)/.test(href) || target !== "_blank" || !rel.includes("noopener"))
  .map(({ href }) => href)"""


def hostile_page(names: list[str], ana: User) -> None:
    project = factories.make_project("hostile", name="Hostile")
    factories.make_member(project, "labeler", ana)
    set_policy(project=project, responses=len(names), modes=["rank", "overall"])
    prompt = factories.make_prompt(project, CORPUS[names[0]])
    for name in names:
        factories.make_response(prompt, CORPUS[name], revision=f"model-{name.replace(' ', '-')}")
    build_tasks(project=project)


@pytest.mark.parametrize("names", PAGES, ids=lambda names: names[0])
@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_runs_nothing_breaks_and_no_request_leaves(
    names: list[str], width: int, enter: Callable[..., Page], ana: User
) -> None:
    hostile_page(names, ana)
    page = enter(width)
    dialogs: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismiss)
    page.set_default_timeout(60_000)  # megabytes, on whatever machine this is
    page.goto("/projects/hostile/label/")
    page.locator(".chip").first.wait_for()

    assert page.evaluate("window.broken") is None
    assert page.evaluate(INTRUDERS) == []
    assert page.evaluate(LINKS) == []
    assert page.evaluate(SPILLED) == {"wide": [], "overlap": False, "scrolls": False}
    cards = page.locator(".response .prose").all()
    assert len(cards) == len(names)
    assert all(
        "hostile" in card.evaluate("card => card.textContent.slice(0, 20000)") for card in cards
    )
    page.keyboard.press("v")
    expect(page.locator(".source")).to_have_count(len(names))
    assert page.evaluate(SPILLED) == {"wide": [], "overlap": False, "scrolls": False}
    assert sorted(
        page.locator(".source").evaluate_all("all => all.map((one) => one.textContent)")
    ) == (sorted(CORPUS[name] for name in names))
    page.keyboard.press("d")
    expect(page.locator("[data-said]")).not_to_be_empty()
    assert page.evaluate("window.broken") is None
    assert page.locator("[data-difference] *:not(ins, del, span, section, h3, div)").count() == 0
    page.keyboard.press("Escape")
    page.keyboard.type("".join(str(place) for place in range(1, len(names) + 1)))
    expect(page.locator("#ranking")).to_have_value(" ".join(map(str, range(1, len(names) + 1))))
    assert dialogs == []
    assert page.url.endswith("/projects/hostile/label/")
