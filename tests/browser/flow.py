"""What the tests of the flow from task to task share."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

LABEL = "/projects/tea/label/"
NEXT = "**/label/next/**"


def open_desk(page: Page) -> Page:
    page.goto(LABEL)
    page.locator(".chip").first.wait_for()
    return page


def wait_until_ready(page: Page) -> None:
    """The task after this one has been fetched."""
    expect(page.locator("#notices")).to_have_attribute("data-ready", "1")


def wait_until_sent(page: Page) -> None:
    expect(page.locator("#notices")).to_have_attribute("data-unsent", "0")


def rank(page: Page, keys: str) -> None:
    page.keyboard.type(keys)
    page.keyboard.press("Enter")


def shelf(page: Page, name: str) -> list[dict[str, object]]:
    """All rows of one of the browser's shelves, `drafts` or `outbox`, whoever's they are."""
    rows: list[dict[str, object]] = page.evaluate(
        """async (name) => {
            const database = await new Promise((resolve) => {
                const request = indexedDB.open("concord");
                request.onsuccess = () => resolve(request.result);
            });
            const rows = await new Promise((resolve) => {
                const request = database.transaction(name).objectStore(name).getAll();
                request.onsuccess = () => resolve(request.result);
            });
            database.close();
            return rows;
        }""",
        name,
    )
    return rows


Enter = Callable[..., Page]
