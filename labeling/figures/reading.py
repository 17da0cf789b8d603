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
    values = np.unique(np.concatenate([np.asarray(column) for column in columns]))
    return values, [np.searchsorted(values, column) for column in columns]
