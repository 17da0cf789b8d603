"""Containers: rows in, bytes out. The same rows give the same bytes, whenever and wherever.

Gzip carries no time stamp and no name. Compressors are fed blocks of one size and Parquet rows in
groups of one size, both of which depend on the rows alone and not on how they were read.
"""

import gzip
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, ClassVar, Protocol, cast

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from common.errors import InvalidInput
from exports.formats import Row

_BLOCK = 1 << 20
_GROUP_ROWS = 5_000
_GROUP_BYTES = 32 << 20
_BATCH_ROWS = 500  # rows are held as Python objects no longer than that: Arrow takes a tenth


def json_lines(rows: Iterable[Row]) -> bytes:
    """JSON Lines. What `str.splitlines()` takes for the end of a line is written escaped."""
    lines = b"".join([orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows])
    if b"\xe2\x80" in lines:
        lines = lines.replace(b"\xe2\x80\xa8", rb"\u2028").replace(b"\xe2\x80\xa9", rb"\u2029")
    return lines.replace(b"\xc2\x85", rb"\u0085")


class Writer(Protocol):
    """Writes one file; `close` leaves it whole on the disk."""

    def write(self, rows: list[Row]) -> None: ...

    def close(self) -> None: ...


class JsonLinesWriter:
    """`.jsonl`, and the base of its compressed kinds."""

    extension: ClassVar[str] = "jsonl"

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._file = path.open("wb")
        self._sink = self._open(self._file)
        self._buffer = bytearray()

    def _open(self, file: IO[bytes]) -> IO[bytes]:
        return file

    def write(self, rows: list[Row]) -> None:
        self._buffer += json_lines(rows)
        if len(self._buffer) >= _BLOCK:
            whole = len(self._buffer) // _BLOCK * _BLOCK
            for start in range(0, whole, _BLOCK):
                self._sink.write(bytes(self._buffer[start : start + _BLOCK]))
            del self._buffer[:whole]

    def close(self) -> None:
        self._sink.write(bytes(self._buffer))
        if self._sink is not self._file:
            self._sink.close()
        _sync(self._file)


class GzipWriter(JsonLinesWriter):
    extension = "jsonl.gz"

    def _open(self, file: IO[bytes]) -> IO[bytes]:
        return cast(IO[bytes], gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=0))


class ZstdWriter(JsonLinesWriter):
    extension = "jsonl.zst"

    def _open(self, file: IO[bytes]) -> IO[bytes]:
        compressor = zstandard.ZstdCompressor(level=3, write_checksum=True)
        return cast(IO[bytes], compressor.stream_writer(file, closefd=False))


class ParquetWriter:
    """`.parquet`, zstd inside, row groups of at most `_GROUP_ROWS` rows or `_GROUP_BYTES`."""

    extension: ClassVar[str] = "parquet"

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._file = path.open("wb")
        self._schema = schema
        self._writer = pq.ParquetWriter(self._file, schema, compression="zstd")
        self._rows: list[Row] = []
        self._batches: list[pa.RecordBatch] = []
        self._held = 0  # rows of the group so far
        self._bytes = 0

    def write(self, rows: list[Row]) -> None:
        for row in rows:
            self._rows.append(row)
            self._held += 1
            self._bytes += _text_size(row)
            if self._held >= _GROUP_ROWS or self._bytes >= _GROUP_BYTES:
                self._flush()
            elif len(self._rows) >= _BATCH_ROWS:
                self._pack()

    def _pack(self) -> None:
        self._batches.append(pa.RecordBatch.from_pylist(self._rows, schema=self._schema))
        self._rows = []

    def _flush(self) -> None:
        if self._held:
            self._pack()
            table = pa.Table.from_batches(self._batches, schema=self._schema)
            self._writer.write_table(table, row_group_size=self._held)
            self._batches, self._held, self._bytes = [], 0, 0

    def close(self) -> None:
        self._flush()
        self._writer.close()
        _sync(self._file)


def _sync(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())
    file.close()


def _text_size(value: object) -> int:
    """Characters of all texts in a row, whatever its shape."""
    if isinstance(value, str):
        return len(value)
    return sum(map(_text_size, _children(value)))


def _children(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


CONTAINERS: dict[str, type[JsonLinesWriter] | type[ParquetWriter]] = {
    kind.extension: kind for kind in (JsonLinesWriter, GzipWriter, ZstdWriter, ParquetWriter)
}


def check_container(name: str) -> str:
    """The name, if there is such a container; InvalidInput if not."""
    if name not in CONTAINERS:
        raise InvalidInput(
            f"There is no container “{name}”; there is {', '.join(CONTAINERS)}.", attr="container"
        )
    return name
