"""The places "Tasks" and "Datasets" in a browser: accessible, they fit, one works through them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from collector.models import Project, Webhook, WebhookDelivery
from exports.models import DatasetVersion, HubPush
from exports.services.versions import build_version, start_version
from labeling.models import Task
from labeling.services.building import build_tasks
from labeling.services.task_jobs import start_build
from tests import factories
from tests.browser.conftest import sign_in
from tests.browser.looking import OURS, findings, sideways
from tests.exports.builders import judged_prompts
from tests.labeling.work import claimed, judge

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HOME = "/admin/projects/tea"


@pytest.fixture
def worked(project: Project, settings: object, tmp_path: Path) -> Project:
    """Votes, a lent task, something ready, a version with files and one under way."""
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]
    for _ in range(2):
        judge(project, factories.make_labeler())
    claimed(project, factories.make_labeler())
    judged_prompts(project, 3)
    factories.make_answered_prompts(project, prompts=2, responses=3)
    start_build(project=project, at_once=True)
    factories.make_answered_prompts(project, prompts=2, responses=3)
    webhook = Webhook.objects.create(
        project=project, url="http://hooks.test/x", events=["dataset_version.ready"]
    )
    WebhookDelivery.objects.create(webhook=webhook, event="webhook.test", payload={})
    for _ in range(2):
        version = _start(project)
        build_version(version_id=version.pk)
    HubPush.objects.create(version=version, repository="team/tea", status="failed", error="Gone.")
    _start(project)
    return project


def _start(project: Project) -> DatasetVersion:
    return start_version(
        project=project,
        name="Tea, as people like it",
        formats=["preference", "ranked"],
        container="jsonl",
        recipe={"columns": ["margin"], "ties": "draw"},
    )


def _addresses(project: Project) -> list[str]:
    task = Task.objects.filter(project=project, disagreement__isnull=True).order_by("pk")[0]
    first, second, third = DatasetVersion.objects.order_by("pk")
    webhook = Webhook.objects.get()
    return [
        "/tasks/",
        f"/tasks/{task.uid}/",
        "/datasets/",
        "/datasets/new/",
        f"/datasets/{first.dataset.uid}/",
        f"/datasets/versions/{second.uid}/?since={first.uid}",
        f"/datasets/versions/{third.uid}/",
        "/datasets/webhooks/",
        f"/datasets/webhooks/{webhook.uid}/",
    ]


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_the_pages_are_accessible_and_fit(
    open_page: Callable[..., Page],
    worked: Project,
    live_server: LiveServer,
    width: int,
    scheme: str,
) -> None:
    page = open_page(width, scheme, reduced_motion="reduce")
    sign_in(page, factories.make_member(worked, "researcher"), live_server)
    found = {}
    for address in _addresses(worked):
        page.goto(HOME + address)
        if address == "/datasets/new/":
            expect(page.get_by_text("Row 1, ")).to_be_visible()
        page.evaluate("document.querySelectorAll('main details').forEach((d) => (d.open = true))")
        assert sideways(page) <= 0, address
        found[address] = findings(page, OURS)
    assert {address: list_ for address, list_ in found.items() if list_} == {}


def test_tasks_are_made_and_taken_back(
    open_page: Callable[..., Page], project: Project, live_server: LiveServer
) -> None:
    factories.make_answered_prompts(project, prompts=2, responses=3)
    page = open_page()
    sign_in(page, factories.make_member(project, "researcher"), live_server)
    page.goto(HOME + "/tasks/")
    page.get_by_role("button", name="Make 2 tasks").click()
    expect(page.get_by_text("2 tasks were made.").first).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("2 tasks were taken back.").first).to_be_visible()
    assert Task.objects.count() == 4
    page.get_by_label("State").select_option("complete")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("No task is like that.")).to_be_visible()


def test_the_preview_follows_the_recipe_and_the_file_is_had(
    open_page: Callable[..., Page],
    project: Project,
    live_server: LiveServer,
    settings: object,
    tmp_path: Path,
) -> None:
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]
    build_tasks(project=project)
    judged_prompts(project, 5)
    page = open_page()
    sign_in(page, factories.make_member(project, "researcher"), live_server)
    page.goto(HOME + "/datasets/")
    page.get_by_role("link", name="Make the first one").click()
    expect(page.get_by_text("Row 1, ")).to_be_visible()
    page.get_by_text("How sure").click()
    page.get_by_label("Least number of votes").fill("2")
    expect(page.get_by_text("No row comes out.")).to_be_visible()
    page.get_by_label("Least number of votes").fill("1")
    expect(page.get_by_text("Row 1, ")).to_be_visible()
    page.get_by_label("Name of the dataset").fill("Tea")
    page.get_by_text("Amount, balance and split").click()
    page.get_by_label("Prompts kept for the test, in percent").fill("0")
    page.get_by_role("button", name="Freeze and build").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    build_version(version_id=DatasetVersion.objects.get().pk)
    link = page.get_by_role("link", name="preference.train.jsonl")  # the page looks for itself
    expect(link).to_be_visible()
    with page.expect_download() as download:
        link.click()
    assert len(Path(download.value.path()).read_text().splitlines()) == 5
