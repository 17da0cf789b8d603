"""The preset `oasst`: trees, and flat messages that make the same trees."""

import gzip
import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from collector.importing.presets import PRESETS
from collector.models import GeneratorRevision, ImportedPreference, Message, Project
from tests.collector.importing.conftest import ImportFile, counts, rejections
from tests.collector.importing.sources import author, json_lines, preferences
from tests.factories import make_project

ROOT = Path(__file__).resolve().parents[3]
TREES = ROOT.parent / "shared" / "data" / "oasst_en_100_trees.jsonl"
Row = dict[str, Any]


def message(name: str, *replies: Row, **fields: Any) -> Row:
    """A message of the text and id `name`; of the role that its first letter tells."""
    role = {"p": "prompter", "a": "assistant"}[name[0]]
    known = {"lang": "en", "deleted": False, "review_result": True, "synthetic": False}
    return {
        "message_id": name,
        "text": name,
        "role": role,
        **known,
        **fields,
        "replies": list(replies),
    }


def tree(prompt: Row, **fields: Any) -> Row:
    return {
        "message_tree_id": prompt["message_id"],
        "tree_state": "ready_for_export",
        "prompt": prompt,
    } | fields


def flat(tree: Row) -> list[Row]:
    """The messages of a tree, parents first, as the flat files have them."""
    rows, waiting = [], [(None, tree["prompt"])]
    for parent, node in waiting:
        waiting.extend((node["message_id"], reply) for reply in node["replies"])
        rows.append(
            {
                "rank": None,
                "model_name": None,
                **{name: value for name, value in node.items() if name != "replies"},
            }
            | {"parent_id": parent, "message_tree_id": tree["message_tree_id"]}
        )
    return rows


def stored(project: Project) -> dict[str, tuple[str | None, str | None, str]]:
    """Text -> the parent's text, author and language."""
    return {
        each.text: (each.parent.text if each.parent else None, author(each), each.language)
        for each in Message.objects.filter(project=project).select_related(
            "parent", "labeler__user", "revision__generator"
        )
    }


SMALL = tree(
    message(
        "p1",
        message("a1", message("p2", message("a3", rank=None)), rank=1),
        message("a2", rank=0, synthetic=True, model_name="chip20b"),
        message("a4", rank=2, lang="de"),
        message("a5"),
    )
)
SMALL_STORED = {
    "p1": (None, "human", "en"),
    "a1": ("p1", "human", "en"),
    "a2": ("p1", "chip20b", "en"),
    "a4": ("p1", "human", "de"),
    "a5": ("p1", "human", "en"),
    "p2": ("a1", "human", "en"),
    "a3": ("p2", "human", "en"),
}


def test_a_tree_is_stored_whole(import_file: ImportFile, project: Project) -> None:
    job = import_file(json_lines(SMALL), "ready.trees.jsonl", "oasst")

    assert (job.status, counts(job)) == ("succeeded", (1, 1, 0, 0))
    assert stored(project) == SMALL_STORED
    assert preferences(project) == [(1, "p1", [["a2"], ["a1"], ["a4"]], "oasst")]
    assert GeneratorRevision.objects.get().provider == "recorded"


def flat_parquet() -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(flat(SMALL)), stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("m.jsonl", json_lines(*flat(SMALL))),
        ("m.jsonl", json_lines(*flat(SMALL)[::-1])),
        ("m.jsonl.gz", gzip.compress(json_lines(*flat(SMALL)).encode())),
        ("m.parquet", flat_parquet()),
    ],
)
def test_flat_messages_make_the_same_tree_in_any_order(
    import_file: ImportFile, project: Project, name: str, content: str | bytes
) -> None:
    job = import_file(content, name, "oasst")

    assert (job.status, counts(job)) == ("succeeded", (7, 7, 0, 0))
    assert stored(project) == SMALL_STORED
    assert [stated[1:] for stated in preferences(project)] == [
        ("p1", [["a2"], ["a1"], ["a4"]], "oasst")
    ]
    assert counts(import_file(content, name, "oasst")) == (7, 0, 7, 0)
    assert counts(import_file(json_lines(SMALL), "t.jsonl", "oasst")) == (1, 0, 1, 0)


def test_ids_of_siblings_do_not_tell_their_ranks(import_file: ImportFile) -> None:
    names = [f"a{number}" for number in range(8)]
    ranked = tree(message("p", *(message(name, rank=rank) for rank, name in enumerate(names))))
    other = make_project()

    import_file(json_lines(ranked), "t.jsonl", "oasst")
    import_file(json_lines(*flat(ranked)), "m.jsonl", "oasst", project=other)

    by_id = list(
        Message.objects.filter(role="assistant", project=other)
        .order_by("pk")
        .values_list("text", flat=True)
    )
    assert by_id == list(
        Message.objects.filter(role="assistant")
        .exclude(project=other)
        .order_by("pk")
        .values_list("text", flat=True)
    )
    assert by_id == ["a7", "a2", "a4", "a0", "a5", "a6", "a3", "a1"]  # by the texts' hashes


