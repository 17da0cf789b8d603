"""The preset `table`: every kind of file, columns mapped."""

import gzip
import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from collector.models import Message, Project
from common.errors import Conflict, InvalidInput
from tests.collector.importing.conftest import ImportFile, counts, rejections
from tests.factories import make_project


def prompts(project: Project) -> list[str]:
    found = Message.objects.prompts().filter(project=project).order_by("pk")
    return list(found.values_list("text", flat=True))


def parquet(**columns: list[Any]) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)
    return stream.getvalue()


def json_lines(*rows: object) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("p.csv", "prompt,x\none,1\n\ntwo,2\n"),
        ("p.csv", "x;prompt\n1;one\n2;two\n"),
        ("p.csv", "\ufeffprompt\r\none\r\ntwo\r\n"),
        ("p.CSV", '"prompt"\none\n"two"'),
        ("p.tsv", "prompt\tx,y\none\t1\ntwo\t2\n"),
        ("p.txt", "one\n\r\n  \r\ntwo"),
        ("p.jsonl", json_lines({"prompt": "one"}, {"prompt": "two", "x": 1})),
        ("p.ndjson", '"one"\n\n"two"'),
        ("p.csv", "prompt,ö\none,ü\ntwo,ß\n".encode("utf-16")),
        ("p.csv", "prompt,x\none,1\ntwo,2\n".encode("utf-16-le")),
        ("p.csv", "prompt,x\none,1\ntwo,2\n".encode("utf-16-be")),
        ("p.csv.gz", gzip.compress(b"prompt\none\n") + gzip.compress(b"two\n")),
        ("p.csv", gzip.compress(b"prompt\none\ntwo\n")),
        ("p.jsonl.zst", zstandard.compress(b'"one"\n"two"\n')),
        ("p.parquet", parquet(prompt=["one", "two"], x=[1, 2])),
    ],
)
def test_every_kind_of_file_is_read(
    import_file: ImportFile, project: Project, name: str, content: bytes | str
) -> None:
    job = import_file(content, name)

    assert (job.status, job.error) == ("succeeded", "")
    assert counts(job) == (2, 2, 0, 0)
    assert prompts(project) == ["one", "two"]
    assert job.bytes_read == job.bytes_total > 0


def test_all_fields_are_mapped(import_file: ImportFile, project: Project) -> None:
    job = import_file(
        json_lines({"q": "Sky?", "s": "Be brief.", "a": "Blue.", "m": "x", "l": "en", "t": "k, v"}),
        "p.jsonl",
        prompt="q",
        system="s",
        response="a",
        model="m",
        language="l",
        tags="t",
    )

    assert counts(job) == (1, 1, 0, 0)
    system, prompt, response = Message.objects.filter(project=project).order_by("depth")
    assert (system.role, system.text, system.parent) == ("system", "Be brief.", None)
    assert (prompt.role, prompt.text, prompt.parent, prompt.root) == (
        "user",
        "Sky?",
        system,
        system,
    )
    assert (response.text, response.parent, response.root) == ("Blue.", prompt, system)
    assert response.revision
    assert response.revision.generator.name == "x"
    assert (prompt.language, prompt.meta) == ("en", {"tags": ["k", "v"]})


def test_a_response_of_nobody_known_has_no_author(import_file: ImportFile) -> None:
    job = import_file("prompt,response\nSky?,Blue.\nSky?,Blue.\nSea?,\n")

    assert counts(job) == (3, 2, 1, 0)
    response = Message.objects.get(role="assistant")
    assert (response.revision, response.labeler) == (None, None)


def test_each_conversation_has_its_own_system_message(import_file: ImportFile) -> None:
    content = "prompt,system\none,Brief.\ntwo,Brief.\none,\none,Brief.\n"

    assert counts(import_file(content)) == (4, 3, 1, 0)
    assert counts(import_file(content)) == (4, 0, 4, 0)
    assert Message.objects.filter(role="system").count() == 2
    assert Message.objects.prompts().count() == 3


def conversation(*texts: str) -> list[dict[str, str]]:
    return [
        {"role": ("user", "assistant")[place % 2], "content": text}
        for place, text in enumerate(texts)
    ]


