"""The interface in Arabic: it runs from the right, fits and is accessible."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests.browser.conftest import sign_in
from tests.browser.looking import findings, sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SIGNED_IN = ("/", "/projects/tea/label/", "/settings/")


@pytest.mark.parametrize("width", [1440, 390])
def test_pages_in_arabic_run_from_the_right_fit_and_are_accessible(
    open_page: Callable[..., Page], ana: User, live_server: LiveServer, width: int
) -> None:
    page = open_page(width, locale="ar", reduced_motion="reduce")
    found: dict[str, list[str]] = {}

    def look(address: str) -> None:
        page.goto(address)
        expect(page.locator("html")).to_have_attribute("dir", "rtl")
        expect(page.locator("html")).to_have_attribute("lang", "ar")
        if "label" in address:
            page.locator(".chip").first.wait_for()
        found[address] = findings(page)
        assert sideways(page) <= 0, address
        # To the left, too, where pages that run from the right flow over.
        assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"), address

    look("/accounts/login/")
    sign_in(page, ana, live_server)
    for address in SIGNED_IN:
        look(address)
    assert {address: list_ for address, list_ in found.items() if list_} == {}


def test_the_panel_stands_left_of_the_responses_in_arabic(
    open_page: Callable[..., Page], ana: User, live_server: LiveServer
) -> None:
    page = open_page(1440, locale="ar")
    sign_in(page, ana, live_server)
    page.goto("/projects/tea/label/")
    panel = page.locator(".panel").bounding_box()
    responses = page.locator(".responses").bounding_box()
    assert panel
    assert responses
    assert panel["x"] + panel["width"] <= responses["x"]
