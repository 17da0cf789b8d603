"""The pages speak the language a person chose, wherever they sign in."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Preferences
from accounts.services import labeler_of
from tests.factories import make_user
from tests.labeling.pages import html, sign_in

pytestmark = pytest.mark.django_db


def lang(client: Client, accept: str = "") -> str:
    response = client.get("/", headers={"Accept-Language": accept} if accept else {}, follow=True)
    return html(response).split('<html lang="')[1].split('"')[0]


def test_who_chose_nothing_reads_what_the_browser_asks_for() -> None:
    client = sign_in(make_user())
    assert lang(client, "de") == "de"
    assert lang(client, "tlh") == "en"
    assert lang(Client(), "fr") == "fr"


def test_a_choice_goes_before_the_browsers_on_any_device() -> None:
    user = make_user()
    Preferences.objects.create(labeler=labeler_of(user=user), interface_language="es")
    for _device in range(2):
        client = sign_in(user)
        assert lang(client, "de") == "es"
        assert client.get("/", headers={"Accept-Language": "de"})["Content-Language"] == "es"


def test_a_language_that_is_gone_is_passed_over() -> None:
    user = make_user()
    Preferences.objects.create(labeler=labeler_of(user=user), interface_language="tlh")
    assert lang(sign_in(user), "fr") == "fr"


def test_one_persons_language_does_not_stay_for_the_next() -> None:
    user = make_user()
    Preferences.objects.create(labeler=labeler_of(user=user), interface_language="es")
    assert lang(sign_in(user)) == "es"
    assert lang(sign_in(make_user())) == "en"
    client = sign_in(user)
    assert lang(client) == "es"
    client.post("/accounts/logout/")
    assert lang(client) == "en"


def test_the_choice_is_read_once_a_session() -> None:
    client = sign_in(make_user())
    read = []
    for _page in range(2):
        with CaptureQueriesContext(connection) as captured:
            client.get("/consent/")
        asked = 'SELECT "accounts_preferences"."interface_language" AS'
        read.append(sum(query["sql"].startswith(asked) for query in captured))
    assert read == [1, 0]
