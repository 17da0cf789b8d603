"""datasets/recipe-schema/ and projects/…/datasets/preview/."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exports.recipes import recipe_schema
from tests.exports.builders import judged_prompts

SCHEMA = "/api/v1/datasets/recipe-schema/"
PREVIEW = "/api/v1/projects/poems/datasets/preview/"


def test_the_schema_of_recipes_is_served(clients):
    response = clients["labeler"].get(SCHEMA)
    assert response.json() == recipe_schema()
    assert response.json()["properties"]["votes"]["enum"] == ["each", "consensus"]
    assert response.json()["properties"]["votes"]["default"] == "each"
    assert clients["nobody"].get(SCHEMA).status_code == 401


def test_a_preview_shows_rows_and_their_number(clients, project):
    judged_prompts(project, 11)
    asked = {"format": "preference", "recipe": {"test_share": 0, "columns": ["weight"]}}
    found = clients["trainer"].post(PREVIEW, asked, format="json").json()
    assert (found["items"], found["at_least"], found["looked_at"]) == (11, False, 10)
    assert len(found["rows"]) == 10
    assert found["rows"][0]["split"] == "train"
    assert found["rows"][0]["row"]["weight"] == 1.0
    assert found["counts"]["judgments"] == 11
    assert found["refused"] == {}


@pytest.mark.parametrize(
    ("asked", "attr"),
    [
        ({"recipe": {"votes": "most"}}, "votes"),
        ({"format": "none"}, "formats"),
        ({"recipes": {}}, "recipes"),
    ],
)
def test_a_bad_preview_is_refused_by_name(clients, asked, attr):
    response = clients["trainer"].post(PREVIEW, asked, format="json")
    assert response.status_code == 400
    assert response.json()["errors"][0]["attr"] == attr


def test_a_preview_takes_as_many_queries_whatever_is_there(clients, project):
    numbers = []
    for _ in range(2):
        judged_prompts(project, 3)
        with CaptureQueriesContext(connection) as queries:
            clients["trainer"].post(PREVIEW, {}, format="json")
        numbers.append(len(queries))
    assert numbers[0] == numbers[1] <= 16
