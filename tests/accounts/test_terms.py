"""Terms come in versions: a new one asks again and says what changed."""

from typing import Any

import pytest
from django.conf import settings as configured
from django.test import Client

from accounts.models import User
from accounts.services import accept_consent, create_user, labeler_of
from accounts.terms import Change, changes, terms

pytestmark = pytest.mark.django_db

NEW_TERMS = "<h2>What it is about</h2><p>You read.</p><ul><li>You are {{ pseudonym }}.</li></ul>"
OLD_TERMS = "<h2>What it is about</h2><p>You judge.</p><ul><li>You are {{ pseudonym }}.</li></ul>"


@pytest.fixture
def ana() -> User:
    return create_user(email="ana@example.org")


@pytest.fixture
def two_versions(settings: Any, tmp_path: Any) -> None:
    """Version b in force, version a before it."""
    folder = tmp_path / "accounts" / "consent"
    folder.mkdir(parents=True)
    (folder / "version_a.html").write_text(OLD_TERMS)
    (folder / "version_b.html").write_text(NEW_TERMS)
    (engine,) = settings.TEMPLATES
    settings.TEMPLATES = [engine | {"DIRS": [*engine["DIRS"], tmp_path]}]
    settings.CONSENT_VERSION = "b"


def enter(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=configured.AUTHENTICATION_BACKENDS[0])
    return client


def accept_earlier(user: User, settings: Any) -> None:
    settings.CONSENT_VERSION = "a"
    accept_consent(labeler=labeler_of(user=user))
    settings.CONSENT_VERSION = "b"


def test_what_changed_is_told_block_by_block(two_versions: None) -> None:
    assert changes(since="a", pseudonym="p") == [
        Change("gone", "You judge."),
        Change("new", "You read."),
    ]
    assert changes(since="b", pseudonym="p") == []


def test_new_terms_ask_again_and_show_what_changed(
    ana: User, settings: Any, two_versions: None
) -> None:
    accept_earlier(ana, settings)
    client = enter(ana)
    page = client.get("/consent/").content.decode()
    assert "The terms have changed" in page
    assert "You accepted version a on" in page
    assert "New:</span> You read." in page
    assert "No longer:</span> You judge." in page
    assert client.get("/api/v1/me/").json()["consented"] is False
    client.post("/consent/", {"accept": "on"})
    again = client.get("/consent/").content.decode()
    assert ("The terms have changed" in again, "You accepted these terms." in again) == (
        False,
        True,
    )


def test_who_comes_for_the_first_time_is_told_of_no_change(ana: User, two_versions: None) -> None:
    assert "The terms have changed" not in enter(ana).get("/consent/").content.decode()


def test_one_reads_what_one_accepted_and_nothing_else(
    ana: User, settings: Any, two_versions: None
) -> None:
    accept_earlier(ana, settings)
    bo = create_user(email="bo@example.org")
    page = enter(ana).get("/consent/a/")
    assert "You judge." in page.content.decode()
    assert labeler_of(user=ana).pseudonym in page.content.decode()
    assert enter(bo).get("/consent/a/").status_code == 404
    assert enter(ana).get("/consent/b/").status_code == 404
    assert Client().get("/consent/a/").status_code == 302


def test_the_version_in_force_has_terms() -> None:
    assert "<h2>" in terms(pseudonym="p")
