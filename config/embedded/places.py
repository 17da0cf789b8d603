"""Whose the servers are and where their files lie.

PostgreSQL refuses to run as root, so root's servers run as an unprivileged user. That user can
neither enter nor execute anything below a 0700 folder, and root's home is one, as is every
`mktemp -d`: there, the servers' data and binaries go to a folder that everybody can enter.
"""

import importlib.metadata
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.embedded.errors import EmbeddedError

CACHE = Path("/var/cache/concord")
SOCKET_PATH_LIMIT = 107  # bytes: sockaddr_un.sun_path less its end
UNPRIVILEGED = ("nobody", "postgres", "daemon")


@dataclass(frozen=True)
class Owner:
    """The unprivileged user that root's servers run as."""

    uid: int
    gid: int

    def may(self, test: str, path: Path) -> bool:
        """Whether the user passes `test` (-x: enter or execute) on `path`, parents included."""
        done = subprocess.run(
            ["/bin/sh", "-c", f'test {test} "$1"', "sh", str(path)],
            cwd="/",
            **run_as(self),
            check=False,
        )
        return done.returncode == 0

    def take(self, path: Path) -> None:
        """Give a folder to the user, closed to everybody else."""
        path.chmod(0o700)
        os.chown(path, self.uid, self.gid)


def run_as(owner: Owner | None) -> dict[str, Any]:
    """Arguments of `subprocess` that make a command run as `owner`, else as the caller."""
    if owner is None:
        return {}
    return {"user": owner.uid, "group": owner.gid, "extra_groups": []}


@dataclass(frozen=True)
class Place:
    """Where the servers of one DATA_DIR live: `folder` holds their data, `run` locks and logs."""

    data_dir: Path
    folder: Path
    owner: Owner | None

    @property
    def run(self) -> Path:
        return self.data_dir / "run"

    @property
    def outside(self) -> bool:
        """Whether the data lies elsewhere than in DATA_DIR."""
        return self.folder != self.data_dir

    def own_folder(self, path: Path) -> Path:
        """Make a folder that only the servers' user can enter."""
        path.mkdir(mode=0o700, exist_ok=True)
        if self.owner:
            self.owner.take(path)
        return path

    def socket_folder(self, longest_name: str) -> Path:
        """A fresh short folder for a socket; EmbeddedError if every candidate is too long."""
        for parent in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108 - mkdtemp below
            if self.owner and not self.owner.may("-x", parent):
                continue
            folder = parent / f"concord-{secrets.token_hex(4)}"
            if len(os.fsencode(folder / longest_name)) <= SOCKET_PATH_LIMIT:
                folder.mkdir(mode=0o700)
                return self.own_folder(folder)
        raise EmbeddedError(
            f"no folder for sockets is short enough ({SOCKET_PATH_LIMIT} bytes); set TMPDIR"
        )


def find_place(data_dir: Path) -> Place:
    """The place of DATA_DIR's servers, made if it is new."""
    owner = unprivileged_owner() if os.geteuid() == 0 else None
    _make(data_dir, 0o711 if owner else 0o700)
    _make(data_dir / "run", 0o700)
    if owner is None or owner.may("-x", data_dir):
        return Place(data_dir, data_dir, owner)
    return Place(data_dir, _outside_folder(data_dir), owner)


def _make(folder: Path, mode: int) -> None:
    """A folder of this mode, whatever the umask; one that exists stays as it is."""
    if not folder.exists():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(mode)


def unprivileged_owner() -> Owner:
    """The first of the usual unprivileged users that this machine knows."""
    for name in UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Owner(entry.pw_uid, entry.pw_gid)
    raise EmbeddedError(
        f"the database does not run as root, and none of {', '.join(UNPRIVILEGED)} exists here"
    )


def _outside_folder(data_dir: Path) -> Path:
    pointer = data_dir / "place"
    if pointer.exists():
        return Path(pointer.read_text().strip())
    if (data_dir / "postgres").exists():
        raise EmbeddedError(
            f"the database's user can no longer enter {data_dir}; open its parent folders to it"
            " (chmod o+x) or move DATA_DIR"
        )
    folder = open_cache() / f"data-{secrets.token_hex(4)}"
    _make(folder, 0o711)
    fresh = pointer.with_suffix(".new")
    fresh.write_text(f"{folder}\n")
    fresh.replace(pointer)
    return folder


def open_cache() -> Path:
    """A folder of root's that everybody can enter and nobody else can write to."""
    _make(CACHE, 0o755)
    state = CACHE.stat()
    if state.st_uid != 0 or state.st_mode & 0o022:
        raise EmbeddedError(f"{CACHE} must belong to root and be writable by root alone")
    return CACHE


def reachable(root: Path, package: str, folders: tuple[str, ...], owner: Owner | None) -> Path:
    """Where `owner` can execute what lies in `root`: there, or in a copy made once a version.

    `folders` are what is copied; they keep their places relative to each other.
    """
    if owner is None or all(owner.may("-x", root / name) for name in folders):
        return root
    target = open_cache() / f"{package}-{importlib.metadata.version(package)}"
    if not target.exists():
        fresh = target.with_name(f"{target.name}.{secrets.token_hex(4)}")
        for name in folders:
            shutil.copytree(root / name, fresh / name)
        for path in (fresh, *fresh.rglob("*")):
            mode = path.stat().st_mode
            path.chmod(mode | (0o555 if mode & 0o100 else 0o444))
        try:
            fresh.rename(target)
        except OSError:  # another start was first
            shutil.rmtree(fresh)
    return target
