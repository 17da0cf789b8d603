"""Rows of Parquet files, whose few bytes may stand for many: memory follows what is seen.

One string can stand in a dictionary once and in every row. So batches begin with one row and grow
only as long as their rows turn out to be small, and rows are measured before they become Python's;
the sizes that the file itself states are not relied on.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from collector.importing.rows import MAX_RECORD, InputError, RawRow, RowError

_BATCH_BYTES = 8 << 20
_BATCH_ROWS = 8
# Any character takes as much in UTF-8.
_MAX_ROW_BYTES = 4 * MAX_RECORD
_NUMBER_BYTES = 8


def open_parquet(raw: BinaryIO) -> pq.ParquetFile:
    """The file; raises OSError or pa.ArrowException if it is none."""
    return pq.ParquetFile(raw, buffer_size=1 << 20, pre_buffer=False)


def parquet_rows(file: pq.ParquetFile, wanted: frozenset[str]) -> Iterator[RawRow]:
    """The rows' wanted columns; raises OSError or pa.ArrowException where the file is damaged."""
    for group in range(file.metadata.num_row_groups):
        rows = 1
        batches = file.iter_batches(
            batch_size=rows, row_groups=[group], columns=sorted(wanted), use_threads=False
        )
        for batch in batches:
            sizes = _row_sizes(batch)
            yield from _batch_rows(batch, sizes)
            largest = int(sizes.max()) + 1
            rows = max(1, min(2 * rows, _BATCH_ROWS, _BATCH_BYTES // largest))
            file.reader.set_batch_size(rows)


def _row_sizes(batch: pa.RecordBatch) -> Any:
    """Bytes that each row would take as texts of its own."""
    return sum(map(_sizes, batch.columns), np.zeros(batch.num_rows, np.int64))


def _sizes(array: pa.Array) -> Any:
    """The same of one column, which may be nested."""
    kind = array.type
    if pa.types.is_dictionary(kind):  # so written by who stored the schema
        return _integers(pc.binary_length(array.dictionary).take(array.indices))
    if _is_text(kind):
        return _integers(pc.binary_length(array))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        ends = np.concatenate(([0], np.cumsum(_NUMBER_BYTES + _sizes(array.values))))
        offsets = array.offsets.to_numpy()
        return ends[offsets[1:]] - ends[offsets[:-1]]
    if pa.types.is_struct(kind):
        return sum(map(_sizes, array.flatten()), np.zeros(len(array), np.int64))
    if pa.types.is_primitive(kind) or pa.types.is_null(kind):
        return np.full(len(array), _NUMBER_BYTES)
    raise InputError(f"A column holds {kind}; texts, numbers and lists and records of them do.")


def _is_text(kind: pa.DataType) -> bool:
    return any(
        is_it(kind)
        for is_it in (
            pa.types.is_string,
            pa.types.is_large_string,
            pa.types.is_binary,
            pa.types.is_large_binary,
        )
    )


def _integers(array: pa.Array) -> Any:
    return array.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)


def _batch_rows(batch: pa.RecordBatch, sizes: Any) -> Iterator[RawRow]:
    if sizes.sum() <= _BATCH_BYTES:
        try:
            yield from batch.to_pylist()
        except UnicodeDecodeError:
            pass
        else:
            return
    for index, size in enumerate(sizes):
        yield _row(batch, index, int(size))


def _row(batch: pa.RecordBatch, index: int, size: int) -> RawRow:
    if size > _MAX_ROW_BYTES:
        return RowError("too_long", f"the row has {size:,} bytes; at most {_MAX_ROW_BYTES:,} fit")
    try:
        row: dict[str, Any] = batch.slice(index, 1).to_pylist()[0]
    except UnicodeDecodeError:
        return RowError("encoding_error", "text that is not UTF-8")
    return row
