"""`manifest.json`: what is in a dataset folder, how it was made, and that it adds up."""

import platform
from typing import Any, NotRequired, TypedDict

import orjson
import pyarrow as pa
import zstandard
from django.db import connection

from exports.differences import Lineage
from exports.figures import Figures
from exports.selection import Frame, judgment_where

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


def count_frame(frame: Frame) -> Counts:
    """Judgments, labelers, prompts, languages and models of the frame."""
    judgments = f"""
        FROM labeling_judgment j
        JOIN labeling_task t ON t.id = j.task_id
        JOIN collector_message p ON p.id = t.prompt_id
        WHERE {judgment_where(frame.recipe)}"""
    totals = f"""
        SELECT count(*), count(DISTINCT j.labeler_id), count(DISTINCT t.prompt_id),
               coalesce(array_agg(DISTINCT p.language) FILTER (WHERE p.language <> ''), '{{}}')
        {judgments}"""
    models = f"""
        SELECT g.name, count(*) FROM (SELECT j.id {judgments}) AS chosen
        JOIN labeling_comparison c ON c.judgment_id = chosen.id
        JOIN collector_generator g ON g.id IN (c.first_generator_id, c.second_generator_id)
        GROUP BY g.name ORDER BY g.name COLLATE "C\""""  # noqa: S608 - our own text
    with connection.cursor() as cursor:
        cursor.execute(totals, frame.parameters)
        judged, labelers, prompts, languages = cursor.fetchone()
        cursor.execute(models, frame.parameters)
        by_model = dict(cursor.fetchall())
    return Counts(
        judgments=judged,
        labelers=labelers,
        prompts=prompts,
        languages=sorted(languages),
        models=by_model,
    )
