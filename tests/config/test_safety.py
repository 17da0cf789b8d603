"""What the whole site answers with: no cache keeps it, and nothing goes without TLS."""

from contextlib import closing

import pytest
from django.test import Client
from django.test.utils import override_settings

from tests.config.test_settings import EVERYTHING, import_settings

pytestmark = pytest.mark.django_db

BEHIND_TLS = override_settings(
    SECURE_SSL_REDIRECT=True,
    SECURE_HSTS_SECONDS=60,
    SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"),
)


@pytest.mark.parametrize(
    "address", ["/api/v1/me/", "/api/v1/schema/", "/api/v1/nothing/", "/accounts/password/reset/"]
)
def test_no_cache_keeps_an_answer(address: str) -> None:
    assert Client().get(address)["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("address", ["/accounts/login/", "/consent/", "/"])
def test_no_cache_keeps_a_page(address: str) -> None:
    said = Client().get(address)["Cache-Control"]
    assert "no-store" in said
    assert "private" in said


def test_static_files_are_anybodys_to_keep() -> None:
    with closing(Client().get("/static/favicon.svg")) as response:
        assert "public" in response["Cache-Control"]


@BEHIND_TLS
def test_plain_http_is_sent_on_to_https() -> None:
    response = Client().get("/accounts/login/")
    assert (response.status_code, response["Location"]) == (
        301,
        "https://testserver/accounts/login/",
    )
    assert Client().get("/healthz").status_code == 200


@BEHIND_TLS
def test_what_comes_over_https_stays_there() -> None:
    response = Client().get("/accounts/login/", headers={"x-forwarded-proto": "https"})
    assert response.status_code == 200
    assert response["Strict-Transport-Security"] == "max-age=60"


@pytest.mark.parametrize(("https", "expected"), [("true", "True 31536000 2"), ("", "False 0 2")])
def test_https_turns_on_the_redirect_and_hsts(https: str, expected: str) -> None:
    done = import_settings(
        EVERYTHING | {"TRUSTED_PROXY_COUNT": "2"} | ({"HTTPS": https} if https else {}),
        say="SECURE_SSL_REDIRECT, SECURE_HSTS_SECONDS, ALLAUTH_TRUSTED_PROXY_COUNT",
    )
    assert done.stdout.strip() == expected
