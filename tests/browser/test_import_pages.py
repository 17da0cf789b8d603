"""Importing in a browser: a file, its columns, its preview, its report, and taking it back."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from collector.models import ImportJob, Project
from collector.services.imports import run_import
from tests import factories
from tests.browser.conftest import sign_in
from tests.browser.looking import OURS, findings, follow, sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HOME = "/admin/projects/tea/prompts/"
ROWS = (
    "question,reply,who,topic\n"
    + "".join(f'How long for cup {n}?,{n} minutes.,bot,"tea,water"\n' for n in range(12))
    + ",Empty,bot,\nMail ann@example.org,No.,bot,\n"
)


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_a_file_is_looked_at_imported_and_taken_back(
    open_page: Callable[..., Page],
    project: Project,
    live_server: LiveServer,
    settings: Settings,
    tmp_path: Path,
    width: int,
    scheme: str,
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    page = open_page(width, scheme, reduced_motion="reduce")
    sign_in(page, factories.make_member(project, "researcher"), live_server)
    found: dict[str, list[str]] = {}

    def look(name: str) -> None:
        found[name] = findings(page, OURS)
        assert sideways(page) <= 0, name

    page.goto(HOME)
    look("empty list")
    follow(page, page.get_by_role("link", name="Import", exact=True))
    file = FilePayload(name="cups.csv", mimeType="text/csv", buffer=ROWS.encode())
    page.get_by_label("File", exact=True).set_input_files(file)
    look("upload")
    page.get_by_role("button", name="Look at it").click()
    expect(page.locator("main h1")).to_have_text("Import cups.csv")
    expect(page.get_by_text("How long for cup 3?")).to_be_visible()
    look("draft")

    page.get_by_label("What it is").select_option("hc3")
    expect(page.get_by_role("alert")).to_contain_text("There is no column")
    look("draft with a problem")
    expect(page.get_by_role("button", name="Start the import")).to_be_disabled()
    page.get_by_label("What it is").select_option("table")
    expect(page.get_by_label("Response", exact=True)).to_have_value("reply")
    page.get_by_role("button", name="Start the import").click()
    expect(page.get_by_role("heading", name="What became of the rows")).to_be_visible()
    look("under way")

    run_import(job_id=ImportJob.objects.get().pk)

    # The page has followed the job by itself.
    expect(page.get_by_role("heading", name="Rows that were left out")).to_be_visible()
    look("report")
    follow(page, page.get_by_role("link", name="Take back this import"))
    look("undo")
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("Waiting to be taken back").first).to_be_visible()
    page.goto(HOME)
    look("list")
    page.goto(f"{HOME}templates/")
    look("templates")
    assert {name: list_ for name, list_ in found.items() if list_} == {}
