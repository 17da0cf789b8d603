"""Standings over the API: who stands how, on what evidence, and what was decided."""

import pytest

from accounts.services import labeler_of
from labeling.models import LabelerStanding, Letter, Slot
from labeling.services.building import build_tasks
from labeling.services.checking import check_gold
from labeling.services.policies import set_policy
from tests.factories import make_answered_prompts, make_labeler, make_member, make_project
from tests.labeling.checks import answer_checks, checked_project
from tests.labeling.work import judge

ADDRESS = "/api/v1/projects/poems/standings/"


@pytest.fixture
def ana(project, people):
    return labeler_of(user=people["labeler"])


def post(client, **body):
    return client.post(ADDRESS, body, format="json")


def test_a_decision_is_kept_told_and_shown_with_its_history(clients, project, ana):
    set_policy(project=project, responses=2)
    make_answered_prompts(project, 1, 2)
    build_tasks(project=project)
    judge(project, ana)
    reviewer = clients["reviewer"]
    asked = {"labeler": ana.pseudonym, "state": "excluded", "reason": "Two accounts."}
    answer = post(reviewer, **asked).json()
    assert [step.pop("created_at") is not None for step in answer["history"]] == [True]
    assert answer.pop("changed_at") is not None
    assert answer == {
        **asked,
        "kind": "person",
        "judgments": 1,
        "gold": None,
        "letters": 0,
        "appeal": False,
        "history": [
            {
                "before": "training",
                "after": "excluded",
                "reason": "Two accounts.",
                "evidence": {},
                "by_person": True,
            }
        ],
    }
    assert Slot.objects.filter(state="open").count() == 1
    assert Letter.objects.get().labeler == ana
    post(reviewer, labeler=ana.pseudonym, state="active", reason="It was a misunderstanding.")
    one = reviewer.get(f"{ADDRESS}{ana.pseudonym}/").json()
    assert [step["after"] for step in one["history"]] == ["active", "excluded"]
    assert not Slot.objects.filter(state="open").exists()


def test_the_list_tells_of_everybody_and_of_checks(checked):
    client, ana, bo = checked
    rows = client.get("/api/v1/projects/checked/standings/").json()["results"]
    found = {row["labeler"]: (row["state"], row["gold"]) for row in rows}
    assert set(found) == {ana.pseudonym, bo.pseudonym}
    assert found[bo.pseudonym] == (None, None)
    state, gold = found[ana.pseudonym]
    assert (state, gold["right"], gold["n"], gold["accuracy"]) == ("warned", 1, 10, 0.1)
    assert (gold["lower"], gold["upper"]) == pytest.approx((0.0179, 0.4042), abs=1e-4)
    assert gold["p"] == pytest.approx(2.9564e-05, rel=1e-4)
    warned = client.get("/api/v1/projects/checked/standings/?state=warned").json()["results"]
    assert [row["labeler"] for row in warned] == [ana.pseudonym]


@pytest.fixture
def checked(clients, people):
    project = checked_project(10)
    project.slug = "checked"
    project.save(update_fields=["slug"])
    make_member(project, "reviewer", people["reviewer"])
    ana, bo = (labeler_of(user=make_member(project, "labeler")) for _ in range(2))
    answer_checks(project, ana, "rwwwwwwwww")
    check_gold(project=project, labeler=ana)
    return clients["reviewer"], ana, bo


@pytest.mark.parametrize(
    ("asked", "status", "attr"),
    [
        ({"state": "excluded"}, 400, "reason"),
        ({"state": "banned", "reason": "x"}, 400, "state"),
        ({"state": "active", "labeler": "nobody"}, 404, "labeler"),
        ({"state": "active", "reason": "x" * 2001}, 400, "reason"),
    ],
)
def test_what_is_wrong_is_named_and_changes_nothing(clients, ana, asked, status, attr):
    answer = post(clients["reviewer"], **({"labeler": ana.pseudonym} | asked))
    assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (status, attr)
    assert not LabelerStanding.objects.exists()
    assert not Letter.objects.exists()


def test_nobody_decides_on_themselves_nor_on_people_of_other_projects(clients, people):
    make_member(make_project("else"), "labeler", people["other"])
    own = labeler_of(user=people["admin"])
    LabelerStanding.objects.create(
        project_id=people["labeler"].memberships.get().project_id, labeler=own, state="paused"
    )
    assert post(clients["admin"], labeler=own.pseudonym, state="active").status_code == 403
    stranger = labeler_of(user=people["other"])
    assert post(clients["reviewer"], labeler=stranger.pseudonym, state="active").status_code == 404


def test_an_imported_labeler_can_be_excluded_too(clients, project):
    crowd = make_labeler(user=None, kind="simulated")
    set_policy(project=project, responses=2)
    make_answered_prompts(project, 1, 2)
    build_tasks(project=project)
    judge(project, crowd)
    answer = post(clients["reviewer"], labeler=crowd.pseudonym, state="excluded", reason="Random.")
    assert answer.json()["state"] == "excluded"
    assert not Letter.objects.exists()


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_asks_the_same_however_long_it_is(
    clients, project, ana, rows, django_assert_num_queries
):
    for _ in range(rows - 1):
        labeler = labeler_of(user=make_member(project, "labeler"))
        LabelerStanding.objects.create(project=project, labeler=labeler, state="active")
    reviewer = clients["reviewer"]
    reviewer.get(ADDRESS)
    with django_assert_num_queries(7):
        found = reviewer.get(ADDRESS).json()["results"]
    assert len(found) == rows
