"""Signing in and out, passwords, consent, and the pages that say no."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from django.test.utils import override_settings

from accounts.models import Consent, User
from accounts.services import create_user, labeler_of

pytestmark = pytest.mark.django_db

PASSWORD = "a-long-enough-password"


@pytest.fixture(autouse=True)
def _fresh_rate_limits(clean_redis: None) -> None:
    """Failed sign-ins are counted in the cache."""


@pytest.fixture
def ana() -> User:
    return create_user(email="ana@example.org", password=PASSWORD)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return client


def html(response: Any) -> str:
    return str(response.content.decode())


def test_signing_in_by_email_and_password_in_any_case(ana: User) -> None:
    client = Client()
    data = {"login": "Ana@Example.org", "password": PASSWORD, "next": "/consent/"}
    response = client.post("/accounts/login/", data)
    assert (response.status_code, response["Location"]) == (302, "/consent/")
    assert client.get("/").status_code == 200


def test_a_wrong_password_and_an_unknown_address_sound_the_same(ana: User) -> None:
    replies = [
        Client().post("/accounts/login/", {"login": address, "password": "wrong-password"})
        for address in ("ana@example.org", "nobody@example.org")
    ]
    said = [re.findall(r'role="alert".*?<p>(.*?)</p>', html(r), re.DOTALL) for r in replies]
    assert said[0] == said[1] != []


def sign_in(password: str, **headers: str) -> int:
    data = {"login": "ana@example.org", "password": password}
    return Client().post("/accounts/login/", data, headers=headers).status_code


def test_wrong_passwords_lock_nobody_out_before_the_tenth(ana: User) -> None:
    assert [sign_in("wrong-password") for _ in range(9)] == [200] * 9
    assert sign_in(PASSWORD) == 302
    assert sign_in("wrong-password") == 200
    assert sign_in(PASSWORD) == 200  # ten a minute; the oldest is forgotten within one


def test_callers_behind_a_proxy_have_limits_of_their_own(ana: User) -> None:
    limits = {"login_failed": "2/m/ip"}
    with override_settings(ACCOUNT_RATE_LIMITS=limits, ALLAUTH_TRUSTED_PROXY_COUNT=1):
        for _ in range(2):
            sign_in("wrong-password", **{"x-forwarded-for": "192.0.2.1"})
        assert sign_in(PASSWORD, **{"x-forwarded-for": "192.0.2.9, 192.0.2.1"}) == 200
        assert sign_in(PASSWORD, **{"x-forwarded-for": "192.0.2.2"}) == 302


def test_after_signing_in_one_is_not_sent_to_another_host(ana: User) -> None:
    data = {"login": ana.email, "password": PASSWORD, "next": "https://evil.example/"}
    assert Client().post("/accounts/login/", data)["Location"] == "/"


def test_nobody_signs_up_alone() -> None:
    data = {"email": "new@example.org", "password1": PASSWORD, "password2": PASSWORD}
    for response in (Client().get("/accounts/signup/"), Client().post("/accounts/signup/", data)):
        assert "People join by invitation" in html(response)
    assert not User.objects.filter(email="new@example.org").exists()


def test_nobody_takes_an_address_by_naming_it(ana: User) -> None:
    client = signed_in(ana)
    for action in ("action_add", "action_primary"):
        data = {"email": "boss@example.org", action: ""}
        assert client.post("/accounts/email/", data).status_code == 404
    assert client.get("/accounts/").status_code == 404
    ana.refresh_from_db()
    assert ana.email == "ana@example.org"


def test_a_reset_for_an_unknown_address_sounds_the_same_and_sends_nothing(ana: User) -> None:
    for address in (ana.email, "nobody@example.org"):
        response = Client().post("/accounts/password/reset/", {"email": address})
        assert (response.status_code, response["Location"]) == (
            302,
            "/accounts/password/reset/done/",
        )
    assert [message.to for message in mail.outbox] == [[ana.email]]


def test_signing_out_takes_a_post(ana: User) -> None:
    client = signed_in(ana)
    client.get("/accounts/logout/")
    assert client.get("/").status_code == 200
    client.post("/accounts/logout/")
    assert client.get("/")["Location"] == "/accounts/login/?next=/"


def test_changing_the_password(ana: User) -> None:
    data = {
        "oldpassword": PASSWORD,
        "password1": "another-fine-one",
        "password2": "another-fine-one",
    }
    assert signed_in(ana).post("/accounts/password/change/", data).status_code == 302
    ana.refresh_from_db()
    assert ana.check_password("another-fine-one")


def test_resetting_a_forgotten_password(ana: User) -> None:
    client = Client()
    client.post("/accounts/password/reset/", {"email": ana.email})
    assert [message.to for message in mail.outbox] == [[ana.email]]
    found = re.search(r"http://[^/]+(/accounts/password/reset/key/\S+)", str(mail.outbox[0].body))
    assert found
    form = client.get(found[1], follow=True)
    data = {"password1": "another-fine-one", "password2": "another-fine-one"}
    client.post(form.redirect_chain[-1][0], data)
    ana.refresh_from_db()
    assert ana.check_password("another-fine-one")


@pytest.mark.parametrize(
    "address",
    [
        "/accounts/login/",
        "/accounts/password/reset/",
        "/accounts/password/reset/done/",
        "/accounts/inactive/",
    ],
)
def test_pages_for_everybody_wear_our_design(address: str) -> None:
    page = html(Client().get(address))
    assert '<header class="site-header">' in page
    assert 'lang="en"' in page


def test_labels_are_said_once_and_password_rules_are_folded(ana: User) -> None:
    sign_in_page = html(Client().get("/accounts/login/"))
    assert "Stay signed in</label>" in sign_in_page
    with override_settings(SIGNUP="open"):
        sign_up_page = html(Client().get("/accounts/signup/"))
    change_page = html(signed_in(ana).get("/accounts/password/change/"))
    reset_page = html(Client().get("/accounts/password/reset/"))
    pages = (sign_in_page, sign_up_page, change_page, reset_page)
    assert [page.count("placeholder=") for page in pages] == [0, 0, 0, 0]
    folded = '<summary>What a password needs</summary><div id="id_password1_helptext"><ul>'
    assert [page.count(folded) for page in pages] == [0, 1, 1, 0]


def test_pages_of_ones_own_account_need_one(ana: User) -> None:
    address = "/accounts/password/change/"
    assert Client().get(address).status_code == 302
    assert '<header class="site-header">' in html(signed_in(ana).get(address))


def test_consent_is_given_by_ticking_and_leads_on(ana: User) -> None:
    client = signed_in(ana)
    page = html(client.get("/consent/?next=/projects/tea/label/"))
    assert labeler_of(user=ana).pseudonym in page
    assert 'name="next" value="/projects/tea/label/"' in page
    refused = client.post("/consent/", {"next": "/projects/tea/label/"})
    assert refused.status_code == 400
    assert "Tick the box" in html(refused)
    assert not Consent.objects.exists()
    accepted = client.post("/consent/", {"accept": "on", "next": "/projects/tea/label/"})
    assert accepted["Location"] == "/projects/tea/label/"
    assert Consent.objects.get().version == settings.CONSENT_VERSION
    assert "You accepted these terms." in html(client.get("/consent/"))


def test_consent_leads_to_no_other_host(ana: User) -> None:
    for evil in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        response = signed_in(ana).post("/consent/", {"accept": "on", "next": evil})
        assert response["Location"] == "/"


def test_consent_needs_an_account() -> None:
    assert Client().get("/consent/")["Location"] == "/accounts/login/?next=/consent/"


def test_pages_that_say_no_show_a_way_on(ana: User) -> None:
    response = Client().get("/nowhere/")
    assert response.status_code == 404
    assert "Nothing here" in html(response)
    assert 'href="/"' in html(response)


def test_a_broken_server_says_so_in_our_design() -> None:
    client = Client(raise_request_exception=False)
    with override_settings(ROOT_URLCONF="tests.accounts.broken_urls"):
        response = client.get("/broken/")
    assert response.status_code == 500
    assert "Something broke on our side" in html(response)


def test_every_page_has_the_strict_policy_and_asks_no_other_host(ana: User) -> None:
    for client, address in ((Client(), "/accounts/login/"), (signed_in(ana), "/")):
        response = client.get(address)
        policy = response["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        page = html(response)
        assert re.findall(r"""(?:src|href)=["'](?:https?:)?//[^"']+""", page) == []
        assert re.findall(r"<script(?![^>]*src=)|<style|\son\w+=|\sstyle=", page) == []
