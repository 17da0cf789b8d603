"""Containers: rows in, bytes out. The same rows give the same bytes, whenever and wherever.

Gzip carries no time stamp and no name. Compressors are fed blocks of one size and Parquet rows in
groups of one size, both of which depend on the rows alone and not on how they were read.
"""

import gzip
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, ClassVar, NamedTuple, Protocol, cast

import orjson
import pyarrow as pa
import pyarrow.json as pj
import pyarrow.parquet as pq
import zstandard

from common.errors import InvalidInput
from exports.background import Behind
from exports.formats import Format, Row

# Arrow's own allocator keeps what was freed, a sixth of a build's memory.
pa.set_memory_pool(pa.system_memory_pool())

# Of rows as text, before compression. A file stays below what fine-tuning services take, 512 MB.
SHARD_BYTES = 500_000_000
_BLOCK = 1 << 20
_GROUP_ROWS = 5_000
_GROUP_BYTES = 4 << 20
_BATCH_ROWS = 500  # rows are held as Python objects no longer than that: Arrow takes a tenth


def json_lines(rows: Iterable[Row]) -> bytes:
    """JSON Lines. What `str.splitlines()` takes for the end of a line is written escaped."""
    lines = b"".join([orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows])
    if lines.isascii():
        return lines
    if b"\xe2\x80" in lines:
        lines = lines.replace(b"\xe2\x80\xa8", rb"\u2028").replace(b"\xe2\x80\xa9", rb"\u2029")
    return lines.replace(b"\xc2\x85", rb"\u0085")


class Writer(Protocol):
    """Writes one file of at most about `limit` bytes of rows, before compression."""

    extension: ClassVar[str]
    full: bool

    def __init__(self, path: Path, schema: pa.Schema, *, limit: int) -> None: ...

    def write(self, rows: list[Row]) -> int:
        """Take rows up to the one that makes the file `full`; return how many were taken."""

    def close(self) -> None:
        """Leave the file whole on the disk."""


class JsonLinesWriter:
    """`.jsonl`, and the base of the other kinds of JSON."""

    extension: ClassVar[str] = "jsonl"

    def __init__(self, path: Path, schema: pa.Schema, *, limit: int = SHARD_BYTES) -> None:
        self._file = path.open("wb")
        self._sink = self._open(self._file)
        self._buffer = bytearray()
        self._behind = Behind(depth=4)  # compressing takes as long as making rows
        self._room = limit
        self.full = False

    def _open(self, file: IO[bytes]) -> IO[bytes]:
        return file

    def write(self, rows: list[Row]) -> int:
        lines = json_lines(rows)
        taken = len(rows)
        if len(lines) >= self._room:
            lines = lines[: lines.index(b"\n", self._room - 1) + 1]
            taken = lines.count(b"\n")
            self.full = True
        self._room -= len(lines)
        self._put(lines)
        return taken

    def _put(self, lines: bytes) -> None:
        self._buffer += lines
        if len(self._buffer) >= _BLOCK:
            whole = len(self._buffer) // _BLOCK * _BLOCK
            for start in range(0, whole, _BLOCK):
                block = bytes(memoryview(self._buffer)[start : start + _BLOCK])
                self._behind.do(self._sink.write, block)
            del self._buffer[:whole]

    def close(self) -> None:
        self._behind.finish()
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


class JsonArrayWriter(JsonLinesWriter):
    """`.json`: one array of all rows, a row a line."""

    extension = "json"
    _before = b"[\n"

    def _put(self, lines: bytes) -> None:
        super()._put(self._before + lines[:-1].replace(b"\n", b",\n"))
        self._before = b",\n"

    def close(self) -> None:
        super()._put(b"\n]\n")
        super().close()


class GzipArrayWriter(JsonArrayWriter, GzipWriter):
    extension = "json.gz"


class ZstdArrayWriter(JsonArrayWriter, ZstdWriter):
    extension = "json.zst"


