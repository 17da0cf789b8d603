"""Policies and guidelines: every version is kept, and the newest is in force."""

import pytest

from labeling.models import GuidelineVersion, PolicyVersion
from labeling.services.policies import set_policy
from tests.api.test_projects import POLICY
from tests.factories import make_project

POLICIES = "/api/v1/projects/poems/policies/"
GUIDELINES = "/api/v1/projects/poems/guidelines/"


def post(client, url, **body):
    return client.post(url, body, format="json")


def results(client, url):
    return client.get(url).json()["results"]


def test_a_policy_changes_what_is_given_and_keeps_the_rest(researcher, project):
    set_policy(project=project, responses=2, overlap=3)
    set_policy(project=make_project(), responses=5)
    first = post(researcher, POLICIES, overlap=5)
    assert first.status_code == 201
    body = first.json()
    created_at = body.pop("created_at")
    assert body == POLICY | {"responses": 2, "overlap": 5, "number": 2}
    assert [each["overlap"] for each in results(researcher, POLICIES)] == [3, 5]
    one = researcher.get(f"{POLICIES}2/").json()
    assert one == body | {"created_at": created_at}
    assert researcher.get(f"{POLICIES}3/").status_code == 404


def test_a_policy_that_changes_nothing_is_no_version(researcher, project):
    set_policy(project=project, responses=2, overlap=3)
    same = post(researcher, POLICIES, overlap=3)
    assert (same.status_code, same.json()["number"]) == (200, 1)
    assert PolicyVersion.objects.count() == 1


def test_a_policy_is_checked(researcher, project):
    refused = post(researcher, POLICIES, overlap=0)
    assert refused.status_code == 400
    assert [error["attr"] for error in refused.json()["errors"]] == ["overlap"]
    unknown = post(researcher, POLICIES, overlaps=2)
    assert unknown.json()["errors"][0]["code"] == "unknown_field"


def test_guidelines_are_written_in_versions(researcher, labeler, project):
    assert researcher.get(f"{GUIDELINES}current/").status_code == 404
    first = post(researcher, GUIDELINES, text="# Be fair")
    assert (first.status_code, first.json()["number"]) == (201, 1)
    assert post(researcher, GUIDELINES, text="# Be fair\n").status_code == 200
    second = post(researcher, GUIDELINES, text="# Be fair and kind")
    assert second.json()["number"] == 2
    rows = results(labeler, GUIDELINES)
    assert [set(row) for row in rows] == [{"number", "created_at"}] * 2
    assert labeler.get(f"{GUIDELINES}current/").json() == second.json()
    assert labeler.get(f"{GUIDELINES}1/").json()["text"] == "# Be fair"
    assert labeler.get(f"{GUIDELINES}3/").status_code == 404
    assert GuidelineVersion.objects.count() == 2


@pytest.mark.parametrize("text", ["", "  ", "x" * 100_001])
def test_guidelines_are_text(researcher, text):
    refused = post(researcher, GUIDELINES, text=text)
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["attr"] == "text"


def test_lists_cost_the_same_at_any_length(researcher, project, django_assert_num_queries):
    for number in (2, 3, 4):
        set_policy(project=project, responses=number)
        post(researcher, GUIDELINES, text=f"number {number}")
        for url in (POLICIES, GUIDELINES):
            with django_assert_num_queries(3):  # the token, the project, the page
                researcher.get(url)
