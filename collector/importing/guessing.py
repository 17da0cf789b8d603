"""Which preset a table is meant for, told by its columns."""

from collections.abc import Sequence

from collector.importing.presets import PRESETS
from collector.importing.rows import InputError

ANY_TABLE = "table"
# What the columns of tables are often called, lower case; the first that is there is taken.
_NAMES = {
    "prompt": (
        *("prompt", "prompts", "messages", "conversation", "question", "instruction", "query"),
        *("input", "human_prompt", "user", "request", "text", "content", "title"),
    ),
    "system": ("system", "system_prompt", "system_message"),
    "response": (
        *("response", "answer", "output", "completion", "reply", "chatgpt_response"),
        *("assistant", "responses", "generation"),
    ),
    "model": ("model", "generator", "model_name", "author"),
    "language": ("language", "lang", "locale"),
    "tags": ("tags", "topics", "topic", "category", "categories", "tag"),
}


def guess(columns: Sequence[str] | None) -> tuple[str, dict[str, str]]:
    """The preset that takes all its columns from these, else a table mapped as names suggest."""
    if columns is None:
        return ANY_TABLE, {}
    for name in PRESETS:
        if name != ANY_TABLE and fits(name, columns):
            return name, {}
    return ANY_TABLE, guessed_mapping(columns)


def fits(preset: str, columns: Sequence[str]) -> bool:
    """Whether the preset finds what it cannot do without under its own names.

    A tree of Open-Assistant's has its prompt where any table has one, and tells itself by its id.
    """
    if preset == "oasst" and "prompt" in columns and "message_tree_id" not in columns:
        return False
    try:
        PRESETS[preset].bind(columns, {})
    except InputError:
        return False
    return True


def guessed_mapping(columns: Sequence[str]) -> dict[str, str]:
    """Columns for the fields of a table, of those whose own name is not there."""
    by_name = {column.strip().lower(): column for column in reversed(columns)}
    found: dict[str, str] = {}
    for field, names in _NAMES.items():
        column = next((by_name[name] for name in names if name in by_name), None)
        if column is not None and column != field and column not in found.values():
            found[field] = column
    return found
