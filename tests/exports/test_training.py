"""The oracle: a trainer that reads an export learns what the labelers preferred, and no opposite.

Labelers follow one simple rule through the real services; TRL's RewardTrainer, given the exported
folder and nothing else, must tell held-out pairs apart. A file with its columns swapped, or with
prompts in both splits, or with rows of another project, would not pass.
"""

import importlib.util
import random
from pathlib import Path
from types import ModuleType

import pytest
from django.core.management import call_command

from collector.models import Project
from labeling.answers import Answer
from labeling.services.building import build_tasks
from labeling.services.claiming import claim
from labeling.services.submitting import submit
from tests.factories import make_labeler, make_project, make_prompt, make_response

MISSING = (
    "TRL is not installed: `pip install torch==2.13.0 && pip install -r requirements-train.txt`"
)
pytestmark = [
    pytest.mark.training,
    pytest.mark.django_db,
    pytest.mark.skipif(importlib.util.find_spec("trl") is None, reason=MISSING),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning:(torch|trl|transformers|accelerate).*"),
]
WORDS = ["blue", "green", "light", "water", "stone", "river", "night", "summer", "paper"]
PROMPTS = 120
EXAMPLE = Path(__file__).parents[2] / "examples" / "train_reward_model.py"


@pytest.fixture(scope="module")
def example() -> ModuleType:
    """`examples/train_reward_model.py`, imported from its file."""
    import torch

    torch.set_num_threads(1)  # the tiny model gains nothing from more
    spec = importlib.util.spec_from_file_location("train_reward_model", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def judged_project(*, longer_is_better: bool) -> Project:
    """`PROMPTS` prompts with 4 responses each, all ranked by length by three labelers."""
    project = make_project()
    rng = random.Random(7)
    for number in range(PROMPTS):
        prompt = make_prompt(project, f"{' '.join(rng.choices(WORDS, k=5))} {number}?")
        for index, length in enumerate(rng.sample(range(2, 38, 5), 4)):
            text = " ".join(rng.choices(WORDS, k=length))
            make_response(prompt, text, revision=f"model-{index}")
    build_tasks(project=project)
    labelers = [make_labeler() for _ in range(3)]
    for number in range(PROMPTS):
        labeler = labelers[number % 3]
        task = claim(project=project, labeler=labeler)
        assert task is not None
        ranked = sorted(task.responses, key=lambda shown: len(shown.text))
        best_first = reversed(ranked) if longer_is_better else ranked
        answer = Answer(
            submit_key=f"{project.slug}-{number}", tiers=[[shown.id] for shown in best_first]
        )
        submit(slot_uid=task.slot, labeler=labeler, answer=answer)
    return project


@pytest.mark.parametrize("longer_is_better", [True, False])
def test_a_reward_model_learns_the_labelers_rule(
    longer_is_better: bool, example: ModuleType, tmp_path: Path
) -> None:
    project = judged_project(longer_is_better=longer_is_better)
    judged_project(longer_is_better=not longer_is_better)  # another project must not leak in
    out = tmp_path / "dataset"
    call_command(
        "export_dataset", project.slug, format=["preference"], out=out, set=["test_share=0.4"]
    )
    data = example.load_dataset(str(out), "preference", cache_dir=str(tmp_path / "cache"))
    assert len(data["train"]) + len(data["test"]) == PROMPTS * 6
    assert not set(data["train"]["prompt_id"]) & set(data["test"]["prompt_id"])

    trainer = example.train(data, out=tmp_path / "model")
    # TRL filters silently: every row of the file must have reached the trainer.
    assert len(trainer.train_dataset) == len(data["train"])
    assert len(trainer.eval_dataset) == len(data["test"])
    assert trainer.evaluate()["eval_accuracy"] > 0.95
    swapped = trainer.eval_dataset.rename_columns(
        {"chosen_ids": "rejected_ids", "rejected_ids": "chosen_ids"}
    )
    assert trainer.evaluate(swapped)["eval_accuracy"] < 0.05
