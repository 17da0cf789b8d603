"""What a format is: a source, a schema, and one row out of one item."""

from typing import Any, ClassVar, Literal, Protocol

import pyarrow as pa

from exports.recipes import Recipe
from exports.validator import Reason

Source = Literal["comparisons", "judgments"]
Row = dict[str, Any]

TURNS = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))


class Format(Protocol):
    """One file format. `trains` is the line of the dataset card that says what reads it."""

    name: ClassVar[str]
    source: ClassVar[Source]
    trains: ClassVar[str]

    def schema(self, recipe: Recipe) -> pa.Schema:
        """The columns of every row; the same in JSON Lines and Parquet."""

    def row(self, item: Any, recipe: Recipe) -> Row | Reason:
        """One row with the schema's keys in its order, or why the item is refused."""
