"""Taking part: no first task in a language that one does not read, and straight on to the work."""

import re

import pytest
from django.test import Client

from accounts.models import User
from accounts.services import has_consented, labeler_of
from collector.models import Project
from labeling.models import Task
from labeling.services.preferences import preferences_of, save_preferences
from tests import factories
from tests.labeling.pages import held, html, make_tea, sign_in

pytestmark = pytest.mark.django_db
SPEAKS = {"Accept-Language": "de-AT,de;q=0.9,pt-BR;q=0.5,fr;q=0"}


@pytest.fixture
def project() -> Project:
    """Tasks in German, French and Portuguese; the French one would come first."""
    project = make_tea()
    for task, language in zip(Task.objects.order_by("pk"), ("fr", "de", "pt"), strict=True):
        Task.objects.filter(pk=task.pk).update(language=language)
    return project


@pytest.fixture
def ana(project: Project) -> User:
    return factories.make_member(project, "labeler", factories.make_user("ana@example.org"))


@pytest.fixture
def client(ana: User) -> Client:
    return sign_in(ana, consented=False)


def ticked(page: str) -> list[str]:
    return re.findall(r'name="languages" value="([^"]*)"[^>]* checked', page)


def test_what_the_browser_asks_for_is_ticked_among_the_languages_of_ones_projects(
    project: Project, client: Client
) -> None:
    factories.make_project("secret", languages=["ar"])
    page = html(client.get("/consent/", headers=SPEAKS))
    assert re.findall(r'name="languages" value="([^"]*)"', page) == ["de", "fr", "pt"]
    assert ticked(page) == ["de", "pt"]
    assert ">Français</label>" in page


def test_a_browser_that_asks_for_none_of_them_ticks_none(client: Client) -> None:
    for header in ("fi", "*", ""):
        assert ticked(html(client.get("/consent/", headers={"Accept-Language": header}))) == []


def test_the_first_task_is_in_a_language_one_reads(
    project: Project, ana: User, client: Client
) -> None:
    data = {"accept": "on", "languages": ["de"], "next": "/projects/tea/label/"}
    assert client.post("/consent/", data)["Location"] == "/projects/tea/label/"
    client.get("/projects/tea/label/")
    assert held(ana).task.language == "de"


def test_no_language_chosen_means_every_one(ana: User, client: Client) -> None:
    client.post("/consent/", {"accept": "on"}, headers=SPEAKS)
    assert preferences_of(labeler=labeler_of(user=ana)).languages == []


def test_who_does_not_accept_chooses_nothing_and_keeps_what_was_ticked(
    ana: User, client: Client
) -> None:
    refused = client.post("/consent/", {"languages": ["fr"]}, headers=SPEAKS)
    assert (refused.status_code, ticked(html(refused))) == (400, ["fr"])
    assert client.post("/consent/", {"accept": "on", "languages": ["ar"]}).status_code == 400
    labeler = labeler_of(user=ana)
    assert (has_consented(labeler=labeler), preferences_of(labeler=labeler).languages) == (
        False,
        [],
    )


def test_new_terms_ask_again_with_the_choice_one_made(ana: User, client: Client) -> None:
    save_preferences(labeler=labeler_of(user=ana), languages=["fr", "sw"])
    assert ticked(html(client.get("/consent/", headers=SPEAKS))) == ["fr", "sw"]


def test_where_projects_name_no_language_nothing_is_asked_and_nothing_stored(
    project: Project, ana: User, client: Client
) -> None:
    Task.objects.update(language="")
    assert 'name="languages"' not in html(client.get("/consent/", headers=SPEAKS))
    client.post("/consent/", {"accept": "on", "languages": ["de"]})
    assert not hasattr(labeler_of(user=ana), "preferences")


def test_once_accepted_nothing_is_asked_any_more(client: Client) -> None:
    client.post("/consent/", {"accept": "on"})
    page = html(client.get("/consent/"))
    assert "You accepted these terms." in page
    assert 'name="languages"' not in page
    assert 'name="accept"' not in page
