"""Accounts, pseudonyms, consent and tokens."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings
from knox.models import AuthToken

from accounts.models import Consent, Labeler, User
from accounts.services import (
    accept_consent,
    create_token,
    create_user,
    get_or_invite,
    has_consented,
    labeler_of,
)
from common.errors import Conflict, InvalidInput
from tests.factories import make_labeler, make_user

pytestmark = pytest.mark.django_db


def test_an_account_is_made_with_its_address_in_lower_case():
    user = create_user(email=" Ana@Example.ORG ", password="correct horse", name="Ana")
    assert (user.email, user.name, user.is_staff) == ("ana@example.org", "Ana", False)
    assert user.check_password("correct horse")


def test_a_superuser_may_enter_the_admin_site():
    user = create_user(email="root@example.org", is_superuser=True)
    assert (user.is_superuser, user.is_staff, user.has_usable_password()) == (True, True, False)


def test_an_address_has_one_account():
    create_user(email="ana@example.org")
    with pytest.raises(Conflict) as caught:
        create_user(email="ANA@example.org")
    assert caught.value.attr == "email"
    assert User.objects.count() == 1


@pytest.mark.parametrize("email", ["", "ana", "ana@", "a b@example.org", "ana@example.org\n.x"])
def test_what_is_no_address_is_refused(email):
    with pytest.raises(InvalidInput) as caught:
        create_user(email=email)
    assert caught.value.attr == "email"


def test_inviting_finds_the_account_or_makes_one_without_a_password():
    ana = make_user("ana@example.org")
    assert get_or_invite(email="Ana@example.org") == ana
    bo = get_or_invite(email="bo@example.org")
    assert not bo.has_usable_password()


def test_a_person_has_one_pseudonym_that_does_not_name_them():
    user = make_user("ana@example.org")
    labeler = labeler_of(user=user)
    assert labeler_of(user=User.objects.get(pk=user.pk)) == labeler
    assert labeler.kind == Labeler.Kind.PERSON
    assert "ana" not in labeler.pseudonym.removeprefix("labeler-")


def test_consent_is_to_the_version_in_force_and_recorded_once():
    labeler = make_labeler()
    other = make_labeler()
    assert not has_consented(labeler=labeler)
    first = accept_consent(labeler=labeler)
    assert accept_consent(labeler=labeler, version="1") == first
    assert has_consented(labeler=labeler)
    assert not has_consented(labeler=other)
    assert Consent.objects.count() == 1


def test_new_terms_need_a_new_consent():
    labeler = make_labeler()
    accept_consent(labeler=labeler)
    with override_settings(CONSENT_VERSION="2"):
        assert not has_consented(labeler=labeler)
        with pytest.raises(InvalidInput):
            accept_consent(labeler=labeler, version="1")
        accept_consent(labeler=labeler, version="2")
        assert has_consented(labeler=labeler)


def test_a_token_is_stored_as_a_hash_and_never_expires():
    token = create_token(user=make_user())
    stored = AuthToken.objects.get()
    assert stored.expiry is None
    assert token not in (stored.digest, stored.token_key)


def test_the_command_prints_a_token():
    user = make_user("ana@example.org")
    out = StringIO()
    call_command("create_token", "Ana@example.org", "--json", stdout=out)
    printed = json.loads(out.getvalue())
    assert printed["email"] == "ana@example.org"
    assert AuthToken.objects.get().token_key == printed["token"][:15]
    assert AuthToken.objects.get().user == user


def test_the_command_says_in_one_line_that_there_is_no_such_account():
    make_user("gone@example.org", is_active=False)
    for email in ("nobody@example.org", "gone@example.org"):
        with pytest.raises(CommandError, match=r"^There is no active account"):
            call_command("create_token", email)
    assert not AuthToken.objects.exists()
