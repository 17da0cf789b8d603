"""The labeler's pages over HTTP: who gets in and what they show."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Preferences, User
from accounts.services import labeler_of
from collector.models import Project
from labeling.models import Judgment, Slot
from labeling.services.building import build_tasks
from labeling.services.claiming import claim
from labeling.services.policies import set_guidelines, set_policy
from tests import factories
from tests.labeling.pages import (
    FRAGMENT,
    held,
    html,
    make_tea,
    post_answer,
    sign_in,
    texts_in_order,
)
from tests.labeling.work import judge

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_tea()


@pytest.fixture
def ana(project: Project) -> User:
    return factories.make_member(project, "labeler", factories.make_user("ana@example.org"))


@pytest.fixture
def client(ana: User) -> Client:
    return sign_in(ana)


# --- who gets in ---


def test_signed_out_people_are_asked_to_sign_in_and_come_back(project: Project) -> None:
    response = Client().get("/projects/tea/label/")
    assert response.status_code == 302
    assert response["Location"] == "/accounts/login/?next=/projects/tea/label/"


def test_the_pages_own_requests_are_told_in_words_that_one_is_signed_out(project: Project) -> None:
    response = Client().get("/projects/tea/label/", headers=FRAGMENT)
    assert response.status_code == 401
    assert response["HX-Retarget"] == "#message"
    assert "what you wrote is kept" in html(response)
    assert '<a href="/accounts/login/" target="_blank">Sign in</a>' in html(response)


@pytest.mark.parametrize(
    ("role", "status"),
    [("labeler", 200), ("reviewer", 403), ("researcher", 403), ("trainer", 403)],
)
def test_only_labelers_label(project: Project, role: str, status: int) -> None:
    client = sign_in(factories.make_member(project, role))
    assert client.get("/projects/tea/label/").status_code == status
    assert client.get("/projects/tea/guidelines/").status_code == status


@pytest.mark.parametrize("role", ["reviewer", "researcher", "trainer"])
def test_a_labeler_whose_other_role_sees_more_judges_no_longer(
    project: Project, client: Client, ana: User, role: str
) -> None:
    client.get("/projects/tea/label/")
    slot = held(ana)
    factories.make_member(project, role, ana)
    page = client.get("/projects/tea/label/")
    assert page.status_code == 403
    assert "Your other role in this project shows you authors" in html(page)
    assert post_answer(client, slot).status_code == 403
    assert not Judgment.objects.exists()
    home = html(client.get("/"))
    assert f"labeler, {role}" in home
    assert "open for me" not in home
    assert "/projects/tea/label/" not in home


def test_roles_elsewhere_do_not_matter(project: Project, client: Client, ana: User) -> None:
    factories.make_member(factories.make_project(), "researcher", ana)
    assert client.get("/projects/tea/label/").status_code == 200


def test_superusers_may_label_everywhere(project: Project) -> None:
    client = sign_in(factories.make_user(is_superuser=True))
    assert client.get("/projects/tea/label/").status_code == 200
    assert "open for me" in html(client.get("/"))


def test_who_was_removed_is_told_so_beside_what_they_typed(
    project: Project, client: Client, ana: User
) -> None:
    client.get("/projects/tea/label/")
    slot = held(ana)
    ana.memberships.all().delete()
    address = f"/projects/tea/label/{slot.uid}/submit/"
    response = client.post(address, {"ranking": "1 2 3"}, headers=FRAGMENT)
    assert (response.status_code, response["HX-Retarget"]) == (404, "#message")
    assert "There is no such project." in html(response)


def test_members_of_other_projects_learn_nothing(project: Project) -> None:
    stranger = sign_in(factories.make_member(factories.make_project(), "labeler"))
    known = stranger.get("/projects/tea/label/")
    unknown = stranger.get("/projects/coffee/label/")
    assert (known.status_code, unknown.status_code) == (404, 404)
    assert "Tea" not in html(known)


def test_an_archived_project_is_closed(project: Project, client: Client) -> None:
    Project.objects.filter(pk=project.pk).update(archived_at=timezone.now())
    assert client.get("/projects/tea/label/").status_code == 404


def test_nobody_gets_a_task_before_consenting(project: Project, ana: User) -> None:
    client = sign_in(ana, consented=False)
    response = client.get("/projects/tea/label/")
    assert response["Location"] == "/consent/?next=%2Fprojects%2Ftea%2Flabel%2F"
    assert not Slot.objects.filter(state="leased").exists()


def test_a_slot_of_another_project_is_not_reached_through_this_one(
    project: Project, client: Client, ana: User
) -> None:
    other = factories.make_project("other")
    set_policy(project=other, responses=3)
    factories.make_answered_prompts(other, prompts=1, responses=3)
    build_tasks(project=other)
    task = claim(project=other, labeler=labeler_of(user=ana))
    assert task
    for action in ("submit", "skip", "renew"):
        response = client.post(f"/projects/tea/label/{task.slot}/{action}/", {"reason": "other"})
        assert response.status_code == 404
    assert Slot.objects.get(uid=task.slot).state == "leased"


def test_answers_need_the_csrf_token(project: Project, client: Client, ana: User) -> None:
    client.get("/projects/tea/label/")
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    response = post_answer(strict, held(ana))
    assert response.status_code == 403
    assert "open too long" in html(response)
    assert not Judgment.objects.exists()


@pytest.mark.parametrize("action", ["submit", "skip", "renew"])
def test_reading_changes_nothing(project: Project, client: Client, ana: User, action: str) -> None:
    client.get("/projects/tea/label/")
    address = f"/projects/tea/label/{held(ana).uid}/{action}/"
    assert client.get(address).status_code == 405


# --- what is shown ---


def test_responses_stand_in_the_order_granted_and_stay_so(
    project: Project, client: Client, ana: User
) -> None:
    first = html(client.get("/projects/tea/label/"))
    second = html(client.get("/projects/tea/label/"))
    places = re.findall(r'id="response-(\d)"', first)
    texts = re.findall(r"Response number \d+\.", first)
    assert places == ["1", "2", "3"]
    assert texts[::3] == texts_in_order(held(ana))  # each as a snippet, as its source and in full
    assert re.findall(r"Response number \d+\.", second) == texts


def test_the_page_does_not_say_who_wrote_what(project: Project, client: Client, ana: User) -> None:
    page = html(client.get("/projects/tea/label/"))
    slot = held(ana)
    for candidate in slot.task.candidates.select_related("revision__generator"):
        assert candidate.revision
        assert candidate.revision.generator.name not in page
        assert str(candidate.uid) not in page
        assert not re.search(rf"\b{candidate.pk}\b", re.sub(r"[0-9a-f-]{32,}", "", page))


def test_a_fragment_is_the_desk_alone(project: Project, client: Client) -> None:
    page = client.get("/projects/tea/label/")
    fragment = client.get("/projects/tea/label/", headers=FRAGMENT)
    assert "<html" in html(page)
    assert "<html" not in html(fragment)
    assert html(fragment).strip().startswith('<div id="desk"')
    assert "HX-Request" in fragment["Vary"]
    assert "no-store" in fragment["Cache-Control"]


def test_optional_questions_show_only_where_the_policy_asks_them(
    project: Project, client: Client, ana: User
) -> None:
    names = ("strength", "rationale", "overall_1")
    plain = html(client.get("/projects/tea/label/"))
    assert [name for name in names if f'name="{name}"' in plain] == []
    set_policy(project=project, responses=3, modes=["rank", "strength", "rationale", "overall"])
    client.post(f"/projects/tea/label/{held(ana).uid}/skip/", {"reason": "other"})
    full = html(client.get("/projects/tea/label/"))
    assert [name for name in names if f'name="{name}"' in full] == list(names)


def test_hostile_responses_are_shown_as_text(project: Project, client: Client, ana: User) -> None:
    hostile = '<script>alert(1)</script><img src="https://evil.example/x.png" onerror="x()">'
    prompt = factories.make_prompt(project, "Zzz")
    for index in range(3):
        factories.make_response(prompt, f"{hostile} {index}")
    Slot.objects.update(state="void")
    build_tasks(project=project)
    page = html(client.get("/projects/tea/label/"))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert re.findall(r"<img|<iframe", page) == []


def test_when_nothing_is_left_the_page_says_so_and_shows_a_way_on(
    project: Project, client: Client
) -> None:
    Slot.objects.update(state="void")
    response = client.get("/projects/tea/label/")
    assert response.status_code == 200
    assert "All done" in html(response)
    assert 'href="/"' in html(response)


def test_who_has_reached_the_days_limit_reads_that_it_is_the_days(
    project: Project, client: Client, ana: User
) -> None:
    set_policy(project=project, responses=3, daily_judgments=1)
    assert "Enough for today" not in html(client.get("/projects/tea/label/"))
    judge(project, labeler_of(user=ana))
    page = html(client.get("/projects/tea/label/"))
    assert "Enough for today" in page
    assert "All done" not in page


@pytest.mark.parametrize(
    ("ordering", "words"),
    [
        ("rank", "Rank the responses by how well"),
        ("best", "Choose the response that answers the prompt best:"),
        ("pair", "Choose the response that answers the prompt better:"),
        ("pair_7", "Choose the response that answers the prompt better:"),
    ],
)
def test_without_guidelines_the_page_says_what_the_policy_asks_for(
    project: Project, client: Client, ordering: str, words: str
) -> None:
    set_policy(project=project, modes=[ordering], responses=2)
    said = html(client.get("/projects/tea/guidelines/")).split("no guidelines yet. ")[1]
    assert said.startswith(words)


def test_guidelines_are_rendered_as_page_and_fragment(project: Project, client: Client) -> None:
    assert "no guidelines yet" in html(client.get("/projects/tea/guidelines/"))
    set_guidelines(project=project, text="# Be *fair*")
    page = client.get("/projects/tea/guidelines/")
    fragment = client.get("/projects/tea/guidelines/", headers=FRAGMENT)
    assert "<h3>Be <em>fair</em></h3>" in html(page)
    assert "<h3>Be <em>fair</em></h3>" in html(fragment)
    assert "<html" not in html(fragment)


@pytest.mark.parametrize("responses", [2, 6])
def test_the_compare_page_costs_the_same_however_many_responses(
    responses: int, django_assert_num_queries: Any
) -> None:
    project = factories.make_project("wide")
    set_policy(project=project, responses=responses)
    factories.make_answered_prompts(project, prompts=2, responses=responses)
    build_tasks(project=project)
    client = sign_in(factories.make_member(project, "labeler"))
    client.get("/projects/wide/label/")
    with django_assert_num_queries(9):
        client.get("/projects/wide/label/")


def test_the_keys_beside_controls_are_ones_own(client: Client, ana: User) -> None:
    Preferences.objects.create(labeler=labeler_of(user=ana), keys={"skip": ["x"], "none": []})
    for address, headers in (("/projects/tea/label/", {}), ("/projects/tea/label/next/", FRAGMENT)):
        page = html(client.get(address, headers=headers))
        assert '<kbd class="wide-only">x</kbd>' in page
        assert '<kbd class="wide-only">n</kbd>' not in page
        assert '<kbd class="wide-only from-page">Enter</kbd>' in page
