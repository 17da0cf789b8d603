"""projects/{slug}/comparisons/ and projects/{slug}/progress/."""

import pytest

from accounts.services import labeler_of
from labeling.models import Comparison
from labeling.services.building import build_tasks
from labeling.services.claiming import claim
from labeling.services.policies import set_policy
from labeling.services.submitting import Answer, submit
from tests.factories import make_answered_prompts, make_project

URL = "/api/v1/projects/poems/comparisons/"


@pytest.fixture
def judged(project, people):
    """Three tasks of two responses, two of them judged by the labeler; another project has one."""
    set_policy(project=project, responses=2)
    make_answered_prompts(project, 3, responses=2)
    build_tasks(project=project)
    judge(project, people["labeler"], 2)
    other = make_project()
    set_policy(project=other, responses=2)
    make_answered_prompts(other, 1, responses=2)
    build_tasks(project=other)
    judge(other, people["labeler"], 1)
    return project


def judge(project, user, tasks):
    labeler = labeler_of(user=user)
    for _ in range(tasks):
        task = claim(project=project, labeler=labeler)
        answer = Answer(submit_key=str(task.slot), tiers=[["1"], ["2"]])
        submit(slot_uid=task.slot, labeler=labeler, answer=answer)


def test_a_comparison_names_both_sides_and_who_won(researcher, judged, people):
    page = researcher.get(URL).json()
    assert len(page["results"]) == 2
    pair = Comparison.objects.filter(project=judged).order_by("pk").first()
    assert page["results"][0] == {
        "judgment": str(pair.judgment.uid),
        "labeler": labeler_of(user=people["labeler"]).pseudonym,
        "prompt": str(pair.prompt.uid),
        "first": str(pair.first.uid),
        "second": str(pair.second.uid),
        "first_generator": "model-a",
        "second_generator": "model-b",
        "outcome": "first" if pair.first_shown_before else "second",
        "strength": None,
        "first_shown_before": pair.first_shown_before,
        "purpose": "work",
        "created_at": pair.created_at.isoformat().replace("+00:00", "Z"),
    }
    assert people["labeler"].email not in researcher.get(URL).content.decode()


def test_retired_comparisons_are_left_out(researcher, judged):
    pair = Comparison.objects.filter(project=judged).order_by("pk").first()
    pair.retired_at = pair.created_at
    pair.save()
    assert len(researcher.get(URL).json()["results"]) == 1


def test_comparisons_are_filtered(researcher, judged, people):
    def count(query):
        response = researcher.get(URL + query)
        assert response.status_code == 200, response.content
        return len(response.json()["results"])

    pairs = Comparison.objects.filter(project=judged).order_by("pk")
    assert count("?generator=model-a") == 2
    assert count("?generator=model-c") == 0
    assert count(f"?labeler={labeler_of(user=people['labeler']).pseudonym}") == 2
    assert count("?labeler=somebody") == 0
    assert count("?purpose=work") == 2
    assert count("?purpose=gold") == 0
    first = pairs[0].created_at.isoformat().replace("+00:00", "Z")
    assert count(f"?created_after={first}") == 1
    assert researcher.get(URL + "?purpose=nonsense").status_code == 400


def test_the_list_costs_the_same_for_one_and_two(
    researcher, judged, project, people, django_assert_num_queries
):
    for query, expected in (("?page_size=1", 1), ("", 2)):
        with django_assert_num_queries(3):  # token, project with roles, comparisons
            assert len(researcher.get(URL + query).json()["results"]) == expected


def test_progress_counts_what_is_there_done_and_owed(researcher, judged):
    assert researcher.get("/api/v1/projects/poems/progress/").json() == {
        "prompts": 3,
        "responses": 6,
        "tasks": {"open": 1, "complete": 2, "void": 0},
        "slots": {"open": 1, "leased": 0, "submitted": 2, "skipped": 0, "void": 0},
        "judgments": 2,
        "comparisons": 2,
        "labelers": 1,
    }


def test_labelers_learn_nothing_of_others(clients, judged):
    for url in (URL, "/api/v1/projects/poems/progress/"):
        assert {role: client.get(url).status_code for role, client in clients.items()} == {
            "admin": 200,
            "researcher": 200,
            "reviewer": 200,
            "trainer": 200,
            "labeler": 403,
            "other": 404,
            "stranger": 404,
            "nobody": 401,
        }
