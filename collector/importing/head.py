"""The beginning of an input, read while somebody waits: so much and no more, whatever is in it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from io import BytesIO
from itertools import islice
from typing import BinaryIO, cast

from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from collector.importing.files import CountedBytes, decompressed, kind_of, unpacked_name
from collector.importing.hub import open_hub
from collector.importing.opening import AS_WRITTEN
from collector.importing.presets.base import Bound, Numbered, Unit
from collector.importing.readers import Table, open_table
from collector.importing.rows import InputError, RawRow, RowError
from collector.models import ImportDraft

# Bytes, compression undone. A small file may unfold into a line without end, for which a worker has
# time and a page has not.
HEAD_BYTES = 4 << 20
HEAD_CHARACTERS = 2_000_000


@contextmanager
def head_of(draft: ImportDraft) -> Iterator[Table]:
    """A table of the first rows; where the file goes on, the last row is left out, as it was cut.

    Raises InputError.
    """
    if draft.hub_name:
        yield open_hub(draft.hub_name)
        return
    try:
        kept = default_storage.open(draft.path)
    except FileNotFoundError:
        raise InputError(_("The stored file is gone.")) from None
    as_written = {name: draft.mapping.get(name, "") for name in AS_WRITTEN}
    with closing(kept):
        raw = cast(BinaryIO, kept.file)
        if kind_of(draft.filename) == "parquet":  # read a batch at a time from where it wants
            yield open_table(raw, filename=draft.filename, size=draft.bytes_total)
            return
        head, whole = _cut(raw, draft.filename)
        name = unpacked_name(draft.filename)
        table = open_table(BytesIO(head), filename=name, size=len(head), **as_written)
        yield (
            table
            if whole
            else Table(
                table.columns, lambda wanted: _but_last(table.rows(wanted)), table.bytes_read
            )
        )


def units_of(table: Table, bound: Bound, *, most: int) -> Iterator[Unit]:
    """The first `most` rows as they are parsed, fewer where they are long."""
    rows = _few(table.rows(bound.wanted), most)
    if bound.units:
        yield from bound.units(rows)
        return
    for number, row in rows:
        try:
            yield [(number, row if isinstance(row, RowError) else bound.parse(row))]
        except RowError as error:
            yield [(number, error)]


def _few(rows: Iterator[RawRow], most: int) -> Iterator[Numbered]:
    characters = 0
    for number, row in enumerate(islice(rows, most), 1):
        yield number, row
        characters += len(str(row))
        if characters > HEAD_CHARACTERS:
            return


def _cut(raw: BinaryIO, filename: str) -> tuple[bytes, bool]:
    """The first bytes, and whether they are all there are."""
    try:
        with decompressed(CountedBytes(raw), filename) as stream:
            head = stream.read(HEAD_BYTES)
            whole = not stream.read(1)
    except OSError as error:
        raise InputError(_("The file is damaged or cut short (%s).") % str(error)[:200]) from error
    return head, whole


def _but_last(rows: Iterator[RawRow]) -> Iterator[RawRow]:
    held: list[RawRow] = []
    for row in rows:
        yield from held
        held = [row]
