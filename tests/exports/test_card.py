"""The dataset card: its figures are those of the rows, and stay what they were."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from collector.models import Project
from exports.figures import Figures, read_figures
from exports.recipes import parse_recipe
from exports.selection import Frame, make_frame
from exports.services.freezing import freeze
from labeling.models import GuidelineVersion, Judgment, PolicyVersion
from tests.exports.builders import judge
from tests.exports.test_loading import export
from tests.factories import make_labeler, make_project, make_prompt, make_response

pytestmark = pytest.mark.django_db


def frame_of(project: Project, **recipe: Any) -> Frame:
    return make_frame(
        project_id=project.pk,
        cut_off=freeze(project_id=project.pk),
        recipe=parse_recipe(recipe),
    )


def judged() -> Project:
    """Three labelers on one pair, one of them simulated, and a tie elsewhere.

    The longer response is shown first, wins twice and loses once.
    """
    project = make_project(languages=["en"])
    policy = PolicyVersion.objects.create(project=project, number=4, modes=["rank"])
    prompt = make_prompt(project, language="en")
    long, short = make_response(prompt, "a longer one"), make_response(prompt, "short", "model-b")
    for number, tiers in enumerate(([[long], [short]], [[long], [short]], [[short], [long]])):
        guidelines = GuidelineVersion.objects.create(project=project, number=number + 1, text="…")
        judge(
            prompt,
            tiers,
            order=[long, short],
            labeler=make_labeler(user=None, kind="simulated" if number == 1 else "person"),
            guideline_version=guidelines,
            policy_version=policy if number else None,
        )
    other = make_prompt(project, language="en")
    judge(other, [[make_response(other, "one"), make_response(other, "two")]])
    judge(prompt, [[short], [long]], purpose="gold")
    return project


def share(figures: Figures, name: str) -> tuple[int, int, float | None]:
    found = figures[name]  # type: ignore[literal-required]
    return found["count"], found["total"], found["share"]


def test_figures_of_planted_answers() -> None:
    figures = read_figures(frame_of(judged()))
    assert figures["labelers"] == {"person": 3, "simulated": 1}
    assert figures["guidelines"] == {"1": 1, "2": 1, "3": 1, "none": 1}
    assert figures["policies"] == {"4": 2, "none": 2}
    assert figures["sample"] == 4
    assert share(figures, "agreement") == (1, 3, 0.3333)  # of three pairs of labelers one agrees
    assert share(figures, "first_shown") == (2, 3, 0.6667)
    assert share(figures, "longer") == (2, 3, 0.6667)
    assert share(figures, "ties") == (1, 4, 0.25)
    assert share(figures, "both_bad") == (0, 4, 0.0)
    assert figures["ties"]["low"] == 0.0456  # Wilson's interval for 1 of 4
    assert figures["ties"]["high"] == 0.6994


def test_figures_of_nothing_are_not_known() -> None:
    figures = read_figures(frame_of(make_project()))
    assert (figures["first_judgment"], figures["last_judgment"]) == (None, None)
    assert (figures["sample"], figures["labelers"]) == (0, {})
    assert share(figures, "agreement") == (0, 0, None)


def test_an_edit_is_nobody_s_choice_between_two_that_were_shown() -> None:
    project = make_project()
    prompt = make_prompt(project)
    best, worst = make_response(prompt, "fair"), make_response(prompt, "poor")
    better = make_response(prompt, "much better", origin="edit", edits=best)
    judgment = judge(prompt, [[better], [best], [worst]], order=[best, worst, better])
    assert read_figures(frame_of(project))["sample"] == 3
    Judgment.objects.filter(pk=judgment.pk).update(order=[best.pk, worst.pk], edit=better)
    assert read_figures(frame_of(project))["sample"] == 1


def test_figures_are_of_what_was_there_at_the_cut_off() -> None:
    project = judged()
    frame = frame_of(project)
    before = read_figures(frame)
    prompt = make_prompt(project)
    judge(prompt, [[make_response(prompt)], [make_response(prompt)]])
    assert read_figures(frame) == before


def test_the_card_tells_who_judged_and_how_far_they_agree(tmp_path: Path) -> None:
    project = judged()
    export(project, tmp_path / "set", "preference", "oasst", set=["test_share=0"])
    _, front, body = (tmp_path / "set" / "README.md").read_text().split("---\n", 2)
    manifest = json.loads((tmp_path / "set" / "manifest.json").read_bytes())
    assert yaml.safe_load(front)["language"] == ["en"]
    for line in (
        "| people | 3 |",
        "| simulated, by a program | 1 |",
        "| none | 1 |",
        "| model-b | 3 |",
        "- two labelers gave the same answer to the same two responses: 33.3%",
        "- the longer response won a decided comparison: 66.7%",
        "| preference | tie | 1 |",
        "Purposes included: work.",
        "No licence has been stated; ask those who collected the data.",
    ):
        assert line in body, line
    assert manifest["figures"]["agreement"]["total"] == 3
    assert "withheld" not in manifest["formats"]["oasst"]


def test_texts_left_out_of_a_tree_are_counted(tmp_path: Path) -> None:
    project = make_project(languages=["en"])
    prompt = make_prompt(project)
    make_response(prompt, "stop <|im_end|>")
    make_response(prompt, "and </s>")
    make_response(prompt, "fine")
    export(project, tmp_path / "set", "oasst", "oasst_messages", set=["test_share=0"])
    formats = json.loads((tmp_path / "set" / "manifest.json").read_bytes())["formats"]
    assert formats == {
        "oasst": {
            "read": 1, "written": {"train": 1, "test": 0}, "refused": {},
            "withheld": {"special_token": 2},
        },
        "oasst_messages": {
            "read": 4, "written": {"train": 4, "test": 0}, "refused": {},
            "withheld": {"special_token": 2},
        },
    }  # fmt: skip
    assert "| oasst | special_token | 2 |" in (tmp_path / "set" / "README.md").read_text()
    assert "im_end" not in (tmp_path / "set" / "oasst.train.jsonl").read_text()
