"""The lifeline: what hangs on it ends with whoever holds the lock, and not before."""

import fcntl
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import psutil
import pytest

from config import lifeline
from tests.config.processes import wait_until_gone


@pytest.fixture
def lock(tmp_path: Path) -> Iterator[IO[str]]:
    """A lock that the test holds until it closes the file."""
    with (tmp_path / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def start(lock: IO[str], *command: str, options: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            *(sys.executable, "-I", "-S", lifeline.__file__, "--lock", lock.name, *options),
            *("--", *command),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def test_giving_up_the_lock_ends_the_command_and_what_it_started(lock: IO[str]) -> None:
    process = start(lock, "/bin/sh", "-c", "sleep 1000 & echo $!; wait")
    grandchild = int(first_line(process))
    assert psutil.pid_exists(grandchild)
    lock.close()
    _, said = process.communicate()
    assert process.returncode == 0
    assert said == ""
    wait_until_gone(grandchild)


def test_a_command_that_ignores_the_signal_is_killed(lock: IO[str]) -> None:
    stubborn = "trap '' TERM; echo ready; while :; do sleep 1000; done"
    process = start(lock, "/bin/sh", "-c", stubborn, options=("--grace", "1"))
    assert first_line(process) == "ready"
    lock.close()
    assert "has not stopped in 1 s, killing it" in process.communicate()[1]
    assert process.returncode == 0


def test_killing_the_lifeline_itself_ends_the_command(lock: IO[str]) -> None:
    process = start(lock, "/bin/sh", "-c", "echo $$; exec sleep 1000")
    command = int(first_line(process))
    process.kill()
    process.communicate()
    wait_until_gone(command)


def test_a_command_that_dies_is_started_again(lock: IO[str]) -> None:
    process = start(lock, "/bin/sh", "-c", "echo $$; exec sleep 1000")
    first = int(first_line(process))
    psutil.Process(first).kill()
    assert int(first_line(process)) != first
    lock.close()
    assert process.communicate()[1] == "sh ended with status -9, starting it again\n"


def test_a_command_that_cannot_start_is_given_up_with_its_status(lock: IO[str]) -> None:
    process = start(lock, "/bin/sh", "-c", "exit 7")
    said = process.communicate()[1]
    assert process.returncode == 7
    assert said.splitlines() == ["sh ended with status 7, starting it again"] * 4


def test_a_record_names_the_command_while_it_runs(lock: IO[str], tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    wait_and_tell = f"until [ -s {record} ]; do :; done; echo $$; cat {record}; exec sleep 1000"
    process = start(lock, "/bin/sh", "-c", wait_and_tell, options=("--record", str(record)))
    pid = int(first_line(process))
    assert json.loads(record.read_text()) == {"pid": pid, "identity": lifeline.identity(pid)}
    lock.close()
    process.communicate()
    assert not record.exists()


def test_identity_tells_a_process_from_none() -> None:
    child = subprocess.Popen(["/bin/sleep", "1000"])
    identity = lifeline.identity(child.pid)
    assert identity
    assert identity == lifeline.identity(child.pid)
    child.kill()
    child.wait()
    assert lifeline.identity(child.pid) is None
