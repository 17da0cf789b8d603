"""The Batch API of the loopback model server: jobs end when a test says so.

`refuse` lists statuses for the next calls, by `"METHOD path"` without ids, for instance
`{"POST /v1/batches": [500]}`; `-500` does what was asked and answers 500 all the same. `after` is
called with each call that was done, before it is answered.
"""

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from email.parser import BytesParser
from typing import Any

Reply = tuple[int, dict[str, str], bytes]
Answer = Callable[[str, dict[str, Any]], tuple[int, Any]]
UNDER_WAY = ("validating", "in_progress", "cancelling")


@dataclass
class FakeBatches:
    """Files and jobs by id, and how often each prompt was answered (and so paid for)."""

    files: dict[str, bytes] = field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    answered: Counter[str] = field(default_factory=Counter)
    calls: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    refuse: dict[str, list[int]] = field(default_factory=dict)
    after: Callable[[str], None] | None = None

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        path = path.partition("?")[0]
        call = f"{method} {re.sub(r'/(file|batch)-[0-9]+', '/ID', path)}"
        self.calls.append(call)
        self.headers.append(headers)
        planned = self.refuse.get(call) or [0]
        status = planned.pop(0)
        if status > 0:
            return _json(status, {"error": {"message": f"status {status}"}})
        reply = self._do(call, path, headers, body)
        if self.after is not None:
            self.after(call)
        return _json(-status, {"error": {"message": "lost"}}) if status else reply

    def finish(self, status: str, answer: Answer, *, without: str) -> None:
        for job in self.jobs.values():
            if job["status"] in UNDER_WAY:
                self._finish(job, status, answer, without)

    def _do(self, call: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        if call == "POST /v1/files":
            return _json(200, {"id": self._store(_uploaded(headers, body))})
        if call == "POST /v1/batches":
            return _json(200, self._create(json.loads(body)))
        if call == "GET /v1/batches":
            return _json(200, {"data": list(self.jobs.values()), "has_more": False})
        name = path.split("/")[3]
        if call == "GET /v1/files/ID/content" and name in self.files:
            return 200, {"content-type": "application/octet-stream"}, self.files[name]
        if name not in self.jobs:
            return _json(404, {"error": {"message": "no such thing"}})
        if call == "POST /v1/batches/ID/cancel":
            self.jobs[name]["status"] = "cancelling"
        return _json(200, self.jobs[name])

    def _store(self, content: bytes) -> str:
        name = f"file-{len(self.files) + 1}"
        self.files[name] = content
        return name

    def _create(self, asked: dict[str, Any]) -> dict[str, Any]:
        name = f"batch-{len(self.jobs) + 1}"
        self.jobs[name] = {"id": name, "status": "validating", **asked}
        return self.jobs[name]

    def _finish(self, job: dict[str, Any], status: str, answer: Answer, without: str) -> None:
        job["status"] = status
        if status == "failed":
            job["errors"] = {"data": [{"code": "invalid", "message": "Line 1 is wrong."}]}
            return
        done: list[dict[str, Any]] = []
        failed: list[dict[str, Any]] = []
        for line in reversed(self.files[job["input_file_id"]].splitlines()):  # in no order
            asked = json.loads(line)
            prompt = str((asked["body"].get("messages") or asked["body"]["input"])[-1]["content"])
            told: dict[str, Any] = {"custom_id": asked["custom_id"], "response": None}
            if without and without in prompt:
                failed.append(told | {"error": {"code": f"batch_{status}", "message": "Not done."}})
                continue
            self.answered[prompt] += 1
            code, body = answer(asked["url"], asked["body"])
            told |= {"response": {"status_code": code, "body": body}, "error": None}
            (done if code == 200 else failed).append(told)
        job["output_file_id"] = self._store(_lines(done)) if done else None
        job["error_file_id"] = self._store(_lines(failed)) if failed else None


def _uploaded(headers: dict[str, str], body: bytes) -> bytes:
    head = f"content-type: {headers['content-type']}\r\n\r\n".encode()
    parts: Any = BytesParser().parsebytes(head + body).get_payload()
    content = {
        part.get_param("name", header="content-disposition"): part.get_payload(decode=True)
        for part in parts
    }
    assert content["purpose"] == b"batch"
    return bytes(content["file"])


def _lines(rows: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def _json(status: int, body: Any) -> Reply:
    return status, {"content-type": "application/json"}, json.dumps(body).encode()
