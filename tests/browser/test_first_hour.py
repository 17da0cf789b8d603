"""A researcher's first hour, by browser alone: from nothing to a file that a trainer loads."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from accounts.services import create_user
from collector.models import Message, Project
from labeling.models import Judgment
from tests import factories
from tests.browser.conftest import sign_in
from tests.fake_llm import FakeLLM, start_fake_llm

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PROMPTS = 12
HOME = "/admin/projects/haiku/"


@pytest.fixture
def models() -> Iterator[FakeLLM]:
    with start_fake_llm() as running:
        yield running


@pytest.fixture
def rea(transactional_db: None) -> User:
    """Somebody who researches in another project, and so may begin one."""
    user = create_user(email="rea@example.org", name="Rea")
    factories.make_member(factories.make_project("older"), "researcher", user)
    return user


@pytest.fixture
def prompts_file(tmp_path: Path) -> Path:
    """Twelve prompts and one of them twice, in a column of a name that nobody would guess."""
    path = tmp_path / "prompts.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["number", "wish"])
        rows.writerows([n, f"Write a haiku about subject {n}."] for n in range(PROMPTS))
        rows.writerow([PROMPTS, "Write a haiku about subject 0."])
    return path


def test_from_a_new_project_to_a_file_for_a_trainer(
    open_page: Callable[..., Page],
    live_server: LiveServer,
    celery_worker_process: Callable[..., Any],
    models: FakeLLM,
    rea: User,
    prompts_file: Path,
    tmp_path: Path,
) -> None:
    celery_worker_process("default,generation,exports,statistics")
    page = open_page(1440)
    sign_in(page, rea, live_server)

    _make_project(page)
    _import(page, prompts_file)
    for name, words in (("terse", 6), ("wordy", 30)):
        _make_generator(page, models, name=name, words=words)
    _run(page)
    _build_tasks(page)
    call_command("simulate_labelers", "haiku", labelers=3, judgments=2 * PROMPTS, seed=5)
    assert Judgment.objects.count() == 2 * PROMPTS
    _look_at_the_leaderboard(page)
    rows = _make_dataset(page, tmp_path)

    assert {row["prompt"][-1]["content"] for row in rows} <= set(
        Message.objects.filter(role="user").values_list("text", flat=True)
    )
    assert all(row["chosen"] != row["rejected"] for row in rows)


def _make_project(page: Page) -> None:
    page.goto("/admin/projects/")
    page.get_by_role("link", name="New project").first.click()
    page.get_by_label("Name", exact=True).fill("Haiku")
    page.get_by_label("Short name").fill("haiku")
    _next(page)  # purpose
    page.get_by_label("Languages").fill("en")
    _next(page)  # languages and licence
    page.get_by_label("Guidelines").fill("# What is better\n\nFewer words win.")
    _next(page)  # guidelines
    page.get_by_label("Responses a task").fill("2")
    page.get_by_label("Judgments a task").fill("2")
    _next(page)  # judging
    _next(page)  # checks
    page.get_by_role("button", name="Review", exact=True).click()
    page.get_by_role("button", name="Make the project").click()
    expect(page.get_by_text("The project is made.")).to_be_visible()
    assert Project.objects.get(slug="haiku").name == "Haiku"


def _next(page: Page) -> None:
    page.get_by_role("button", name="Next", exact=True).click()


def _import(page: Page, file: Path) -> None:
    page.goto(HOME)
    page.get_by_role("link", name="Prompts", exact=True).click()
    page.get_by_role("link", name="Import", exact=True).click()
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="Look at it").click()
    page.get_by_label("Prompt", exact=True).select_option("wish")
    page.get_by_role("button", name="Update the preview").click()
    expect(page.get_by_text("Write a haiku about subject 3.")).to_be_visible()
    page.get_by_role("button", name="Start the import").click()
    report = page.get_by_role("region", name="What became of the rows")
    expect(report).to_contain_text(str(PROMPTS))
    assert Message.objects.filter(project__slug="haiku").count() == PROMPTS


def _make_generator(page: Page, models: FakeLLM, *, name: str, words: int) -> None:
    page.goto(f"{HOME}generators/")
    page.get_by_role("link", name="New generator").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Model", exact=True).fill(f"script=words:{words}")
    page.get_by_label("Address of the server").fill(models.base_url)
    page.get_by_role("button", name="Save and test").click()
    expect(page.get_by_role("heading", name="The model answers")).to_be_visible()


def _run(page: Page) -> None:
    page.goto(f"{HOME}runs/")
    page.get_by_role("link", name="New run").click()
    page.get_by_label("terse").check()
    page.get_by_label("wordy").check()
    expect(page.get_by_label("Estimate")).to_contain_text(f"{2 * PROMPTS} requests")
    page.get_by_role("button", name="Start the run").click()
    expect(page.get_by_label("So far")).to_contain_text(f"{2 * PROMPTS}", timeout=60_000)
    expect(page.get_by_text("succeeded").first).to_be_visible(timeout=60_000)


def _build_tasks(page: Page) -> None:
    page.goto(f"{HOME}tasks/")
    page.get_by_role("button", name=f"Make {PROMPTS} tasks").click()
    expect(page.get_by_role("region", name="Queue")).to_contain_text(str(2 * PROMPTS))


def _look_at_the_leaderboard(page: Page) -> None:
    page.goto("/projects/haiku/leaderboard/")
    board = page.get_by_role("table").first
    expect(board).to_contain_text("terse")
    expect(board).to_contain_text("wordy")
    page.goto(HOME)
    expect(page.get_by_text("comparisons").first).to_be_visible()


def _make_dataset(page: Page, folder: Path) -> list[dict[str, Any]]:
    page.goto(f"{HOME}datasets/")
    page.get_by_role("link", name="New dataset").first.click()
    page.get_by_label("Name of the dataset").fill("first")
    page.get_by_label("Files as").select_option("jsonl")
    page.get_by_text("Which judgments").click()
    page.get_by_label("simulated", exact=True).check()
    page.get_by_role("button", name="Freeze and build").click()
    files = page.get_by_role("region", name="Files")
    link = files.get_by_role("link", name="preference").first
    expect(link).to_be_visible(timeout=60_000)
    with page.expect_download() as download:
        link.click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]
