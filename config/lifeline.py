"""Run a command that must not outlive whoever needs it.

    lifeline.py --lock FILE [options] -- COMMAND…

Whoever needs the command holds a lock on FILE. The kernel gives that lock back when its holder
ends, even by `kill -9`; then this process stops the command and ends too. A command that dies on
its own is started again. Should this process itself be killed, the kernel ends the command (on
Linux; elsewhere the next start-up ends what `--record` names).

The supervisor puts every process of the `Procfile` on a lifeline, `config.embedded` the servers.
Standard library only, and run by its path, so that it is up in milliseconds.
"""

import argparse
import contextlib
import ctypes
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import FrameType

QUICK_SECONDS = 5.0  # a command that lives shorter than this has failed to start
QUICK_FAILURES = 5  # so many in a row, and it is given up
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent(number: int, parent: int) -> None:
    """Have the kernel send signal `number` to this process when its parent ends (Linux only)."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:  # it ended before it could be asked for
        os.kill(os.getpid(), number)


def identity(pid: int) -> str | None:
    """What tells a process from a later one of the same number; None if there is none alive."""
    if sys.platform != "linux":
        listing = subprocess.run(
            ["/bin/ps", "-o", "lstart=", "-p", str(pid)],
            capture_output=True,
            text=True,
            check=False,
        )
        return listing.stdout.strip() or None
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, start_ticks = fields[0], fields[19]
    return None if state in "ZX" else f"{boot} {start_ticks}"


def write_record(path: Path, pid: int) -> None:
    """Name a running process in `path`, whole or not at all."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_text(json.dumps({"pid": pid, "identity": identity(pid)}))
    fresh.replace(path)


class Lifeline:
    """One command, kept running until the lock says that nobody needs it."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.child: subprocess.Popen[bytes] | None = None
        self._told = False  # no Event: a signal handler could meet its lock taken

    def stopping(self) -> bool:
        """Whether the command has been told to stop."""
        return self._told

    def run(self) -> int:
        """Keep the command running; return 0 when told to stop, its exit status if it fails."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGALRM, self._kill)
        threading.Thread(target=self._follow, daemon=True).start()
        failures = 0
        while not self.stopping():
            began = time.monotonic()
            status = self._run_once()
            if self.stopping():
                break
            failures = failures + 1 if time.monotonic() - began < QUICK_SECONDS else 1
            if failures >= QUICK_FAILURES:
                return status if status > 0 else 1
            self._say(f"ended with status {status}, starting it again")
            time.sleep(failures * 0.2)
        return 0

    def _run_once(self) -> int:
        owner = self.options.user
        parent = os.getpid()
        self.child = subprocess.Popen(
            self.options.command,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            user=owner and owner[0],
            group=owner and owner[1],
            extra_groups=[] if owner else None,
            preexec_fn=lambda: die_with_parent(self.options.signal, parent),
        )
        if self.options.record:
            write_record(self.options.record, self.child.pid)
        if self.stopping():
            self._stop(signal.SIGTERM, None)
        status = self.child.wait()
        signal.alarm(0)
        with contextlib.suppress(ProcessLookupError, PermissionError):  # what it left behind
            os.killpg(self.child.pid, signal.SIGKILL)
        return status

    def _follow(self) -> None:
        with self.options.lock.open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX if self.options.exclusive else fcntl.LOCK_SH)
            os.kill(os.getpid(), signal.SIGTERM)
            threading.Event().wait()  # hold it until this process ends

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._told = True
        if self.child is not None and self.child.returncode is None:
            signal.alarm(self.options.grace)
            self.child.send_signal(self.options.signal)

    def _kill(self, number: int, frame: FrameType | None) -> None:
        if self.child is not None:
            self._say(f"has not stopped in {self.options.grace} s, killing it")
            self.child.kill()

    def _say(self, text: str) -> None:
        sys.stderr.write(f"{Path(self.options.command[0]).name} {text}\n")
        sys.stderr.flush()


def detach(own: Path | None) -> bool:
    """Leave the caller's session; False if another lifeline already owns what `own` stands for.

    The lock on `own` is held until this process ends, and the caller gets control back only once
    it is taken.
    """
    if own is not None:
        descriptor = os.open(own, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    if os.fork():
        os._exit(0)
    os.setsid()
    return True


def _owner(text: str) -> tuple[int, int]:
    user, _, group = text.partition(":")
    return int(user), int(group)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run COMMAND while FILE is locked.")
    parser.add_argument("--lock", type=Path, required=True)
    parser.add_argument("--exclusive", action="store_true", help="holders share the lock")
    parser.add_argument("--detach", action="store_true")
    parser.add_argument("--own", type=Path, help="held for life; a second lifeline ends at once")
    parser.add_argument("--record", type=Path, help="where the command's process is named")
    parser.add_argument("--remove", type=Path, help="folder to remove at the end")
    parser.add_argument("--signal", type=lambda name: signal.Signals[name], default=signal.SIGTERM)
    parser.add_argument("--grace", type=int, default=10, help="seconds from the signal to SIGKILL")
    parser.add_argument("--nice", type=int, default=0, help="how far the command steps back")
    parser.add_argument("--user", type=_owner, help="UID:GID the command runs as")
    parser.add_argument("command", nargs="+")
    return parser.parse_args(arguments)


def main() -> int:
    options = parse(sys.argv[1:])
    if options.detach and not detach(options.own):
        return 0
    os.nice(options.nice)
    try:
        return Lifeline(options).run()
    finally:
        if options.record:
            options.record.unlink(missing_ok=True)
        if options.remove:
            shutil.rmtree(options.remove, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
