"""The lines of docs/delivery.md run as they are printed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from huggingface_hub import constants

from accounts.services import create_token
from exports.models import DatasetVersion, HubPush
from exports.services.versions import build_version
from tests.conftest import BASE_DIR
from tests.exports.builders import judged_prompts
from tests.factories import make_member, make_project

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed."),
]
TELL = "import json\nprint(json.dumps(list(rows['prompt_id'])))"


def blocks(heading: str, language: str = "sh") -> list[str]:
    """The lines of each block of a language below a heading."""
    page = (BASE_DIR / "docs/delivery.md").read_text(encoding="utf-8")
    section = page.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [part.split("```")[0] for part in section.split(f"```{language}\n")[1:]]


@pytest.fixture
def shell(live_server: Any, settings: Any, tmp_path: Path) -> Any:
    """Runs lines in bash in one folder, after those that set `$api` and `$auth`."""
    settings.MEDIA_ROOT = tmp_path / "media"
    project = make_project("poems", languages=["en"])
    judged_prompts(project, 12)
    token = create_token(user=make_member(project, "researcher"))
    setting = blocks("Versions")[0].splitlines()[0]
    folder = tmp_path / "work"
    folder.mkdir()

    def run(lines: str, **variables: str) -> str:
        done = subprocess.run(
            ["bash", "-eu", "-o", "pipefail", "-c", f"{setting}\n{lines}"],
            cwd=folder,
            env={"PATH": "/usr/bin:/bin", "server": live_server.url, "token": token} | variables,
            capture_output=True,
            text=True,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    run.folder, run.token, run.url = folder, token, live_server.url  # type: ignore[attr-defined]
    return run


def test_a_version_is_built_fetched_checked_and_loaded(shell: Any, tmp_path: Path) -> None:
    asked = json.loads(shell(blocks("Versions")[0]))
    version = DatasetVersion.objects.get()
    build_version(version_id=version.pk)
    assert asked["version"]["id"] == str(version.uid)
    fetch, go_on, check = blocks("Downloading, and going on after a cut")
    shell(fetch, id=str(version.uid))
    file = shell.folder / "preference.train.parquet"
    whole = file.read_bytes()
    file.write_bytes(whole[:-500])
    shell(go_on, id=str(version.uid))
    assert file.read_bytes() == whole
    assert shell(check.replace("python -c", "python3 -c")) == "preference.train.parquet: OK\n"

    (lines,) = blocks("Three lines of `datasets`", "python")
    loaded = subprocess.run(
        [
            *(
                sys.executable,
                "-c",
                f"import sys\n_, server, version, token = sys.argv\n{lines}{TELL}",
            ),
            *(shell.url, str(version.uid), shell.token),
        ],
        env=os.environ | {"HF_HUB_OFFLINE": "0", "HF_HOME": str(tmp_path / "hf")},
        capture_output=True,
        text=True,
    )
    assert loaded.returncode == 0, loaded.stderr
    ids = pyarrow.parquet.read_table(file)["prompt_id"].to_pylist()
    assert json.loads(loaded.stdout) == ids


def test_a_webhook_and_a_push_are_asked_for(
    shell: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CONCORD_ALLOWED_WEBHOOK_HOSTS = ["hooks.example.org"]
    settings.CONCORD_ALLOWED_HUB_HOSTS = ["hub.example.org"]
    settings.HF_TOKEN = "hf_of_the_tests"
    monkeypatch.setattr(constants, "ENDPOINT", "https://hub.example.org")
    assert json.loads(shell(blocks("Webhooks")[0]))["secret"].startswith("whsec_")
    shell(blocks("Versions")[0])
    version = DatasetVersion.objects.get()
    build_version(version_id=version.pk)
    pushed = json.loads(shell(blocks("Push to hub")[1], id=str(version.uid)))
    assert pushed["id"] == str(HubPush.objects.get().uid)
