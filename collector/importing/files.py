"""The bytes of an import: how far they are read, what compresses them, how they are encoded."""

import codecs
import io
from pathlib import PurePath
from typing import Any, BinaryIO, TypeAlias, cast

import pyarrow as pa

from collector.importing.rows import InputError

# What a stored file can be, by the end of its name.
KINDS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".txt": "text",
}
COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}
# Encodings that a person may name; others are not text or cannot mark what they cannot decode.
ENCODINGS = (
    *("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1250"),
    *("cp1251", "cp1252", "iso-8859-1", "iso-8859-2", "iso-8859-15", "koi8-r", "mac-roman"),
    *("big5", "euc-jp", "euc-kr", "gb18030", "gbk", "shift_jis"),
)
_MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Stands where bytes could not be decoded. A lone surrogate cannot come from well-encoded text, so
# the row that holds one is known to be damaged, and the rest of the file is read on.
UNDECODABLE = "\udcff"

Buffered: TypeAlias = "io.BufferedReader[Any]"


def _mark_undecodable(error: UnicodeError) -> tuple[str, int]:
    return UNDECODABLE, cast(UnicodeDecodeError, error).end


codecs.register_error("concord-mark", _mark_undecodable)


def suffixes(filename: str) -> tuple[str, str]:
    """The suffix that tells the kind of file and that of its compression, either may be ""."""
    path = PurePath(filename.lower())
    if path.suffix in COMPRESSIONS:
        return PurePath(path.stem).suffix, path.suffix
    return path.suffix, ""


def unpacked_name(filename: str) -> str:
    """The name without the suffix of its compression."""
    return filename.removesuffix(PurePath(filename).suffix) if suffixes(filename)[1] else filename


def kind_of(filename: str) -> str:
    """`csv`, `jsonl`, `parquet` or `text`, by the file's name; raises InputError."""
    suffix, _ = suffixes(filename)
    try:
        return KINDS[suffix]
    except KeyError:
        known = ", ".join(KINDS)
        raise InputError(
            f"Cannot tell the kind of “{filename}”: its name must end in one of {known}"
            " (.gz or .zst may follow)."
        ) from None


class CountedBytes(io.RawIOBase):
    """A binary stream that knows how many of its bytes were read, for the progress."""

    def __init__(self, raw: BinaryIO) -> None:
        super().__init__()
        self._raw = raw
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        data = self._raw.read(len(buffer))
        buffer[: len(data)] = data
        self.count += len(data)
        return len(data)


def decompressed(raw: io.RawIOBase, filename: str = "") -> Buffered:
    """The stream with gzip or zstd undone, told by its first bytes.

    A compressed stream that ends early or is damaged raises OSError where that is met, and one
    that is not compressed though its name says so InputError.
    """
    stream = io.BufferedReader(raw, 1 << 16)
    for magic, codec in _MAGIC.items():
        if stream.peek(4).startswith(magic):
            return io.BufferedReader(pa.CompressedInputStream(stream, codec), 1 << 16)
    named = COMPRESSIONS.get(suffixes(filename)[1])
    if named and stream.peek(1):
        raise InputError(
            f"This is no {named} file, though its name says so. Give it the name of what it is."
        )
    return stream


def decoded(stream: Buffered, encoding: str = "") -> io.TextIOWrapper:
    """The stream as text: `encoding`, else what its first bytes say, else UTF-8.

    Bytes that are not valid there become `UNDECODABLE`; line ends stay as they are. Nothing is
    guessed beyond UTF-16 without a mark: a wrong guess would garble texts without a word.
    """
    if encoding and encoding.lower() not in ENCODINGS:
        raise InputError(f"Unknown encoding “{encoding}”; known are {', '.join(ENCODINGS)}.")
    return io.TextIOWrapper(
        stream,
        encoding=encoding or _encoding_of(stream.peek(256)[:256]),
        errors="concord-mark",
        newline="",
    )


def _encoding_of(start: bytes) -> str:
    for mark, encoding in _BOMS:
        if start.startswith(mark):
            return encoding
    # Latin text in UTF-16 has a zero in every other byte.
    if len(start) >= 4 and start[1::2].count(0) > len(start) // 4 > start[::2].count(0):
        return "utf-16-le"
    if len(start) >= 4 and start[::2].count(0) > len(start) // 4 > start[1::2].count(0):
        return "utf-16-be"
    return "utf-8"


class BoundedLines:
    """Lines of a text stream, none longer than `limit` characters held in memory.

    Iterating gives each line with its end; of a longer one, None is given and
    `skipped_quotes` says how many double quotes it held, for the CSV reader's sake.
    """

    def __init__(self, stream: io.TextIOWrapper, limit: int) -> None:
        self._readline = stream.readline
        self._limit = limit
        self.number = 0
        self.skipped_quotes = 0

    def __iter__(self) -> "BoundedLines":
        return self

    def __next__(self) -> str | None:
        line = self._readline(self._limit)
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) < self._limit or line[-1] in "\r\n":
            return line
        self.skipped_quotes = line.count('"')
        while len(line) == self._limit and line[-1] not in "\r\n":
            line = self._readline(self._limit)
            self.skipped_quotes += line.count('"')
            if not line:
                break
        return None
