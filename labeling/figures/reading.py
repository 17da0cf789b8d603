"""Numbers of many rows as arrays, without a Python object a row."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

Column = NDArray[Any]
Columns = dict[str, Column]

_HEADER = 19  # PostgreSQL's binary COPY: signature, flags, length of the header's extension
_TRAILER = 2
CLOSE = 1 << 16  # ids no further apart are numbered without sorting


def read_columns(query: str, parameters: Mapping[str, Any], types: Mapping[str, str]) -> Columns:
    """The result of `query` by column, each an array as long as there are rows.

    `types` names the result's columns in order, each `"int"` or `"float"`: the query must cast
    them to bigint or double precision, and none may be null. Goes through binary COPY, so that a
    million rows take no million tuples.
    """
    with connection.cursor() as cursor:
        raw = cursor.cursor
        statement = raw.mogrify(query, parameters).decode()
        sink = io.BytesIO()
        raw.copy_expert(f"COPY ({statement}) TO STDOUT (FORMAT binary)", sink)
    return _parse(sink.getbuffer(), types)


def _parse(data: memoryview, types: Mapping[str, str]) -> Columns:
    fields: list[tuple[str, str]] = [("fields", ">i2")]
    for name, type_ in types.items():
        fields += [(f"length of {name}", ">i4"), (name, ">i8" if type_ == "int" else ">f8")]
    row = np.dtype(fields)
    rows, rest = divmod(len(data) - _HEADER - _TRAILER, row.itemsize)
    if rest:
        raise ValueError("a column is null, or not of the type that was said")
    table = np.frombuffer(data, row, count=rows, offset=_HEADER)
    return {
        name: table[name].astype(np.int64 if type_ == "int" else np.float64)
        for name, type_ in types.items()
    }


def numbered(*columns: Sequence[int] | Column) -> tuple[Column, list[Column]]:
    """All values that occur, ascending, and each column as places among them."""
    arrays = [np.asarray(column, np.int64) for column in columns]
    some = [array for array in arrays if len(array)]
    if not some:
        return np.zeros(0, np.int64), arrays
    low, high = min(array.min() for array in some), max(array.max() for array in some)
    if high - low < CLOSE + 4 * sum(len(array) for array in some):
        known = np.zeros(high - low + 1, bool)  # marked, which is quicker than sorted
        for array in some:
            known[array - low] = True
        place = np.cumsum(known) - 1
        return np.flatnonzero(known) + low, [place[array - low] for array in arrays]
    values = np.unique(np.concatenate(arrays))
    return values, [np.searchsorted(values, array) for array in arrays]
