"""Starting, joining and leaving one private server.

Every process that uses a server shares the lock `run/NAME.clients`. The server hangs on a lifeline
(`config.lifeline`) that ends it as soon as nobody holds that lock any more, however the holders
ended. `run/NAME.start` lets one process at a time decide whether there is a server to join.
"""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from config import lifeline
from config.embedded.errors import EmbeddedError
from config.embedded.places import Place

POLL_SECONDS = 0.02
LEFTOVER_SECONDS = 20
GRACE_SECONDS = 60  # a large checkpoint at shutdown takes its time
LOG_LIMIT = 10 << 20

_held: dict[Path, int] = {}  # client locks of this process, by path


class Server(ABC):
    """One private server of a place; subclasses say how it is made, run and asked."""

    name: ClassVar[str]
    socket_name: ClassVar[str]

    def __init__(self, place: Place) -> None:
        self.place = place
        self.data = place.folder / self.name
        self.log = place.run / f"{self.name}.log"
        self.record = place.run / f"{self.name}.json"
        self.pointer = place.run / f"{self.name}.socket"

    @property
    def sockets(self) -> Path:
        """The folder of the server's socket, as the start-up noted it."""
        return Path(self.pointer.read_text())

    @abstractmethod
    def prepare(self, leftover: int | None) -> None:
        """Make the data folder if it is new; `leftover` is the process of a run that was cut."""

    @abstractmethod
    def command(self) -> list[str]:
        """What runs the server in the foreground."""

    @abstractmethod
    def ready(self) -> bool:
        """Whether the server answers; makes what is missing in it."""

    @abstractmethod
    def url(self) -> str:
        """The server's address, as settings take it."""

    def ensure(self) -> bool:
        """Join the server, or start it; True if this call started it."""
        with locked(self.place.run / f"{self.name}.start"):
            hold(self.place.run / f"{self.name}.clients")
            starting = not self.kept()
            if starting:
                self._start()
            while not self.ready():
                if not self.kept():
                    raise EmbeddedError(f"{self.name} does not start: {self._last_words()}")
                time.sleep(POLL_SECONDS)
        return starting

    def release(self) -> None:
        """Need the server no longer; returns when it has ended, if nobody else needs it."""
        clients = self.place.run / f"{self.name}.clients"
        with locked(self.place.run / f"{self.name}.start"):
            let_go(clients)
            while self.kept() and not shared(clients):
                time.sleep(POLL_SECONDS)

    def kept(self) -> bool:
        """Whether a lifeline keeps the server running."""
        return in_use(self.place.run / f"{self.name}.keeper")

    def _start(self) -> None:
        leftover = self._end_leftover()
        self.prepare(leftover)
        self.pointer.write_text(str(self.place.socket_folder(self.socket_name)))
        run, owner = self.place.run, self.place.owner
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.unlink()
        with self.log.open("ab") as log:
            subprocess.run(
                [
                    *(sys.executable, "-I", "-S", lifeline.__file__, "--detach", "--exclusive"),
                    *("--lock", str(run / f"{self.name}.clients")),
                    *("--own", str(run / f"{self.name}.keeper"), "--record", str(self.record)),
                    *("--remove", str(self.sockets), "--grace", str(GRACE_SECONDS)),
                    *("--signal", "SIGINT"),
                    *(("--user", f"{owner.uid}:{owner.gid}") if owner else ()),
                    *("--", *self.command()),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.place.folder,
                env=clean_environment(self.place.folder),
                check=True,
            )

    def _end_leftover(self) -> int | None:
        """End the server of a run that was cut; its process number, if one is on record."""
        if self.pointer.exists():
            shutil.rmtree(self.sockets, ignore_errors=True)
        if not self.record.exists():
            return None
        noted = json.loads(self.record.read_text())
        pid = int(noted["pid"])
        for number in (signal.SIGINT, signal.SIGKILL):
            deadline = time.monotonic() + LEFTOVER_SECONDS
            if noted["identity"] and lifeline.identity(pid) == noted["identity"]:
                os.kill(pid, number)
            while noted["identity"] and lifeline.identity(pid) == noted["identity"]:
                if time.monotonic() > deadline:
                    break
                time.sleep(POLL_SECONDS)
        self.record.unlink()
        return pid

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        said = [line for line in lines if "starting it again" not in line]
        return f"{said[-1] if said else 'it said nothing'} (more in {self.log})"


def clean_environment(home: Path) -> dict[str, str]:
    """What servers get to see of the environment: nothing that could steer them."""
    return {"PATH": "/usr/bin:/bin", "HOME": str(home), "TZ": "UTC", "LC_ALL": "C"}


def hold(path: Path) -> None:
    """Share the lock on `path` until this process (and its forks) end or let go."""
    if path in _held:
        return
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    _held[path] = descriptor


def let_go(path: Path) -> None:
    """Give up this process's share of the lock."""
    descriptor = _held.pop(path, None)
    if descriptor is not None:
        os.close(descriptor)


def in_use(path: Path) -> bool:
    """Whether any process holds the lock on `path`."""
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def shared(path: Path) -> bool:
    """Whether clients hold the lock on `path`, not the lifeline that is ending their server."""
    if not in_use(path):
        return False
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold `path` alone."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
