"""Nothing on the compare page moves while it loads."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route

from collector.models import Project

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WATCH = """window.shifts = [];
new PerformanceObserver((list) => {
  for (const { value, sources } of list.getEntries()) {
    const moved = sources.map(({ node, previousRect, currentRect }) =>
      [node?.className ?? node, JSON.stringify([previousRect, currentRect])].join(" "));
    shifts.push({ value, moved });
  }
}).observe({ type: "layout-shift", buffered: true });"""
PAINTED = """() => new Promise((done) => {
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 0)));
})"""
MOST = 0.01


@pytest.mark.parametrize(("width", "touch"), [(1440, False), (1024, False), (390, True)])
def test_the_compare_page_does_not_move_while_it_loads(
    enter: Callable[..., Page], project: Project, width: int, touch: bool
) -> None:
    page = enter(width, has_touch=touch, is_mobile=touch)
    page.add_init_script(WATCH)
    held: list[Route] = []
    # The page is seen before its scripts are there.
    page.route("**/js/label.js", lambda route: held.append(route))
    page.goto("/projects/tea/label/", wait_until="commit")
    page.locator("#answer").wait_for()
    page.evaluate(PAINTED)
    held[0].continue_()
    page.locator(".chip").first.wait_for()
    page.evaluate(PAINTED)
    shifts = page.evaluate("shifts")
    assert sum(shift["value"] for shift in shifts) < MOST, shifts
