"""projects/, projects/{slug}/ and projects/{slug}/members/."""

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from accounts.services import create_token
from collector.models import Membership, Project
from labeling.models import PolicyVersion
from tests.api.conftest import client_of
from tests.factories import make_member, make_project, make_user

POLICY = {
    "modes": ["rank"],
    "responses": 4,
    "overlap": 1,
    "lease_minutes": 30,
    "edit_window_minutes": 10,
    "span_labels": [],
    "excluded_flags": ["repetitive", "truncated"],
    "practice_items": 0,
    "qualification_items": 0,
    "qualification_share": 0.75,
    "qualification_attempts": 2,
    "escalation": [],
    "stop_confidence": 0.85,
    "gold_share": 0.0,
    "gold_evaluated_from": 10,
    "gold_minimum": 0.75,
    "repeat_share": 0.0,
    "daily_judgments": 0,
    "most_judgments": 0,
    "selection": "all",
    "selection_tasks": 100,
    "show_opinions": False,
    "number": 1,
}


def test_a_project_is_made_with_its_policy(researcher, people):
    body = {
        "slug": "jokes",
        "name": "Jokes",
        "languages": ["en", "de"],
        "policy": {"responses": 2, "overlap": 3, "modes": ["rank"]},
    }
    response = researcher.post("/api/v1/projects/", body, format="json")
    assert response.status_code == 201
    made = Project.objects.get(slug="jokes")
    assert response.json() == {
        "id": str(made.uid),
        "slug": "jokes",
        "name": "Jokes",
        "description": "",
        "licence": "",
        "languages": ["en", "de"],
        "policy": POLICY | {"responses": 2, "overlap": 3},
        "archived_at": None,
        "created_at": made.created_at.isoformat().replace("+00:00", "Z"),
    }
    assert researcher.get("/api/v1/projects/jokes/").json() == response.json()
    membership = Membership.objects.get(project=made)
    assert (membership.user, membership.role) == (people["researcher"], "researcher")


def test_superusers_and_researchers_make_projects_and_others_do_not(clients):
    made = {
        role: client.post("/api/v1/projects/", {"slug": f"by-{role}"}, format="json").status_code
        for role, client in clients.items()
    }
    assert made == {
        "admin": 201,
        "researcher": 201,
        "other": 201,
        "reviewer": 403,
        "trainer": 403,
        "labeler": 403,
        "stranger": 403,
        "nobody": 401,
    }


def test_a_slug_is_given_once(researcher):
    response = researcher.post("/api/v1/projects/", {"slug": "elsewhere"}, format="json")
    assert response.status_code == 409
    assert response.json()["errors"] == [
        {
            "code": "conflict",
            "detail": "There is a project with the slug elsewhere.",
            "attr": "slug",
        }
    ]


def test_a_policy_that_breaks_a_rule_makes_no_project(researcher):
    body = {"slug": "jokes", "policy": {"responses": 10}}
    response = researcher.post("/api/v1/projects/", body, format="json")
    assert response.status_code == 400
    assert response.json()["errors"][0]["attr"] == "policy.responses"
    assert not Project.objects.filter(slug="jokes").exists()


def test_every_setting_of_a_policy_is_kept_until_it_is_named(researcher, project):
    settings = {
        "modes": ["pair_7", "safety", "labels", "spans", "edit", "rationale"],
        "responses": 2,
        "overlap": 3,
        "lease_minutes": 45,
        "edit_window_minutes": 5,
        "span_labels": ["wrong", "made up"],
        "excluded_flags": ["pii", "refusal"],
        "practice_items": 2,
        "qualification_items": 6,
        "qualification_share": 0.8,
        "qualification_attempts": 3,
        "escalation": [4, 6],
        "stop_confidence": 0.9,
        "gold_share": 0.1,
        "gold_evaluated_from": 20,
        "gold_minimum": 0.8,
        "repeat_share": 0.05,
        "daily_judgments": 200,
        "most_judgments": 5000,
        "selection": "arena",
        "selection_tasks": 50,
        "show_opinions": True,
    }
    url = "/api/v1/projects/poems/"
    made = researcher.patch(url, {"policy": settings}, format="json").json()["policy"]
    number = made.pop("number")
    assert made == settings
    changed = researcher.patch(url, {"policy": {"overlap": 1}}, format="json").json()["policy"]
    assert changed == settings | {"overlap": 1, "number": number + 1}
    refused = researcher.patch(url, {"policy": {"responses": 4}}, format="json")
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["attr"] == "policy.modes"


def test_the_list_holds_own_projects_only(clients):
    def listed(role):
        return [each["slug"] for each in clients[role].get("/api/v1/projects/").json()["results"]]

    assert listed("labeler") == ["poems"]
    assert listed("other") == ["elsewhere"]
    assert listed("stranger") == []
    assert listed("admin") == ["poems", "elsewhere"]


def test_the_list_costs_the_same_for_one_and_three(people, django_assert_num_queries):
    client = client_of(people["labeler"])
    for expected in (1, 3):
        with django_assert_num_queries(3):  # token, projects, policies
            assert len(client.get("/api/v1/projects/").json()["results"]) == expected
        for _ in range(2):
            project = make_project()
            make_member(project, "labeler", people["labeler"])
            PolicyVersion.objects.create(project=project, number=1, modes=["rank"])


