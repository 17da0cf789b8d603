"""Files in storage while an import, or the draft of one, needs them."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO
from uuid import UUID

from django.core.files.base import File
from django.core.files.storage import default_storage

from collector.importing.files import suffixes


@dataclass(frozen=True, slots=True)
class StoredFile:
    """Where a file is in storage, what it holds and how many bytes."""

    path: str = ""
    sha256: str = ""
    bytes_total: int = 0


@contextmanager
def stored(content: BinaryIO | None, *, uid: UUID, filename: str) -> Iterator[StoredFile]:
    """The content in storage, under `uid` and the endings of `filename`, unless the block fails.

    Storing may take as long as an upload: it is no part of a transaction.
    """
    kept = _store(content, uid, filename) if content is not None else StoredFile()
    try:
        yield kept
    except BaseException:
        forget(kept.path)
        raise


def forget(path: str) -> None:
    """Remove what nothing reads again; of an empty path, nothing."""
    if path:
        default_storage.delete(path)


def _store(content: BinaryIO, uid: UUID, filename: str) -> StoredFile:
    hashed = _Hashed(content)
    path = f"imports/{uid}{''.join(suffixes(filename))}"
    try:
        path = default_storage.save(path, hashed)
    except BaseException:
        forget(path)
        raise
    return StoredFile(path, hashed.sha256.hexdigest(), hashed.written)


class _Hashed(File):  # type: ignore[type-arg]  # not generic when it runs
    """A file whose chunks are counted and hashed while they are stored."""

    def __init__(self, content: BinaryIO) -> None:
        super().__init__(content, name="import")
        self.sha256 = hashlib.sha256()
        self.written = 0

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        while data := self.read(chunk_size or 1 << 20):
            self.sha256.update(data)
            self.written += len(data)
            yield data
