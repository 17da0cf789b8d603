"""What the compare page costs a labeler's connection, all in."""

import gzip
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Response

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MAX_BYTES = 200_000


def test_the_compare_page_weighs_at_most_200_kilobytes_compressed(
    enter: Callable[..., Page],
) -> None:
    page = enter()
    fetched: dict[str, Response] = {}

    def keep(response: Response) -> None:
        fetched.setdefault(response.url, response)

    page.on("response", keep)
    page.goto("/projects/tea/label/")
    page.locator(".chip").first.wait_for()
    page.wait_for_load_state("networkidle")
    weights = {url: len(gzip.compress(response.body())) for url, response in fetched.items()}
    kinds = {url.rsplit(".", 1)[-1].split("/")[0] for url in weights}
    assert {"css", "js", "svg"} <= kinds
    assert sum(weights.values()) <= MAX_BYTES, sorted(weights.items(), key=lambda item: -item[1])
    assert not any("jsdiff" in url for url in weights)  # comes when first asked for
