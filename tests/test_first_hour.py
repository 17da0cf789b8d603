"""The main job as a stranger would do it: everything over HTTP, and a trainer at the end.

A web server as shipped, a real Celery worker and a model server on loopback. Labelers follow a rule
that a reward model can learn; if a column, a pair or a split were wrong anywhere on the way, the
accuracy on held-out prompts could not come out on the right side.
"""

import csv
import importlib.util
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from accounts.services import create_token, create_user
from bench import server
from collector.models import Generation, Message
from labeling.models import Judgment
from tests.conftest import service_environment
from tests.fake_llm import FakeLLM, start_fake_llm

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
MISSING = (
    "TRL is not installed: `pip install torch==2.13.0 && pip install -r requirements-train.txt`"
)
WORDS = ["blue", "green", "light", "water", "stone", "river", "night", "summer", "paper"]
PROMPTS = 50
MODELS = ["script=words:8", "script=words:16"]


def example(name: str) -> ModuleType:
    """`examples/NAME.py`, imported from its file."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def web(transactional_db: None) -> Iterator[str]:
    """The address of a web server as shipped, on the test database."""
    with server.running(**service_environment()) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def models() -> Iterator[FakeLLM]:
    with start_fake_llm() as running:
        yield running


@pytest.fixture
def prompts_file(tmp_path: Path) -> Path:
    """Prompts with two recorded responses each, one of 1 to 6 words and one of 20 to 26."""
    rng = random.Random(11)
    path = tmp_path / "prompts.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["human_prompt", "chatgpt_response", "generator"])
        for number in range(PROMPTS):
            prompt = f"{' '.join(rng.choices(WORDS, k=5))} {number}?"
            for author, lengths in {"terse": (1, 6), "chatty": (20, 26)}.items():
                answer = " ".join(rng.choices(WORDS, k=rng.randint(*lengths)))
                rows.writerow([prompt, answer, author])
    return path


def accuracy_of(folder: Path, scratch: Path) -> float:
    data = example("tiny").load(folder, "preference", cache=scratch / "c")
    assert len(data["train"]) + len(data["test"]) == PROMPTS * 6 * 3
    assert not set(data["train"]["prompt_id"]) & set(data["test"]["prompt_id"])
    trainer = example("reward_model").train(data, out=scratch / "model")
    return float(trainer.evaluate()["eval_accuracy"])


@pytest.mark.training
@pytest.mark.skipif(importlib.util.find_spec("trl") is None, reason=MISSING)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.filterwarnings("ignore::UserWarning:(torch|trl|transformers|accelerate).*")
def test_import_generate_label_export_train_by_rest_alone(
    web: str,
    models: FakeLLM,
    prompts_file: Path,
    celery_worker_process: Callable[..., Any],
    tmp_path: Path,
) -> None:
    celery_worker_process("default,generation,exports", pool="threads")
    token = create_token(user=create_user(email="admin@example.org", is_superuser=True))
    first_hour = example("first_hour")
    for rule in ("longer", "shorter"):
        arguments = ["--url", web, "--token", token, "--project", rule, "--rule", rule]
        arguments += ["--file", str(prompts_file), "--out", str(tmp_path / rule)]
        arguments += ["--model-url", models.base_url, "--test-share", "0.4"]
        for model in MODELS:
            arguments += ["--model", model]
        first_hour.main(first_hour.parser().parse_args(arguments))

    assert Message.objects.filter(role="assistant").count() == 2 * PROMPTS * 4
    assert Generation.objects.filter(status="succeeded").count() == 2 * PROMPTS * len(MODELS)
    assert len(models.received) == 2 * PROMPTS * len(MODELS)
    assert Judgment.objects.count() == 2 * PROMPTS * 3
    # Columns swapped anywhere on the way would give an accuracy near zero.
    assert accuracy_of(tmp_path / "longer", tmp_path / "scratch-longer") > 0.95
    assert accuracy_of(tmp_path / "shorter", tmp_path / "scratch-shorter") > 0.95