def test_equal_ranks_are_ties_and_a_lone_rank_says_nothing(
    import_file: ImportFile, project: Project
) -> None:
    import_file(
        json_lines(
            tree(
                message("p1", message("a1", rank=1), message("a2", rank=0), message("a3", rank=1.0))
            ),
            tree(message("p2", message("a1", rank=0), message("a2"))),
            tree(message("p3", message("a1"), message("a2"))),
        ),
        "t.jsonl",
        "oasst",
    )

    assert preferences(project) == [(1, "p1", [["a2"], ["a1", "a3"]], "oasst")]


def test_what_is_known_of_a_message_is_kept(import_file: ImportFile) -> None:
    labels = {"spam": {"value": 0.0, "count": 3}, "quality": {"value": 0.75, "count": 2}}
    known = {"review_count": 3, "created_date": "2023-02-05T14:23:50.983374+00:00"}
    lists = {
        "labels": {"name": ["spam", "quality"], "value": [0.0, 0.75], "count": [3, 2]},
        "emojis": {"name": ["+1"], "count": [5]},
    }
    one = tree(message("p1", **known, labels=labels, emojis={"+1": 5}))
    [other] = flat(tree(message("p2", **known, **lists)))

    import_file(json_lines(one), "t.jsonl", "oasst")
    import_file(json_lines(other), "m.jsonl", "oasst")

    metas = {each.text: each.meta for each in Message.objects.all()}
    expected = known | {"review_result": True, "labels": labels, "emojis": {"+1": 5}}
    assert metas == {
        "p1": expected | {"message_id": "p1"},
        "p2": expected | {"message_id": "p2"},
    }


OUT = message(
    "p1",
    message("a1", message("p2", message("a2")), rank=0, deleted=True),
    message("a3", rank=1, review_result=False),
    message("a4", rank=2, review_result=None),
    message("a5", rank=3),
)


def test_deleted_and_refused_messages_are_left_out_with_all_below_them(
    import_file: ImportFile, project: Project
) -> None:
    job = import_file(json_lines(tree(OUT)), "t.jsonl", "oasst")

    assert counts(job) == (1, 1, 0, 0)
    assert set(stored(project)) == {"p1", "a4", "a5"}
    assert preferences(project) == [(1, "p1", [["a4"], ["a5"]], "oasst")]
    assert Message.objects.get(text="p1").meta["left_out"] == {"deleted": 1, "not_accepted": 1}


def test_rows_left_out_are_rejected_with_their_reason(
    import_file: ImportFile, project: Project
) -> None:
    stray = message("a9") | {"parent_id": "elsewhere", "message_tree_id": "p1"}
    job = import_file(json_lines(*flat(tree(OUT)), stray, "text"), "m.jsonl", "oasst")

    assert counts(job) == (9, 3, 0, 6)
    assert rejections(job) == [
        (2, "deleted"),
        (3, "not_accepted"),
        (6, "parent_left_out"),
        (7, "parent_left_out"),
        (8, "no_parent"),
        (9, "not_an_object"),
    ]
    assert set(stored(project)) == {"p1", "a4", "a5"}


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (tree(message("p1", deleted=True)), "deleted"),
        (tree(message("p1", review_result=False)), "not_accepted"),
        (tree(message("a1")), "bad_conversation"),
        (tree(message("p1", role="system")), "bad_role"),
        (tree(message("p1", text=" ")), "empty_prompt"),
        (tree(message("p1", rank="best")), "not_a_number"),
        (tree(message("p1", labels=[1])), "bad_labels"),
        (tree(message("p1", labels={"name": ["x"], "value": [], "count": [1]})), "bad_labels"),
        (tree(message("p1"), tree_state="halted_by_moderator"), "tree_stopped"),
        (tree(message("p1"), tree_state="aborted_low_grade"), "tree_stopped"),
        ({"prompt": "text"}, "bad_tree"),
    ],
)
def test_a_tree_without_a_root_is_rejected(import_file: ImportFile, row: Row, code: str) -> None:
    job = import_file(json_lines(tree(message("p0")), row), "t.jsonl", "oasst")

    assert counts(job) == (2, 1, 0, 1)
    assert rejections(job) == [(2, code)]


def test_people_are_told_apart_by_their_ids(import_file: ImportFile, project: Project) -> None:
    replies = [message("a1", text="Yes.", user_id=f"user {n}", rank=n) for n in range(3)]
    import_file(json_lines(tree(message("p1", *replies))), "t.jsonl", "oasst")

    said = Message.objects.filter(text="Yes.")
    assert len(set(said.values_list("labeler", flat=True))) == 3
    assert not said.filter(labeler__pseudonym__contains="user")
    assert [len(tiers) for _row, _prompt, tiers, _author in preferences(project)] == [3]


