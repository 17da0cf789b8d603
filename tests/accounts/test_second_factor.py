"""Codes of an authenticator app and recovery codes. Passkeys: tests/browser/test_getting_in.py."""

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from django.core import mail
from django.test import Client

from accounts.models import User
from accounts.services import create_user

pytestmark = pytest.mark.django_db

PASSWORD = "a-long-enough-password"
SECURITY = "/accounts/security/"


@pytest.fixture(autouse=True)
def _fresh_rate_limits(clean_redis: None) -> None:
    """Wrong codes are counted in the cache, and so are the codes that were used."""


@pytest.fixture
def ana() -> User:
    return create_user(email="ana@example.org", password=PASSWORD)


def sign_in(client: Client, **more: str) -> str:
    data = {"login": "ana@example.org", "password": PASSWORD} | more
    return str(client.post("/accounts/login/", data).headers["Location"])


def code_of(secret: str) -> str:
    counter = next(iter(auth.yield_hotp_counters_from_time()))
    return str(auth.format_hotp_value(auth.hotp_value(secret, counter)))


def switch_on(client: Client) -> str:
    """Set up the app; returns its secret."""
    sign_in(client)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = client.get(f"{SECURITY}app/activate/").content.decode()
    found = re.search(r'class="secret">(\w+)<', page)
    assert found
    response = client.post(f"{SECURITY}app/activate/", {"code": code_of(found[1])})
    assert response["Location"] == f"{SECURITY}codes/"
    return found[1]


def recovery_codes(client: Client) -> list[str]:
    page = client.get(f"{SECURITY}codes/").content.decode()
    return re.findall(r"<li><code>(\d+)</code>", page)


def test_how_one_signs_in_is_changed_only_after_saying_who_one_is(ana: User) -> None:
    client = Client()
    sign_in(client)
    for page in ("app/activate/", "keys/add/"):
        asked = client.get(SECURITY + page)["Location"]
        assert (
            asked
            == f"/accounts/reauthenticate/?next={SECURITY.replace('/', '%2F')}"
            + page.replace("/", "%2F")
        )
    wrong = client.post("/accounts/reauthenticate/", {"password": "wrong-password"})
    assert wrong.status_code == 200
    assert client.get(f"{SECURITY}app/activate/").status_code == 302
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert client.get(f"{SECURITY}app/activate/").status_code == 200


def test_the_password_alone_lets_nobody_in_any_more(ana: User) -> None:
    client = Client()
    switch_on(client)
    code = recovery_codes(client)[0]
    elsewhere = Client()
    assert sign_in(elsewhere, next="/consent/") == f"{SECURITY}authenticate/"
    assert elsewhere.get("/").status_code == 302
    assert elsewhere.post(f"{SECURITY}authenticate/", {"code": "000000"}).status_code == 200
    assert elsewhere.post(f"{SECURITY}authenticate/", {"code": code})["Location"] == "/consent/"
    assert elsewhere.get("/").status_code == 200


def test_a_recovery_code_works_once(ana: User) -> None:
    client = Client()
    switch_on(client)
    codes = recovery_codes(client)
    assert len(codes) == 10
    for expected in (302, 200):
        elsewhere = Client()
        sign_in(elsewhere)
        response = elsewhere.post(f"{SECURITY}authenticate/", {"code": codes[0]})
        assert response.status_code == expected
    assert recovery_codes(client) == codes[1:]


def test_a_code_works_once(ana: User) -> None:
    code = code_of(switch_on(Client()))
    for expected in (302, 200):
        elsewhere = Client()
        sign_in(elsewhere)
        response = elsewhere.post(f"{SECURITY}authenticate/", {"code": code})
        assert response.status_code == expected


def test_secrets_lie_encrypted_in_the_database(ana: User) -> None:
    client = Client()
    secret = switch_on(client)
    stored = Authenticator.objects.get(type=Authenticator.Type.TOTP).data["secret"]
    assert secret not in stored
    assert (
        Authenticator.objects.get(type=Authenticator.Type.TOTP).wrap().validate_code("x") is False
    )


def test_wrong_codes_are_counted(ana: User) -> None:
    switch_on(Client())
    elsewhere = Client()
    sign_in(elsewhere)
    tries = [elsewhere.post(f"{SECURITY}authenticate/", {"code": "000000"}) for _ in range(11)]
    said = [b"Incorrect code" in reply.content for reply in tries]
    assert said == [True] * 10 + [False]
    assert b"Too many" in tries[-1].content


@pytest.mark.django_db(transaction=True)  # mails go out once what they tell of is stored
def test_people_are_told_by_mail_what_happened_to_their_account(ana: User) -> None:
    client = Client()
    switch_on(client)
    client.post(f"{SECURITY}app/deactivate/")
    assert [(message.to, message.subject) for message in mail.outbox] == [
        (["ana@example.org"], "Authenticator App Activated"),
        (["ana@example.org"], "Authenticator App Deactivated"),
    ]
    assert not Authenticator.objects.exists()


def test_nobody_sees_the_keys_of_others(ana: User) -> None:
    bo = create_user(email="bo@example.org", password=PASSWORD)
    key = Authenticator.objects.create(user=bo, type="webauthn", data={"name": "of bo"})
    client = Client()
    sign_in(client)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    for page in ("edit", "remove"):
        assert client.get(f"{SECURITY}keys/{key.pk}/{page}/").status_code == 404
        assert client.post(f"{SECURITY}keys/{key.pk}/{page}/").status_code == 404
    assert Authenticator.objects.filter(pk=key.pk).exists()


def test_a_passkey_is_refused_to_who_brings_none() -> None:
    client = Client()
    options: Any = client.get(f"{SECURITY}keys/login/", headers={"accept": "application/json"})
    assert options.json()["request_options"]["publicKey"]["challenge"]
    response = client.post(f"{SECURITY}keys/login/", {"credential": "{}"})
    assert response["Location"] == "/accounts/login/"
    assert client.get("/").status_code == 302
