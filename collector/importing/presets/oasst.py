"""Open-Assistant's conversation trees (oasst1, oasst2): a tree a line, or a message a row.

Every prompt of a tree is a prompt here with its replies as responses; where two or more of these
were ranked, that is one preference. Rows of one message each are put together by their
`message_tree_id`: those of a tree must follow each other, in whatever order, as they do in
Open-Assistant's own files.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from collector.importing.presets import cells
from collector.importing.presets.base import Bound, Columns, Mapped, Numbered, Preset, Unit
from collector.importing.presets.oasst_messages import (
    COLUMNS,
    STOPPED,
    Node,
    read_message,
    walked,
)
from collector.importing.rows import MAX_RECORD, InputError, ParsedRow, RawRow, RowError

# More rows, or more characters, are not held in memory for one tree.
MAX_ROWS = 5_000
_FLAT = ("message_id", "parent_id", "text", "role")


def _bind(columns: Columns, _mapping: Mapped) -> Bound:
    there = set(columns or ())
    if "prompt" in there:
        return Bound(frozenset({"prompt", "tree_state"} & there), _tree)
    if there.issuperset(_FLAT):
        return Bound(COLUMNS & there, _alone, _units)
    raise InputError(
        "These are no trees of Open-Assistant: a row has a “prompt” with its “replies”, or is a"
        f" message with {', '.join(_FLAT)}."
    )


# --- a tree a line ---


def _tree(row: dict[str, Any] | str) -> ParsedRow:
    cell = cells.record(row)
    _check_state(cell)
    if not isinstance(cell.get("prompt"), dict):
        raise RowError("bad_tree", "the tree’s prompt is no message")
    root, left_out = _grown(cell["prompt"])
    if left_out and root.turn.meta is not None:
        root.turn.meta["left_out"] = dict(left_out)
    first, *others = (
        node.conversation(node.children) for node in walked(root) if node.turn.role == "user"
    )
    return replace(first, branches=tuple(others))


def _check_state(row: dict[str, Any]) -> None:
    state = row.get("tree_state")
    if isinstance(state, str) and state in STOPPED:
        raise RowError("tree_stopped", f"the tree’s state is {state}")


def _grown(prompt: dict[str, Any]) -> tuple[Node, Counter[str]]:
    """The tree, and how many messages were left out of it by reason; raises RowError for none.

    What is below a message that is left out is left out with it, and not looked at.
    """
    left_out: Counter[str] = Counter()
    root = read_message(prompt)
    root.hang(None)
    waiting = [(root, reply) for reply in _replies(prompt)]
    for parent, row in waiting:  # grows on the way
        try:
            node = read_message(row)
            node.hang(parent)
            waiting.extend((node, reply) for reply in _replies(row))
        except RowError as error:
            left_out[error.code] += 1
    return root, left_out


def _replies(row: dict[str, Any]) -> list[dict[str, Any]]:
    replies = cells.listed(row.get("replies"), "replies")
    if not all(isinstance(reply, dict) for reply in replies):
        raise RowError("bad_tree", "a reply is no message")
    return replies


# --- a message a row ---


def _alone(row: dict[str, Any] | str) -> ParsedRow:
    raise RowError("no_tree", "a message can only be read with its tree")


def _units(rows: Iterable[Numbered]) -> Iterator[Unit]:
    """Neighbouring rows of one tree, each with the conversation that its message ends."""
    unit: list[Numbered] = []
    tree, characters = "", 0
    for number, row in rows:
        found = _tree_of(row)
        if unit and ((found and found != tree) or _is_full(unit, characters)):
            yield _told(unit)
            unit, characters = [], 0
        tree = found or tree
        unit.append((number, row))
        characters += _size(row)
    if unit:
        yield _told(unit)


def _is_full(unit: list[Numbered], characters: int) -> bool:
    return len(unit) >= MAX_ROWS or characters >= MAX_RECORD


def _size(row: RawRow) -> int:
    """What the row holds, in characters about: each of its texts, and one for whatever else."""
    size = 0
    waiting: list[Any] = [row]
    for each in waiting:  # grows on the way
        size += len(each) if isinstance(each, str) else 1
        if isinstance(each, dict):
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)
    return size


def _tree_of(row: RawRow) -> str:
    """The tree that a row belongs to, "" where it does not say and so is of the one before."""
    if not isinstance(row, dict):
        return ""
    tree = row.get("message_tree_id") or (not row.get("parent_id") and row.get("message_id"))
    return tree if isinstance(tree, str) else ""


def _told(unit: list[Numbered]) -> Unit:
    tree = _Tree(unit)
    return [*sorted(tree.refused.items()), *tree.conversations()]


class _Tree:
    """The messages of neighbouring rows; `refused` are the rows that are none, with the reason."""

    def __init__(self, unit: list[Numbered]) -> None:
        self.refused: dict[int, RowError] = {}
        self._row: dict[Node, int] = {}
        self._roots: list[Node] = []
        below: dict[object, list[tuple[int, dict[str, Any]]]] = {}
        known = set()
        for number, row in unit:
            if isinstance(row, RowError):
                self.refused[number] = row
            elif isinstance(row, str):
                self.refused[number] = RowError("not_an_object", "a row must be an object")
            else:
                below.setdefault(_id(row.get("parent_id")), []).append((number, row))
                known.add(_id(row.get("message_id")))
        self._grow(below, known)

    def _grow(self, below: dict[object, list[tuple[int, dict[str, Any]]]], known: set[str]) -> None:
        """Hang every message below its parent, from the roots on."""
        waiting: list[tuple[Node | None, str]] = [(None, "")]
        for parent, parent_id in waiting:  # grows on the way
            for number, row in below.pop(parent_id, ()):
                node = self._hung(number, row, parent)
                if node and (own := _id(row.get("message_id"))):
                    waiting.append((node, own))
        for missing, rows in below.items():
            for number, _row in rows:
                self.refused[number] = (
                    RowError("parent_left_out", "the message before it is not taken")
                    if missing in known
                    else RowError("no_parent", "the message before it is not among its neighbours")
                )

    def _hung(self, number: int, row: dict[str, Any], parent: Node | None) -> Node | None:
        try:
            _check_state(row)
            node = read_message(row)
            node.hang(parent)
        except RowError as error:
            self.refused[number] = error
            return None
        self._row[node] = number
        if parent is None:
            self._roots.append(node)
        return node

    def conversations(self) -> Iterator[tuple[int, ParsedRow]]:
        """A row for every message, parents first; the last of ranked siblings tells the ranking."""
        nodes = [node for root in self._roots for node in walked(root)]
        last = {node.parent: node for node in nodes if node.parent and node.rank is not None}
        for node in nodes:
            if node.parent is None or node.turn.role == "user":
                yield self._row[node], node.conversation([])
                continue
            ranked = node.parent.ranked() if last.get(node.parent) is node else []
            yield self._row[node], node.parent.conversation(ranked or [node])


def _id(value: object) -> str:
    """An id as written; "" for none and for what is no id."""
    return value if isinstance(value, str) else ""


PRESET = Preset("oasst", (), _bind)