def test_a_patch_changes_what_it_names(researcher, project):
    response = researcher.patch(
        "/api/v1/projects/poems/",
        {"name": "Verses", "policy": {"overlap": 2}, "archived": True},
        format="json",
    )
    assert response.status_code == 200
    assert response.json()["name"] == "Verses"
    assert response.json()["policy"] == POLICY | {"overlap": 2, "number": 2}
    assert response.json()["archived_at"] is not None
    project.refresh_from_db()
    assert (project.name, project.languages) == ("Verses", [])


def test_the_slug_of_a_project_stays(researcher):
    response = researcher.patch("/api/v1/projects/poems/", {"slug": "x"}, format="json")
    assert response.status_code == 400
    assert response.json()["errors"][0]["attr"] == "slug"


def test_only_researchers_of_the_project_change_it(clients):
    changed = {
        role: client.patch("/api/v1/projects/poems/", {"name": "x"}, format="json").status_code
        for role, client in clients.items()
    }
    assert changed == {
        "admin": 200,
        "researcher": 200,
        "reviewer": 403,
        "trainer": 403,
        "labeler": 403,
        "other": 404,
        "stranger": 404,
        "nobody": 401,
    }


def add(client, email, role="labeler", project="poems"):
    return client.post(
        f"/api/v1/projects/{project}/members/", {"email": email, "role": role}, format="json"
    )


def test_a_new_member_gets_an_account_and_a_token_that_works(researcher):
    response = add(researcher, "New@example.org")
    assert response.status_code == 201
    body = response.json()
    assert (body["email"], body["role"]) == ("new@example.org", "labeler")
    client = client_of(User.objects.get(email="new@example.org"))
    client.credentials(HTTP_AUTHORIZATION=f"Token {body['token']}")
    assert client.get("/api/v1/me/").json()["memberships"] == [
        {"project": "poems", "role": "labeler"}
    ]


def test_adding_twice_is_one_membership_and_a_second_token(researcher):
    first, second = add(researcher, "new@example.org"), add(researcher, "new@example.org")
    assert first.json()["token"] != second.json()["token"]
    assert Membership.objects.filter(user__email="new@example.org").count() == 1


def test_a_researcher_gets_no_token_of_people_with_power_of_their_own(researcher):
    make_user("root@example.org", is_superuser=True)
    make_user("ana@example.org", password="correct horse")
    make_member(make_project(), "researcher", make_user("boss@example.org"))
    for email in ("root@example.org", "ana@example.org", "boss@example.org"):
        response = add(researcher, email)
        assert response.status_code == 201
        assert (response.json()["email"], response.json()["token"]) == (email, None)
        assert Membership.objects.filter(user__email=email, project__slug="poems").exists()


def test_a_researcher_gets_no_token_of_an_account_somebody_else_made(researcher, clients):
    make_user("bot@example.org")  # no password, no role: the operator made it
    add(clients["admin"], "invited@example.org")
    for email in ("bot@example.org", "invited@example.org"):
        assert add(researcher, email).json()["token"] is None


def has_a_say(token):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    return {200: True, 401: False}[client.get("/api/v1/me/").status_code]


def become_staff(user, people):
    User.objects.filter(pk=user.pk).update(is_staff=True)


def become_superuser(user, people):
    User.objects.filter(pk=user.pk).update(is_superuser=True)


def choose_a_password(user, people):
    user.set_password("correct horse")
    user.save()


def work_elsewhere(user, people):
    make_member(Project.objects.get(slug="elsewhere"), "labeler", user)


def lose_the_issuers_role(user, people):
    people["researcher"].memberships.all().delete()


def lose_the_issuers_account(user, people):
    User.objects.filter(pk=people["researcher"].pk).update(is_active=False)


def delete_the_issuer(user, people):
    people["researcher"].delete()


@pytest.mark.parametrize(
    "happen",
    [
        become_staff,
        become_superuser,
        choose_a_password,
        work_elsewhere,
        lose_the_issuers_role,
        lose_the_issuers_account,
        delete_the_issuer,
    ],
)
def test_a_handed_token_ends_once_it_gives_its_issuer_power(researcher, people, happen):
    token = add(researcher, "new@example.org").json()["token"]
    user = User.objects.get(email="new@example.org")
    own = create_token(user=user)  # the operator's word: `create_token`
    assert has_a_say(token)
    happen(user, people)
    assert not has_a_say(token)
    assert has_a_say(own)


def test_a_handed_token_goes_with_the_issuer_to_another_project_of_theirs(researcher, people):
    token = add(researcher, "new@example.org").json()["token"]
    second = make_project("second")
    make_member(second, "researcher", people["researcher"])
    make_member(second, "reviewer", User.objects.get(email="new@example.org"))
    assert has_a_say(token)


def test_a_superuser_gets_a_token_for_anybody(clients):
    make_user("ana@example.org", password="correct horse")
    assert add(clients["admin"], "ana@example.org").json()["token"]


def test_an_unknown_role_and_a_bad_address_are_refused(researcher):
    assert add(researcher, "a@example.org", "king").json()["errors"][0]["attr"] == "role"
    assert add(researcher, "nonsense").json()["errors"][0]["attr"] == "email"
    assert not User.objects.filter(email="a@example.org").exists()
