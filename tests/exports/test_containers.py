"""Files: the same rows give the same bytes and the same cuts, however they arrive."""

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from exports.containers import (
    CONTAINERS,
    SHARD_BYTES,
    GzipArrayWriter,
    GzipWriter,
    JsonArrayWriter,
    JsonLinesWriter,
    ParquetWriter,
    Shards,
    ZstdArrayWriter,
    kind_of,
)
from exports.formats import FORMATS

SCHEMA = pa.schema([("n", pa.int64()), ("text", pa.string())])
ROWS: list[dict[str, Any]] = [{"n": n, "text": f"é\u2028 {n}" * (n % 7 + 1)} for n in range(200)]


def shards(folder: Path, kind: Any, rows: list[dict[str, Any]], portion: int, limit: int) -> Shards:
    folder.mkdir()
    found = Shards(folder, "set.train", kind, SCHEMA, limit=limit)
    for start in range(0, len(rows), portion):
        found.write(rows[start : start + portion])
    found.close()
    return found


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def read(name: str, content: bytes) -> Any:
    if name.endswith(".parquet"):
        return pq.read_table(pa.BufferReader(content)).to_pylist()
    if name.endswith(".gz"):
        content = gzip.decompress(content)
    if name.endswith(".zst"):
        content = zstandard.ZstdDecompressor().decompressobj().decompress(content)
    if ".json." in f"{name}.":
        return json.loads(content)
    return [json.loads(line) for line in content.splitlines()]


@pytest.mark.parametrize("kind", [*CONTAINERS.values(), JsonArrayWriter, GzipArrayWriter])
def test_files_are_cut_by_their_rows_alone(kind: Any, tmp_path: Path) -> None:
    found = shards(tmp_path / "whole", kind, ROWS, portion=200, limit=2_000)
    for portion in (1, 7, 64):
        again = shards(tmp_path / f"by-{portion}", kind, ROWS, portion=portion, limit=2_000)
        assert again.shards == found.shards
        assert contents(tmp_path / f"by-{portion}") == contents(tmp_path / "whole")
    total = len(found.shards)
    assert total > 2
    names = [f"set.train-{n:05d}-of-{total:05d}.{kind.extension}" for n in range(total)]
    assert [shard.name for shard in found.shards] == names
    files = contents(tmp_path / "whole")
    parts = [read(shard.name, files[shard.name]) for shard in found.shards]
    assert [len(part) for part in parts] == [shard.rows for shard in found.shards]
    assert [row for part in parts for row in part] == ROWS


def test_a_file_ends_with_the_row_that_reaches_its_size(tmp_path: Path) -> None:
    rows = [{"n": n, "text": "x" * 10} for n in range(10)]
    line = len(b'{"n":0,"text":"xxxxxxxxxx"}\n')
    for portion in (5, 10):
        folder = tmp_path / f"exact-{portion}"
        exact = shards(folder, JsonLinesWriter, rows, portion=portion, limit=5 * line)
        assert [shard.rows for shard in exact.shards] == [5, 5]
    over = shards(tmp_path / "over", JsonLinesWriter, rows, portion=3, limit=5 * line + 1)
    assert [shard.rows for shard in over.shards] == [6, 4]
    for limit in (31, 40):
        table = shards(tmp_path / f"{limit}", ParquetWriter, rows, portion=10, limit=limit)
        assert [shard.rows for shard in table.shards] == [4, 4, 2]


def test_one_file_has_no_number_and_no_row_makes_no_file(tmp_path: Path) -> None:
    one = shards(tmp_path / "one", JsonLinesWriter, ROWS, portion=50, limit=SHARD_BYTES)
    assert one.shards == [("set.train.jsonl", 200)]
    assert list(contents(tmp_path / "one")) == ["set.train.jsonl"]
    none = shards(tmp_path / "none", JsonLinesWriter, [], portion=1, limit=SHARD_BYTES)
    assert none.shards == []
    assert contents(tmp_path / "none") == {}


@pytest.mark.parametrize("kind", [JsonArrayWriter, GzipArrayWriter, ZstdArrayWriter])
def test_an_array_is_json_as_a_whole(kind: Any, tmp_path: Path) -> None:
    (shard,) = shards(tmp_path / "a", kind, ROWS[:3], portion=2, limit=SHARD_BYTES).shards
    assert read(shard.name, (tmp_path / "a" / shard.name).read_bytes()) == ROWS[:3]


@pytest.mark.parametrize("kind", [GzipWriter, GzipArrayWriter])
def test_gzip_says_neither_when_nor_as_what(kind: Any, tmp_path: Path) -> None:
    (shard,) = shards(tmp_path / "a", kind, ROWS[:3], portion=2, limit=SHARD_BYTES).shards
    flags, *stamp = (tmp_path / "a" / shard.name).read_bytes()[3:8]
    assert (flags, stamp) == (0, [0, 0, 0, 0])


def test_an_array_has_a_row_a_line(tmp_path: Path) -> None:
    rows = [{"n": 1, "text": "a\nb"}, {"n": 2, "text": "c"}]
    shards(tmp_path / "a", JsonArrayWriter, rows, portion=1, limit=SHARD_BYTES)
    assert (tmp_path / "a" / "set.train.json").read_bytes() == (
        b'[\n{"n":1,"text":"a\\nb"},\n{"n":2,"text":"c"}\n]\n'
    )


def test_row_groups_are_bounded_by_rows_and_by_bytes(tmp_path: Path) -> None:
    small = [{"n": n, "text": "x"} for n in range(12_001)]
    shards(tmp_path / "small", ParquetWriter, small, portion=1_000, limit=SHARD_BYTES)
    large = [{"n": n, "text": "x" * (1 << 20)} for n in range(70)]
    shards(tmp_path / "large", ParquetWriter, large, portion=70, limit=SHARD_BYTES)

    def groups(folder: str) -> list[int]:
        data = pq.ParquetFile(tmp_path / folder / "set.train.parquet").metadata
        return [data.row_group(n).num_rows for n in range(data.num_row_groups)]

    assert groups("small") == [5_000, 5_000, 2_001]
    assert groups("large") == [4] * 17 + [2]


def test_only_best_of_four_is_an_array() -> None:
    kinds = {name: kind_of(form, "jsonl").extension for name, form in FORMATS.items()}
    assert kinds.pop("lm_human_preferences") == "json"
    assert set(kinds.values()) == {"jsonl"}
    assert {kind_of(form, "parquet") for form in FORMATS.values()} == {ParquetWriter}
