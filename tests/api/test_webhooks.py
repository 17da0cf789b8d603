"""projects/{slug}/webhooks/ and webhooks/{id}/."""

import pytest

from collector.models import Webhook
from collector.services.webhooks import secret_of

URL = "/api/v1/projects/poems/webhooks/"
READY = "dataset_version.ready"


@pytest.fixture(autouse=True)
def _allowed(db, settings):
    settings.CONCORD_ALLOWED_WEBHOOK_HOSTS = ["hooks.example.org"]


def made(researcher):
    body = {"url": "https://hooks.example.org/a", "events": [READY]}
    response = researcher.post(URL, body, format="json")
    assert response.status_code == 201
    return response.json()


def test_the_secret_is_shown_when_made_and_when_renewed_only(researcher):
    written = made(researcher)
    webhook = Webhook.objects.get()
    assert written.pop("secret") == secret_of(webhook)
    assert written == {
        "id": str(webhook.uid),
        "url": "https://hooks.example.org/a",
        "events": [READY],
        "enabled": True,
        "disabled_reason": "",
        "created_at": webhook.created_at.isoformat().replace("+00:00", "Z"),
    }
    assert researcher.get(URL).json()["results"] == [written]
    one = f"/api/v1/webhooks/{webhook.uid}/"
    assert researcher.get(one).json() == written
    renewed = researcher.post(f"{one}secret/").json()["secret"]
    webhook.refresh_from_db()
    assert renewed == secret_of(webhook)


def test_a_webhook_is_changed_and_deleted(researcher):
    one = f"/api/v1/webhooks/{made(researcher)['id']}/"
    changed = researcher.patch(one, {"enabled": False}, format="json").json()
    assert (changed["enabled"], changed["events"]) == (False, [READY])
    events = ["dataset_version.failed"]
    assert researcher.patch(one, {"events": events}, format="json").json()["events"] == events
    assert researcher.delete(one).status_code == 204
    assert researcher.get(one).status_code == 404


def test_a_test_message_is_owed_and_listed(researcher):
    one = f"/api/v1/webhooks/{made(researcher)['id']}/"
    owed = researcher.post(f"{one}test/")
    assert (owed.status_code, owed.json()["event"]) == (202, "webhook.test")
    assert [row["id"] for row in researcher.get(f"{one}deliveries/").json()["results"]] == [
        owed.json()["id"]
    ]


@pytest.mark.parametrize(
    ("body", "attr"),
    [
        ({"url": "https://elsewhere.example.org/", "events": [READY]}, "url"),
        ({"url": "https://hooks.example.org/", "events": ["x"]}, "events"),
        ({"url": "https://hooks.example.org/", "events": []}, "events"),
        ({"events": [READY]}, "url"),
    ],
)
def test_what_cannot_be_told_is_refused(researcher, body, attr):
    response = researcher.post(URL, body, format="json")
    assert response.status_code == 400
    assert response.json()["errors"][0]["attr"].split(".")[0] == attr
