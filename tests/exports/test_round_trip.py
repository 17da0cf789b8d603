"""Conversations of a real source, in and out again: the same trees, as its readers take them."""

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from labeling.services.imported import pull_preferences
from tests.exports.test_loading import export
from tests.factories import make_project

ROOT = Path(__file__).resolve().parents[2]
TREES = ROOT.parent / "shared" / "data" / "oasst_en_100_trees.jsonl"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not TREES.exists(), reason=f"{TREES.name} is not here"),
]
Node = dict[str, Any]
KEPT = ("text", "role", "lang", "synthetic", "model_name")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    project = make_project("trees", languages=["en"])
    call_command("import_prompts", project.slug, str(TREES), preset="oasst")
    pull_preferences(project=project)
    formats = ("oasst", "oasst_messages", "ranked", "preference")
    recipe = ["test_share=0", "purposes=imported"]
    export(project, tmp_path / "set", *formats, container="jsonl.gz", set=recipe)
    return tmp_path / "set"


def read(path: Path) -> list[Node]:
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line) for line in text.splitlines()]


def shape(node: Node) -> Any:
    """A message with all below it, in an order of their texts; ranks of two replies and more."""
    replies = sorted(node["replies"], key=lambda reply: reply["text"])
    ranks = [reply.get("rank") for reply in replies] if len(replies) > 1 else None
    return [*(node.get(key) for key in KEPT), ranks, [shape(reply) for reply in replies]]


def threads(node: Node, above: list[Node]) -> Iterator[list[Node]]:
    """What Open-Assistant's `load_oasst_export` makes of a tree: threads up to a last reply."""
    thread = [*above, node]
    if len(thread) > 1 and not node["replies"] and not any(each["deleted"] for each in thread):
        yield thread[:-1] if node["role"] == "prompter" else thread
    for reply in node["replies"]:
        yield from threads(reply, thread)


def test_the_trees_that_came_in_go_out(folder: Path) -> None:
    given = [row["prompt"] for row in read(TREES)]
    exported = read(folder / "oasst.train.jsonl.gz")
    assert [row["tree_state"] for row in exported] == ["ready_for_export"] * 100
    made = [row["prompt"] for row in exported]
    assert all(prompt["review_result"] and prompt["lang"] == "en" for prompt in made)
    assert sorted(map(repr, map(shape, made))) == sorted(map(repr, map(shape, given)))


def test_its_reader_finds_as_many_threads(folder: Path) -> None:
    def lengths(prompts: list[Node]) -> Counter[int]:
        return Counter(len(thread) for prompt in prompts for thread in threads(prompt, []))

    exported = [row["prompt"] for row in read(folder / "oasst.train.jsonl.gz")]
    assert lengths(exported) == lengths([row["prompt"] for row in read(TREES)])


def test_messages_make_the_same_trees(folder: Path) -> None:
    rows = {
        row["message_id"]: row | {"replies": []}
        for row in read(folder / "oasst_messages.train.jsonl.gz")
    }
    assert len(rows) == 1167
    for row in rows.values():
        if row["parent_id"]:
            rows[row["parent_id"]]["replies"].append(row)  # parents are there before
    roots = [row for row in rows.values() if row["parent_id"] is None]
    trees = [row["prompt"] for row in read(folder / "oasst.train.jsonl.gz")]
    assert sorted(map(repr, map(shape, roots))) == sorted(map(repr, map(shape, trees)))


def test_rankings_are_what_its_reader_of_rankings_takes(folder: Path) -> None:
    rows = read(folder / "ranked.train.jsonl.gz")
    manifest = json.loads((folder / "manifest.json").read_bytes())["formats"]["ranked"]
    assert manifest["read"] == len(rows) + sum(manifest["refused"].values())
    assert len(rows) > 100
    for row in rows:
        assert (row["split"], row["augmented"]) == ("train", [])
        assert len(row["prefixes"]) % 2 == 1  # the user has the last word
        assert len(set(row["responses"])) == len(row["responses"]) >= 2
