"""The command `import_prompts`."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from collector.models import ImportJob, Message, Project


@pytest.fixture
def csv_file(tmp_path: Path) -> Path:
    file = tmp_path / "prompts.csv"
    file.write_text("text,x\none,1\n,1\none,1\n", encoding="utf-8")
    return file


def imported(project: Project, file: object, *options: str) -> str:
    out = StringIO()
    call_command("import_prompts", project.slug, str(file), *options, stdout=out)
    return out.getvalue()


def test_a_file_is_imported_and_told(project: Project, csv_file: Path) -> None:
    said = imported(project, csv_file, "--preset", "table", "--map", "prompt=text")

    assert said == (
        "3 rows read: 1 created, 1 duplicates, 1 rejected.\n"
        "  row 2: empty_prompt: the prompt is empty\n"
    )
    assert Message.objects.get().text == "one"


def test_json_tells_the_job(project: Project, csv_file: Path) -> None:
    said = json.loads(
        imported(project, csv_file, "--preset", "table", "--map", "prompt=text", "--json")
    )

    job = ImportJob.objects.get()
    assert said == {
        "id": str(job.uid),
        "status": "succeeded",
        "error": "",
        "read": 3,
        "created": 1,
        "duplicates": 1,
        "rejected": 1,
        "errors": [{"row": 2, "code": "empty_prompt", "detail": "the prompt is empty"}],
        "sha256": job.sha256,
        "findings": {},
    }


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--preset", "table"], "There is no column “prompt”; the columns are “text”, “x”."),
        (
            ["--preset", "nope"],
            "There is no preset “nope”; there are chatgpt-prompts, hc3, eli5, oasst, hh-rlhf, shp,"
            " arena, judgments, table.",
        ),
        (["--preset", "table", "--map", "prompt"], "--map takes NAME=VALUE, not “prompt”."),
        (["--preset", "table", "--map", "reply=x"], "“reply” cannot be mapped;"),
    ],
)
def test_bad_input_is_one_clear_line(
    project: Project, csv_file: Path, options: list[str], error: str
) -> None:
    with pytest.raises(CommandError) as failed:
        imported(project, csv_file, *options)

    assert str(failed.value).startswith(error)
    assert "\n" not in str(failed.value)


def test_a_missing_file_or_project_is_one_clear_line(project: Project, tmp_path: Path) -> None:
    gone = tmp_path / "gone.csv"
    with pytest.raises(CommandError, match=r"^Cannot read .*gone\.csv: No such file or directory"):
        imported(project, gone, "--preset", "table")
    with pytest.raises(CommandError, match=r"^There is no project “nope”"):
        call_command("import_prompts", "nope", str(gone), "--preset", "table")


def test_a_hub_out_of_reach_is_one_clear_line(
    project: Project, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CONCORD_ALLOWED_HUB_HOSTS = ["huggingface.co"]
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", True)

    with pytest.raises(CommandError) as failed:
        imported(project, "hub:MohamedRashad/ChatGPT-prompts", "--preset", "chatgpt-prompts")

    assert str(failed.value).startswith(
        "The hub's dataset “MohamedRashad/ChatGPT-prompts” cannot be read: Couldn't reach"
    )
    job = ImportJob.objects.get()
    assert (job.status, job.error) == ("failed", str(failed.value))


def test_the_hub_is_read_only_where_the_operator_allows_it(project: Project) -> None:
    with pytest.raises(CommandError) as failed:
        imported(project, "hub:MohamedRashad/ChatGPT-prompts", "--preset", "chatgpt-prompts")
    assert str(failed.value) == (
        "The host of https://huggingface.co is not among the allowed hosts"
        " (CONCORD_ALLOWED_HUB_HOSTS)."
    )


@pytest.mark.parametrize("name", ["csv", "/etc/passwd", "../x/y", "./data", "a/b/c", "http://x/y"])
def test_only_names_of_the_hub_are_looked_up(project: Project, name: str) -> None:
    with pytest.raises(CommandError, match="is no dataset of the hub: write OWNER/NAME"):
        imported(project, f"hub:{name}", "--preset", "table")
    assert not ImportJob.objects.exists()


def test_a_folder_is_not_taken_for_a_dataset(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "owner" / "name").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)

    with pytest.raises(CommandError, match="“owner/name” is a folder here"):
        imported(project, "hub:owner/name", "--preset", "table")
