"""Who erases their words leaves none behind in the browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.services import labeler_of
from tests.browser.conftest import PASSWORD
from tests.browser.flow import open_desk, shelf

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_erasing_empties_the_browsers_shelves_of_ones_own_and_no_others(
    enter: Callable[..., Page], ana: User
) -> None:
    page = enter()
    open_desk(page)
    page.get_by_label("Best to worst").fill("3 1")
    own = str(labeler_of(user=ana).uid)
    page.evaluate(
        """async (own) => {
            const { Store } = await import("/static/js/label/store.js");
            const store = await Store.open();
            await store.write("drafts", {labeler: own, slot: "one"});
            await store.write("outbox", {labeler: own, key: "two"});
            await store.write("drafts", {labeler: "bo", slot: "three"});
        }""",
        own,
    )
    page.goto("/me/data/erase/")
    if "reauthenticate" in page.url:
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Confirm").click()
    page.get_by_label("I understand that this cannot be undone").check()
    page.get_by_role("button", name="Erase everything I wrote").click()
    expect(page.get_by_role("heading", name="Your words are erased")).to_be_visible()
    page.wait_for_function(
        """async (own) => {
            const { Store } = await import("/static/js/label/store.js");
            const store = await Store.open();
            const left = [...await store.all("drafts", own), ...await store.all("outbox", own)];
            return left.length === 0;
        }""",
        arg=own,
    )
    assert [row["labeler"] for row in shelf(page, "drafts")] == ["bo"]
    assert shelf(page, "outbox") == []