class ParquetWriter:
    """`.parquet`, zstd inside, row groups of at most `_GROUP_ROWS` rows or `_GROUP_BYTES`."""

    extension: ClassVar[str] = "parquet"

    def __init__(self, path: Path, schema: pa.Schema, *, limit: int = SHARD_BYTES) -> None:
        self._file = path.open("wb")
        self._schema = schema
        self._room = limit
        self.full = False
        self._writer = pq.ParquetWriter(self._file, schema, compression="zstd")
        self._rows: list[Row] = []
        self._batches: list[pa.RecordBatch] = []
        self._held = 0  # rows of the group so far
        self._bytes = 0

    def write(self, rows: list[Row]) -> int:
        for taken, row in enumerate(rows, start=1):
            size = _text_size(row)
            self._rows.append(row)
            self._held += 1
            self._bytes += size
            self._room -= size
            if self._held >= _GROUP_ROWS or self._bytes >= _GROUP_BYTES:
                self._flush()
            elif len(self._rows) >= _BATCH_ROWS:
                self._pack()
            if self._room <= 0:
                self.full = True
                return taken
        return len(rows)

    def _pack(self) -> None:
        self._batches += _as_arrow(self._rows, self._schema)
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


def _as_arrow(rows: list[Row], schema: pa.Schema) -> list[pa.RecordBatch]:
    """Rows as Arrow holds them, by way of JSON.

    Arrow's reader of Python objects takes three times as long, and loads pandas wherever it is
    installed, which takes a third of what a build may.
    """
    lines = b"".join([orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows])
    table = pj.read_json(
        pa.BufferReader(lines),
        read_options=pj.ReadOptions(use_threads=False, block_size=len(lines) + 1),
        parse_options=pj.ParseOptions(
            explicit_schema=_as_read(schema),
            newlines_in_values=False,
            unexpected_field_behavior="error",
        ),
    )
    batches: list[pa.RecordBatch] = table.cast(schema).to_batches()
    return batches


def _as_read(schema: pa.Schema) -> pa.Schema:
    """The schema with text in place of JSON, which the reader takes for a type it does not know."""
    return pa.schema(
        [field.with_type(pa.string()) if field.type == pa.json_() else field for field in schema]
    )


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


Kind = type[JsonLinesWriter] | type[ParquetWriter]
CONTAINERS: dict[str, Kind] = {
    kind.extension: kind for kind in (JsonLinesWriter, GzipWriter, ZstdWriter, ParquetWriter)
}
_ARRAYS: dict[str, Kind] = {
    "jsonl": JsonArrayWriter,
    "jsonl.gz": GzipArrayWriter,
    "jsonl.zst": ZstdArrayWriter,
    "parquet": ParquetWriter,
}


def shard_name(stem: str, extension: str, number: int, of: int) -> str:
    """`stem.extension` for the only file, else `stem-00000-of-0000N.extension`."""
    place = "" if of == 1 else f"-{number:05d}-of-{of:05d}"
    return f"{stem}{place}.{extension}"


class Shard(NamedTuple):
    """One file of several that belong together, in order."""

    name: str
    rows: int


class Shards:
    """The rows of one format and split, in as many files as it takes.

    Where a file ends depends on its rows alone, not on how they arrive. One file is named
    `stem.extension`, several are named `stem-00000-of-0000N.extension`; no rows, no file.
    """

    def __init__(
        self, folder: Path, stem: str, kind: Kind, schema: pa.Schema, *, limit: int = SHARD_BYTES
    ) -> None:
        self._folder = folder
        self._stem = stem
        self._kind = kind
        self._schema = schema
        self._limit = limit
        self._writer: Writer | None = None
        self._rows: list[int] = []
        self.shards: list[Shard] = []

    def write(self, rows: list[Row]) -> None:
        while rows:
            if self._writer is None:
                self._writer = self._kind(
                    self._unnamed(len(self._rows)), self._schema, limit=self._limit
                )
                self._rows.append(0)
            taken = self._writer.write(rows)
            self._rows[-1] += taken
            rows = rows[taken:]
            if self._writer.full:
                self._writer.close()
                self._writer = None

    def close(self) -> None:
        """Finish the last file; give all their names, which need to know how many there are."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        for number, rows in enumerate(self._rows):
            name = shard_name(self._stem, self._kind.extension, number, len(self._rows))
            self._unnamed(number).rename(self._folder / name)
            self.shards.append(Shard(name, rows))
        self._rows = []

    def _unnamed(self, number: int) -> Path:
        return self._folder / f".{self._stem}-{number:05d}"


def kind_of(form: Format, container: str) -> Kind:
    """What writes a format into a container."""
    return (_ARRAYS if form.layout == "array" else CONTAINERS)[container]


def check_container(name: str) -> str:
    """The name, if there is such a container; InvalidInput if not."""
    if name not in CONTAINERS:
        raise InvalidInput(
            f"There is no container “{name}”; there is {', '.join(CONTAINERS)}.", attr="container"
        )
    return name
