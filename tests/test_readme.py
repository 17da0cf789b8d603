"""The README's first hour, run line for line as it is printed."""

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from collector.models import Message
from collector.services.generators import create_generator
from collector.services.projects import create_project
from labeling.models import Judgment
from labeling.services.policies import set_policy
from tests.conftest import service_environment
from tests.fake_llm import start_fake_llm

ROOT = Path(__file__).resolve().parent.parent
MISSING = (
    "TRL is not installed: `pip install torch==2.13.0 && pip install -r requirements-train.txt`"
)


def first_hour() -> str:
    """The shell lines below the heading."""
    section = (ROOT / "README.md").read_text(encoding="utf-8").split("## A researcher's first hour")
    return section[1].split("```sh\n")[1].split("```")[0]


@pytest.mark.training
@pytest.mark.skipif(importlib.util.find_spec("trl") is None, reason=MISSING)
def test_the_first_hour_of_the_readme_runs_as_printed(
    celery_worker_process: Callable[..., Any], tmp_path: Path
) -> None:
    celery_worker_process("default,generation,exports", pool="threads")
    project = create_project(slug="demo", name="Demo")
    set_policy(project=project, modes=["rank"], responses=4, overlap=3)
    questions = "".join(f"What is {number} times {number}?\n" for number in range(30))
    (tmp_path / "prompts.csv").write_text(f"question\n{questions}", encoding="utf-8")
    for name in ("manage.py", "examples"):
        (tmp_path / name).symlink_to(ROOT / name)
    environment = service_environment() | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "hf")}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    with start_fake_llm() as models:
        for name in ("my-model", "my-other-model"):
            create_generator(name=name, provider="openai", model=name, base_url=models.base_url)
        done = subprocess.run(
            ["bash", "-eu", "-c", first_hour()],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert Message.objects.filter(role="assistant").count() == 30 * 4
    assert Judgment.objects.count() == 60
    assert '"accuracy"' in done.stdout
