"""Datasets of the Hugging Face hub by name, streamed."""

import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from collector.importing.readers import Table
from collector.importing.rows import InputError, RawRow, one_line
from common.outgoing import Refused
from common.outgoing.hub import use_hub

T = TypeVar("T")

# `owner/name`, then perhaps `:configuration` and `@split`. One word alone or a path would make the
# library read files of this machine.
_NAME = re.compile(
    r"(?P<path>[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(:(?P<config>[\w.-]+))?(@(?P<split>\w+))?"
)

_NAME_LENGTH = 200


def check_name(name: str) -> None:
    """Raises InputError unless `name` has the form of a hub dataset's name."""
    if len(name) > _NAME_LENGTH or not _NAME.fullmatch(name):
        raise InputError(
            f"“{name[:100]}” is no dataset of the hub: write OWNER/NAME, then perhaps"
            " :CONFIGURATION and @SPLIT."
        )


def open_hub(name: str) -> Table:
    """The dataset as a stream; raises InputError if there is none or the hub is out of reach."""
    check_name(name)
    found = _NAME.fullmatch(name)
    parts = found.groupdict() if found else {}
    stream = _reached(name, lambda: _stream(parts))
    columns = _reached(name, lambda: stream.column_names or list(next(iter(stream), {})))

    def rows(_: frozenset[str]) -> Iterator[RawRow]:
        iterator = iter(stream)
        while (row := _reached(name, lambda: next(iterator, None))) is not None:
            yield row

    return Table(columns, rows, lambda: 0)


def _stream(parts: dict[str, str | None]) -> Any:
    path = str(parts["path"])
    if Path(path).exists():  # the library would prefer a folder of this name
        raise InputError(f"“{path}” is a folder here; only datasets of the hub are read by name.")
    try:
        use_hub()
    except Refused as refusal:
        raise InputError(refusal.detail) from refusal
    import datasets  # noqa: PLC0415 - takes a second and 100 MB, which file imports do without

    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # it tells every retry
    return datasets.load_dataset(
        path, parts["config"], split=parts["split"] or "train", streaming=True
    )


def _reached(name: str, step: Callable[[], T]) -> T:
    try:
        return step()
    except InputError:
        raise
    except Exception as error:  # whatever the library's transports and parsers raise
        reason = one_line(str(error))[:300] or type(error).__name__
        raise InputError(
            f"The hub's dataset “{name}” cannot be read: {reason.rstrip('.')}."
        ) from error
