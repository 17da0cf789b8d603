"""`import_prompts --option NAME=VALUE`."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command


def run(project, file, *options, **named):
    out = StringIO()
    call_command("import_prompts", project.slug, str(file), *options, stdout=out, **named)
    return out.getvalue()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "p.jsonl"
    rows = ("Write to ann@example.org, please.", "write to ann@example.org please")
    path.write_text("".join(json.dumps({"prompt": row}) + "\n" for row in rows))
    return path


OPTIONS = ["--option", "personal_data=flag", "--option", "near_duplicates=flag"]


def test_findings_are_told_when_it_has_ended(project, file):
    said = run(project, file, "--preset", "table", *OPTIONS)
    assert "  near_duplicate: 1 (rows 2)\n" in said
    assert "  pii: 2 (rows 1, 2)\n" in said


def test_findings_are_in_the_json(project, file):
    job = json.loads(run(project, file, "--preset", "table", "--json", *OPTIONS))
    assert {kind: found["count"] for kind, found in job["findings"].items()} == {
        "near_duplicate": 1,
        "pii": 2,
    }


@pytest.mark.parametrize("option", ["personal_data", "personal_data=perhaps", "template=none"])
def test_an_option_there_is_not_is_one_line(project, file, option):
    with pytest.raises(CommandError):
        run(project, file, "--preset", "table", "--option", option)
