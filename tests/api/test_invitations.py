"""projects/{slug}/invitations/ and invitations/{id}/."""

import re

import pytest
from django.core import mail

from collector.models import Invitation

URL = "/api/v1/projects/poems/invitations/"


@pytest.fixture(autouse=True)
def _database(db):
    """Every test here has rows."""


def test_a_link_is_shown_once_and_listed_without_it(researcher):
    response = researcher.post(URL, {"role": "labeler", "uses": 5, "days": 2}, format="json")
    assert response.status_code == 201
    written = response.json()
    assert re.search(r"/join/#[\w-]{43}$", written.pop("link"))
    row = Invitation.objects.get()
    assert written == {
        "id": str(row.uid),
        "role": "labeler",
        "email": "",
        "uses_left": 5,
        "expires_at": row.expires_at.isoformat().replace("+00:00", "Z"),
        "revoked_at": None,
        "created_at": row.created_at.isoformat().replace("+00:00", "Z"),
    }
    assert researcher.get(URL).json()["results"] == [written]


def test_a_link_to_an_address_is_mailed_and_not_shown(researcher):
    body = {"role": "labeler", "email": "ana@example.org"}
    response = researcher.post(URL, body, format="json")
    assert (response.status_code, response.json()["link"]) == (201, None)
    assert [message.to for message in mail.outbox] == [["ana@example.org"]]


def test_a_revoked_invitation_says_when(researcher):
    uid = researcher.post(URL, {"role": "trainer"}, format="json").json()["id"]
    assert researcher.delete(f"/api/v1/invitations/{uid}/").status_code == 204
    assert Invitation.objects.get().revoked_at is not None
    assert researcher.get(URL).json()["results"][0]["revoked_at"]


def test_only_researchers_of_the_project_revoke(clients, researcher):
    uid = researcher.post(URL, {"role": "labeler"}, format="json").json()["id"]
    statuses = {
        role: client.delete(f"/api/v1/invitations/{uid}/").status_code
        for role, client in clients.items()
        if role not in ("researcher", "admin")
    }
    assert statuses == {
        "nobody": 401,
        "stranger": 404,
        "other": 404,
        "labeler": 403,
        "reviewer": 403,
        "trainer": 403,
    }
    assert Invitation.objects.get().revoked_at is None


@pytest.mark.parametrize(
    ("body", "attr"),
    [({}, "role"), ({"role": "king"}, "role"), ({"role": "labeler", "days": 99}, "days")],
)
def test_what_cannot_be_is_named(researcher, body, attr):
    response = researcher.post(URL, body, format="json")
    assert response.status_code == 400
    assert response.json()["errors"][0]["attr"] == attr


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_at_any_length(researcher, rows, django_assert_num_queries):
    for _ in range(rows):
        researcher.post(URL, {"role": "labeler"}, format="json")
    with django_assert_num_queries(3):
        assert len(researcher.get(URL).json()["results"]) == rows
