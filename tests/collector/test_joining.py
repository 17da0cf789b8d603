"""Joining a project by the link of an invitation, with an account and without one."""

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.services import accept_consent, create_user, labeler_of
from collector.models import Invitation, Project
from collector.services.invitations import revoke_invitations, write_invitation
from tests.factories import make_member, make_project

pytestmark = pytest.mark.django_db

PASSWORD = "a-long-enough-password"
NEW = {"email": "new@example.org", "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture(autouse=True)
def _fresh_rate_limits(clean_redis: None) -> None:
    """Tries are counted in the cache."""


@pytest.fixture
def project() -> Project:
    return make_project("tea", name="Tea and biscuits")


def invite(project: Project, **fields: Any) -> str:
    """The token of a new invitation, from its link or from the mail."""
    rita = make_member(project, "researcher")
    written = write_invitation(
        project=project, role="labeler", created_by=rita, now=timezone.now(), **fields
    )
    text = written.link or str(mail.outbox.pop().body)
    found = re.search(r"/join/#(\S+)", text)
    assert found
    return found[1]


def html(response: Any) -> str:
    return str(response.content.decode())


def bring(client: Client, token: str) -> str:
    response = client.post("/join/", {"token": token})
    assert (response.status_code, response["Location"]) == (302, "/join/")
    return html(client.get("/join/"))


def confirm(client: Client) -> Any:
    """Follow the link of the mail that was sent last, and say yes."""
    found = re.search(r"http://[^/]+(/accounts/confirm/\S+)", str(mail.outbox[-1].body))
    assert found
    assert client.get(found[1]).status_code == 200
    return client.post(found[1])


def test_somebody_new_signs_up_confirms_joins_and_comes_to_the_terms(project: Project) -> None:
    client = Client()
    assert "Tea and biscuits" in bring(client, invite(project))
    signed_up = client.post("/accounts/signup/?next=/join/", NEW | {"next": "/join/"})
    assert signed_up["Location"] == "/accounts/confirm/"
    assert client.get("/join/").wsgi_request.user.is_anonymous
    assert confirm(client)["Location"] == "/join/"
    joined = client.post("/join/accept/")
    assert joined["Location"] == "/consent/?next=%2Fprojects%2Ftea%2Flabel%2F"
    user = User.objects.get(email="new@example.org")
    assert [(each.project, each.role) for each in user.memberships.all()] == [(project, "labeler")]
    assert client.post("/join/accept/")["Location"] == "/join/"  # it was used


def test_an_invitation_to_an_address_makes_an_account_of_that_address_and_confirms_it(
    project: Project,
) -> None:
    client = Client()
    page = bring(client, invite(project, email="ana@example.org"))
    assert "ana@example.org" in page
    response = client.post("/accounts/signup/", NEW | {"email": "boss@example.org"})
    assert response["Location"] == "/"
    assert mail.outbox == []
    address = EmailAddress.objects.get(user__memberships=None, user__email="ana@example.org")
    assert (address.email, address.verified) == ("ana@example.org", True)
    assert not User.objects.filter(email="boss@example.org").exists()
    assert client.post("/join/accept/").status_code == 302
    assert project.memberships.filter(user__email="ana@example.org").exists()


def test_somebody_with_an_account_signs_in_and_joins(project: Project) -> None:
    ana = create_user(email="ana@example.org", password=PASSWORD)
    client = Client()
    page = bring(client, invite(project, email="ana@example.org"))
    assert ("Sign in to join" in page, "Create an account" in page) == (True, False)
    data = {"login": ana.email, "password": PASSWORD, "next": "/join/"}
    assert client.post("/accounts/login/", data)["Location"] == "/join/"
    assert "You are signed in as ana@example.org." in html(client.get("/join/"))
    client.post("/join/accept/")
    assert ana.memberships.get().project == project


def test_who_accepted_the_terms_already_comes_straight_to_the_work(project: Project) -> None:
    ana = create_user(email="ana@example.org", password=PASSWORD)
    accept_consent(labeler=labeler_of(user=ana))
    client = Client()
    client.force_login(ana, backend=settings.AUTHENTICATION_BACKENDS[0])
    bring(client, invite(project))
    assert client.post("/join/accept/")["Location"] == "/projects/tea/label/"


def test_the_invitation_of_another_address_is_refused_in_words(project: Project) -> None:
    client = Client()
    bo = create_user(email="bo@example.org")
    client.force_login(bo, backend=settings.AUTHENTICATION_BACKENDS[0])
    bring(client, invite(project, email="ana@example.org"))
    response = client.post("/join/accept/")
    assert response.status_code == 403
    assert "This invitation is for ana@example.org." in html(response)
    assert not bo.memberships.exists()
    assert Invitation.objects.get().uses_left == 1


def test_unknown_used_and_revoked_links_sound_the_same(project: Project) -> None:
    used, revoked = invite(project), invite(project)
    Invitation.objects.filter(pk=Invitation.objects.earliest("pk").pk).update(uses_left=0)
    revoke_invitations(invitations=[Invitation.objects.latest("pk")], now=timezone.now())
    replies = [Client().post("/join/", {"token": token}) for token in ("x", used, revoked)]
    assert [reply.status_code for reply in replies] == [400] * 3
    said = {re.sub(r'value="[^"]*"', "", html(reply)) for reply in replies}
    assert len(said) == 1
    assert "This invitation is not good any more, or never was." in said.pop()


def test_the_whole_link_may_be_pasted(project: Project) -> None:
    link = f"{settings.SITE_URL}/join/#{invite(project)}"
    assert "Tea and biscuits" in bring(Client(), link)


def test_without_an_invitation_or_once_it_is_revoked_nobody_signs_up(project: Project) -> None:
    client = Client()
    bring(client, invite(project))
    assert client.get("/accounts/signup/").status_code == 200
    revoke_invitations(invitations=list(Invitation.objects.all()), now=timezone.now())
    for caller in (client, Client()):
        assert "People join by invitation" in html(caller.post("/accounts/signup/", NEW))
    assert not User.objects.filter(email="new@example.org").exists()


def test_the_token_is_in_no_log_no_session_and_no_page(
    project: Project, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    client, token = Client(), invite(project)
    page = bring(client, token)
    client.get("/accounts/signup/?next=/join/")
    out, err = capfd.readouterr()
    logged = caplog.text + out + err
    assert "POST /join/" in logged
    assert token not in logged
    assert token not in page
    assert token not in str(dict(client.session))


def test_links_are_tried_thirty_times_a_minute_and_no_more(project: Project) -> None:
    client, token = Client(), invite(project)
    statuses = [client.post("/join/", {"token": f"guess-{n}"}).status_code for n in range(31)]
    assert statuses == [400] * 30 + [429]
    assert client.post("/join/", {"token": token}).status_code == 429


def test_joining_takes_a_post_and_an_account(project: Project) -> None:
    client = Client()
    bring(client, invite(project))
    assert client.get("/join/accept/").status_code == 405
    assert client.post("/join/accept/")["Location"] == "/accounts/login/?next=/join/accept/"
