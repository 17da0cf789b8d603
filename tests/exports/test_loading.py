"""`datasets.load_dataset(folder, format)` works as it stands, in every container."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from collector.models import Project
from tests.exports.builders import judge, judged_prompts
from tests.factories import make_project, make_prompt, make_response

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore::DeprecationWarning:(datasets|multiprocess|dill|fsspec).*"),
]
FORMATS = ("preference", "preference_text", "judgments")


@pytest.fixture
def project() -> Project:
    """Its first rows have no strength, its last one has: a column that begins with nulls."""
    project = make_project(slug="sky", description="--- | “quoted”: {yes}\n# [no]", licence="X: y")
    judged_prompts(project, 12, responses=3)
    prompt = make_prompt(project, "Line\u2028separator\r\n\u0085?", language="en")
    chosen, rejected = make_response(prompt, "née\n"), make_response(prompt, "日本\u2029語")
    judge(prompt, [[chosen], [rejected]], strength=3, rationale="why not", seconds=1.5)
    return project


@pytest.mark.parametrize("container", ["jsonl", "jsonl.gz", "jsonl.zst", "parquet"])
def test_every_config_loads(container: str, project: Project, tmp_path: Path) -> None:
    import datasets

    out = tmp_path / "out"
    options = [argument for name in FORMATS for argument in ("--format", name)]
    call_command(
        "export_dataset", project.slug, *options, container=container, out=out,
        set=["test_share=0.4"],
    )  # fmt: skip
    rows: dict[str, list[dict[str, Any]]] = {}
    for name in FORMATS:
        loaded = datasets.load_dataset(str(out), name, cache_dir=str(tmp_path / "cache"))
        assert set(loaded) == {"train", "test"}
        rows[name] = [row for split in loaded.values() for row in split]
    assert [len(rows[name]) for name in FORMATS] == [37, 37, 13]
    hard = next(row for row in rows["preference"] if "Line" in row["prompt"][0]["content"])
    assert {key: hard[key] for key in ("prompt", "chosen", "rejected")} == {
        "prompt": [{"role": "user", "content": "Line\u2028separator\r\n\u0085?"}],
        "chosen": [{"role": "assistant", "content": "née\n"}],
        "rejected": [{"role": "assistant", "content": "日本\u2029語"}],
    }
    judged = next(row for row in rows["judgments"] if row["strength"] is not None)
    assert (judged["strength"], judged["seconds"], judged["rationale"]) == (3, 1.5, "why not")
    assert judged["responses"][0]["text"] == "née\n"


def test_the_command_says_in_one_line_what_is_wrong(project: Project, tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine").write_text("keep")

    def error(*arguments: str, out: Path = tmp_path / "out") -> str:
        with pytest.raises(CommandError) as raised:
            call_command("export_dataset", *arguments, "--out", str(out))
        assert not (tmp_path / "out").exists()
        return str(raised.value)

    assert error("nowhere", "--format", "preference") == "There is no project “nowhere”."
    assert error("sky", "--format", "csv").startswith("There is no format “csv”")
    assert error("sky", "--format", "preference", "--set", "test_share") == (
        "--set test_share: write key=value."
    )
    assert error("sky", "--format", "preference", "--set", "x=1").startswith(
        "A recipe has no key “x”"
    )
    assert error("sky", "--format", "preference", "--container", "zip").startswith(
        "There is no container “zip”"
    )
    assert error("sky", "--format", "preference", out=full) == f"{full} is not an empty folder."
    assert (full / "mine").read_text() == "keep"


def test_two_exports_to_one_place_leave_each_other_alone(project: Project, tmp_path: Path) -> None:
    out = tmp_path / "out"
    theirs = [tmp_path / ".out.part", tmp_path / ".out.0123.part"]
    for folder in theirs:
        folder.mkdir()
    call_command("export_dataset", project.slug, "--format", "preference", "--out", str(out))
    assert sorted(tmp_path.iterdir()) == sorted([*theirs, out])


def test_a_setting_given_twice(project: Project, tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = [project.slug, "--format", "preference", "--out", str(out), "--set", "test_share=0"]
    with pytest.raises(CommandError, match="test_share is given more than once"):
        call_command("export_dataset", *options, "--set", "test_share=1")
    models = ("--set", "models=model-0", "--set", "models=model-1")
    call_command("export_dataset", *options, *models)
    assert len((out / "preference.train.jsonl").read_bytes().splitlines()) == 12
