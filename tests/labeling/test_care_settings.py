"""Settings: stored, in force at once, and telling nobody."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import Preferences, User
from accounts.services import labeler_of
from collector.models import Project
from labeling.models import ClaimCursor, Task
from labeling.services.preferences import preferences_of, save_preferences
from tests import factories
from tests.labeling.pages import html, make_tea, sign_in

pytestmark = pytest.mark.django_db
FORM = {"interface_language": "", "daily_goal": "0", "break_minutes": "50"}


@pytest.fixture
def project() -> Project:
    project = make_tea()
    Project.objects.filter(pk=project.pk).update(languages=["de"])
    first = Task.objects.order_by("pk")[0]
    Task.objects.filter(pk=first.pk).update(language="fr", topics=["cooking"])
    return project


@pytest.fixture
def ana(project: Project) -> User:
    return factories.make_member(project, "labeler", factories.make_user("ana@example.org"))


@pytest.fixture
def client(ana: User) -> Client:
    return sign_in(ana)


def test_settings_are_stored_whole(ana: User, client: Client) -> None:
    form: dict[str, Any] = FORM | {
        "languages": ["de", "fr"],
        "topics": ["cooking"],
        "shown_categories": ["violence"],
        "daily_goal": "20",
        "show_streak": "on",
        "break_minutes": "25",
    }
    assert client.post("/settings/", form)["Location"] == "/settings/"
    stored = preferences_of(labeler=labeler_of(user=ana))
    assert (stored.languages, stored.topics) == (["de", "fr"], ["cooking"])
    assert (stored.shown_categories, stored.daily_goal) == (["violence"], 20)
    assert (stored.show_streak, stored.break_minutes) == (True, 25)
    page = html(client.get("/settings/"))
    assert 'value="cooking" id="id_topics_0" checked' in page


def test_keys_stay_as_they_are(ana: User, client: Client) -> None:
    Preferences.objects.create(labeler=labeler_of(user=ana), keys={"submit": ["z"]})
    client.post("/settings/", FORM)
    assert preferences_of(labeler=labeler_of(user=ana)).keys == {"submit": ["z"]}


def test_languages_and_topics_are_those_of_ones_projects(client: Client) -> None:
    elsewhere = factories.make_project("secret", languages=["ar"])
    prompt = factories.make_answered_prompts(elsewhere, 1)[0]
    Task.objects.create(project=elsewhere, prompt=prompt, topics=["wine"])
    page = html(client.get("/settings/"))
    assert "Deutsch" in page
    assert "Français" in page
    assert 'value="ar" id="id_languages' not in page
    assert "wine" not in page
    refused = client.post("/settings/", FORM | {"topics": ["wine"]})
    assert refused.status_code == 400


def test_one_can_take_back_what_no_project_offers_any_more(ana: User, client: Client) -> None:
    save_preferences(labeler=labeler_of(user=ana), languages=["sw"], topics=["gone"])
    page = html(client.get("/settings/"))
    assert 'value="sw"' in page
    assert 'value="gone"' in page
    client.post("/settings/", FORM)
    stored = preferences_of(labeler=labeler_of(user=ana))
    assert (stored.languages, stored.topics) == ([], [])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("daily_goal", "-1"),
        ("daily_goal", "1001"),
        ("break_minutes", "241"),
        ("break_minutes", "soon"),
        ("interface_language", "tlh"),
        ("shown_categories", "everything"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_stored(
    client: Client, name: str, value: str
) -> None:
    assert client.post("/settings/", FORM | {name: value}).status_code == 400
    assert not Preferences.objects.exists()


def test_another_choice_of_tasks_starts_the_claims_cursor_anew(project: Project, ana: User) -> None:
    labeler = labeler_of(user=ana)
    bo = factories.make_labeler()
    save_preferences(labeler=labeler, languages=["de"])
    for who in (labeler, bo):
        ClaimCursor.objects.create(project=project, labeler=who, seq=9)
    save_preferences(labeler=labeler, languages=["de"], daily_goal=3)
    assert ClaimCursor.objects.filter(labeler=labeler).count() == 1
    save_preferences(labeler=labeler, languages=["de", "fr"])
    assert [cursor.labeler for cursor in ClaimCursor.objects.all()] == [bo]


def test_the_interface_language_is_in_force_at_once(client: Client) -> None:
    assert '<html lang="en" dir="ltr"' in html(client.get("/"))
    client.post("/settings/", FORM | {"interface_language": "ar"})
    assert '<html lang="ar" dir="rtl"' in html(client.get("/"))
    client.post("/settings/", FORM)
    assert '<html lang="en"' in html(client.get("/"))


@pytest.mark.parametrize("projects", [1, 3])
def test_the_page_costs_the_same_however_many_projects(
    ana: User, client: Client, projects: int, django_assert_num_queries: Any
) -> None:
    for _ in range(projects - 1):
        factories.make_member(factories.make_project(), "labeler", ana)
    client.get("/")
    with django_assert_num_queries(5):
        client.get("/settings/")


def test_many_topics_are_folded_and_the_chosen_ones_stay_in_sight(
    ana: User, client: Client
) -> None:
    topics = [f"topic {number:02}" for number in range(13)]
    Task.objects.filter(language="fr").update(topics=topics[:12])
    assert "<details><summary>12 to choose from" not in html(client.get("/settings/"))
    Task.objects.filter(language="fr").update(topics=topics)
    save_preferences(labeler=labeler_of(user=ana), topics=["topic 07"])
    page = html(client.get("/settings/"))
    in_sight, folded = page.split("<summary>13 to choose from</summary>")
    assert re.findall(r'name="topics" value="([^"]*)"', in_sight) == ["topic 07"]
    assert re.findall(r'name="topics" value="([^"]*)"', folded) == [
        topic for topic in topics if topic != "topic 07"
    ]
