"""Tokens, sessions, and what each costs."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken
from rest_framework.test import APIClient

from accounts.services import create_token, labeler_of
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def as_token(header: str) -> int:
    return APIClient().get("/api/v1/me/", HTTP_AUTHORIZATION=header).status_code


def test_a_token_lets_its_user_in():
    token = create_token(user=make_user())
    other = create_token(user=make_user())
    assert as_token(f"Token {token}") == 200
    assert as_token(f"token {other}") == 200


@pytest.mark.parametrize("header", ["Token", "Token x", "Token a b", "Token ü", "Bearer x", ""])
def test_what_is_no_token_is_refused(header):
    create_token(user=make_user())
    response = APIClient().get("/api/v1/me/", HTTP_AUTHORIZATION=header)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Token"
    assert response.json()["type"] == "client_error"


def test_a_token_that_shares_only_the_stored_prefix_is_refused():
    token = create_token(user=make_user())
    assert as_token(f"Token {token[:15]}{'0' * (len(token) - 15)}") == 401
    assert as_token(f"Token {token[:-1]}") == 401


def test_tokens_of_inactive_people_and_expired_tokens_are_refused():
    gone = make_user(is_active=False)
    assert as_token(f"Token {create_token(user=gone)}") == 401
    token = create_token(user=make_user())
    AuthToken.objects.filter(token_key=token[:15]).update(
        expiry=timezone.now() - timedelta(seconds=1)
    )
    assert as_token(f"Token {token}") == 401


def test_two_tokens_with_one_prefix_are_told_apart():
    ana, bo = make_user("ana@example.org"), make_user("bo@example.org")
    tokens = {user: create_token(user=user) for user in (ana, bo)}
    for user in (ana, bo):
        AuthToken.objects.filter(user=user).update(token_key=tokens[bo][:15])
    client = APIClient()
    response = client.get("/api/v1/me/", HTTP_AUTHORIZATION=f"Token {tokens[bo]}")
    assert response.json()["email"] == "bo@example.org"


def test_a_token_costs_one_query_with_user_and_labeler(django_assert_num_queries):
    user = make_user()
    labeler_of(user=user)
    token = create_token(user=user)
    client = APIClient()
    with django_assert_num_queries(3):  # the token, the consent, the memberships
        assert client.get("/api/v1/me/", HTTP_AUTHORIZATION=f"Token {token}").status_code == 200


def test_a_session_works_and_is_checked_for_forgery():
    user = make_user()
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    assert client.get("/api/v1/me/").status_code == 200
    forged = client.post("/api/v1/me/consents/")
    assert forged.status_code == 403
    assert forged.json()["errors"][0]["code"] == "permission_denied"
    client.cookies["csrftoken"] = "a" * 32
    honest = client.post(
        "/api/v1/me/consents/",
        {},
        content_type="application/json",
        headers={"X-CSRFToken": "a" * 32},
    )
    assert honest.status_code == 201
