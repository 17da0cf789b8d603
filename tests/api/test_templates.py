"""projects/{slug}/templates/ and templates/preview/."""

import pytest

from collector.services.templates import save_template
from tests.factories import make_project

URL = "/api/v1/projects/poems/templates/"
TEXT = "Is {{ word }} a noun? ||| {{ ['no', 'yes'][noun] }}"
ROWS = [{"word": word, "noun": noun} for word, noun in (("cat", 1), ("run", 0), ("sky", 1))]


def test_a_template_is_stored_under_numbers_and_listed(researcher, project):
    save_template(project=make_project(), name="elsewhere", text="{{ a }}")
    made = researcher.post(URL, {"name": "nouns", "text": TEXT}, format="json")
    assert made.status_code == 201
    stored = project.templates.get()
    expected = {
        "id": str(stored.uid),
        "name": "nouns",
        "number": 1,
        "text": TEXT,
        "shots": 0,
        "draw": "seed",
        "seed": 0,
        "created_at": made.json()["created_at"],
    }
    assert made.json() == expected
    assert researcher.get(URL).json()["results"] == [expected]


def test_the_list_has_a_query_budget(researcher, project, django_assert_num_queries):
    for number in (1, 3):
        while project.templates.count() < number:
            save_template(project=project, name=f"t{project.templates.count()}", text="{{ a }}")
        with django_assert_num_queries(3):
            assert len(researcher.get(URL).json()["results"]) == number


def test_a_preview_shows_ten_prompts_and_why_others_would_be_left_out(researcher):
    rows = [*ROWS, {"word": "x"}, *({"word": f"w{n}", "noun": 1} for n in range(20))]
    shown = researcher.post(URL + "preview/", {"text": TEXT, "rows": rows}, format="json")
    assert shown.status_code == 200
    results = shown.json()["results"]
    assert len(results) == 10
    assert results[0] == {
        "row": 1,
        "prompt": "Is cat a noun?",
        "target": "yes",
        "code": "",
        "detail": "",
    }
    assert (results[3]["row"], results[3]["code"]) == (4, "missing_column")


def test_a_preview_draws_examples_from_all_rows(researcher, project):
    body = {"text": TEXT, "rows": ROWS, "shots": 2, "draw": "nearest"}
    shown = researcher.post(URL + "preview/", body, format="json").json()["results"]
    examples = shown[1]["prompt"].split("\n\n")
    assert sorted(examples) == ["Is cat a noun?\nyes", "Is run a noun?", "Is sky a noun?\nyes"]
    assert not project.templates.exists()


@pytest.mark.parametrize(
    ("body", "attr"),
    [
        ({"text": "{% include 'x' %}", "rows": ROWS}, "text"),
        ({"text": TEXT, "rows": []}, "rows"),
        ({"text": TEXT, "rows": [1]}, "rows"),
        ({"text": TEXT, "rows": ROWS, "shots": 99}, "shots"),
        ({"text": TEXT, "rows": ROWS, "name": "x"}, "name"),
    ],
)
def test_what_cannot_be_previewed_is_refused(researcher, body, attr):
    refused = researcher.post(URL + "preview/", body, format="json")
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["attr"] == attr
