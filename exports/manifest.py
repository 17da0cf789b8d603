"""`manifest.json`: what is in a dataset folder, how it was made, and that it adds up."""

import platform
from collections.abc import Iterable, Mapping
from typing import Any, NotRequired, TypedDict

import orjson
import pyarrow as pa
import zstandard
from django.db import connection

from exports.differences import Lineage
from exports.figures import Figures
from exports.selection import Frame, judgment_where
from exports.splits import SPLITS

FORMAT_VERSION = 1


class FileEntry(TypedDict):
    """One file of the folder; `format` and `split` are empty for the card and the licence."""

    name: str
    format: str
    split: str
    rows: int
    bytes: int
    sha256: str


class Tally(TypedDict):
    """What became of the rows of one format: `read` = sum of `written` + sum of `refused`.

    `withheld` counts texts that were left out of rows that were written.
    """

    read: int
    written: dict[str, int]
    refused: dict[str, int]
    withheld: NotRequired[dict[str, int]]


class Counts(TypedDict):
    """What the frame holds; `models` counts the comparisons each took part in."""

    judgments: int
    labelers: int
    prompts: int
    languages: list[str]
    models: dict[str, int]


class Manifest(TypedDict):
    """The whole of `manifest.json`; times are ISO 8601, ids UUIDs."""

    format_version: int
    id: str | None
    project: str
    dataset: str
    version: int | None
    parent: str | None
    lineage: Lineage | None
    cut_off: str
    container: str
    recipe: dict[str, Any]
    formats: dict[str, Tally]
    counts: Counts
    figures: Figures
    files: list[FileEntry]
    library_versions: dict[str, str]


def library_versions() -> dict[str, str]:
    """What wrote the bytes: another version may compress the same rows to other bytes."""
    return {
        "python": platform.python_version(),
        "orjson": orjson.__version__,
        "pyarrow": pa.__version__,
        "zstandard": zstandard.__version__,
    }


def manifest_bytes(manifest: Manifest) -> bytes:
    """The manifest as it is written: indented, keys in order of importance."""
    return orjson.dumps(manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


# One look at all judgments, whatever is counted.
_COUNTS = """
WITH chosen AS MATERIALIZED (
    SELECT j.id, j.labeler_id, t.prompt_id, p.language
    FROM labeling_judgment j
    JOIN labeling_task t ON t.id = j.task_id
    JOIN collector_message p ON p.id = t.prompt_id
    WHERE {judgments}
), by_pair AS (
    SELECT c.first_generator_id AS one, c.second_generator_id AS other, count(*) AS pairs
    FROM chosen JOIN labeling_comparison c ON c.judgment_id = chosen.id GROUP BY 1, 2
), by_generator AS (
    SELECT g.name, sum(b.pairs)::bigint AS pairs
    FROM by_pair b JOIN collector_generator g ON g.id IN (b.one, b.other) GROUP BY g.name
)
SELECT count(*), count(DISTINCT labeler_id), count(DISTINCT prompt_id),
       coalesce(array_agg(DISTINCT language) FILTER (WHERE language <> ''), '{{}}'),
       (SELECT coalesce(json_object_agg(name, pairs), '{{}}') FROM by_generator)
FROM chosen"""


def add_tallies(names: Iterable[str], parts: Iterable[Mapping[str, Tally]]) -> dict[str, Tally]:
    """The tallies of whole formats, of those of their parts."""
    sums = {name: Tally(read=0, written=dict.fromkeys(SPLITS, 0), refused={}) for name in names}
    for part in parts:
        for name, tally in part.items():
            whole = sums[name]
            whole["read"] += tally["read"]
            _add(whole["written"], tally["written"])
            _add(whole["refused"], tally["refused"])
            if "withheld" in tally:
                _add(whole.setdefault("withheld", {}), tally["withheld"])
    for whole in sums.values():
        whole["refused"] = dict(sorted(whole["refused"].items()))
        if "withheld" in whole:
            whole["withheld"] = dict(sorted(whole["withheld"].items()))
    return sums


def _add(counts: dict[str, int], more: Mapping[str, int]) -> None:
    for name, number in more.items():
        counts[name] = counts.get(name, 0) + number


def count_frame(frame: Frame) -> Counts:
    """Judgments, labelers, prompts, languages and models of the frame."""
    query = _COUNTS.format(judgments=judgment_where(frame.recipe))
    with connection.cursor() as cursor:
        cursor.execute(query, frame.parameters)
        judged, labelers, prompts, languages, models = cursor.fetchone()
    return Counts(
        judgments=judged,
        labelers=labelers,
        prompts=prompts,
        languages=sorted(languages),
        models=dict(sorted(models.items())),
    )
