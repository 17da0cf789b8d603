"""dataset-versions/{id}/pushes/ and pushes/{id}/."""

import pytest
from huggingface_hub import constants

from exports.models import HubPush
from tests.api.test_datasets import built, judged  # noqa: F401 - fixtures

BODY = {"repository": "team/poems"}


@pytest.fixture(autouse=True)
def _allowed(settings, monkeypatch):
    monkeypatch.setattr(constants, "ENDPOINT", "https://hub.example.org")
    settings.CONCORD_ALLOWED_HUB_HOSTS = ["hub.example.org"]
    settings.HF_TOKEN = "hf_of_the_tests"


def test_a_push_is_a_job(clients, built):  # noqa: F811
    url = built["url"] + "pushes/"
    asked = clients["researcher"].post(url, BODY, format="json")
    push = HubPush.objects.get()
    told = {
        "id": str(push.uid),
        "kind": "hub_push",
        "status": "queued",
        "url": f"http://testserver/api/v1/pushes/{push.uid}/",
        "progress": 0.0,
        "error": None,
        "repository": "team/poems",
        "private": True,
        "commit_url": "",
    }
    assert (asked.status_code, asked.json()) == (202, told)
    commit = "https://hub.example.org/datasets/team/poems/commit/1"
    HubPush.objects.update(status="succeeded", commit_url=commit)
    done = told | {"status": "succeeded", "progress": 1.0, "commit_url": commit}
    assert clients["trainer"].get(told["url"]).json() == done
    assert [row["commit_url"] for row in clients["trainer"].get(url).json()["results"]] == [commit]


def test_the_list_has_a_query_budget(clients, built, django_assert_num_queries):  # noqa: F811
    url, researcher = built["url"] + "pushes/", clients["researcher"]
    for number in (1, 3):
        while HubPush.objects.count() < number:
            repository = f"team/poems{HubPush.objects.count()}"
            assert (
                researcher.post(url, {"repository": repository}, format="json").status_code == 202
            )
        with django_assert_num_queries(4):  # token, version, project with roles, pushes
            assert len(researcher.get(url).json()["results"]) == number


@pytest.mark.parametrize(
    ("body", "attr"),
    [
        ({}, "repository"),
        ({"repository": "poems"}, "repository"),
        ({"repository": "../poems"}, "repository"),
        (BODY | {"private": "perhaps"}, "private"),
        (BODY | {"token": "hf_mine"}, "token"),
    ],
)
def test_what_cannot_be_pushed_is_refused(clients, built, body, attr):  # noqa: F811
    response = clients["researcher"].post(built["url"] + "pushes/", body, format="json")
    (error,) = response.json()["errors"]
    assert (response.status_code, error["attr"]) == (400, attr)
    assert not HubPush.objects.exists()


def test_a_hub_that_is_not_allowed_is_one_clear_line(clients, built, settings):  # noqa: F811
    settings.CONCORD_ALLOWED_HUB_HOSTS = []
    response = clients["researcher"].post(built["url"] + "pushes/", BODY, format="json")
    (error,) = response.json()["errors"]
    assert (response.status_code, error["code"]) == (400, "host_not_allowed")
    assert "CONCORD_ALLOWED_HUB_HOSTS" in error["detail"]
