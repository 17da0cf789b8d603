"""A small hub on loopback: dataset repositories, uploads by git-lfs, commits.

    with start_fake_hub() as hub:
        hub.next_status["commit"] = 503   # what the next request of that kind gets
        hub.repositories["team/poems"].files["README.md"]

Large files (`.jsonl`, `.parquet`) go by git-lfs; those of more than `PART` bytes in parts.
"""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "hf_of_the_tests"
PART = 500
_KINDS = [
    ("POST /api/repos/create", "create"),
    ("POST /api/validate-yaml", "yaml"),
    ("GET /api/datasets/[^/]+/[^/]+(/revision/main)?", "info"),
    ("GET /api/datasets/[^/]+/[^/]+/tree/main", "tree"),
    ("POST /api/datasets/[^/]+/[^/]+/preupload/main", "preupload"),
    ("POST /api/datasets/[^/]+/[^/]+/commit/main", "commit"),
    ("POST /datasets/[^/]+/[^/]+/info/lfs/objects/batch", "batch"),
    ("PUT /lfs/[^/]+(/[0-9]+)?", "put"),
    ("POST /lfs/[^/]+", "complete"),
]


@dataclass
class Repository:
    private: bool
    files: dict[str, bytes] = field(default_factory=dict)
    commits: list[str] = field(default_factory=list)


@dataclass
class Hub:
    endpoint: str = ""
    repositories: dict[str, Repository] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    parts: dict[tuple[str, int], bytes] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    next_status: dict[str, int] = field(default_factory=dict)
    before: dict[str, Callable[[], object]] = field(default_factory=dict)

    def answer(self, kind: str, path: list[str], body: bytes) -> tuple[int, Any]:
        """What a request of that kind gets: a status, and JSON or nothing."""
        self.requests.append(kind)
        self.before.pop(kind, lambda: None)()
        if kind in self.next_status:
            return self.next_status.pop(kind), {"error": "The hub is having a bad day."}
        status, reply = getattr(self, f"_{kind}")(path, body)
        return status, reply

    def _unknown(self, path: list[str], body: bytes) -> tuple[int, Any]:
        return 404, {"error": "There is no such address."}

    def _create(self, path: list[str], body: bytes) -> tuple[int, Any]:
        asked = json.loads(body)
        name = f"{asked['organization']}/{asked['name']}"
        told = {"url": f"{self.endpoint}/datasets/{name}"}
        if name in self.repositories:
            return 409, told | {"error": "You already created this dataset repo"}
        self.repositories[name] = Repository(private=asked["visibility"] == "private")
        return 200, told

    def _yaml(self, path: list[str], body: bytes) -> tuple[int, Any]:
        return 200, {"errors": [], "warnings": []}

    def _info(self, path: list[str], body: bytes) -> tuple[int, Any]:
        name, repository = self._repository(path)
        sha = hashlib.sha1(repr(repository.commits).encode(), usedforsecurity=False).hexdigest()
        return 200, {"id": name, "private": repository.private, "sha": sha, "siblings": []}

    def _tree(self, path: list[str], body: bytes) -> tuple[int, Any]:
        files = self._repository(path)[1].files
        return 200, [
            {"type": "file", "path": name, "size": len(content), "oid": _oid(name, content)}
            for name, content in files.items()
        ]

    def _preupload(self, path: list[str], body: bytes) -> tuple[int, Any]:
        files = self._repository(path)[1].files
        names = [file["path"] for file in json.loads(body)["files"]]
        return 200, {
            "files": [
                {
                    "path": name,
                    "uploadMode": "lfs" if _is_large(name) else "regular",
                    "shouldIgnore": False,
                    "oid": _oid(name, files[name]) if name in files else None,
                }
                for name in names
            ]
        }

    def _batch(self, path: list[str], body: bytes) -> tuple[int, Any]:
        return 200, {
            "transfer": "basic",
            "objects": [self._where(**asked) for asked in json.loads(body)["objects"]],
        }

    def _where(self, oid: str, size: int) -> dict[str, Any]:
        place, header = f"{self.endpoint}/lfs/{oid}", {}
        if size > PART:
            parts = range(1, -(-size // PART) + 1)
            header = {str(part): f"{place}/{part}" for part in parts} | {"chunk_size": str(PART)}
        upload = {"href": place, "header": header}
        there = oid in self.objects
        return {"oid": oid, "size": size} | ({} if there else {"actions": {"upload": upload}})

    def _put(self, path: list[str], body: bytes) -> tuple[int, Any]:
        if len(path) == 3:
            self.parts[path[1], int(path[2])] = body
        else:
            self.objects[path[1]] = body
        return 200, None

    def _complete(self, path: list[str], body: bytes) -> tuple[int, Any]:
        parts = [part["partNumber"] for part in json.loads(body)["parts"]]
        self.objects[path[1]] = b"".join(self.parts.pop((path[1], part)) for part in parts)
        return 200, {"success": True}

    def _commit(self, path: list[str], body: bytes) -> tuple[int, Any]:
        name, repository = self._repository(path)
        for line in map(json.loads, body.splitlines()):
            value = line["value"]
            match line["key"]:
                case "header":
                    repository.commits.append(value["summary"])
                case "file":
                    repository.files[value["path"]] = base64.b64decode(value["content"])
                case "lfsFile":
                    repository.files[value["path"]] = self.objects[value["oid"]]
                case "deletedFile":
                    del repository.files[value["path"]]
        number = len(repository.commits)
        url = f"{self.endpoint}/datasets/{name}/commit/{number:040x}"
        return 200, {"commitUrl": url, "commitOid": f"{number:040x}"}

    def _repository(self, path: list[str]) -> tuple[str, Repository]:
        name = "/".join(path[2:4])
        return name, self.repositories[name]


def _is_large(name: str) -> bool:
    return name.endswith((".jsonl", ".parquet"))


def _oid(name: str, content: bytes) -> str:
    if _is_large(name):
        return hashlib.sha256(content).hexdigest()
    blob = b"blob %d\0" % len(content) + content
    return hashlib.sha1(blob, usedforsecurity=False).hexdigest()


def _kind(asked: str) -> str:
    found = (kind for pattern, kind in _KINDS if re.fullmatch(pattern, asked))
    return next(found, "unknown")


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def do_PUT(self) -> None:
            self._serve()

        def _serve(self) -> None:
            address = self.path.partition("?")[0]
            kind, path = _kind(f"{self.command} {address}"), address.strip("/").split("/")
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            signed = self.headers.get("Authorization") == f"Bearer {TOKEN}"
            if signed or kind in ("put", "complete"):  # these addresses are signed themselves
                status, reply = hub.answer(kind, path, body)
            else:
                status, reply = 401, {"error": "Invalid username or password."}
            content = b"" if reply is None else json.dumps(reply).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("ETag", '"of-a-part"')
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Tests print nothing."""

    return Handler


@contextmanager
def start_fake_hub() -> Iterator[Hub]:
    """A hub with no repositories, until the end of the block."""
    hub = Hub()
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub))
    httpd.daemon_threads = True
    hub.endpoint = f"http://127.0.0.1:{httpd.server_address[1]}"
    thread = threading.Thread(target=httpd.serve_forever, args=[0.05], daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join(10)
