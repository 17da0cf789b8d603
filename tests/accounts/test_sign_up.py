"""Signing up where everybody may: addresses are confirmed, and nothing is told about accounts."""

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from accounts.models import User
from accounts.services import create_user, get_or_invite

pytestmark = pytest.mark.django_db

PASSWORD = "a-long-enough-password"


@pytest.fixture(autouse=True)
def _open(settings: Any, clean_redis: None) -> None:
    settings.SIGNUP = "open"


def sign_up(client: Client, email: str, **more: str) -> Any:
    data = {"email": email, "password1": PASSWORD, "password2": PASSWORD}
    return client.post("/accounts/signup/", data | more)


def sign_in(client: Client, email: str) -> str:
    data = {"login": email, "password": PASSWORD}
    return str(client.post("/accounts/login/", data).headers.get("Location"))


def link() -> str:
    found = re.search(r"http://[^/]+(/accounts/confirm/\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def test_a_new_account_is_let_in_once_its_address_is_confirmed() -> None:
    client = Client()
    assert sign_up(client, "New@Example.org")["Location"] == "/accounts/confirm/"
    assert [message.to for message in mail.outbox] == [["new@example.org"]]
    assert sign_in(Client(), "new@example.org") == "/accounts/confirm/"
    assert client.get("/")["Location"] == "/accounts/login/?next=/"
    assert client.post(link())["Location"] == "/"
    assert client.get("/").status_code == 200
    assert sign_in(Client(), "new@example.org") == "/"
    assert User.objects.get().email == "new@example.org"


def test_where_the_mail_went_is_said_once() -> None:
    client = Client()
    sign_up(client, "new@example.org")
    page = client.get("/accounts/confirm/").content.decode()
    assert page.count("We sent a mail to your address.") == 1
    assert 'role="status"' not in page


def test_the_link_lets_in_only_the_browser_that_signed_up() -> None:
    sign_up(Client(), "new@example.org")
    elsewhere = Client()
    elsewhere.post(link())
    assert EmailAddress.objects.get().verified
    assert elsewhere.get("/")["Location"] == "/accounts/login/?next=/"


def test_opening_the_link_alone_confirms_nothing() -> None:
    sign_up(Client(), "new@example.org")
    assert Client().get(link()).status_code == 200  # as scanners of mail do
    assert not EmailAddress.objects.get().verified


def test_an_address_that_has_an_account_looks_like_any_other() -> None:
    create_user(email="ana@example.org", password="her-very-own-password")
    get_or_invite(email="bo@example.org")
    replies = [sign_up(Client(), f"{name}@example.org") for name in ("new", "ana", "bo")]
    seen = {(reply.status_code, reply["Location"]) for reply in replies}
    assert seen == {(302, "/accounts/confirm/")}
    assert [message.to for message in mail.outbox] == [
        [f"{name}@example.org"] for name in ("new", "ana", "bo")
    ]
    assert User.objects.count() == 3
    assert User.objects.get(email="ana@example.org").check_password("her-very-own-password")
    assert not User.objects.get(email="bo@example.org").has_usable_password()


def test_after_signing_up_one_is_not_sent_to_another_host() -> None:
    client = Client()
    sign_up(client, "new@example.org", next="https://evil.example/")
    assert client.post(link())["Location"] == "/"


def test_a_weak_password_is_refused() -> None:
    data = {"email": "new@example.org", "password1": "password", "password2": "password"}
    response = Client().post("/accounts/signup/", data)
    assert response.status_code == 200
    assert "too common" in response.content.decode()
    assert not User.objects.exists()


def test_addresses_that_operators_enter_with_a_password_count_at_once() -> None:
    create_user(email="ana@example.org", password=PASSWORD)
    User.objects.create_superuser("root@example.org", PASSWORD)
    assert [sign_in(Client(), f"{name}@example.org") for name in ("ana", "root")] == ["/", "/"]
    assert mail.outbox == []


def test_the_page_to_sign_in_leads_to_the_one_to_sign_up(settings: Any) -> None:
    page = Client().get("/accounts/login/?next=/consent/").content.decode()
    assert 'href="/accounts/signup/?next=%2Fconsent%2F"' in page
    settings.SIGNUP = "invite"
    assert "/accounts/signup/" not in Client().get("/accounts/login/").content.decode()


def test_accounts_are_made_twenty_times_a_minute_and_no_more() -> None:
    client = Client()
    statuses = [sign_up(client, "x").status_code for _ in range(21)]
    assert statuses == [200] * 20 + [429]
