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

from exports.figures import Figures, Share
from exports.formats import FORMATS, format_in
from exports.manifest import FileEntry, Manifest
from exports.recipes import Recipe

_KINDS = {
    "person": "people",
    "machine": "machines",
    "imported": "authors of an imported source",
    "simulated": "simulated, by a program",
}
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
    """README.md of a dataset folder: a datasheet (Gebru et al. 2021) under the loader's YAML."""
    files = [entry for entry in manifest["files"] if entry["format"]]
    names = list(dict.fromkeys(entry["format"] for entry in files))
    front = {
        "pretty_name": manifest["dataset"],
        **_licence(about.licence),
        "language": sorted(manifest["counts"]["languages"]),
        "tags": ["preference", "human-feedback", "reward-model"],
        "configs": [_config(name, files) for name in names],
        "dataset_info": [_info(name, manifest["container"], recipe) for name in names],
    }
    yaml_text = yaml.safe_dump(front, sort_keys=False, allow_unicode=True)
    return f"---\n{yaml_text}---\n\n{_body(manifest, files, names, about)}"


def _licence(licence: str) -> dict[str, str]:
    if not licence:
        return {}
    if _HUB_LICENCE.fullmatch(licence.lower()):
        return {"license": licence.lower()}
    return {"license": "other", "license_name": licence}


def _config(name: str, files: Iterable[FileEntry]) -> dict[str, Any]:
    paths: dict[str, list[str]] = {}
    for entry in files:
        if entry["format"] == name:
            paths.setdefault(entry["split"], []).append(entry["name"])
    return {
        "config_name": name,
        "data_files": [
            {"split": split, "path": found if len(found) > 1 else found[0]}
            for split, found in paths.items()
        ],
    }


def _info(name: str, container: str, recipe: Recipe) -> dict[str, Any]:
    schema = format_in(name, container).schema(recipe)
    return {"config_name": name, "features": [_feature(column) for column in schema]}


def _feature(column: pa.Field) -> dict[str, Any]:
    return {"name": column.name, **_type(column.type)}


def _type(kind: pa.DataType) -> dict[str, Any]:
    """An Arrow type as the card says it (`datasets.Features` in YAML)."""
    if isinstance(kind, pa.JsonType):
        return {"dtype": "json"}
    if pa.types.is_struct(kind):
        return {"struct": [_feature(child) for child in kind]}
    if pa.types.is_list(kind):
        inner = _type(kind.value_type)
        return {"list": inner.get("struct") or inner.get("dtype") or inner}
    return {"dtype": "float64" if pa.types.is_float64(kind) else str(kind)}


def _table(rows: Iterable[tuple[object, ...]], *heads: str) -> str:
    """A table in Markdown; nothing where there are no rows."""
    body = list(rows)
    lines = [heads, tuple("---" for _ in heads), *body] if body else []
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


def _body(manifest: Manifest, files: list[FileEntry], names: Iterable[str], about: About) -> str:
    recipe = manifest["recipe"]
    rows = [(entry["name"], entry["format"], entry["split"], entry["rows"]) for entry in files]
    sections = [
        f"# {manifest['dataset']}",
        about.description.strip(),
        "## How it was collected",
        _collected(manifest),
        *_people(manifest["figures"]),
        "## Models",
        _table(manifest["counts"]["models"].items(), "Model", "Comparisons") or "None is named.",
        "## Agreement and known biases",
        _biases(manifest["figures"]),
        "## Files",
        "\n".join(f"- `{name}`: {FORMATS[name].trains}" for name in names),
        _table(rows, "File", "Format", "Split", "Rows"),
        f"The split is decided by a hash of the prompt (seed {recipe['split_seed']}, share of "
        f"`test` {recipe['test_share']}): no prompt is in both. `manifest.json` holds the recipe, "
        f"the counts and the SHA-256 of each file.",
        *_left_out(manifest),
        "## Licence",
        licence_line(about.licence).strip(),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _collected(manifest: Manifest) -> str:
    counts, figures = manifest["counts"], manifest["figures"]
    when = ""
    if figures["first_judgment"] and figures["last_judgment"]:
        when = f", made from {figures['first_judgment'][:10]} to {figures['last_judgment'][:10]}"
    return (
        f"People compared responses of language models to the same prompt, without being told "
        f"which model wrote which, in an order drawn for each of them. {counts['judgments']} "
        f"judgments by {counts['labelers']} labelers on {counts['prompts']} prompts{when}, as of "
        f"{manifest['cut_off']}. Purposes included: {', '.join(manifest['recipe']['purposes'])}."
    )


def _people(figures: Figures) -> list[str]:
    return [
        "## From whom",
        "Labelers are people unless the table says otherwise. Each agreed to the terms before the "
        "first task, and appears under a pseudonym made for this dataset.",
        _table(((_KINDS[name], n) for name, n in figures["labelers"].items()), "Kind", "Labelers"),
        "What they were told and asked changed by numbered versions; each judgment in the format "
        "`judgments` names its own.",
        _table(figures["guidelines"].items(), "Guidelines, version", "Judgments"),
        _table(figures["policies"].items(), "Policy, version", "Judgments"),
    ]


def _biases(figures: Figures) -> str:
    told = [
        f"Of the newest {figures['sample']} comparisons, with 95% intervals (Wilson):",
        _said("two labelers gave the same answer to the same two responses", figures["agreement"]),
        _said("the response shown earlier won a decided comparison", figures["first_shown"]),
        _said("the longer response won a decided comparison", figures["longer"]),
        _said("the answer was a tie", figures["ties"]),
        _said("neither response was acceptable", figures["both_bad"]),
    ]
    return "\n".join([told[0], "", *told[1:]])


def _said(what: str, share: Share) -> str:
    if share["share"] is None or share["low"] is None or share["high"] is None:
        return f"- {what}: not known, there is no such case"
    return (
        f"- {what}: {share['share']:.1%} ({share['low']:.1%} to {share['high']:.1%}, "
        f"{share['count']} of {share['total']})"
    )


def _left_out(manifest: Manifest) -> list[str]:
    tallies = manifest["formats"].items()
    refused = _lines((name, tally["refused"]) for name, tally in tallies)
    withheld = _lines((name, tally.get("withheld", {})) for name, tally in tallies)
    told = ["No row was refused."]
    if refused:
        told = ["## Refused rows", _table(refused, "Format", "Reason", "Rows")]
    if withheld:
        told += ["## Texts left out of rows", _table(withheld, "Format", "Reason", "Texts")]
    return told


def _lines(counts: Iterable[tuple[str, dict[str, int]]]) -> list[tuple[object, ...]]:
    return [(name, reason, number) for name, by in counts for reason, number in by.items()]
