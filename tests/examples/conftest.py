"""Datasets with a planted rule, exported once for the trainers of a module."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from collector.models import Project
from labeling.answers import Answer
from labeling.services.building import build_tasks
from labeling.services.claiming import claim
from labeling.services.policies import set_policy
from labeling.services.submitting import submit
from tests.factories import make_labeler, make_project, make_prompt, make_response

WORDS = ["blue", "green", "light", "water", "stone", "river", "night", "summer", "paper"]
PROMPTS = 60
FORMATS = ["preference", "ranked", "unpaired", "sft", "prompts"]
LENGTHS = (3, 10, 24, 36)
"""Words of a prompt's four responses; people rate them 1, 2, 6 and 7, or the other way round."""
RATINGS = (1, 2, 6, 7)

ExportRule = Callable[..., Path]


def judged_project(*, longer_is_better: bool, prompts: int = PROMPTS) -> Project:
    """Prompts with 4 responses each, all rated and ranked by length by three labelers."""
    project = make_project()
    set_policy(project=project, responses=4, overlap=1, modes=["rank", "overall"])
    rng = random.Random(7)
    for number in range(prompts):
        prompt = make_prompt(project, f"{' '.join(rng.choices(WORDS, k=5))} {number}?")
        for index, length in enumerate(rng.sample(LENGTHS, 4)):
            text = " ".join(rng.choices(WORDS, k=length))
            make_response(prompt, text, revision=f"model-{index}")
    build_tasks(project=project)
    labelers = [make_labeler() for _ in range(3)]
    for number in range(prompts):
        _answer(project, labelers[number % 3], number, longer_is_better=longer_is_better)
    return project


def _answer(project: Project, labeler: Any, number: int, *, longer_is_better: bool) -> None:
    task = claim(project=project, labeler=labeler)
    assert task is not None
    worst_first = sorted(
        task.responses, key=lambda shown: len(shown.text), reverse=not longer_is_better
    )
    ratings = {
        shown.id: {"overall": rating} for shown, rating in zip(worst_first, RATINGS, strict=True)
    }
    answer = Answer(
        submit_key=f"{project.slug}-{number}",
        tiers=[[shown.id] for shown in reversed(worst_first)],
        ratings=ratings,
    )
    submit(slot_uid=task.slot, labeler=labeler, answer=answer)


@pytest.fixture(scope="session")
def _folders() -> dict[bool, Path]:
    return {}


@pytest.fixture
def exported(
    db: None, _folders: dict[bool, Path], tmp_path_factory: pytest.TempPathFactory
) -> ExportRule:
    """`exported(longer_is_better=True)`: a folder with all formats that the examples train on.

    The first test that asks judges and exports; the folder is all that stays for the others.
    """

    def export(*, longer_is_better: bool = True) -> Path:
        if longer_is_better not in _folders:
            folder = tmp_path_factory.mktemp("exported") / "dataset"
            project = judged_project(longer_is_better=longer_is_better)
            judged_project(longer_is_better=not longer_is_better)  # must not leak in
            formats = [part for name in FORMATS for part in ("--format", name)]
            options = [*formats, "--out", str(folder), "--set", "test_share=0.4"]
            call_command("export_dataset", project.slug, *options)
            _folders[longer_is_better] = folder
        return _folders[longer_is_better]

    return export
