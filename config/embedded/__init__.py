"""Private PostgreSQL and Valkey servers for machines that have none.

`ensure()` starts them, or joins those that another process of the same DATA_DIR has started, and
names them in the environment, where settings look. They end with the last process that uses them.
Nothing starts where DATABASE_URL and REDIS_URL are set, or CONCORD_EMBEDDED is 0.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from config.embedded import keys
from config.embedded.errors import EmbeddedError
from config.embedded.places import find_place
from config.embedded.postgres import Postgres
from config.embedded.servers import Server, locked
from config.embedded.valkey import Valkey

__all__ = ["EmbeddedError", "alive", "default_data_dir", "ensure", "ensure_for_command", "release"]

BASE_DIR = Path(__file__).resolve().parent.parent.parent
NEEDS_NO_SERVERS = {"help", "version", "spectacular", "collectstatic", "makemessages"}
SWITCHED_OFF = {"0", "false", "no", "off"}

_joined: list[Server] = []


def ensure_for_command(argv: list[str]) -> None:
    """Start (or join) the embedded servers if this command needs a database."""
    arguments = argv[1:]
    if not arguments or arguments[0].startswith("-") or arguments[0] in NEEDS_NO_SERVERS:
        return
    if "--help" in arguments or "-h" in arguments or "--version" in arguments:
        return
    try:
        ensure()
    except EmbeddedError as error:
        sys.exit(f"concord: {error}")


def default_data_dir() -> Path:
    """Where this machine's data lies: DATA_DIR, else `.data` in the project."""
    return Path(os.environ.get("DATA_DIR") or BASE_DIR / ".data").resolve()


def _say(line: str) -> None:
    sys.stderr.write(f"concord: {line}\n")


def ensure(
    data_dir: Path | str | None = None, *, durable: bool = True, say: Callable[[str], object] = _say
) -> None:
    """Have a database and a broker for the life of this process.

    Sets DATABASE_URL, REDIS_URL and the secrets in the environment, each unless it is set already,
    and DATA_DIR to `data_dir` (default: DATA_DIR, else `.data` in the project). `say` gets a line
    for people where the data lies elsewhere. Raises EmbeddedError with one clear line where the
    servers cannot run.
    """
    missing = [name for name in ("DATABASE_URL", "REDIS_URL") if not os.environ.get(name)]
    if not missing or os.environ.get("CONCORD_EMBEDDED", "").lower() in SWITCHED_OFF:
        return
    folder = Path(data_dir or default_data_dir()).resolve()
    os.environ["DATA_DIR"] = str(folder)
    try:
        place = find_place(folder)
        with locked(place.run / "secrets.lock"):
            secrets = keys.read_or_make(folder)
        servers = {
            "DATABASE_URL": Postgres(place, secrets["POSTGRES_PASSWORD"], durable=durable),
            "REDIS_URL": Valkey(place),
        }
        started = [servers[name].ensure() for name in missing]
    except PermissionError as error:
        raise EmbeddedError(f"{error.filename or folder} belongs to another user") from error
    if any(started) and place.outside:
        say(f"the database's user cannot enter {folder}; its data is in {place.folder}")
    for name in missing:
        os.environ[name] = servers[name].url()
        _joined.append(servers[name])
    os.environ["CONCORD_EMBEDDED"] = "1"
    for name in ("SECRET_KEY", "METRICS_TOKEN"):
        os.environ.setdefault(name, secrets[name])


def release() -> None:
    """Leave the servers; returns once they have ended, unless another process uses them."""
    while _joined:
        _joined.pop().release()


def alive() -> bool:
    """Whether the servers that this process has joined are still kept running."""
    return all(server.kept() for server in _joined)
