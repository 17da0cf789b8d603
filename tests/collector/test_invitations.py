"""Invitations: who may become what, how often, until when."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from collector.models import Invitation, Membership, Project
from collector.services.invitations import (
    AnotherAddress,
    InvitationGone,
    MailNotSent,
    Written,
    accept_invitation,
    find_invitation,
    live_invitation,
    revoke_invitations,
    write_invitation,
)
from common.errors import InvalidInput
from tests.factories import make_member, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project("tea")


@pytest.fixture
def rita(project: Project) -> User:
    return make_member(project, "researcher")


def write(project: Project, rita: User, role: str = "labeler", **fields: Any) -> Written:
    return write_invitation(
        project=project, role=role, created_by=rita, now=timezone.now(), **fields
    )


def token_of(link: str | None) -> str:
    assert link
    return link.rpartition("#")[2]


def test_a_link_is_found_by_its_token_of_which_only_the_hash_is_stored(project, rita):
    written = write(project, rita)
    token = token_of(written.link)
    assert len(token) == 43
    assert written.link == f"{settings.SITE_URL}/join/#{token}"
    assert token not in str(Invitation.objects.values().get())
    assert find_invitation(token=token, now=timezone.now()) == written.invitation
    with pytest.raises(InvitationGone):
        find_invitation(token=token + "x", now=timezone.now())


def test_accepting_gives_the_role_and_spends_a_use_once(project, rita):
    written = write(project, rita, role="reviewer", uses=2)
    ana, bo, cy = (make_user() for _ in range(3))
    for user in (ana, ana, bo):
        accept_invitation(uid=written.invitation.uid, user=user, now=timezone.now())
    held = Membership.objects.filter(project=project, role="reviewer")
    assert set(held.values_list("user", flat=True)) == {ana.pk, bo.pk}
    with pytest.raises(InvitationGone):
        accept_invitation(uid=written.invitation.uid, user=cy, now=timezone.now())
    assert Invitation.objects.get().uses_left == 0


def test_an_invitation_ends_with_its_days(project, rita):
    uid = write(project, rita, days=7).invitation.uid
    assert live_invitation(uid=uid, now=timezone.now() + timedelta(days=6))
    with pytest.raises(InvitationGone):
        live_invitation(uid=uid, now=timezone.now() + timedelta(days=7, minutes=1))


def test_a_revoked_invitation_is_good_for_nothing_and_takes_nobody_out(project, rita):
    written, ana = write(project, rita, uses=2), make_user()
    accept_invitation(uid=written.invitation.uid, user=ana, now=timezone.now())
    assert revoke_invitations(invitations=[written.invitation], now=timezone.now()) == 1
    assert revoke_invitations(invitations=[written.invitation], now=timezone.now()) == 0
    with pytest.raises(InvitationGone):
        accept_invitation(uid=written.invitation.uid, user=make_user(), now=timezone.now())
    assert ana.memberships.get().project == project


@pytest.mark.parametrize("end", ["role", "account", "deleted", "archived"])
def test_an_invitation_ends_where_its_writers_power_ends(project, rita, end):
    uid = write(project, rita).invitation.uid
    if end == "role":
        rita.memberships.all().delete()
        Membership.objects.create(project=make_project(), user=rita, role="researcher")
    elif end == "account":
        User.objects.filter(pk=rita.pk).update(is_active=False)
    elif end == "deleted":
        rita.delete()
    else:
        Project.objects.filter(pk=project.pk).update(archived_at=timezone.now())
    with pytest.raises(InvitationGone):
        live_invitation(uid=uid, now=timezone.now())


def test_a_superuser_invites_without_a_role(project):
    admin = make_user(is_superuser=True)
    assert live_invitation(uid=write(project, admin).invitation.uid, now=timezone.now())


def test_an_invitation_to_an_address_is_mailed_there_and_shown_to_nobody(project, rita):
    written = write(project, rita, email=" Ana@Example.ORG ")
    assert (written.link, written.invitation.email) == (None, "ana@example.org")
    assert [message.to for message in mail.outbox] == [["ana@example.org"]]
    found = re.search(r"/join/#(\S+)", str(mail.outbox[0].body))
    assert found
    assert find_invitation(token=found[1], now=timezone.now()) == written.invitation


def test_an_invitation_to_an_address_is_for_the_account_of_that_address(project, rita):
    uid = write(project, rita, email="ana@example.org").invitation.uid
    with pytest.raises(AnotherAddress):
        accept_invitation(uid=uid, user=make_user("bo@example.org"), now=timezone.now())
    ana = make_user("ana@example.org")
    assert accept_invitation(uid=uid, user=ana, now=timezone.now()).user == ana
    assert project.memberships.filter(role="labeler").count() == 1


def test_mail_that_cannot_be_sent_invites_nobody(project, rita, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # nobody listens there
    with pytest.raises(MailNotSent):
        write(project, rita, email="ana@example.org")
    assert not Invitation.objects.exists()


@pytest.mark.parametrize(
    ("fields", "attr"),
    [
        ({"role": "superuser"}, "role"),
        ({"days": 0}, "days"),
        ({"days": 91}, "days"),
        ({"uses": 0}, "uses"),
        ({"uses": 1001}, "uses"),
        ({"email": "ana@example.org", "uses": 2}, "uses"),
        ({"email": "ana"}, "email"),
    ],
)
def test_what_cannot_be_is_refused(project, rita, fields, attr):
    with pytest.raises(InvalidInput) as caught:
        write(project, rita, **fields)
    assert caught.value.attr == attr
    assert (Invitation.objects.count(), mail.outbox) == (0, [])


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("invitation_role_known", {"role": "king"}),
        ("invitation_email_is_lower_case", {"email": "Ana@example.org"}),
        ("invitation_to_an_address_is_used_once", {"email": "a@b.org", "uses_left": 2}),
        ("invitation_token_is_a_hash", {"token_hash": "a-token-as-it-is"}),
        ("invitation_expires_after_it_was_written", {"expires_at": "2020-01-01T00:00:00Z"}),
    ],
)
def test_the_database_itself_refuses(project, rita, name, change):
    write(project, rita)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Invitation.objects.update(**change)
