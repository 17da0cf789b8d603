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
