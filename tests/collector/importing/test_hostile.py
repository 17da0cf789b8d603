"""Input that is broken or meant to break something: counted, sampled, never a traceback."""

import gzip
import io
import json
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from collector.importing.rows import MAX_RECORD, MAX_TEXT
from collector.models import ImportJob, Message
from tests.collector.importing.conftest import ImportFile, counts, rejections

TEN_MB = 10_000_000


def texts() -> set[str]:
    return set(Message.objects.prompts().values_list("text", flat=True))


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (b",1", "empty_prompt"),
        (b'" \t ",1', "empty_prompt"),
        (b"only one cell", "ragged_row"),
        (b"a,b,c", "ragged_row"),
        (b"a\0b,1", "nul_byte"),
        (b"caf\xe9,1", "encoding_error"),
        (b"\xff\xfe\xfd,1", "encoding_error"),
        (b'"a"b,1', "bad_quoting"),
        (b'"open,1', "bad_quoting"),
        (b"x" * (MAX_TEXT + 1) + b",1", "too_long"),
        (b"x" * TEN_MB + b",1", "too_long"),
        (b'"' + b"x" * TEN_MB + b'",1', "too_long"),
        (b'"' + b'x ""1\n' * (TEN_MB // 6) + b'",1', "too_long"),
        (b'"start\n' + b"x" * TEN_MB + b'\nend",1', "too_long"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_bad_row_of_csv_costs_that_row_only(
    import_file: ImportFile, bad: bytes, code: str
) -> None:
    job = import_file(b"prompt,x\nfirst,1\n" + bad + b'\nsecond,1\n"third",1\n')

    assert (job.status, counts(job), rejections(job)) == ("succeeded", (4, 3, 0, 1), [(2, code)])
    assert texts() == {"first", "second", "third"}


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (b"[1, 2]", "not_an_object"),
        (b"12", "not_an_object"),
        (b"null", "not_an_object"),
        (b"{", "bad_json"),
        (b"[" * 100_000, "bad_json"),
        (b'{"prompt": NaN}', "not_text"),
        (b'{"prompt": 12}', "not_text"),
        (b'{"prompt": {"a": 1}}', "not_text"),
        (b'{"prompt": true}', "not_text"),
        (b'{"other": "x"}', "empty_prompt"),
        (b'{"prompt": null}', "empty_prompt"),
        (b'{"prompt": []}', "not_text"),
        (b'"\\u0000"', "nul_byte"),
        (b'{"prompt": "\\ud800"}', "lone_surrogate"),
        (b'"caf\xe9"', "encoding_error"),
        (b'{"prompt": "' + b"x" * TEN_MB + b'"}', "too_long"),
        (b'{"prompt": "x", "language": "' + b"x" * 17 + b'"}', "bad_language"),
        (b'{"prompt": "x", "tags": {"a": 1}}', "bad_tags"),
        (b'{"prompt": "x", "response": 1}', "not_text"),
        (b'{"prompt": "x", "response": "y", "model": "' + b"x" * 101 + b'"}', "bad_model"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_bad_row_of_json_costs_that_row_only(
    import_file: ImportFile, bad: bytes, code: str
) -> None:
    good = b'{"prompt": "%b", "language": "en", "tags": [], "response": "a", "model": "m"}\n'

    job = import_file(good % b"first" + bad + b"\n" + good % b"second", "p.jsonl")

    assert (job.status, counts(job), rejections(job)) == ("succeeded", (3, 2, 0, 1), [(2, code)])
    assert texts() == {"first", "second"}


def test_the_longest_text_is_taken_whole(import_file: ImportFile) -> None:
    longest = "\U0001f600" * MAX_TEXT

    assert counts(import_file(f"prompt\n{longest}\n")) == (1, 1, 0, 0)
    assert texts() == {longest}


def test_a_quote_left_open_does_not_swallow_a_long_file(import_file: ImportFile) -> None:
    rows = "".join(f"row {number:07},{'y' * 90}\n" for number in range(MAX_RECORD // 100))

    job = import_file(f'prompt,x\nfirst,1\n"open,1\n{rows}last,1\n')

    assert counts(job) == (MAX_RECORD // 100 + 3, MAX_RECORD // 100 + 2, 0, 1)
    assert rejections(job) == [(2, "bad_quoting")]


def test_what_an_open_quote_has_swallowed_is_said(import_file: ImportFile) -> None:
    job = import_file('prompt\nfirst\n"open\n' + "x" * TEN_MB + "\nlast\n")

    assert counts(job) == (2, 1, 0, 1)
    assert job.errors == [
        {
            "row": 2,
            "code": "bad_quoting",
            "detail": "line 3: a quote is opened and never closed; lines 3 to 5 are lost",
        }
    ]


def parquet() -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table({"prompt": [f"p{n}" for n in range(5_000)]}), stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("p.csv", b"", "The file is empty."),
        ("p.parquet", b"", "The file is empty."),
        ("p.csv", b"\n\n", "The file is empty."),
        ("p.csv", b"prompt\n", "There are no rows in it."),
        ("p.txt", b"\n \n", "There are no rows in it."),
        ("p.jsonl", b"\n", "There is no column “prompt”; the columns are none."),
        ("p.csv.gz", gzip.compress(b""), "The file is empty."),
        ("p.csv", b'"prompt\na\n', "The header cannot be read: line 1: a quote is opened"),
        ("p.csv", b"x" * TEN_MB, "The first line is too long to be a header."),
        (
            "p.csv",
            b"prompt\n,\n\0\n",
            "None of 2 rows can be imported; the first: line 2: 2 cells",
        ),
        ("p.parquet", b"PAR1" + b"x" * 100 + b"PAR1", "This is no Parquet file ("),
        ("p.parquet", b"prompt\na\n", "This is no Parquet file ("),
        ("p.parquet", parquet()[:-9], "This is no Parquet file ("),
        ("p.parquet.gz", gzip.compress(parquet()), "Parquet is compressed inside"),
        (
            "p.csv",
            b"a\0b,caf\xe9\nx,y\n",
            "There is no column “prompt”; the columns are “a?b”, “caf?”.",
        ),
        (
            "p.jsonl",
            b'{"a\\u0000\\ud800": 1}\n',
            "There is no column “prompt”; the columns are “a??”.",
        ),
        ("p\0\udcff\n.csv", b"", "The file is empty."),
        ("p.csv.gz", b"\x1f\x8b" + b"x" * 50, "The file is damaged or cut short ("),
        ("p.csv.gz", b"prompt\na\n", "This is no gzip file, though its name says so."),
        ("p.jsonl.zst", b'{"prompt": "a"}\n', "This is no zstd file, though its name says so."),
    ],
    ids=lambda value: str(value)[:30],
)
def test_input_that_is_no_table_fails_in_one_line(
    import_file: ImportFile, name: str, content: bytes, error: str
) -> None:
    job = import_file(content, name)

    assert job.status == "failed"
    assert job.error.startswith(error)
    assert "\n" not in job.error
    assert not Message.objects.exists()
    assert job.read == job.rejected


@pytest.mark.parametrize("name", ["p.txt.gz", "p.txt.zst"])
def test_a_file_cut_short_fails_and_says_what_stands(import_file: ImportFile, name: str) -> None:
    chance = random.Random(1)
    lines = "".join(f"prompt {number} {chance.random()}\n" for number in range(20_000)).encode()
    packed = gzip.compress(lines) if name.endswith("gz") else zstandard.compress(lines)

    job = import_file(packed[: len(packed) * 3 // 4], name)

    assert job.status == "failed"
    assert 1_000 < job.read < 20_000
    assert job.error == (
        "The file is damaged or cut short (Truncated compressed stream)."
        f" Rows 1 to {job.read} were read and stay."
    )
    assert job.created + job.rejected == job.read
    assert Message.objects.count() == job.created


def test_damaged_pages_of_parquet_fail_in_one_line(import_file: ImportFile) -> None:
    damaged = bytearray(parquet())
    damaged[100:2_000] = b"\xff" * 1_900

    job = import_file(bytes(damaged), "p.parquet")

    assert job.status == "failed"
    assert job.error.startswith("The file is damaged or cut short (")


def test_errors_are_a_sample(import_file: ImportFile) -> None:
    job = import_file("prompt,x\n" + ",1\n" * 500 + "short\n" * 500 + "good,1\n")

    assert counts(job) == (1_001, 1, 0, 1_000)
    assert rejections(job) == [
        *[(row, "empty_prompt") for row in range(1, 11)],
        *[(row, "ragged_row") for row in range(501, 511)],
    ]


def _assert_whole(job: ImportJob, stored: int) -> None:
    assert job.status in {"succeeded", "failed"}
    assert job.read == job.created + job.duplicates + job.rejected
    assert Message.objects.count() - stored == job.created
    assert job.status == "succeeded" or job.error
    assert bool(job.errors) == bool(job.rejected)
    assert all(1 <= sample["row"] <= job.read for sample in job.errors)


@pytest.mark.parametrize("name", ["p.csv", "p.jsonl", "p.txt", "p.tsv", "p.csv.gz"])
def test_noise_is_counted_whatever_it_is(import_file: ImportFile, name: str) -> None:
    chance = random.Random(7)
    pieces = [
        *(b'"', b'""', b",", b"\n", b"\r\n", b"\r", b"\t", b"\0", b"\xff", b"{", b"}", b"[", b":"),
        *(b'"prompt"', b"text", "ü".encode(), b"\\ud800", b"\\", b" ", b"\xe2\x80", b"1e999"),
    ]
    for _round in range(40):
        noise = b"".join(chance.choices(pieces, k=chance.randint(0, 200)))
        head = b'{"prompt": "q"}\n' if name == "p.jsonl" else b"prompt,x\n"
        stored = Message.objects.count()
        _assert_whole(import_file(head + noise, name), stored)


def test_cells_come_through_any_quoting_unchanged(import_file: ImportFile) -> None:
    chance = random.Random(3)
    wanted = {
        "q" + "".join(chance.choices("ab\",;\n\r\t\\'N. ü\u2028😀", k=30)) + str(number)
        for number in range(500)
    }
    rows = "".join('"{}",x\r\n'.format(text.replace('"', '""')) for text in wanted)

    assert counts(import_file("prompt,x\r\n" + rows))[:2] == (500, 500)
    assert texts() == wanted
    lines = "".join(json.dumps(text) + "\n" for text in wanted)
    assert counts(import_file(lines, "p.jsonl")) == (500, 0, 500, 0)
