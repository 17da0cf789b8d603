"""What a recipe would give is told before it is built, and is what the build gives."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from collector.models import Project
from common.errors import InvalidInput
from exports.formats import FORMATS
from exports.reading import count_items, pages
from exports.services.preview import preview
from tests.exports.builders import judge, judged_prompts
from tests.exports.test_reading import SOURCES, answers, frame_of, rated
from tests.factories import make_project, make_prompt

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    project = make_project()
    for judgment in judged_prompts(project, 12, responses=3):
        rated(judgment, judgment.task.candidates.all()[0], 6)
    judged_prompts(make_project(), 3)
    return project


def test_ten_rows_and_the_number_of_items_are_shown(project: Project) -> None:
    prompt = make_prompt(project)
    judge(prompt, [answers(prompt, "ab")])
    found = preview(project=project, format="preference", recipe={"test_share": 0})
    assert (found.items, found.at_least) == (37, False)
    assert (len(found.rows), found.looked_at, found.refused) == (10, 10, {})
    assert found.rows[0]["split"] == "train"
    assert set(found.rows[0]["row"]) == {"prompt_id", "prompt", "chosen", "rejected"}
    assert (found.counts["judgments"], found.counts["prompts"]) == (13, 13)
    last = preview(project=project, format="preference", recipe={"pairs": "adjacent"})
    assert last.items == 24
    tied = preview(project=project, format="ranked", recipe={"votes": "consensus"})
    assert (tied.items, len(tied.rows)) == (13, 10)


def test_what_is_refused_on_the_way_to_ten_rows_is_told(project: Project) -> None:
    other = make_project()
    prompt = make_prompt(other)
    judge(prompt, [answers(prompt, "ab")])
    found = preview(project=other, format="preference", recipe={})
    assert (found.items, found.rows, found.looked_at) == (1, [], 1)
    assert found.refused == {"tie": 1}


def test_all_pairs_are_looked_at_once_to_balance_them(project: Project) -> None:
    with CaptureQueriesContext(connection) as queries:
        found = preview(project=project, format="preference", recipe={"balance": "model"})
    assert found.rows
    assert sum("AS sizes" in query["sql"] for query in queries) == 1


@pytest.mark.parametrize(("source", "recipe"), SOURCES)
def test_the_number_is_that_of_the_items_read(
    project: Project, source: Any, recipe: dict[str, Any]
) -> None:
    for filters in ({}, {"models": ["model-0", "model-1"]}, {"languages": ["xx"]}):
        frame = frame_of(project, **recipe, **filters)
        read = sum(len(page.items) for page in pages(source, frame))
        assert count_items(source, frame, seconds=60) == (read, True)


def test_counting_by_reading_stops_in_time(project: Project) -> None:
    number, whole = count_items("demonstrations", frame_of(project), seconds=0)
    assert (number, whole) == (12, False)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_a_preview(project: Project, name: str) -> None:
    found = preview(project=project, format=name, recipe={})
    assert found.items > 0
    assert len(found.rows) + sum(found.refused.values()) == found.looked_at


def test_a_bad_preview_names_what_is_at_fault(project: Project) -> None:
    wrong: list[tuple[str, dict[str, object], str]] = [
        ("none", {}, "formats"),
        ("sft", {"votes": "some"}, "votes"),
        ("sft", {"models": ["nobody"]}, "models"),
    ]
    for name, recipe, attr in wrong:
        with pytest.raises(InvalidInput) as error:
            preview(project=project, format=name, recipe=recipe)
        assert error.value.attr == attr
