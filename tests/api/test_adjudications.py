"""Adjudication over REST: the list, the case, and the decision."""

from typing import Any

import pytest

from labeling.models import Adjudication, Judgment, Task
from labeling.services.adjudicated import order_for
from tests.api.conftest import client_of
from tests.factories import make_member
from tests.labeling.disputes import disputed, expert, opened

pytestmark = pytest.mark.django_db


def call(user, method: str, path: str, body: Any = None):
    return getattr(client_of(user), method.lower())(f"/api/v1/{path}", body, format="json")


@pytest.mark.parametrize("tasks", [1, 3])
def test_what_waits_is_listed_at_the_same_cost_however_many(tasks, django_assert_num_queries):
    project = disputed(tasks)
    adjudications = opened(project)
    client = client_of(expert(project))
    path = f"/api/v1/projects/{project.slug}/adjudications/"
    client.get(path)
    with django_assert_num_queries(3):
        listed = client.get(path, {"state": "open"}).json()["results"]
    assert [each["id"] for each in listed] == [str(each.uid) for each in adjudications]
    assert listed[0] == {
        "id": str(adjudications[0].uid),
        "task": str(adjudications[0].task.uid),
        "state": "open",
        "kind": "",
        "disagreement": adjudications[0].disagreement,
        "note": "",
        "judgment": None,
        "guideline_version": None,
        "put_back": 0,
        "opened_at": listed[0]["opened_at"],
        "resolved_at": None,
    }
    assert client.get(path, {"kind": "slip"}).json()["results"] == []
    assert client.get(path, {"kind": "fun"}).status_code == 400


def test_a_case_tells_places_and_pseudonyms_and_no_model():
    project = disputed()
    (adjudication,) = opened(project)
    reply = call(expert(project), "GET", f"adjudications/{adjudication.uid}/")
    case = reply.json()
    assert [shown["id"] for shown in case["responses"]] == ["1", "2"]
    assert len(case["votes"]) == 2
    assert {tuple(vote["tiers"][0]) for vote in case["votes"]} == {("1",), ("2",)}
    assert {vote["labeler"] for vote in case["votes"]} == set(
        Judgment.objects.values_list("labeler__pseudonym", flat=True)
    )
    assert "model-a" not in reply.content.decode()


def test_a_reviewer_decides_once_and_a_researcher_does_not():
    project = disputed()
    (adjudication,) = opened(project)
    path, body = f"adjudications/{adjudication.uid}/resolve/", {"kind": "slip"}
    body["tiers"] = [["2"], ["1"]]
    user = expert(project)
    assert call(make_member(project, "researcher"), "POST", path, body).status_code == 403
    for _ in range(2):
        done = call(user, "POST", path, body)
        assert (done.status_code, done.json()["state"]) == (200, "resolved")
    judgment = Judgment.objects.get(purpose="adjudication")
    assert done.json()["judgment"] == str(judgment.uid)
    assert judgment.tiers == [[pk] for pk in reversed(order_for(adjudication))]
    other = call(user, "POST", path, body | {"tiers": [["1"], ["2"]]})
    assert (other.status_code, other.json()["errors"][0]["code"]) == (409, "already_adjudicated")


@pytest.mark.parametrize(
    ("body", "attr"),
    [
        ({"kind": "fun"}, "kind"),
        ({"kind": "slip"}, "answer"),
        ({"kind": "slip", "tiers": [["1"]]}, "tiers"),
        ({"kind": "slip", "tiers": [["1"], ["2"]], "put_back": "this"}, "kind"),
        ({"kind": "guideline_gap", "put_back": "this"}, "guidelines"),
        ({"kind": "slip", "colour": "red"}, "colour"),
    ],
)
def test_a_decision_that_is_none_names_its_field(body, attr):
    project = disputed()
    (adjudication,) = opened(project)
    reply = call(expert(project), "POST", f"adjudications/{adjudication.uid}/resolve/", body)
    assert (reply.status_code, reply.json()["errors"][0]["attr"]) == (400, attr)
    assert Adjudication.objects.get().state == "open"


def test_a_gap_is_closed_over_rest():
    project = disputed(2)
    first, _second = opened(project)
    body = {"kind": "guideline_gap", "guidelines": "# Dates", "put_back": "queue"}
    done = call(expert(project), "POST", f"adjudications/{first.uid}/resolve/", body).json()
    assert (done["guideline_version"], done["put_back"], done["judgment"]) == (1, 2, None)
    assert set(Task.objects.values_list("state", flat=True)) == {"open"}


def test_a_task_is_put_before_an_expert_by_hand():
    project = disputed()
    task = Task.objects.get()
    path = f"projects/{project.slug}/adjudications/"
    made = call(make_member(project, "researcher"), "POST", path, {"task": str(task.uid)})
    assert (made.status_code, made.json()["task"]) == (201, str(task.uid))
    again = call(expert(project), "POST", path, {"task": str(task.uid)})
    assert again.json()["id"] == made.json()["id"]
    unknown = call(expert(project), "POST", path, {"task": made.json()["id"]})
    assert (unknown.status_code, unknown.json()["errors"][0]["attr"]) == (404, "task")
