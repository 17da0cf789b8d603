"""Signing in by another service: who gets in, and that nobody gets another's account by it."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.services import create_user, get_or_invite
from collector.governing import governs
from collector.services.invitations import write_invitation
from config.sign_in import parse_providers
from tests.accounts import fake_idp
from tests.factories import make_member, make_project, make_user

pytestmark = pytest.mark.django_db

PASSWORD = "a-long-enough-password"
LOGIN = "/accounts/services/oidc/uni/login/"
ANA = {"sub": "1", "email": "Ana@example.org", "email_verified": True, "name": "Ana Lee"}
SetUp = Callable[..., None]


@pytest.fixture
def provider(clean_redis: None) -> Iterator[fake_idp.Provider]:
    with fake_idp.running() as provider:
        yield provider


@pytest.fixture
def set_up(provider: fake_idp.Provider, settings: Any) -> SetUp:
    """A function that puts the provider into the settings."""

    def set_up(signup: str = "invite", trust_email: str = "false") -> None:
        settings.SIGNUP = signup
        entry = (
            f'[{{"id": "uni", "name": "University", "server_url": "{provider.url}",'
            f' "client_id": "concord", "secret": "s", "trust_email": {trust_email}}}]'
        )
        settings.SOCIALACCOUNT_PROVIDERS = parse_providers({"OIDC_PROVIDERS": entry})

    return set_up


def go(client: Client, query: str = "") -> Any:
    """To the service and back, as a browser would."""
    page = client.post(LOGIN + query)
    assert page.status_code == 200  # a page of ours leads on: no form leads to another host
    away = urlsplit(page.context["redirect_to"])
    asked = parse_qs(away.query)
    assert asked["code_challenge_method"] == ["S256"]
    return client.get(f"{LOGIN}callback/", {"code": "c", "state": asked["state"][0]})


def signed_in_as(client: Client) -> str | None:
    user_id = client.session.get("_auth_user_id")
    return User.objects.get(pk=user_id).email if user_id else None


def test_the_way_to_the_service_takes_a_post(set_up: SetUp) -> None:
    set_up()
    assert 'action="/accounts/services/oidc/uni/login/?process=login"' in (
        Client().get("/accounts/login/").content.decode()
    )
    page = Client().get(LOGIN)
    assert (page.status_code, "redirect_to" in page.context) == (200, False)


def test_strangers_get_no_account_where_people_are_invited(
    provider: fake_idp.Provider, set_up: SetUp
) -> None:
    set_up()
    provider.person = ANA
    client = Client()
    assert b"People join by invitation" in go(client).content
    assert signed_in_as(client) is None
    assert not User.objects.exists()


def test_an_address_that_the_service_verified_counts(
    provider: fake_idp.Provider, set_up: SetUp
) -> None:
    set_up("open")
    provider.person = ANA
    client = Client()
    assert go(client, "?next=/consent/")["Location"] == "/consent/"
    assert signed_in_as(client) == "ana@example.org"
    user = User.objects.get()
    assert (user.name, user.has_usable_password()) == ("Ana Lee", False)
    assert EmailAddress.objects.get().verified
    again = Client()
    go(again)
    assert (signed_in_as(again), User.objects.count()) == ("ana@example.org", 1)


def test_an_address_that_nobody_verified_is_confirmed_first(
    provider: fake_idp.Provider, set_up: SetUp
) -> None:
    set_up("open")
    provider.person = ANA | {"email_verified": False}
    client = Client()
    assert go(client)["Location"] == "/accounts/confirm/"
    assert signed_in_as(client) is None
    assert [message.to for message in mail.outbox] == [["ana@example.org"]]


@pytest.mark.parametrize("verified", [True, False])
def test_nobody_gets_into_an_account_by_naming_its_address(
    provider: fake_idp.Provider, set_up: SetUp, verified: bool
) -> None:
    create_user(email="ana@example.org", password=PASSWORD)
    set_up("open")
    provider.person = ANA | {"email_verified": verified}
    client = Client()
    assert go(client)["Location"] == "/accounts/confirm/"  # as if it were new
    assert signed_in_as(client) is None
    assert not SocialAccount.objects.exists()
    assert "already" in str(mail.outbox[0].body)


def test_a_trusted_service_lets_its_people_into_the_account_of_their_address(
    provider: fake_idp.Provider, set_up: SetUp
) -> None:
    rita = make_user()
    make_member(make_project("tea"), "researcher", rita)
    ana = get_or_invite(email="ana@example.org", invited_by=rita)
    assert governs(issuer=rita, account=ana)
    set_up(trust_email="true")
    provider.person = ANA | {"email_verified": False}
    client = Client()
    assert signed_in_as(client) is None
    go(client)
    assert signed_in_as(client) is None
    provider.person = ANA
    go(client)
    assert signed_in_as(client) == "ana@example.org"
    assert not governs(issuer=rita, account=ana)  # it is ana's own from now on


def test_an_attackers_account_of_that_address_loses_its_password(
    provider: fake_idp.Provider, set_up: SetUp
) -> None:
    set_up("open", trust_email="true")
    data = {"email": "ana@example.org", "password1": PASSWORD, "password2": PASSWORD}
    Client().post("/accounts/signup/", data)
    provider.person = ANA
    client = Client()
    go(client)
    assert signed_in_as(client) == "ana@example.org"
    assert not User.objects.get().has_usable_password()


def test_who_was_invited_may_come_by_a_service(provider: fake_idp.Provider, set_up: SetUp) -> None:
    set_up()
    rita = make_member(make_project("tea"), "researcher")
    project = rita.memberships.get().project
    written = write_invitation(project=project, role="labeler", created_by=rita, now=timezone.now())
    client = Client()
    client.post("/join/", {"token": str(written.link)})
    provider.person = ANA
    assert go(client, "?next=/join/")["Location"] == "/join/"
    client.post("/join/accept/")
    assert project.memberships.get(role="labeler").user.email == "ana@example.org"


def test_a_service_is_connected_only_after_saying_who_one_is(
    provider: fake_idp.Provider, set_up: SetUp
) -> None:
    create_user(email="ana@example.org", password=PASSWORD)
    set_up()
    provider.person = ANA
    client = Client()
    client.post("/accounts/login/", {"login": "ana@example.org", "password": PASSWORD})
    assert go(client, "?process=connect")["Location"] == "/accounts/reauthenticate/"
    assert not SocialAccount.objects.exists()
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert SocialAccount.objects.get().user.email == "ana@example.org"


def test_an_answer_that_nobody_asked_for_signs_nobody_in(
    provider: fake_idp.Provider, set_up: SetUp
) -> None:
    set_up("open")
    provider.person = ANA
    client = Client()
    response = client.get(f"{LOGIN}callback/", {"code": "c", "state": "guessed"})
    assert response.status_code == 401
    assert b"That did not work" in response.content
    assert not User.objects.exists()