def test_conversations_share_their_beginning(import_file: ImportFile) -> None:
    content = json_lines(
        {"prompt": conversation("hi", "hello", "how?"), "response": "so"},
        {"prompt": conversation("hi", "hello", "why?"), "response": "so"},
        {"prompt": conversation("hi", "hello", "why?"), "response": "because"},
        {"prompt": conversation("hi"), "response": "hello"},
        {"prompt": conversation("hi", "hey", "why?")},
    )

    assert counts(import_file(content, "p.jsonl")) == (5, 4, 1, 0)
    assert counts(import_file(content, "p.jsonl")) == (5, 0, 5, 0)

    path = sorted(Message.objects.values_list("depth", "text", "parent__text"))
    assert path == [
        (0, "hi", None),
        (1, "hello", "hi"),
        (1, "hey", "hi"),
        (2, "how?", "hello"),
        (2, "why?", "hello"),
        (2, "why?", "hey"),
        (3, "because", "why?"),
        (3, "so", "how?"),
        (3, "so", "why?"),
    ]
    root = Message.objects.get(depth=0)
    assert set(Message.objects.filter(depth__gt=0).values_list("root", flat=True)) == {root.pk}


@pytest.mark.parametrize(
    "messages",
    [
        conversation("hi", "hello"),
        [*conversation("hi"), *conversation("hi")],
        [*conversation("hi", "hello"), {"role": "system", "content": "x"}],
        [{"role": "prompter", "content": "hi"}],
        ["hi"],
    ],
)
def test_conversations_must_end_with_the_user(import_file: ImportFile, messages: object) -> None:
    job = import_file(json_lines({"prompt": messages}, {"prompt": "ok"}), "p.jsonl")

    assert rejections(job) == [(1, "bad_conversation")]
    assert Message.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("p.csv", "act,text\na,b\n"),
        ("p.jsonl", json_lines({"act": "a", "text": "b"})),
        ("p.parquet", parquet(act=["a"], text=["b"])),
    ],
)
def test_a_missing_column_is_one_clear_error(
    import_file: ImportFile, name: str, content: str | bytes
) -> None:
    unmapped = import_file(content, name)
    mapped = import_file(content, name, prompt="text", language="lang")

    assert (unmapped.status, mapped.status) == ("failed", "failed")
    assert unmapped.error == (
        "There is no column “prompt”; the columns are “act”, “text”."
        " Name the one that holds the prompt by prompt=COLUMN."
    )
    assert mapped.error == (
        "There is no column “lang” for the language; the columns are “act”, “text”."
    )
    assert counts(mapped) == (0, 0, 0, 0)
    assert not Message.objects.exists()


def test_how_the_file_is_written_can_be_said(import_file: ImportFile, project: Project) -> None:
    job = import_file(
        "prompt:x\nDéjà vu, say:1\n".encode("latin-1"), delimiter=":", encoding="latin-1"
    )

    assert job.status == "succeeded"
    assert prompts(project) == ["Déjà vu, say"]
    assert import_file("prompt\na\n", encoding="rot13").error.startswith("Unknown encoding “rot13”")
    assert import_file("prompt\na\n", delimiter="::").error.startswith("A delimiter is")
    assert import_file('"a"\n', "p.jsonl", prompt="x").error == (
        "The rows are bare texts: there are no columns to map."
    )


@pytest.mark.parametrize(
    ("change", "attr"),
    [
        ({"preset": "nope"}, "preset"),
        ({"name": "p.xlsx"}, "file"),
        ({"name": "csv"}, "file"),
        ({"answer": "x"}, "map"),
        ({"prompt": "a\0b"}, "map"),
        ({"prompt": "\ud800"}, "map"),
    ],
)
def test_what_cannot_be_is_refused_at_once(
    import_file: ImportFile, change: dict[str, str], attr: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        import_file("prompt\na\n", **change)
    assert refused.value.attr == attr


def test_an_archived_project_takes_nothing(import_file: ImportFile) -> None:
    archived = make_project(archived_at="2026-01-01T00:00:00Z")
    with pytest.raises(Conflict):
        import_file("prompt\na\n", project=archived)