def test_a_synthetic_message_of_no_model_has_no_author(import_file: ImportFile) -> None:
    import_file(json_lines(tree(message("p1", synthetic=True))), "t.jsonl", "oasst")

    prompt = Message.objects.get()
    assert (prompt.labeler, prompt.revision, prompt.meta["synthetic"]) == (None, None, True)


def test_trees_go_on_where_a_chunk_ended(
    import_file: ImportFile, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collector.importing.chunks.CHUNK_ROWS", 4)
    rows = [
        row
        for number in range(3)
        for row in flat(tree(message(f"p{number}", message("a1", rank=0), message("a2", rank=1))))
    ]

    job = import_file(json_lines(*rows), "m.jsonl", "oasst")

    assert counts(job) == (9, 9, 0, 0)
    assert len(preferences(project)) == 3


def test_other_files_are_named_for_what_they_are_not(import_file: ImportFile) -> None:
    job = import_file(json_lines({"text": "x", "role": "prompter"}), "m.jsonl", "oasst")

    assert job.error == (
        "These are no trees of Open-Assistant: a row has a “prompt” with its “replies”, or is a"
        " message with message_id, parent_id, text, role."
    )


@pytest.mark.skipif(not TREES.exists(), reason=f"{TREES.name} is not here")
@pytest.mark.parametrize("as_messages", [False, True])
def test_a_hundred_real_trees(import_file: ImportFile, project: Project, as_messages: bool) -> None:
    content = TREES.read_text()
    rows = 100
    if as_messages:
        messages = [row for line in content.splitlines() for row in flat(json.loads(line))]
        content, rows = json_lines(*messages), 1167

    assert counts(import_file(content, "oasst.jsonl", "oasst")) == (rows, rows, 0, 0)
    first = set(Message.objects.values_list("pk", "text", "parent", "meta__rank"))
    assert counts(import_file(content, "oasst.jsonl", "oasst")) == (rows, 0, rows, 0)
    assert set(Message.objects.values_list("pk", "text", "parent", "meta__rank")) == first

    depths = Counter(Message.objects.values_list("depth", flat=True))
    assert [depths[depth] for depth in range(7)] == [100, 333, 329, 346, 51, 8, 0]
    roles = Counter(Message.objects.values_list("role", flat=True))
    assert roles == {"user": 480, "assistant": 687}
    assert set(Message.objects.values_list("language", flat=True)) == {"en"}
    assert Message.objects.filter(revision__generator__name="chip20b").count() == 22
    tiers = Counter(map(len, ImportedPreference.objects.values_list("tiers", flat=True)))
    assert tiers == {2: 57, 3: 117, 4: 27, 5: 3, 6: 6, 8: 1, 9: 1}
    best = ImportedPreference.objects.values_list("tiers__0__0", flat=True)
    assert set(Message.objects.filter(pk__in=list(best)).values_list("meta__rank", flat=True)) == {
        0
    }


@pytest.mark.parametrize("text", [5, True, ["a"], {"a": 1}, None])
def test_a_flat_message_whose_text_is_none_is_left_out_alone(import_file: ImportFile, text: Any):
    rows = flat(tree(message("p1", message("a1"), message("a2"))))
    rows[2]["text"] = text
    job = import_file(json_lines(*rows), "messages.jsonl", "oasst")
    assert counts(job) == (3, 2, 0, 1)
    assert job.status == "succeeded"


def test_rows_of_one_tree_are_held_up_to_a_number_of_characters_whatever_they_are_of():
    held = {"message_tree_id": "t", "role": "prompter", "text": "a"}
    rows = [(n, held | {"message_id": f"m{n}", "labels": ["x" * 500_000]}) for n in range(1, 21)]
    bound = PRESETS["oasst"].bind([*held, "message_id", "parent_id", "labels"], {})
    assert bound.units is not None
    assert max(len(unit) for unit in bound.units(rows)) <= 8


def test_a_tree_that_repeats_long_conversations_without_end_is_cut(
    import_file: ImportFile,
) -> None:
    prompts = [message(f"p{n}") for n in range(4_000)]
    replies = [message(f"a{n}", *prompts[n::2]) for n in range(2)]
    job = import_file(
        json_lines(tree(message("p", *replies, text="x" * 900_000))), "trees.jsonl", "oasst"
    )
    assert counts(job) == (1, 1, 0, 0)
    root = Message.objects.get(depth=0)
    assert root.meta["left_out"]["too_long"] > 1_000
    assert Message.objects.count() + root.meta["left_out"]["too_long"] == 4_003
