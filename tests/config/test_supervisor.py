"""`make demo` without make: one whole life of it, killed and started again, and its refusals."""

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from config import supervisor
from tests.config.processes import (
    BASE_DIR,
    environment,
    open_folder,
    processes_of,
    wait_until_gone,
)


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder / "data"


@pytest.fixture
def port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(data_dir: Path, port: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "config.supervisor"],
        cwd=BASE_DIR,
        env=environment(DATA_DIR=str(data_dir), PORT=str(port)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_until_ready(supervisor: subprocess.Popen[str]) -> None:
    assert supervisor.stdout
    said = []
    for line in supervisor.stdout:
        said.append(line)
        if "Ctrl-C stops everything" in line:
            return
    pytest.fail("the demo ended before it was ready:\n" + "".join(said))


def wait_until_all_end(processes: list[psutil.Process]) -> None:
    for process in processes:
        wait_until_gone(process.pid)


def get(url: str) -> dict[str, bool]:
    with urllib.request.urlopen(url) as response:  # noqa: S310 - our own address
        answer: dict[str, bool] = json.loads(response.read())
        return answer


def test_a_demo_that_is_killed_leaves_nothing_and_starts_again(data_dir: Path, port: int) -> None:
    supervisor = start(data_dir, port)
    wait_until_ready(supervisor)
    sign_ins = (data_dir / "demo.json").read_text()
    assert json.loads(sign_ins)["url"] == f"http://127.0.0.1:{port}"

    second = start(data_dir, port)
    said, _ = second.communicate()
    assert second.returncode == 1
    assert said == (
        f"concord: Concord already runs on {data_dir} at http://127.0.0.1:{port}"
        f" (process {supervisor.pid}).\n"
    )

    running = processes_of(data_dir)
    supervisor.kill()
    supervisor.communicate()
    wait_until_all_end(running)
    assert processes_of(data_dir) == []

    supervisor = start(data_dir, port)
    wait_until_ready(supervisor)
    assert (data_dir / "demo.json").read_text() == sign_ins
    assert get(f"http://127.0.0.1:{port}/readyz") == {
        "database": True,
        "broker": True,
        "migrations": True,
    }
    running = processes_of(data_dir)
    supervisor.send_signal(signal.SIGTERM)
    supervisor.communicate()
    assert supervisor.returncode == 0
    wait_until_all_end(running)
    assert processes_of(data_dir) == []


def test_a_taken_port_is_one_clear_line(data_dir: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        supervisor = start(data_dir, port)
        said, _ = supervisor.communicate()
    assert supervisor.returncode == 1
    assert said == (
        f"concord: Port {port} is taken (Address already in use);"
        f" try another: make demo PORT={port + 1}\n"
    )
    assert not (data_dir / "postgres").exists()


def test_a_port_that_is_no_number_is_one_clear_line(data_dir: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "config.supervisor"],
        cwd=BASE_DIR,
        env=environment(DATA_DIR=str(data_dir), PORT="http"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "concord: PORT is 'http', which is no port number.\n"


def started_by_make(target: Path, *, ignoring: bool) -> subprocess.Popen[str]:
    """A make whose recipe is the supervisor's watch alone, started like `make demo &` or not."""
    watch = "; ".join(
        [
            "import os, threading",
            "from config import supervisor",
            "supervisor.embedded.alive = lambda: True",
            "look = supervisor.catches_interrupts",  # says when it has looked
            "supervisor.catches_interrupts = lambda pid: (look(pid), print(pid, flush=True))[0]",
            "supervisor.watch(os.getppid(), threading.Event())",
        ]
    )
    makefile = target / "Makefile"
    makefile.write_text(f"all:\n\t@exec {sys.executable} -c '{watch}'\n")
    how = signal.SIG_IGN if ignoring else signal.SIG_DFL
    make = subprocess.Popen(
        ["make", "-s", "-C", str(BASE_DIR), "-f", str(makefile)],
        env=environment(PYTHONPATH=str(BASE_DIR)),
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, how),
    )
    assert make.stdout is not None
    assert make.stdout.readline() == f"{make.pid}\n"
    return make


def test_a_make_in_the_background_is_not_taken_for_an_interrupted_one(tmp_path: Path) -> None:
    make = started_by_make(tmp_path, ignoring=True)
    make.send_signal(signal.SIGINT)  # ignored, as the shell asked
    with pytest.raises(subprocess.TimeoutExpired):
        make.wait(3 * supervisor.WATCH_SECONDS)
    make.terminate()
    make.communicate(timeout=30)


def test_an_interrupt_of_make_alone_ends_the_demo(tmp_path: Path) -> None:
    make = started_by_make(tmp_path, ignoring=False)
    make.send_signal(signal.SIGINT)
    make.communicate(timeout=30)
    assert make.returncode != 0
