"""The dataset card: YAML that `load_dataset` reads, and what a person wants to know.

Without `configs` a folder of mixed schemas fails to load; without `features` a column that is
null in the first block of JSON would be loaded as a column of nulls.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import yaml

from exports.formats import FORMATS
from exports.manifest import FileEntry, Manifest
from exports.recipes import Recipe

_HUB_LICENCE = re.compile(r"[a-z0-9][a-z0-9.+-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What card, licence and manifest say of where the rows are from.

    `project` is its slug; a version keeps all this from the moment it was frozen, for a project
    may be renamed, described or licensed anew.
    """

    project: str
    dataset: str
    description: str
    licence: str


def licence_line(licence: str) -> str:
    """The one line of the file LICENSE."""
    return f"{licence or 'No licence has been stated; ask those who collected the data.'}\n"


def dataset_card(*, manifest: Manifest, recipe: Recipe, about: About) -> str:
    """README.md of a dataset folder."""
    files = [entry for entry in manifest["files"] if entry["format"]]
    front = {
        "pretty_name": manifest["dataset"],
        **_licence(about.licence),
        "language": sorted(manifest["counts"]["languages"]),
        "tags": ["preference", "human-feedback", "reward-model"],
        "configs": [_config(name, files) for name in _formats(files)],
        "dataset_info": [_info(name, recipe) for name in _formats(files)],
    }
    yaml_text = yaml.safe_dump(front, sort_keys=False, allow_unicode=True)
    return f"---\n{yaml_text}---\n\n{_body(manifest, files, about)}"


def _licence(licence: str) -> dict[str, str]:
    if not licence:
        return {}
    if _HUB_LICENCE.fullmatch(licence.lower()):
        return {"license": licence.lower()}
    return {"license": "other", "license_name": licence}


def _formats(files: Iterable[FileEntry]) -> list[str]:
    return list(dict.fromkeys(entry["format"] for entry in files))


def _config(name: str, files: Iterable[FileEntry]) -> dict[str, Any]:
    return {
        "config_name": name,
        "data_files": [
            {"split": entry["split"], "path": entry["name"]}
            for entry in files
            if entry["format"] == name
        ],
    }


def _info(name: str, recipe: Recipe) -> dict[str, Any]:
    schema = FORMATS[name].schema(recipe)
    return {"config_name": name, "features": [_feature(column) for column in schema]}


def _feature(column: pa.Field) -> dict[str, Any]:
    return {"name": column.name, **_type(column.type)}


def _type(kind: pa.DataType) -> dict[str, Any]:
    """An Arrow type as the card says it (`datasets.Features` in YAML)."""
    if pa.types.is_struct(kind):
        return {"struct": [_feature(child) for child in kind]}
    if pa.types.is_list(kind):
        inner = _type(kind.value_type)
        return {"list": inner.get("struct") or inner.get("dtype") or inner}
    return {"dtype": "float64" if pa.types.is_float64(kind) else str(kind)}


def _table(rows: Iterable[tuple[object, ...]], *heads: str) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


def _body(manifest: Manifest, files: list[FileEntry], about: About) -> str:
    counts = manifest["counts"]
    recipe = manifest["recipe"]
    rows = [(entry["name"], entry["format"], entry["split"], entry["rows"]) for entry in files]
    refused = [
        (name, reason, number)
        for name, tally in manifest["formats"].items()
        for reason, number in tally["refused"].items()
    ]
    readers = [f"- `{name}`: {FORMATS[name].trains}" for name in _formats(files)]
    sections = [
        f"# {manifest['dataset']}",
        about.description.strip(),
        "## How it was collected",
        f"People compared responses of language models to the same prompt, without being told "
        f"which model wrote which, in an order drawn for each of them. {counts['judgments']} "
        f"judgments by {counts['labelers']} labelers on {counts['prompts']} prompts, as of "
        f"{manifest['cut_off']}. Purposes included: {', '.join(recipe['purposes'])}. Labelers "
        f"appear under pseudonyms made for this dataset.",
        _table(
            ((name, number) for name, number in counts["models"].items()), "Model", "Comparisons"
        ),
        "## Files",
        "\n".join(readers),
        _table(rows, "File", "Format", "Split", "Rows"),
        f"The split is decided by a hash of the prompt (seed {recipe['split_seed']}, share of "
        f"`test` {recipe['test_share']}): no prompt is in both. `manifest.json` holds the recipe, "
        f"the counts and the SHA-256 of each file.",
        *(
            ["## Refused rows", _table(refused, "Format", "Reason", "Rows")]
            if refused
            else ["No row was refused."]
        ),
        "## Licence",
        licence_line(about.licence).strip(),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"
