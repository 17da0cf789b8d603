"""One's own tokens: made, listed, ended, and what each is good for."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import IntegrityError
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken
from rest_framework.test import APIClient

from accounts.models import PersonalToken
from accounts.services import accept_consent, create_token, hand_token, labeler_of
from accounts.tokens import MOST_TOKENS, make_token, note_use, tokens_of
from collector.models import Membership
from tests.factories import make_member, make_project, make_user
from tests.labeling.work import project_with_tasks

pytestmark = pytest.mark.django_db
URL = "/api/v1/me/tokens/"


def client_with(secret):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {secret}")
    return client


@pytest.fixture
def ana():
    return make_user("ana@example.org")


def made(user, **fields):
    return make_token(user=user, now=timezone.now(), **{"name": "a script"} | fields)


def test_a_token_is_shown_once_and_listed_without_its_secret(ana):
    client = client_with(create_token(user=ana))
    made = client.post(URL, {"name": " notebook ", "scope": "read", "days": 30}, format="json")
    assert made.status_code == 201
    secret = made.json().pop("token")
    row = made.json()
    assert (row["name"], row["scope"], row["handed_to"]) == ("notebook", "read", "")
    assert secret.startswith(row["id"])
    assert row["used_at"] is None
    listed = client.get(URL)
    assert secret not in listed.content.decode()
    names = [(each["name"], each["scope"]) for each in listed.json()["results"]]
    assert names == [("notebook", "read"), ("", "all")]
    assert client_with(secret).get("/api/v1/me/").json()["email"] == ana.email


@pytest.mark.parametrize(
    ("body", "attr"),
    [
        ({}, "name"),
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "x", "scope": "king"}, "scope"),
        ({"name": "x", "days": 0}, "days"),
    ],
)
def test_what_cannot_be_is_named(ana, body, attr):
    answer = client_with(create_token(user=ana)).post(URL, body, format="json")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == attr


def test_a_token_that_is_ended_lets_nobody_in(ana):
    bo = make_user()
    token, secret = made(ana)
    client = client_with(create_token(user=ana))
    assert client_with(create_token(user=bo)).delete(f"{URL}{token.id}/").status_code == 404
    assert client_with(secret).get("/api/v1/me/").status_code == 200
    assert client.delete(f"{URL}{token.id}/").status_code == 204
    assert client_with(secret).get("/api/v1/me/").status_code == 401
    assert client.delete(f"{URL}{token.id}/").status_code == 404
    assert PersonalToken.objects.count() == 0


def test_a_token_made_by_another_does_not_outlive_it(ana):
    _token, secret = made(ana, days=2)
    client = client_with(secret)
    for days in (None, 30):
        ends = client.post(URL, {"name": "longer", "days": days}, format="json").json()
        first = AuthToken.objects.get(token_key=secret[:15])
        assert ends["expires_at"] == first.expiry.isoformat().replace("+00:00", "Z")
    sooner = client.post(URL, {"name": "sooner", "days": 1}, format="json").json()
    assert sooner["expires_at"] < ends["expires_at"]


def test_a_token_to_hand_on_does_not_outlive_the_one_that_asked_for_it():
    project = make_project("tea")
    asks = {
        "ends": make_member(project, Membership.Role.RESEARCHER),
        "stays": make_member(project, Membership.Role.RESEARCHER),
    }
    expiry = {}
    for name, researcher in asks.items():
        _token, secret = made(researcher, days=2 if name == "ends" else None)
        body = {"email": f"{name}@example.org", "role": "labeler"}
        answer = client_with(secret).post("/api/v1/projects/tea/members/", body, format="json")
        handed = AuthToken.objects.get(token_key=answer.json()["token"][:15])
        expiry[name] = (handed.expiry, AuthToken.objects.get(token_key=secret[:15]).expiry)
    assert expiry["ends"][0] == expiry["ends"][1] is not None
    assert expiry["stays"] == (None, None)


def test_who_was_handed_a_token_makes_and_ends_none(ana):
    issuer = make_user(is_superuser=True)
    handed = client_with(hand_token(user=ana, issuer=issuer))
    own, _secret = made(ana)
    assert handed.get("/api/v1/me/").status_code == 200
    assert handed.post(URL, {"name": "mine now"}, format="json").status_code == 403
    assert handed.delete(f"{URL}{own.id}/").status_code == 403
    assert [(each.name, each.handed_to) for each in tokens_of(user=ana)] == [
        ("a script", ""),
        ("", issuer.email),
    ]
    key = AuthToken.objects.get(handed__issuer=issuer).token_key
    owners = client_with(create_token(user=ana))
    assert owners.delete(f"{URL}{key}/").status_code == 204  # it is ana's account
    assert handed.get("/api/v1/me/").status_code == 401


def test_nobody_has_more_tokens_than_can_be_looked_after(ana):
    client = client_with(create_token(user=ana))
    for _ in range(MOST_TOKENS - 2):
        AuthToken.objects.create(user=ana)
    statuses = [client.post(URL, {"name": "x"}, format="json").status_code for _ in range(2)]
    assert statuses == [201, 409]


def statuses_of(scope, user, calls):
    client = client_with(made(user, scope=scope)[1])
    found = {}
    for method, url, body in calls:
        answer = getattr(client, method)(url, body, format="json")
        refused = answer.status_code == 403 and answer.json()["errors"][0]["code"]
        found[f"{method} {url.removeprefix('/api/v1/')}"] = (
            "narrow" if refused == "scope_too_narrow" else answer.status_code
        )
    return found


def test_a_token_to_read_changes_nothing():
    project = make_project("poems")
    rita = make_member(project, "researcher")
    of_project = "/api/v1/projects/poems/"
    calls = [
        ("get", of_project, None),
        ("get", f"{of_project}members/", None),
        ("patch", of_project, {"name": "Poetry"}),
        ("post", f"{of_project}datasets/preview/", {}),
        ("post", f"{of_project}tasks/", {}),
        ("post", URL, {"name": "all of it"}),
        ("post", "/api/v1/me/consents/", {}),
    ]
    assert statuses_of("read", rita, calls) == {
        "get projects/poems/": 200,
        "get projects/poems/members/": 200,
        "patch projects/poems/": "narrow",
        "post projects/poems/datasets/preview/": 200,
        "post projects/poems/tasks/": "narrow",
        "post me/tokens/": "narrow",
        "post me/consents/": "narrow",
    }
    project.refresh_from_db()
    assert project.name == "poems"


def test_a_token_to_judge_does_what_labelers_do_and_nothing_else():
    project = project_with_tasks(2)
    ana = make_member(project, "labeler")
    make_member(make_project("poems"), "researcher", ana)
    accept_consent(labeler=labeler_of(user=ana))
    of_project = f"/api/v1/projects/{project.slug}/"
    client = client_with(made(ana, scope="label")[1])
    claimed = client.post(f"{of_project}claim/", {}, format="json").json()
    slot = f"/api/v1/slots/{claimed['slot']}/"
    assert client.post(f"{slot}renew/", {}, format="json").status_code == 200
    answer = {"submit_key": "k", "tiers": [["1"], ["2"]]}
    assert client.post(f"{slot}submit/", answer, format="json").status_code == 201
    assert client.get("/api/v1/me/").status_code == 200
    assert client.get(f"{of_project}training/").status_code == 200
    calls = [
        ("get", "/api/v1/projects/poems/members/", None),
        ("post", "/api/v1/projects/", {"slug": "x"}),
        ("get", "/api/v1/me/tokens/", None),
        ("post", URL, {"name": "all of it"}),
    ]
    assert set(statuses_of("label", ana, calls).values()) == {"narrow"}


def test_who_may_not_is_told_that_before_the_scope():
    make_project("poems")
    calls = [("patch", "/api/v1/projects/poems/", {"name": "x"})]
    assert list(statuses_of("read", make_user(), calls).values()) == [404]


def test_the_last_use_is_noted_once_in_a_while(ana, django_assert_num_queries):
    _token, secret = made(ana)
    labeler_of(user=ana)
    client = client_with(secret)
    assert client.get("/api/v1/me/").status_code == 200
    first = PersonalToken.objects.get().used_at
    assert first is not None
    with django_assert_num_queries(3):  # the token, the consent, the memberships
        client.get("/api/v1/me/")
    token = AuthToken.objects.get()
    note_use(token=token, now=first + timedelta(minutes=9))
    assert PersonalToken.objects.get().used_at == first
    later = first + timedelta(minutes=11)
    note_use(token=token, now=later)
    assert PersonalToken.objects.get().used_at == later


def test_the_database_knows_the_scopes(ana):
    token = AuthToken.objects.create(user=ana)[0]
    with pytest.raises(IntegrityError, match="token_scope_known"):
        PersonalToken.objects.create(token=token, name="x", scope="king")


@pytest.fixture
def browsing(ana):
    client = Client()
    client.force_login(ana, backend=settings.AUTHENTICATION_BACKENDS[0])
    return client


def test_the_page_makes_lists_and_ends_tokens(browsing, ana):
    body = {"name": "<b>mine", "scope": "label", "days": "7"}
    shown = browsing.post("/settings/tokens/", body).content.decode()
    secret = re.search(r'readonly value="(\w{64})"', shown)[1]
    assert client_with(secret).get("/api/v1/me/").status_code == 200
    (token,) = tokens_of(user=ana)
    week = timedelta(days=7)
    assert token.scope == "label"
    assert week - timedelta(minutes=5) < token.expires_at - token.created_at <= week
    listed = browsing.get("/settings/tokens/").content.decode()
    assert secret not in listed
    assert "&lt;b&gt;mine" in listed
    browsing.post(f"/settings/tokens/{token.id}/end/")
    assert "You have none." in browsing.get("/settings/tokens/").content.decode()
    assert browsing.post(f"/settings/tokens/{token.id}/end/").status_code == 404


def test_the_page_says_what_is_missing_and_knows_tokens_without_end(browsing, ana):
    assert browsing.post("/settings/tokens/", {"scope": "read"}).status_code == 400
    browsing.post("/settings/tokens/", {"name": "x", "scope": "read", "days": ""})
    assert [token.expires_at for token in tokens_of(user=ana)] == [None]


def test_who_has_a_password_gives_it_once_more(browsing, ana):
    ana.set_password("correct horse battery")
    ana.save()
    client = Client()
    client.force_login(ana, backend=settings.AUTHENTICATION_BACKENDS[0])
    answer = client.get("/settings/tokens/")
    assert answer.status_code == 302
    assert "reauthenticate" in answer["Location"]


@pytest.mark.parametrize("rows", [1, 5])
def test_the_list_costs_the_same_at_any_length(ana, rows, django_assert_num_queries):
    for _ in range(rows):
        made(ana)
    with django_assert_num_queries(1):
        assert len(tokens_of(user=ana)) == rows


def test_a_session_alone_makes_and_ends_none(ana, browsing):
    """Its page asks for the password first; the API does not let it be passed by."""
    made = browsing.post(URL, {"name": "x"}, content_type="application/json")
    assert made.status_code == 403
    assert not AuthToken.objects.filter(user=ana).exists()
