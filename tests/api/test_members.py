"""projects/{slug}/members/ and projects/{slug}/members/{id}/."""

import pytest

from accounts.services import labeler_of
from collector.models import Membership
from labeling.models import LabelerStanding, Tally
from tests.factories import make_member, make_project

pytestmark = pytest.mark.django_db
URL = "/api/v1/projects/poems/members/"
PAY = "/api/v1/projects/poems/pay/"


def uid_of(user):
    return str(user.memberships.get().uid)


def errors(response):
    return [(each["code"], each["attr"]) for each in response.json()["errors"]]


def test_members_are_listed_with_their_work(researcher, people, project):
    ana = people["labeler"]
    Tally.objects.create(
        project=project, labeler=labeler_of(user=ana), total=7, day="2026-03-01", today=2
    )
    LabelerStanding.objects.create(
        project=project, labeler=labeler_of(user=ana), state="warned", reason="Slower."
    )
    found = researcher.get(URL).json()["results"]
    assert [row["role"] for row in found] == Membership.Role.values
    (row,) = researcher.get(f"{URL}?role=labeler").json()["results"]
    assert row.pop("since").endswith("Z")
    assert row == {
        "id": uid_of(ana),
        "email": ana.email,
        "name": "",
        "role": "labeler",
        "judges": True,
        "standing": "warned",
        "reason": "Slower.",
        "judgments": 7,
        "last_active": "2026-03-01",
    }
    assert researcher.get(f"{URL}{row['id']}/").json()["email"] == ana.email
    assert labeler_of(user=ana).pseudonym not in researcher.get(URL).content.decode()
    (found,) = researcher.get(f"{URL}?search={ana.email}").json()["results"]
    assert found["id"] == row["id"]


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_at_any_length(
    researcher, project, rows, django_assert_num_queries
):
    for _ in range(rows):
        labeler_of(user=make_member(project, "labeler"))
    with django_assert_num_queries(7):
        assert len(researcher.get(URL).json()["results"]) == rows + 4


def test_a_new_member_is_told_with_their_id(researcher, project):
    made = researcher.post(URL, {"email": "bo@example.org", "role": "labeler"}, format="json")
    membership = project.memberships.get(user__email="bo@example.org")
    assert made.json()["id"] == str(membership.uid)


def test_a_role_is_changed_and_taken(researcher, people):
    url = f"{URL}{uid_of(people['trainer'])}/"
    changed = researcher.patch(url, {"role": "reviewer"}, format="json")
    assert (changed.status_code, changed.json()["role"]) == (200, "reviewer")
    assert people["trainer"].memberships.get().role == "reviewer"
    assert researcher.delete(url).status_code == 204
    assert not people["trainer"].memberships.exists()
    assert researcher.delete(url).status_code == 404


def test_a_labeler_pauses_and_works_again(researcher, people):
    url = f"{URL}{uid_of(people['labeler'])}/"
    assert errors(researcher.patch(url, {"paused": True}, format="json")) == [
        ("invalid_input", "reason")
    ]
    asked = {"paused": True, "reason": "Too fast."}
    paused = researcher.patch(url, asked, format="json").json()
    assert (paused["standing"], paused["reason"]) == ("paused", "Too fast.")
    assert researcher.patch(url, {"paused": False}, format="json").json()["standing"] == "active"
    assert researcher.patch(url, {"paused": False}, format="json").status_code == 409


def test_the_last_researcher_stays(researcher, people):
    url = f"{URL}{uid_of(people['researcher'])}/"
    assert errors(researcher.delete(url)) == [("last_researcher", "role")]
    assert researcher.patch(url, {"role": "trainer"}, format="json").status_code == 409
    assert people["researcher"].memberships.get().role == "researcher"


def test_of_a_change_that_is_refused_nothing_stays(researcher, people):
    url = f"{URL}{uid_of(people['labeler'])}/"
    asked = {"role": "trainer", "paused": False}
    assert researcher.patch(url, asked, format="json").status_code == 409
    assert people["labeler"].memberships.get().role == "labeler"


def test_members_of_other_projects_are_not_found(researcher):
    stranger = make_member(make_project("prose"), "labeler")
    url = f"{URL}{uid_of(stranger)}/"
    assert researcher.get(url).status_code == 404
    assert researcher.delete(url).status_code == 404
    assert researcher.patch(url, {"role": "trainer"}, format="json").status_code == 404
    assert stranger.memberships.get().role == "labeler"


def test_pay_is_json_and_csv(researcher):
    asked = f"{PAY}?since=2026-03-01&until=2026-03-31&per_hour=20"
    nobody = {"people": 0, "tasks": 0, "decisions": 0, "training": 0, "seconds": 0.0}
    assert researcher.get(asked).json() == nobody | {"amount": "0.00", "results": []}
    file = researcher.get(f"{asked}&format=csv")
    assert file["Content-Type"] == "text/csv; charset=utf-8"
    assert file.content.decode().startswith("email,name,people,standing,tasks,")


@pytest.mark.parametrize(
    ("query", "attr"),
    [
        ("", "since"),
        ("since=2026-03-31&until=2026-03-01", "until"),
        ("since=2020-03-31&until=2026-03-01", "since"),
        ("since=2026-03-01&until=2026-03-31&per_hour=-1", "per_hour"),
        ("since=2026-03-01&until=2026-03-31&minutes=0", "minutes"),
        ("since=2026-03-01&until=2026-03-31&euros=1", "euros"),
    ],
)
def test_pay_that_cannot_be_is_named(researcher, query, attr):
    answer = researcher.get(f"{PAY}?{query}")
    assert answer.status_code == 400
    assert attr in [each["attr"] for each in answer.json()["errors"]]
