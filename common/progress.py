"""How far a command is: a bar on the terminal of whoever waits for it, and nothing elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

Total = float | Callable[[], float]


class Stream(Protocol):
    """What tells whether it is a terminal: a file, and Django's wrapper of one."""

    def isatty(self) -> bool: ...


class Show(Protocol):
    """So much of the total is `done`; `words` are put behind it, `total` corrects the total."""

    def __call__(self, done: float, *, words: str = "", total: float | None = None) -> None: ...


@contextmanager
def progress_bar(
    stream: Stream, label: str, *, total: Total | None = None, quiet: bool = False
) -> Iterator[Show]:
    """A bar on stderr while the block runs, if `stream`, the command's stderr, is a terminal.

    Without a `total` it says that work goes on. One that has to be counted first is a function,
    called only if there is somebody to see it. The bar is gone when the block ends, so that what
    the command prints stands alone.
    """
    if quiet or not stream.isatty():
        yield _silent
        return
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[words]}", markup=False),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,
    ) as progress:
        bar = progress.add_task(label, total=total() if callable(total) else total, words="")

        def show(done: float, *, words: str = "", total: float | None = None) -> None:
            progress.update(bar, completed=done, words=words, total=total)

        yield show


def counted(show: Show, unit: str) -> Callable[[int], None]:
    """For services that tell how many of something are done: `1,200 tasks` behind the bar."""
    return lambda done: show(done, words=f"{done:,} {unit}")


def _silent(done: float, *, words: str = "", total: float | None = None) -> None:
    """For nobody."""
