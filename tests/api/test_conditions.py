"""ETag, If-None-Match and If-Match: nobody reads twice what has not changed, or writes over it."""

import pytest

from api import conditions
from collector.models import Membership, Project, Webhook
from tests.api.conftest import client_of
from tests.factories import make_member, make_project
from tests.labeling.work import together

POEMS = "/api/v1/projects/poems/"


def test_what_was_read_is_not_sent_again(researcher):
    first = researcher.get(POEMS)
    tag = first["ETag"]
    again = researcher.get(POEMS, headers={"If-None-Match": f'"other", W/{tag}'})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    assert "Content-Type" not in again
    assert "no-store" in again["Cache-Control"]
    researcher.patch(POEMS, {"name": "Verses"}, format="json")
    changed = researcher.get(POEMS, headers={"If-None-Match": tag})
    assert (changed.status_code, changed.json()["name"]) == (200, "Verses")
    assert changed["ETag"] != tag


def test_a_tag_is_that_of_the_very_body(researcher):
    first = researcher.get(POEMS)
    assert first["ETag"] == conditions.tag_of(first.content)
    assert researcher.get(POEMS)["ETag"] == first["ETag"]
    assert researcher.head(POEMS)["ETag"] == first["ETag"]
    assert "ETag" not in researcher.get("/api/v1/projects/none/")


def test_a_change_is_made_to_what_was_read_only(researcher):
    tag = researcher.get(POEMS)["ETag"]
    changed = researcher.patch(POEMS, {"name": "A"}, format="json", headers={"If-Match": tag})
    assert changed.status_code == 200
    late = researcher.patch(POEMS, {"name": "B"}, format="json", headers={"If-Match": tag})
    assert (late.status_code, late.json()["errors"][0]["code"]) == (412, "precondition_failed")
    assert Project.objects.get(slug="poems").name == "A"
    # The answer to a change has the tag of what is there then.
    assert changed["ETag"] == researcher.get(POEMS)["ETag"]
    on = researcher.patch(
        POEMS, {"name": "C"}, format="json", headers={"If-Match": changed["ETag"]}
    )
    assert on.status_code == 200


@pytest.mark.parametrize(
    ("given", "status"), [("*", 200), ('"x"', 412), ("W/{tag}", 412), ("", 412), ("x", 412)]
)
def test_what_matches(researcher, given, status):
    tag = researcher.get(POEMS)["ETag"]
    headers = {"If-Match": given.format(tag=tag)}
    assert researcher.patch(POEMS, {}, format="json", headers=headers).status_code == status


def test_a_thing_is_deleted_as_it_was_read_only(researcher, project):
    webhook = Webhook.objects.create(project=project, url="http://a.test", events=[])
    path = f"/api/v1/webhooks/{webhook.uid}/"
    tag = researcher.get(path)["ETag"]
    researcher.patch(path, {"enabled": False}, format="json")
    assert researcher.delete(path, headers={"If-Match": tag}).status_code == 412
    tag = researcher.get(path)["ETag"]
    assert researcher.delete(path, headers={"If-Match": tag}).status_code == 204
    assert not Webhook.objects.exists()


def test_rights_come_before_conditions(labeler):
    headers = {"If-Match": "*"}
    response = labeler.patch(POEMS, {"name": "B"}, format="json", headers=headers)
    assert response.status_code == 403


@pytest.mark.django_db(transaction=True)
def test_of_many_that_change_the_same_at_once_one_does():
    project = make_project("poems")
    researcher = make_member(project, Membership.Role.RESEARCHER)
    clients = [client_of(researcher) for _ in range(6)]
    webhook = Webhook.objects.create(project=project, url="http://a.test", events=[])
    for path, body in ((POEMS, "name"), (f"/api/v1/webhooks/{webhook.uid}/", "enabled")):
        tag = clients[0].get(path)["ETag"]

        def change(index, path=path, body=body, tag=tag):
            value = f"number {index}" if body == "name" else False
            headers = {"If-Match": tag}
            return (
                clients[index]
                .patch(path, {body: value}, format="json", headers=headers)
                .status_code
            )

        assert sorted(together(6, change)) == [200] + [412] * 5
