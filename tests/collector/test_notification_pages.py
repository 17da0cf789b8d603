"""Who gets which mails: the page of settings, the API, and the way out of each mail."""

import pytest
from django.test import Client

from accounts.models import User
from accounts.services import create_token
from collector.models import NotificationSwitches, Project
from collector.services.notifications import switches_of, unsubscribe_token, wanting_mail
from tests.factories import make_member, make_project, make_user
from tests.labeling.pages import html, sign_in

pytestmark = pytest.mark.django_db
PAGE, API = "/settings/mails/", "/api/v1/me/notifications/"
TRAINERS = ["dataset_version.ready", "dataset_version.withdrawn"]
BOTH = ["dataset_version.ready", "dataset_version.withdrawn", "adjudications.waiting"]


@pytest.fixture
def project() -> Project:
    return make_project("poems", name="Poems")


@pytest.fixture
def tom(project: Project) -> User:
    return make_member(project, "trainer", make_user("tom@example.org", password="x"))


def off(user: User) -> dict[str, list[str]]:
    return {row["project"].slug: row["off"] for row in switches_of(user=user)}


def test_the_page_offers_what_ones_roles_are_told_of_and_stores_the_choice(
    project: Project, tom: User
) -> None:
    make_member(make_project("labeled"), "labeler", tom)
    make_member(make_project("hidden"), "trainer")
    client = sign_in(tom)
    body = html(client.get(PAGE))
    assert body.count('type="checkbox"') == body.count("checked") == 2
    assert "A dataset is ready" in body
    assert "A run has finished" not in body
    response = client.post(PAGE, {"poems": ["dataset_version.ready"]})
    assert (response.status_code, response["Location"]) == (302, PAGE)
    assert off(tom) == {"poems": ["dataset_version.withdrawn"]}
    assert html(client.get(PAGE)).count("checked") == 1
    client.post(PAGE, {})
    assert off(tom) == {"poems": TRAINERS}
    assert client.post(PAGE, {"poems": ["run.finished"]}).status_code == 400
    assert off(tom) == {"poems": TRAINERS}


def test_labelers_are_told_that_they_are_told_of_nothing(project: Project) -> None:
    labeler = make_member(project, "labeler")
    assert "Labelers are told of nothing by e-mail." in html(sign_in(labeler).get(PAGE))


@pytest.mark.parametrize("projects", [1, 3])
def test_the_page_takes_two_queries_however_many_projects(
    tom: User, projects: int, django_assert_num_queries
) -> None:
    for _ in range(projects - 1):
        make_member(make_project(), "trainer", tom)
    with django_assert_num_queries(2):
        assert len(switches_of(user=tom)) == projects


def test_the_api_does_the_same(project: Project, tom: User) -> None:
    token = create_token(user=tom)
    headers = {"Authorization": f"Token {token}"}
    make_member(project, "reviewer", tom)
    client = Client(headers=headers)
    before = client.get(API).json()
    assert [(row["project"], row["off"]) for row in before] == [("poems", [])]
    assert set(BOTH) < set(before[0]["on"])
    body = {"project": "poems", "off": ["dataset_version.ready"]}
    changed = client.patch(API, body, content_type="application/json")
    assert (changed.status_code, changed.json()["off"]) == (200, ["dataset_version.ready"])
    assert client.get(API).json() == [changed.json()]
    assert off(tom) == {"poems": ["dataset_version.ready"]}


@pytest.mark.parametrize(
    ("body", "status", "attr"),
    [
        ({"project": "poems", "off": ["x"]}, 400, "off"),
        ({"project": "poems", "off": ["run.finished"]}, 400, "off"),
        ({"project": "nowhere", "off": []}, 404, None),
        ({"project": "labeled", "off": []}, 404, "project"),
        ({"project": "poems"}, 400, "off"),
    ],
)
def test_what_cannot_be_switched_is_refused(tom: User, body, status: int, attr) -> None:
    make_member(make_project("labeled"), "labeler", tom)
    client = Client(headers={"Authorization": f"Token {create_token(user=tom)}"})
    response = client.patch(API, body, content_type="application/json")
    assert response.status_code == status
    assert (response.json()["errors"][0]["attr"] or "").split(".")[0] == (attr or "")


def test_a_mails_link_ends_the_mails_of_its_project_without_signing_in(
    project: Project, tom: User
) -> None:
    make_member(make_project("elsewhere"), "trainer", tom)
    token = unsubscribe_token(user_id=tom.pk, project_id=project.pk)
    address = f"/mails/stop/{token}/"
    client = Client(enforce_csrf_checks=True)
    assert "Stop all mails about this project" in html(client.get(address))
    assert not NotificationSwitches.objects.exists()  # mail programs look at links by themselves
    for _ in range(2):
        answer = client.post(address, {"List-Unsubscribe": "One-Click"})
        assert "You get no more mails about this project." in html(answer)
    assert off(tom) == {"poems": TRAINERS, "elsewhere": []}
    told = wanting_mail(project_id=project.pk, event="dataset_version.ready")
    assert not told.exists()


def test_a_link_that_is_not_ours_or_of_nobody_any_more_is_not_found(
    project: Project, tom: User
) -> None:
    token = unsubscribe_token(user_id=tom.pk, project_id=project.pk)
    client = Client()
    assert client.post(f"/mails/stop/x{token}/").status_code == 404
    address = f"/mails/stop/{token}/"
    tom.delete()
    assert client.get(address).status_code == 404
    assert not NotificationSwitches.objects.exists()
