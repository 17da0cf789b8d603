"""CSV and its kin, read so that one bad row costs one row.

The standard reader alone lets an unclosed quote swallow the rest of a file, and a long line the
memory. Here a record never outgrows `MAX_RECORD` characters, and after a quoting error reading
goes on with the line after the one on which the bad record began.
"""

import csv
from collections import deque
from collections.abc import Iterator

from collector.importing.files import BoundedLines
from collector.importing.rows import MAX_RECORD, InputError, RawRow, RowError

DELIMITERS = ",\t;|"
# How many of the lines that a quote has swallowed are looked at to tell rows from one long text.
_LINES_TO_JUDGE = 20


class _RecordTooLong(Exception):
    """The record in hand is longer than may be held in memory."""


class _Lines:
    """Physical lines for `csv.reader`, of which those of the record in hand can be read again."""

    def __init__(self, lines: BoundedLines) -> None:
        self._lines = lines
        self._again: deque[str] = deque()
        self.record: list[str] = []
        self._size = 0
        self._quotes_skipped = 0
        self.before = 0  # lines before the record in hand

    def start_record(self) -> None:
        self.before += len(self.record)
        self.record.clear()
        self._size = 0

    def rewind(self, *, keep: int) -> None:
        """Read again the lines of the record in hand after the first `keep`."""
        self._again.extendleft(reversed(self.record[keep:]))
        del self.record[keep:]

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        if line is None:
            self._quotes_skipped = self._lines.skipped_quotes
            self.record.append("")
            raise _RecordTooLong
        self.record.append(line)
        self._size += len(line)
        if self._size > MAX_RECORD:
            self._quotes_skipped = 0
            raise _RecordTooLong
        return line

    def skip_record(self) -> bool:
        """Pass the rest of a record that is too long; False if its quote is never closed."""
        quotes = self._quotes_skipped + sum(line.count('"') for line in self.record)
        self.before += len(self.record)
        self.record.clear()
        while quotes % 2:
            line = self._again.popleft() if self._again else next(self._lines, "")
            if line == "":
                return False
            quotes += self._lines.skipped_quotes if line is None else line.count('"')
            self.before += 1
        return True


class CsvRows:
    """The records of a CSV stream; `header` are the names of its columns.

    Raises InputError if there is no usable header. Blank lines are no rows.
    """

    def __init__(self, lines: BoundedLines, delimiter: str = "") -> None:
        csv.field_size_limit(MAX_RECORD + 1)
        self._lines = _Lines(lines)
        self._reader = csv.reader(
            self._lines, delimiter=delimiter or self._sniffed_delimiter(), strict=True
        )
        self.header = self._read_header()

    def __iter__(self) -> Iterator[RawRow]:
        header, columns = self.header, len(self.header)
        for cells in self._records():
            if isinstance(cells, RowError):
                yield cells
            elif len(cells) == columns:
                yield dict(zip(header, cells, strict=True))
            elif cells:
                yield RowError(
                    "ragged_row",
                    f"line {self._line}: {len(cells)} cells where the header has {columns}",
                )

    @property
    def _line(self) -> int:
        return self._lines.before + 1

    def _sniffed_delimiter(self) -> str:
        for line in self._first_lines():
            if line.strip():
                unquoted = "".join(line.split('"')[::2])
                return max(DELIMITERS, key=unquoted.count)
        return ","

    def _first_lines(self) -> Iterator[str]:
        try:
            yield from self._lines
        except _RecordTooLong:
            raise InputError("The first line is too long to be a header.") from None
        finally:
            self._lines.rewind(keep=0)

    def _read_header(self) -> list[str]:
        for cells in self._records():
            if isinstance(cells, RowError):
                raise InputError(f"The header cannot be read: {cells.detail}.")
            header = [cell.strip() for cell in cells]
            if any(header):
                return header
        raise InputError("The file is empty.")

    def _records(self) -> Iterator[list[str] | RowError]:
        reader, lines = self._reader, self._lines
        while True:
            lines.start_record()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield RowError("bad_quoting", f"line {self._line}: {_plain(error)}")
                lines.rewind(keep=1)
            except _RecordTooLong:
                yield self._overlong()
            else:
                yield cells

    def _overlong(self) -> RowError:
        line = self._line
        if self._swallowed_rows():
            self._lines.rewind(keep=1)
            return RowError("bad_quoting", f"line {line}: a quote is opened and never closed")
        if self._lines.skip_record():
            limit = f"{MAX_RECORD:,}"
            return RowError("too_long", f"line {line}: the row has more than {limit} characters")
        last = self._lines.before
        return RowError(
            "bad_quoting",
            f"line {line}: a quote is opened and never closed; lines {line} to {last} are lost",
        )

    def _swallowed_rows(self) -> bool:
        """Whether the lines after the first look like rows of this table, each for itself."""
        columns = len(self.header)
        following = self._lines.record[1 : 1 + _LINES_TO_JUDGE]
        if columns < 2 or not following:
            return False
        try:
            parsed = list(csv.reader(following, self._reader.dialect))
        except csv.Error:
            return False
        return len(parsed) == len(following) and all(len(cells) == columns for cells in parsed)


def _plain(error: csv.Error) -> str:
    if "unexpected end" in str(error):
        return "a quote is opened and never closed"
    return f"the quoting is broken ({error})"
