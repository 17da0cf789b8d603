"""The Batch API's calls. Each raises Transient or Permanent."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import httpx2
from openai import OpenAI

from collector.generation.batches.files import lines
from collector.generation.providers.base import Permanent
from collector.generation.providers.openai import wire_of
from collector.generation.providers.replies import member, members, parsed
from collector.generation.providers.servers import failures, open_blocking
from collector.models import Batch, GeneratorRevision

_DOWNLOAD_BYTES = 2 << 30
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,200}")
_PAGES = 5


class BatchServer:
    """The Batch API of a revision's server."""

    def __init__(self, revision: GeneratorRevision) -> None:
        self._wire = wire_of(revision)
        self._client: OpenAI = open_blocking(revision, reply_bytes=_DOWNLOAD_BYTES)

    def close(self) -> None:
        self._client.close()

    def upload(self, name: str, content: IO[bytes]) -> str:
        """The id of the file."""
        told = self._told(
            self._post(
                "/files",
                files=[("file", (name, content, "application/jsonl"))],
                body={"purpose": "batch"},
                multipart=True,
            )
        )
        return _id(told, "id")

    def create(self, batch: Batch) -> dict[str, Any]:
        """The job on the server for the batch's uploaded file."""
        return self._told(
            self._post(
                "/batches",
                body={
                    "input_file_id": batch.input_file,
                    "endpoint": f"/v1{self._wire.PATH}",
                    "completion_window": "24h",
                    "metadata": {"concord_batch": str(batch.uid)},
                },
                idempotency_key=str(batch.uid),
            )
        )

    def find(self, batch: Batch) -> dict[str, Any] | None:
        """The job for the batch's file if the server has one: a lost reply may have made it."""
        after = ""
        for _ in range(_PAGES):
            page = self._told(self._get(f"/batches?limit=100{after}"))
            jobs = members(page, "data")
            for job in jobs:
                if job.get("input_file_id") == batch.input_file:
                    return job
            if not jobs or not page.get("has_more"):
                return None
            after = f"&after={_id(jobs[-1], 'id')}"
        return None

    def look(self, batch: Batch) -> dict[str, Any]:
        return self._told(self._get(f"/batches/{batch.remote_id}"))

    def cancel(self, batch: Batch) -> None:
        self._told(self._post(f"/batches/{batch.remote_id}/cancel"))

    @contextmanager
    def download(self, file_id: str) -> Iterator[Iterator[bytes]]:
        """The lines of a file, as they come."""
        with (
            failures(),
            self._client.files.with_streaming_response.content(file_id) as response,
        ):
            yield lines(response.iter_bytes())

    def _get(self, path: str) -> httpx2.Response:
        with failures():
            return self._client.get(path, cast_to=httpx2.Response)

    def _post(
        self,
        path: str,
        *,
        body: dict[str, Any] | None = None,
        files: Any = None,
        multipart: bool = False,
        idempotency_key: str | None = None,
    ) -> httpx2.Response:
        headers = {"Content-Type": "multipart/form-data"} if multipart else {}
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        with failures():
            return self._client.post(
                path, body=body, files=files, cast_to=httpx2.Response, options={"headers": headers}
            )

    def _told(self, response: httpx2.Response) -> dict[str, Any]:
        told = parsed(response.content)
        if not isinstance(told, dict):
            raise Permanent("The server's answer about a batch is no object.")
        return told


def file_ids(job: dict[str, Any]) -> dict[str, str]:
    """Where a finished job's answers and failures lie, as columns of `Batch`."""
    names = {"output_file": "output_file_id", "error_file": "error_file_id"}
    return {
        column: _id(job, name) if member(job, name, str) else "" for column, name in names.items()
    }


def job_id(job: dict[str, Any]) -> str:
    """The job's id. Permanent unless it may stand in an address."""
    return _id(job, "id")


def why_failed(job: dict[str, Any]) -> str:
    """What the server found wrong with the file."""
    errors = members(member(job, "errors", dict), "data")
    found = "; ".join(str(error.get("message") or error.get("code")) for error in errors[:3])
    return f"The batch failed: {found or 'the server does not say why.'}"


def _id(told: dict[str, Any], name: str) -> str:
    found = member(told, name, str) or ""
    if not _ID.fullmatch(found) or ".." in found:
        raise Permanent(f"The server's answer about a batch has no usable {name}.")
    return found
