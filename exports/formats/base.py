"""What a format is: a source, a schema, and one row out of one item.

A format names its source and turns one item of it into one row; how items are read, chosen,
counted together and split is not its business. The sources, and their items (`exports.items`):

- `comparisons`: `Pair`, two responses with the better one first. A comparison of one judgment,
  or with `votes=consensus` a pair with what most votes said of it.
- `judgments`: `Vote`, one judgment with all that was shown and said, always a judgment an item.
- `rankings`: `Ranking`, all responses that were ranked together, in tiers. A judgment, or with
  `votes=consensus` a prompt with Tideman's order of all votes. For `ranked` and best-of-K files.
- `ratings`: `Rating`, one response with the mean of its overall ratings. For unpaired files.
- `demonstrations`: `Demonstration`, one response worth imitating. For supervised files.
- `prompts`: `Question`, one prompt.
- `trees`: `Tree`, one conversation with all its branches.
- `messages`: `Node`, each message of these trees by itself, parents before replies.

Every item has `prompt`, whose `split` says which file its row goes to: a format never decides it.
"""

from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

import orjson
import pyarrow as pa

from exports.items import Source, Text
from exports.recipes import Recipe
from exports.validator import Reason

Row = dict[str, Any]
# How rows lie in a JSON file: one a line, or all in one array. Parquet has no such choice.
Layout = Literal["lines", "array"]

TURNS = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))


class Format(Protocol):
    """One file format. `trains` is the line of the dataset card that says what reads it."""

    name: ClassVar[str]
    source: ClassVar[Source]
    layout: ClassVar[Layout]
    trains: ClassVar[str]

    def schema(self, recipe: Recipe) -> pa.Schema:
        """The columns of every row, which the dataset card tells to `load_dataset`."""

    def row(self, item: Any, recipe: Recipe) -> Row | Reason:
        """One row with the schema's keys in its order, or why the item is refused."""


@runtime_checkable
class Withholds(Protocol):
    """A format whose row is of many texts, and leaves out those that are unfit."""

    def withheld(self, item: Any) -> list[Reason]:
        """Why each text was left out of the row of an item that was not refused."""


def reply(text: Text) -> list[dict[str, str]]:
    """A response as the one turn it is."""
    return [{"role": "assistant", "content": text.text}]


def json_text(value: object) -> str:
    """JSON data as the text that a column of type JSON holds in a table."""
    return orjson.dumps(value).decode()


__all__ = ["TURNS", "Format", "Layout", "Row", "Source", "Withholds", "json_text", "reply"]
