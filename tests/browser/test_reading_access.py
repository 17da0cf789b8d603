"""Every way of reading, looked at by axe: panes, one at a time, source, difference, warnings."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from collector.models import Message
from labeling.models import ContentWarning
from tests.browser.looking import findings
from tests.browser.test_reading import CODE, LONG, show

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

__all__ = ["show"]  # the fixture

MATHS = "$$\\sum_{i=1}^{n} i = \\frac{n(n+1)}{2}" + "+ x" * 90 + "$$\n\n" + CODE


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (1440, "dark"), (390, "dark")])
def test_every_way_of_reading_is_accessible(
    show: Callable[..., Page], width: int, scheme: str
) -> None:
    page = show(LONG, MATHS, "Something dreadful.", width=width, scheme=scheme)
    page.set_default_timeout(30_000)
    dreadful = Message.objects.get(text="Something dreadful.")
    ContentWarning.objects.create(message=dreadful, category="hate", source="staff")
    page.reload()
    page.locator(".chip").first.wait_for()
    found = {"as it comes": findings(page)}
    for name, key in {"together": "y", "folded": "o", "one": "f", "source": "v"}.items():
        page.keyboard.press(key)
        found[name] = findings(page)
    page.keyboard.press("b")
    page.keyboard.press("d")
    expect(page.locator("[data-said]")).not_to_be_empty()
    found["difference"] = findings(page)
    assert {name: problems for name, problems in found.items() if problems} == {}
