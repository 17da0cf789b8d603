"""`oasst`: whole conversations with all branches, as Open-Assistant exported its trees."""

from typing import Any, ClassVar

import pyarrow as pa

from exports.formats.base import Layout, Row, Source, json_text
from exports.items import Node, Tree
from exports.recipes import Recipe
from exports.splits import labeler_name
from exports.validator import Reason, node_problem, tree_problem

READY = "ready_for_export"
# A message is two levels of JSON, and orjson writes 254.
DEPTH = 120
_ROLES = {"user": "prompter", "assistant": "assistant"}


class OasstFormat:
    """A tree a row. It holds itself, and its keys are open (the names of labels).

    The reader needs `tree_state`, `review_result` and the language of the first message: without
    them it reads nothing, and says nothing. A reply that is unfit for a trainer is `deleted` here
    and its text left out, so that it spoils only the threads that run through it.
    """

    name: ClassVar[str] = "oasst"
    source: ClassVar[Source] = "trees"
    layout: ClassVar[Layout] = "lines"
    trains: ClassVar[str] = "Open-Assistant model_training (oasst_export), every oasst1 tool"

    def schema(self, recipe: Recipe) -> pa.Schema:
        return pa.schema(
            [("message_tree_id", pa.string()), ("tree_state", pa.string()), ("prompt", pa.json_())]
        )

    def row(self, item: Tree, recipe: Recipe) -> Row | Reason:
        if problem := tree_problem(item, depth=DEPTH):
            return problem
        return {
            "message_tree_id": item.root.uid,
            "tree_state": READY,
            "prompt": _branch(item.root, recipe),
        }

    def withheld(self, item: Tree) -> list[Reason]:
        """Why texts of replies were left out, one entry a reply."""
        found = []
        waiting = [item.root]
        while waiting:
            node = waiting.pop()
            waiting += node.replies
            if node.text.problem:
                found.append(Reason(node.text.problem))
        return found


class OasstTable(OasstFormat):
    """The same as a table, which has no type for a tree: the tree as one column of JSON."""

    def row(self, item: Tree, recipe: Recipe) -> Row | Reason:
        row = super().row(item, recipe)
        return row if isinstance(row, Reason) else row | {"prompt": json_text(row["prompt"])}


class OasstMessagesFormat:
    """A message a row, parents before replies; a tree's messages stand together."""

    name: ClassVar[str] = "oasst_messages"
    source: ClassVar[Source] = "messages"
    layout: ClassVar[Layout] = "lines"
    trains: ClassVar[str] = "tools for the messages of oasst1 and oasst2"

    def schema(self, recipe: Recipe) -> pa.Schema:
        return pa.schema(
            [
                *_FIELDS,
                ("labels", pa.json_()),
                ("emojis", pa.json_()),
                ("message_tree_id", pa.string()),
                ("tree_state", pa.string()),
            ]
        )

    def row(self, item: Node, recipe: Recipe) -> Row | Reason:
        if problem := node_problem(item):
            return problem
        place = {"message_tree_id": item.prompt.uid, "tree_state": READY}
        return {**message(item, recipe), **place}

    def withheld(self, item: Node) -> list[Reason]:
        """Why the text was left out, if it was."""
        return [Reason(item.text.problem)] if item.text.problem else []


class OasstMessagesTable(OasstMessagesFormat):
    """The same as a table: labels and emojis as parallel lists, as on the hub."""

    def schema(self, recipe: Recipe) -> pa.Schema:
        counts = ("count", pa.list_(pa.int64()))
        names = ("name", pa.list_(pa.string()))
        values = ("value", pa.list_(pa.float64()))
        return pa.schema(
            [
                *_FIELDS,
                ("labels", pa.struct([names, values, counts])),
                ("emojis", pa.struct([names, counts])),
                ("message_tree_id", pa.string()),
                ("tree_state", pa.string()),
            ]
        )

    def row(self, item: Node, recipe: Recipe) -> Row | Reason:
        row = super().row(item, recipe)
        if isinstance(row, Reason):
            return row
        labels: dict[str, dict[str, Any]] = row["labels"]
        columns: Row = {
            "labels": {
                "name": list(labels),
                "value": [label["value"] for label in labels.values()],
                "count": [label["count"] for label in labels.values()],
            },
            "emojis": {"name": [], "count": []},
        }
        return row | columns


_FIELDS = [
    ("message_id", pa.string()),
    ("parent_id", pa.string()),
    ("user_id", pa.string()),
    ("created_date", pa.string()),
    ("text", pa.string()),
    ("role", pa.string()),
    ("lang", pa.string()),
    ("review_count", pa.int64()),
    ("review_result", pa.bool_()),
    ("deleted", pa.bool_()),
    ("rank", pa.int64()),
    ("synthetic", pa.bool_()),
    ("model_name", pa.string()),
]


def message(node: Node, recipe: Recipe) -> Row:
    """One message under the names that Open-Assistant gave its fields, without its replies."""
    unfit = node.text.problem is not None
    return {
        "message_id": node.uid,
        "parent_id": node.parent,
        "user_id": node.labeler and labeler_name(node.labeler, seed=recipe.anonymise_seed),
        "created_date": node.created_at.isoformat(),
        "text": "" if unfit else node.text.text,
        "role": _ROLES[node.role],
        "lang": node.language,
        "review_count": node.votes,
        "review_result": not unfit,
        "deleted": unfit,
        "rank": node.rank,
        "synthetic": node.model is not None,
        "model_name": node.model,
        "labels": {
            name: {"value": value, "count": count}
            for name, (value, count) in sorted(node.labels.items())
        },
        "emojis": {},
    }


def _branch(node: Node, recipe: Recipe) -> Row:
    replies = [_branch(reply, recipe) for reply in node.replies]
    return {**message(node, recipe), "replies": replies}
