"""Real processes for the tests of servers and supervisor, and how to wait for their end."""

import contextlib
import fcntl
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psutil
import psycopg2

BASE_DIR = Path(__file__).resolve().parent.parent.parent
SERVER_SETTINGS = (
    *("DATABASE_URL", "REDIS_URL", "CONCORD_EMBEDDED", "DATA_DIR", "SECRET_KEY", "METRICS_TOKEN"),
    *("PORT", "SITE_URL", "STATIC_ROOT", "MEDIA_ROOT", "LLM", "MAKELEVEL", "LOG_LEVEL"),
)


def environment(**settings: str) -> dict[str, str]:
    """This environment without what names servers, folders and addresses, plus `settings`."""
    kept = {name: value for name, value in os.environ.items() if name not in SERVER_SETTINGS}
    return kept | {"PYTHONPATH": str(BASE_DIR), "PYTHONWARNINGS": "ignore"} | settings


@contextlib.contextmanager
def open_folder() -> Iterator[Path]:
    """A temporary folder that every user may enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="concord-config-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


class Client:
    """A running `client.py`; leaving the `with` block ends it and waits for it."""

    def __init__(self, data_dir: Path, *cache: Path, **settings: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.config.client", str(data_dir), *map(str, cache)],
            cwd=BASE_DIR,
            env=environment(**settings),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._settings: dict[str, Any] = {}

    @property
    def settings(self) -> dict[str, Any]:
        """What `ensure` set in the client's environment; waits until the servers answer."""
        if not self._settings:
            assert self.process.stdout
            self._settings = json.loads(self.process.stdout.readline())
        return self._settings

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement in the client's database and commit it."""
        url = urlsplit(self.settings["DATABASE_URL"])
        connection = psycopg2.connect(
            host=unquote(url.netloc.rpartition("@")[2]),
            user=url.username,
            password=url.password,
            dbname=url.path[1:],
        )
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def kill(self) -> None:
        """`kill -9`."""
        self.process.kill()
        self.process.communicate()

    def leave(self) -> str:
        """End as a program ends; what it said on stderr."""
        return self.process.communicate()[1]

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.communicate()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream:
                stream.close()


def wait_until_free(lock: Path) -> None:
    """Block until nobody holds the lock."""
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_SH)


def wait_until_servers_end(data_dir: Path) -> None:
    """Block until neither server of DATA_DIR is kept running."""
    for name in ("postgres", "valkey"):
        wait_until_free(data_dir / "run" / f"{name}.keeper")


def wait_until_gone(pid: int) -> None:
    """Block until the process has ended."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        select.select([descriptor], [], [])
    finally:
        os.close(descriptor)


def server_pid(data_dir: Path, name: str) -> int:
    """The process of a running server, as on record."""
    noted = json.loads((data_dir / "run" / f"{name}.json").read_text())
    return int(noted["pid"])


def processes_of(data_dir: Path) -> list[psutil.Process]:
    """Every process but this one that names DATA_DIR in its arguments or environment."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            named = [*process.cmdline(), process.environ().get("DATA_DIR", "")]
            if process.pid != os.getpid() and any(str(data_dir) in part for part in named):
                found.append(process)
    return found
