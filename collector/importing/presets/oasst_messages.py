"""One message of Open-Assistant's files, and the trees that messages make."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from collector.importing.presets import cells
from collector.importing.rows import (
    Author,
    ParsedRow,
    Preference,
    Response,
    RowError,
    Turn,
)
from collector.text import content_hash

AUTHOR = "oasst"  # of the rankings: the project's labelers, whose votes the files hold merged
ROLES: dict[object, Literal["user", "assistant"]] = {"prompter": "user", "assistant": "assistant"}
MAX_DEPTH = 200
# Every prompt is read with all turns before it: so much of that, in characters about, is done for
# one tree, and a turn is as much work as many characters.
MAX_WORK = 2_000_000_000
_TURN_WORK = 10_000
# What is read of a message; the rest of a row is about the tree, or not kept.
COLUMNS = frozenset(
    {
        *("message_id", "parent_id", "user_id", "created_date", "text", "role", "lang"),
        *("review_count", "review_result", "deleted", "rank", "synthetic", "model_name"),
        *("emojis", "labels", "message_tree_id", "tree_state"),
    }
)
# Trees that moderators stopped, or that nobody wanted to go on with for their quality.
STOPPED = frozenset({"halted_by_moderator", "aborted_low_grade"})


@dataclass(eq=False, slots=True)
class Node:
    """A message in its tree. `rank` is 0 for the best of its siblings, None if nobody ranked it."""

    turn: Turn
    rank: int | float | None
    parent: "Node | None" = None
    root: "Node | None" = None  # None of a root
    depth: int = 0
    work: int = 0  # to read it with the turns before it
    tree_work: int = 0  # of a root: of the tree so far
    children: "list[Node]" = field(default_factory=list)

    def hang(self, parent: "Node | None") -> None:
        """Put it below its parent; raises RowError where it cannot follow it."""
        before = parent.turn.role if parent else "assistant"
        if self.turn.role == before:
            raise RowError("bad_conversation", "a prompter’s turn and an assistant’s alternate")
        self.work = _TURN_WORK + len(self.turn.text)
        if parent is not None:
            root = parent.root or parent
            if parent.depth >= MAX_DEPTH:
                raise RowError("bad_conversation", f"more than {MAX_DEPTH} turns")
            work = parent.work + _TURN_WORK + len(self.turn.text)
            if root.tree_work + work > MAX_WORK:
                raise RowError("too_long", "the tree is too large to read all of it")
            self.parent, self.depth, self.root, self.work = parent, parent.depth + 1, root, work
            root.tree_work += work
            parent.children.append(self)

    def path(self) -> list[Turn]:
        """The turns from the root to this one."""
        turns = []
        node: Node | None = self
        while node is not None:
            turns.append(node.turn)
            node = node.parent
        return turns[::-1]

    def ranked(self) -> "list[Node]":
        """The children that were ranked among each other, none if that says nothing."""
        ranked = [child for child in self.children if child.rank is not None]
        return ranked if len(ranked) > 1 else []

    def conversation(self, answers: "list[Node]") -> ParsedRow:
        """The way to this prompt with some of its answers, and how those were ranked, if all were.

        Equal ranks are ties.
        """
        places: dict[int | float, list[int]] = {}
        for place, answer in enumerate(answers):
            if answer.rank is not None:
                places.setdefault(answer.rank, []).append(place)
        stated = None
        if sum(map(len, places.values())) > 1:
            stated = Preference(tuple(tuple(places[rank]) for rank in sorted(places)), AUTHOR)
        responses = [
            Response(said.text, said.author, said.language, said.meta)
            for said in (answer.turn for answer in answers)
        ]
        return ParsedRow(self.path(), responses, self.turn.language, preference=stated)


def walked(root: Node) -> Iterator[Node]:
    """The tree from its root on, level by level; siblings in an order that no rank made."""
    level = [root]
    while level:
        yield from level
        level = sorted(
            (child for node in level for child in node.children),
            key=lambda child: content_hash(child.turn.text),
        )


def read_message(row: dict[str, Any]) -> Node:
    """The message of a row, not in its tree yet; raises RowError for one that is left out.

    Left out are deleted messages and those that reviewers did not accept; a message that nobody
    reviewed is taken. Who wrote it is the model that it names, else a person.
    """
    if row.get("deleted") is True:
        raise RowError("deleted", "the message was deleted")
    if row.get("review_result") is False:
        raise RowError("not_accepted", "reviewers did not accept the message")
    role = row.get("role")
    if not isinstance(role, str) or role not in ROLES:
        raise RowError("bad_role", "a message’s role is prompter or assistant")
    rank = cells.number(row.get("rank"), "rank")
    kind = "prompt" if role == "prompter" else "response"
    turn = Turn(
        ROLES[role],
        cells.text(row.get("text"), kind),
        _author(row),
        cells.language(row.get("lang")),
        _meta(row, rank),
    )
    return Node(turn, rank)


def _author(row: dict[str, Any]) -> Author | None:
    if row.get("synthetic") is True:
        return cells.generator(row.get("model_name"))
    user = cells.text_or_empty(row.get("user_id"), "user_id").strip()
    if len(user) > cells.MAX_AUTHOR:
        raise RowError("bad_user", f"the user_id has more than {cells.MAX_AUTHOR} characters")
    return Author("human", f"oasst {user}" if user else "oasst")


def _meta(row: dict[str, Any], rank: int | float | None) -> dict[str, Any]:
    """What else is known of the message; what is not known is absent."""
    found: dict[str, Any] = {
        "message_id": cells.text_or_empty(row.get("message_id"), "message_id"),
        "created_date": cells.text_or_empty(row.get("created_date"), "created_date"),
        "review_count": cells.number(row.get("review_count"), "review_count"),
        "review_result": True if row.get("review_result") is True else None,
        "rank": rank,
        "synthetic": True if row.get("synthetic") is True else None,
        "labels": _labels(row.get("labels")),
        "emojis": _emojis(row.get("emojis")),
    }
    return {name: value for name, value in found.items() if value not in (None, "", {})}


def _labels(value: object) -> dict[str, Any]:
    """`{"quality": {"value": 0.75, "count": 3}}`, which Parquet files hold as parallel lists."""
    columns = _columns(value, "labels", ("value", "count"))
    return {
        name: {"value": cells.number(mean, "label"), "count": cells.number(count, "label")}
        for name, (mean, count) in columns.items()
    }


def _emojis(value: object) -> dict[str, Any]:
    """`{"+1": 3}`, which Parquet files hold as parallel lists."""
    columns = _columns(value, "emojis", ("count",))
    return {name: cells.number(count, "emojis") for name, (count,) in columns.items()}


def _columns(value: object, kind: str, parts: tuple[str, ...]) -> dict[str, tuple[Any, ...]]:
    if value is None:
        return {}
    bad = RowError(f"bad_{kind}", f"the {kind} are neither a mapping nor parallel lists")
    if not isinstance(value, dict) or len(value) > cells.MAX_TAGS:
        raise bad
    if isinstance(value.get("name"), list):
        lists = [cells.listed(value.get(part), kind) for part in ("name", *parts)]
        if len({len(found) for found in lists}) > 1 or len(lists[0]) > cells.MAX_TAGS:
            raise bad
        rows = [(name, tuple(found)) for name, *found in zip(*lists, strict=True)]
    elif len(parts) == 1:
        rows = [(name, (found,)) for name, found in value.items()]
    elif all(isinstance(found, dict) for found in value.values()):
        rows = [(name, tuple(f.get(part) for part in parts)) for name, f in value.items()]
    else:
        raise bad
    return {cells.text(name, kind): found for name, found in rows}
