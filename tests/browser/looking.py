"""What is wrong with a page as it stands: what axe finds, and what sticks out at its side."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page

OURS = ".glance"  # the frame around a researcher's page is unfold's
RESULTS = ".results"  # the same, of pages that others see in the labelers' frame


def findings(page: Page, within: str = "") -> list[str]:
    """What axe finds on a page or in one part of it, once that is there."""
    page.wait_for_load_state("load")  # a click that leads on returns before the page is there
    page.locator(within or "body").first.wait_for()
    violations = Axe().run(page, context=within or None).response["violations"]
    return [f"{each['id']}: {node['html'][:200]}" for each in violations for node in each["nodes"]]


def follow(page: Page, way: Locator) -> None:
    """Click what leads to another page, and be there: what comes next must not see the old one."""
    with page.expect_navigation():
        way.click()


def sideways(page: Page) -> int:
    """How many pixels of the page are out of sight at its side."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))
