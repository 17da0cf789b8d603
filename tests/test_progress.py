"""Commands that take long show a bar on a terminal, and nothing to files, pipes and JSON."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from threading import Thread

import pytest
from django.core.management import call_command

from collector.models import Project
from common.progress import progress_bar
from labeling.services.building import build_tasks
from labeling.services.policies import set_policy
from tests.factories import make_answered_prompts, make_project

BAR = "━"
CLEARED = "\x1b[2K"


class Terminal:
    """The two ends of a pseudo-terminal: `file` is written to, `shown` is what came out."""

    def __init__(self) -> None:
        self._screen, end = os.openpty()
        self.file = os.fdopen(end, "w")
        self._read: list[bytes] = []
        self._reader = Thread(target=self._follow)
        self._reader.start()

    def _follow(self) -> None:
        while True:
            try:
                piece = os.read(self._screen, 1 << 16)
            except OSError:  # how Linux says that the other end is closed
                return
            if not piece:
                return
            self._read.append(piece)

    def close(self) -> str:
        """What was shown in all."""
        self.file.close()
        self._reader.join()
        os.close(self._screen)
        return b"".join(self._read).decode()


@contextmanager
def on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], str]]:
    """stderr is a terminal in the block; afterwards the function says what it showed."""
    monkeypatch.setenv("TERM", "xterm-256color")
    terminal, shown = Terminal(), list[str]()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", terminal.file)
        try:
            yield lambda: shown[0]
        finally:
            shown.append(terminal.close())


@pytest.fixture
def project(db: None) -> Project:
    project = make_project("poems")
    make_answered_prompts(project, 3, responses=2)
    set_policy(project=project, responses=2, overlap=1)
    return project


def test_the_bar_tells_label_share_and_words_and_is_gone_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with (
        on_a_terminal(monkeypatch) as shown,
        progress_bar(sys.stderr, "Reading [a] file", total=lambda: 4) as show,
    ):
        show(1, words="25 [rows]")
        show(4, words="100 [rows]")
    said = shown()
    assert "Reading [a] file" in said
    assert "100 [rows]" in said
    assert "100%" in said
    assert BAR in said
    assert CLEARED in said.rpartition(BAR)[2]


@pytest.mark.parametrize("quiet", [True, False])
def test_nobody_is_shown_a_bar_elsewhere_and_nothing_is_counted_for_it(quiet: bool) -> None:
    def never() -> float:
        pytest.fail("counted for nobody")

    stream = StringIO()
    with progress_bar(stream, "Reading", total=never, quiet=quiet) as show:
        show(1, words="x", total=2)
    assert stream.getvalue() == ""


def importing(project: Project, folder: Path) -> list[str]:
    file = folder / "prompts.csv"
    file.write_text("prompt\nWhy?\nHow?\n")
    return ["import_prompts", project.slug, str(file), "--preset", "table"]


def building(project: Project, folder: Path) -> list[str]:
    return ["build_tasks", project.slug]


def simulating(project: Project, folder: Path) -> list[str]:
    build_tasks(project=project)
    return ["simulate_labelers", project.slug, "--labelers=1", "--judgments=2", "--seed=1"]


def _judged(project: Project) -> None:
    call_command(*simulating(project, Path()), stdout=StringIO(), stderr=StringIO())


def rebuilding(project: Project, folder: Path) -> list[str]:
    _judged(project)
    return ["rebuild_comparisons", project.slug]


def exporting(project: Project, folder: Path) -> list[str]:
    _judged(project)
    out = f"--out={folder / 'out'}"
    return ["export_dataset", project.slug, "--format=preference", out, "--set=purposes=simulated"]


def masking(project: Project, folder: Path) -> list[str]:
    build_tasks(project=project)
    return ["mask_responses", project.slug]


def pulling(project: Project, folder: Path) -> list[str]:
    return ["pull_preferences", project.slug]


@pytest.mark.parametrize(
    "command",
    [importing, building, simulating, rebuilding, exporting, masking, pulling],
)
def test_a_command_shows_a_bar_on_a_terminal_but_not_with_json(
    project: Project,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: Callable[[Project, Path], list[str]],
) -> None:
    arguments = command(project, tmp_path)
    said = StringIO()
    with on_a_terminal(monkeypatch) as shown:
        call_command(*arguments, stdout=said)
    assert BAR in shown()
    assert "\x1b" not in said.getvalue()
    assert said.getvalue()
    if command is exporting:
        arguments[3] += "-again"
    with on_a_terminal(monkeypatch) as shown:
        call_command(*arguments, "--json", stdout=StringIO())
    assert shown() == ""
