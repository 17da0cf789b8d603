"""Crowds whose votes are imported: what the figures find of what they are made of."""

from math import log
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from collector.models import Project
from labeling.crowds import people
from labeling.figures.votes import read_votes
from tests.factories import make_project
from tests.labeling.figures.battles import battles, import_battles

pytestmark = pytest.mark.django_db

STRENGTHS = {"ant": 1.2, "bee": 0.6, "cat": 0.2, "dog": -0.2, "eel": -0.6, "fox": -1.2}
ELO = 400 / log(10)


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def project() -> Project:
    return make_project()


def read(admin_client: Client, project: Project, figure: str) -> Any:
    response = admin_client.get(f"/api/v1/projects/{project.slug}/{figure}/")
    assert response.status_code == 200
    return response.json()


def test_true_strengths_are_in_their_intervals(admin_client: Client, project: Project) -> None:
    crowd = people({"tastes": 30}, strengths=STRENGTHS, spread=0.4, seed=5)
    import_battles(project, battles(crowd, STRENGTHS, votes_each=100, prompts=40))

    body = read(admin_client, project, "leaderboard")

    assert sum(row["votes"] for row in body["models"]) == 2 * 3000
    assert len(body["models"]) == len(STRENGTHS)
    for row in body["models"]:
        true = 1000 + ELO * STRENGTHS[row["model"]]
        assert row["lower"] < true < row["upper"], row
        assert row["upper"] - row["lower"] < 150
        assert row["rank_best"] <= sorted(STRENGTHS).index(row["model"]) + 1 <= row["rank_worst"]


def test_who_does_not_judge_honestly_is_flagged(admin_client: Client, project: Project) -> None:
    made = {"tastes": 16, "random": 2, "lazy": 2, "adversarial": 2, "length": 2}
    crowd = people(made, strengths=STRENGTHS, spread=0.2, seed=7)
    import_battles(project, battles(crowd, STRENGTHS, votes_each=150, prompts=40))

    rows = read(admin_client, project, "labelers")["results"]

    flags = {row["labeler"]: {flag["kind"] for flag in row["flags"]} for row in rows}
    assert len(flags) == len(crowd)
    for name, found in flags.items():
        kind = name.partition("-")[0]
        expected = {
            "tastes": set(),
            "random": {"unreliable"},
            "lazy": {"position"},
            "adversarial": {"adversarial"},
            "length": {"length"},
        }[kind]
        assert found >= expected, (name, found)
        assert found if kind != "tastes" else not found, (name, found)
    honest = [row["reliability"] for row in rows if row["labeler"].startswith("tastes")]
    assert min(honest) > 0.8
    assert {row["pseudonym"] for row in rows}.isdisjoint(flags)
    assert all(row["comparisons"] == row["judgments"] == 150 for row in rows)


def test_votes_without_texts_have_tags_and_languages_of_their_own(project: Project) -> None:
    import_battles(
        project,
        "model_a,model_b,winner,language,tags\n"
        'ant,bee,model_a,en,"sky,sea"\nant,bee,model_b,de-AT,sea\nant,bee,tie,,\n',
    )

    def votes(*, tag: str = "", language: str = "") -> int:
        return read_votes(project=project, tag=tag, language=language).total

    assert (votes(), votes(tag="sea"), votes(tag="sky"), votes(tag="land")) == (3, 2, 1, 0)
    assert (votes(language="de"), votes(language="en", tag="sea")) == (1, 1)
    assert votes(language="de", tag="sky") == 0
