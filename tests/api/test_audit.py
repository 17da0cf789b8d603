"""projects/{slug}/audit/ and audit/."""

import pytest

from audit.acting import acting
from audit.models import Event
from tests.factories import make_member, make_project, make_user

URL = "/api/v1/projects/poems/audit/"


@pytest.fixture
def renamed(project, people):
    told = {"user": people["researcher"].pk, "address": "203.0.113.7", "via": "page"}
    with acting(lambda: {**told, "place": "/admin/"}):
        project.name = "Verses"
        project.save()
    return project


def test_an_event_is_told_whole(researcher, renamed, people):
    got = researcher.get(URL + "?kind=project&action=changed").json()["results"]
    event = Event.objects.get(kind="project", action="changed")
    assert got == [
        {
            "id": event.pk,
            "at": event.at.isoformat().replace("+00:00", "Z"),
            "actor": people["researcher"].email,
            "actor_erased": False,
            "token": "",
            "handed_to": None,
            "address": "203.0.113.7",
            "via": "page",
            "place": "/admin/",
            "action": "changed",
            "kind": "project",
            "object": renamed.pk,
            "name": "poems",
            "person": None,
            "project": "poems",
            "changes": {"name": [event.changes["name"][0], "Verses"]},
        }
    ]


def test_a_project_tells_its_own_events_and_the_site_all(researcher, clients, renamed):
    make_project("secret-elsewhere")
    own = {row["project"] for row in researcher.get(URL).json()["results"]}
    assert own == {"poems"}
    everything = clients["admin"].get("/api/v1/audit/").json()["results"]
    assert {"poems", "secret-elsewhere", None} <= {row["project"] for row in everything}
    assert {"user", "token", "project"} <= {row["kind"] for row in everything}
    assert researcher.get("/api/v1/audit/").status_code == 403


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?action=changed", 1),
        ("?via=page", 1),
        ("?since=2001-01-01T00:00:00Z&kind=project", 2),
        ("?until=2001-01-01T00:00:00Z", 0),
        ("?person=nobody-of-that-name", 0),
        ("?name=poem&action=changed", 1),
    ],
)
def test_events_are_filtered(researcher, renamed, query, found):
    assert len(researcher.get(URL + query).json()["results"]) == found


@pytest.mark.parametrize("query", ["?kind=x", "?action=x", "?since=yesterday", "?who=ana"])
def test_what_makes_no_sense_is_an_error(researcher, query):
    assert researcher.get(URL + query).status_code == 400


def test_events_page_in_order(researcher, renamed):
    first = researcher.get(URL + "?page_size=2").json()
    second = researcher.get(first["next"]).json()
    ids = [row["id"] for row in first["results"] + second["results"]]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids) == 4


@pytest.mark.parametrize("members", [1, 30])
def test_a_page_costs_as_many_queries_however_long(
    researcher, renamed, members, django_assert_max_num_queries
):
    for _ in range(members):
        make_member(renamed, "trainer", make_user())
    with django_assert_max_num_queries(6):
        assert len(researcher.get(URL).json()["results"]) > members
