"""`make demo`: everything Concord needs on one machine, in the foreground.

Prepares (servers, tables, pages' files, demo project), then runs the `Procfile` under honcho. Each
process hangs on a lifeline (`config.lifeline`) that follows this process's lock, so that nothing
outlives it, however it ends.
"""

import contextlib
import fcntl
import importlib.util
import json
import os
import shlex
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import honcho.manager
from honcho.environ import parse_procfile

from config import embedded, lifeline, supervisor_steps
from config.embedded.places import find_place

GRACE_SECONDS = 10
WATCH_SECONDS = 0.5
QUIET_AS_ROOT = "ignore:You're running the worker with superuser privileges"


class Refused(Exception):
    """The demo cannot start here and now; the message is one clear line."""


class Demo(honcho.manager.Manager):
    """honcho's manager, with threads that must not run while it forks."""

    def __init__(self, threads: list[threading.Thread]) -> None:
        super().__init__()
        self._threads = threads

    def _start(self) -> None:
        super()._start()
        for thread in self._threads:
            thread.start()


def main() -> int:
    """Run the demo until it is told to stop; 0 then, 1 if it cannot run."""
    try:
        port = wanted_port()
        os.environ |= {
            "PORT": str(port),
            "SITE_URL": os.environ.get("SITE_URL") or f"http://127.0.0.1:{port}",
            "DATA_DIR": str(embedded.default_data_dir()),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "LOG_LEVEL": os.environ.get("LOG_LEVEL") or "WARNING",
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": os.environ.get("PYTHONWARNINGS") or QUIET_AS_ROOT,
        }
        os.umask(0o077)  # imports and exports are nobody else's to read
        place = find_place(embedded.default_data_dir())
        with only_one(place.run / "demo.lock") as lock:
            check_port(port)
            supervisor_steps.prepare()
            return run(lock)
    except (Refused, embedded.EmbeddedError) as error:
        sys.stderr.write(f"concord: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nconcord: stopped\n")
        return 0


def wanted_port() -> int:
    """PORT, default 8000."""
    text = os.environ.get("PORT") or "8000"
    if not text.isdecimal() or not 0 < int(text) < 1 << 16:
        raise Refused(f"PORT is {text!r}, which is no port number.")
    return int(text)


def check_port(port: int) -> None:
    """Raise Refused if another program listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Refused(
                f"Port {port} is taken ({error.strerror}); try another: make demo PORT={port + 1}"
            ) from error


@contextlib.contextmanager
def only_one(path: Path) -> Iterator[Path]:
    """Hold `path` as the one supervisor of its DATA_DIR, or raise Refused if there is another.

    Processes of a supervisor that was killed share the lock while they end; they are waited for.
    """
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _refuse_if_running(lock, path)
            sys.stdout.write("Waiting for the processes of the last run to end …\n")
            fcntl.flock(lock, fcntl.LOCK_EX)
        lock.truncate(0)
        me = {"pid": os.getpid(), "identity": lifeline.identity(os.getpid())}
        lock.write(json.dumps(me | {"url": os.environ["SITE_URL"]}))
        lock.flush()
        parent = os.getpid()
        os.register_at_fork(after_in_child=lambda: _in_fork(lock.fileno(), parent))
        yield path


def _refuse_if_running(lock: TextIO, path: Path) -> None:
    lock.seek(0)
    noted = json.loads(lock.read() or "{}")
    if not noted or lifeline.identity(noted["pid"]) == noted["identity"]:
        where = f" at {noted['url']} (process {noted['pid']})" if noted else ""
        raise Refused(f"Concord already runs on {path.parent.parent}{where}.")


def _in_fork(descriptor: int, parent: int) -> None:
    """honcho's forks neither hold the lock nor outlive the supervisor."""
    with contextlib.suppress(OSError):
        os.close(descriptor)
    lifeline.die_with_parent(signal.SIGKILL, parent)


def run(lock: Path) -> int:
    """Run the processes until one fails for good or a signal comes."""
    honcho.manager.KILL_WAIT = GRACE_SECONDS + 2  # lifelines do the killing
    lost = threading.Event()
    make = os.getppid() if "MAKELEVEL" in os.environ else None
    demo = Demo(
        [
            threading.Thread(target=supervisor_steps.announce, daemon=True),
            threading.Thread(target=watch, args=(make, lost), daemon=True),
        ]
    )
    for name, command in processes().items():
        demo.add_process(name, on_lifeline(name, command, lock))
    demo.loop()
    if lost.is_set():
        return 1
    return 0 if demo.returncode in {128 + signal.SIGINT, 128 + signal.SIGTERM} else 1


def processes() -> dict[str, str]:
    """The processes of the `Procfile` that can work here, and those that were asked for."""
    found: dict[str, str] = dict(
        parse_procfile((embedded.BASE_DIR / "Procfile").read_text()).processes
    )
    if importlib.util.find_spec("torch") is None:
        del found["local-models"]
        # Somebody must take up runs of local models, to end them with what is missing.
        found["generation"] = found["generation"].replace(
            "-Q generation ", "-Q generation,local_models "
        )
    if os.environ.get("LLM") == "1":
        found["llm"] = "python -m config.local_llm"
    return found


def on_lifeline(name: str, command: str, lock: Path) -> str:
    """The shell line that runs `command` until the lock is given up; people on pages go first."""
    options = ["--lock", str(lock), "--grace", str(GRACE_SECONDS)]
    if name != "web":
        options += ["--nice", "10"]
    keeper = [sys.executable, "-I", "-S", lifeline.__file__, *options, "--"]
    return f"exec {shlex.join(keeper)} {command}"


def watch(make: int | None, lost: threading.Event) -> None:
    """Stop this process when its servers are gone, or the `make` that started it.

    A signal sent to make alone (not by Ctrl-C, which reaches us too) makes it wait for us in vain;
    it shows in SIGINT no longer being caught. Under `nohup` or `&` make never catches it at all.
    """
    caught = make is not None and catches_interrupts(make)
    pause = threading.Event()
    while not pause.wait(WATCH_SECONDS):
        if not embedded.alive():
            sys.stderr.write(
                "concord: database or broker is gone; their logs are in DATA_DIR/run\n"
            )
            lost.set()
        elif make is None or (os.getppid() == make and catches_interrupts(make) == caught):
            continue
        os.kill(os.getpid(), signal.SIGTERM)
        return


def catches_interrupts(pid: int) -> bool:
    """Whether the process has a handler for SIGINT; False where that cannot be seen."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("SigCgt:"):
                return bool(int(line.split()[1], 16) >> (signal.SIGINT - 1) & 1)
    return False


if __name__ == "__main__":
    sys.exit(main())
