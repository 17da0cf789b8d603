"""docs/formats.md: each literal row is what is exported, and each line of Python runs."""

import importlib
import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import pytest

from exports.formats import FORMATS
from exports.validator import Reason
from labeling.models import ResponseRating
from tests.exports.builders import judge
from tests.exports.formats_page import comparable, example_project
from tests.exports.test_formats import rows
from tests.exports.test_loading import export
from tests.factories import make_project, make_prompt, make_response

pytestmark = pytest.mark.django_db
PAGE = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## `(\w+)`\n(.*?)(?=^## )", PAGE, re.M | re.S))
TRAINS = re.compile(r"^from (trl|loaders|palm_rlhf_pytorch)", re.M)


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)


def lines(*, training: bool) -> list[Any]:
    """The blocks of Python under the formats, those with a trainer or those without."""
    return [
        pytest.param(block, id=f"{name}-{number}")
        for name, text in SECTIONS.items()
        for number, block in enumerate(blocks(text, "python"))
        if bool(TRAINS.search(block)) == training
    ]


def test_every_format_has_a_section_with_its_row_and_a_line() -> None:
    assert list(SECTIONS) == list(FORMATS)
    for name, text in SECTIONS.items():
        assert blocks(text, "json"), name
        assert blocks(text, "python"), name


def test_each_row_is_what_is_exported() -> None:
    project = example_project()
    for name, text in SECTIONS.items():
        exported = rows(project, name, test_share=0)[0]
        told = json.loads(blocks(text, "json")[0])
        assert (name, comparable(told)) == (name, comparable(exported))
        assert (name, list(told)) == (name, list(exported))


def test_every_reason_for_refusing_is_explained() -> None:
    _, text = PAGE.split("## Refused rows\n")
    told = re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", text, re.M)))
    assert sorted(told) == sorted(Reason)


def test_the_columns_that_llama_factory_is_told_of_exist() -> None:
    _row, info = blocks(SECTIONS["instruction"], "json")
    (entry,) = json.loads(info).values()
    columns = {column for column in entry["columns"].values() if column}
    assert columns <= set(rows(example_project(), "instruction")[0])
    assert entry["columns"]["query"] is None


@pytest.fixture
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the page says a reader has: a folder with every format."""
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", str(tmp_path / "cache"))
    project = make_project(languages=["en"])
    for number in range(12):
        prompt = make_prompt(project, f"What colour is sky number {number}?")
        ranked = [make_response(prompt, f"Colour {place}, {number}.") for place in range(4)]
        judgment = judge(prompt, [[response] for response in ranked])
        for overall, response in zip((7, 5, 3, 1), ranked, strict=True):
            ResponseRating.objects.create(judgment=judgment, response=response, overall=overall)
    folder = tmp_path / "dataset"
    export(project, folder, *FORMATS, set=["test_share=0.3"])
    return {"folder": str(folder), "out": str(tmp_path / "out")}


@pytest.mark.filterwarnings("ignore::DeprecationWarning:(datasets|multiprocess|dill|fsspec).*")
@pytest.mark.parametrize("block", lines(training=False))
def test_lines_that_load(block: str, names: dict[str, Any]) -> None:
    exec(block, names)  # noqa: S102 - our own page


@pytest.mark.training
@pytest.mark.filterwarnings("ignore")
@pytest.mark.skipif(
    importlib.util.find_spec("trl") is None,
    reason="TRL is not installed: `pip install -r requirements-train.txt`",
)
@pytest.mark.parametrize("block", lines(training=True))
def test_lines_that_train(block: str, names: dict[str, Any]) -> None:
    tiny = importlib.import_module("tiny")  # examples/tiny.py
    import torch
    from datasets import load_dataset

    torch.set_num_threads(1)  # a tiny model gains nothing from more
    data = load_dataset(names["folder"], "preference", split="train")
    random, tokenizer = tiny.writer("", data)
    for part in (random, tokenizer):
        part.save_pretrained(names["out"])
    model, _ = tiny.writer(names["out"], data)  # some load a second one, by its name
    reward_model, _ = tiny.scorer("", data)
    options = {
        "output_dir": names["out"],
        "max_steps": 1,
        "per_device_train_batch_size": 2,
        "per_device_eval_batch_size": 2,
        "use_cpu": True,
        "bf16": False,
        "report_to": "none",
        "save_strategy": "no",
        "disable_tqdm": True,
        "dataloader_pin_memory": False,
    }
    known = {"model": model, "reward_model": reward_model, "tokenizer": tokenizer}
    exec(block, {**names, **known, "options": options})  # noqa: S102 - our own page
