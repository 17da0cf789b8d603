"""The split by prompt: disjoint, of the share asked for, and decided by the seed."""

import hashlib

import orjson
import pytest

from collector.models import Project
from exports.services.stream import stream_rows
from exports.splits import split_of
from tests.exports.builders import judge, judged_prompts
from tests.factories import make_project, make_prompt, make_response


def prompts_of(project: Project, split: str, seed: int) -> list[str]:
    recipe = {"test_share": 0.5, "split_seed": seed}
    blocks = stream_rows(project=project, format="preference", split=split, recipe=recipe)
    return [orjson.loads(line)["prompt_id"] for line in b"".join(blocks).splitlines()]


@pytest.mark.django_db
def test_no_prompt_is_in_both_splits_and_another_seed_splits_otherwise() -> None:
    project = make_project()
    judged_prompts(project, 30, responses=3)
    tests = []
    for seed in range(2):
        train, test = (prompts_of(project, split, seed) for split in ("train", "test"))
        assert len(train) + len(test) == 90
        assert not set(train) & set(test)
        assert len(set(train) | set(test)) == 30
        tests.append(set(test))
    assert tests[0] != tests[1]


@pytest.mark.django_db
def test_prompts_that_differ_in_spacing_and_case_share_a_split() -> None:
    project = make_project()
    for text in ("Why is the sky blue?", "why is  the sky BLUE?"):
        prompt = make_prompt(project, text)
        judge(prompt, [[make_response(prompt)], [make_response(prompt)]])
    for seed in range(6):
        assert len(prompts_of(project, "train", seed)) in {0, 2}


def test_the_share_is_kept_and_its_ends_are_whole() -> None:
    hashes = [hashlib.sha256(str(number).encode()).digest() for number in range(4000)]
    taken = [split_of(item, seed=1, test_share=0.05) for item in hashes].count("test")
    assert 150 < taken < 250
    assert {split_of(item, seed=1, test_share=0) for item in hashes} == {"train"}
    assert {split_of(item, seed=1, test_share=1) for item in hashes} == {"test"}
