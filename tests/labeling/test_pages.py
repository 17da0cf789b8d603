"""The labeler's pages over HTTP: who gets in, what they show, and what an answer does."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import Labeler, User
from accounts.services import accept_consent, labeler_of
from collector.models import Project
from labeling.models import Judgment, Skip, Slot
from labeling.services.building import build_tasks
from labeling.services.claiming import claim
from labeling.services.policies import set_guidelines, set_policy
from tests import factories

pytestmark = pytest.mark.django_db

FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def project() -> Project:
    project = factories.make_project("tea", name="Tea & biscuits")
    set_policy(project=project, responses=3)
    factories.make_answered_prompts(project, prompts=3, responses=3)
    build_tasks(project=project)
    return project


def sign_in(user: User, *, consented: bool = True) -> Client:
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    if consented:
        accept_consent(labeler=labeler_of(user=user))
    return client


@pytest.fixture
def ana(project: Project) -> User:
    return factories.make_member(project, "labeler", factories.make_user("ana@example.org"))


@pytest.fixture
def client(ana: User) -> Client:
    return sign_in(ana)


def held(user: User) -> Slot:
    return Slot.objects.get(labeler__user=user, state="leased")


def texts_in_order(slot: Slot) -> list[str]:
    texts = dict(slot.task.candidates.values_list("pk", "text"))
    return [texts[pk] for pk in slot.order or []]


def post_answer(client: Client, slot: Slot, **fields: str) -> Any:
    data = {"submit_key": "key-1", "ranking": "2 1=3", "seconds": "12.5"} | fields
    return client.post(f"/projects/tea/label/{slot.uid}/submit/", data)


def html(response: Any) -> str:
    return str(response.content.decode())


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


@pytest.mark.parametrize(
    ("role", "status"),
    [("labeler", 200), ("reviewer", 200), ("researcher", 403), ("trainer", 403)],
)
def test_labelers_and_reviewers_label(project: Project, role: str, status: int) -> None:
    client = sign_in(factories.make_member(project, role))
    assert client.get("/projects/tea/label/").status_code == status
    assert client.get("/projects/tea/guidelines/").status_code == status


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
    assert texts[::2] == texts_in_order(held(ana))  # each once as a snippet, once in full
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


def test_guidelines_are_rendered_as_page_and_fragment(project: Project, client: Client) -> None:
    assert "no guidelines yet" in html(client.get("/projects/tea/guidelines/"))
    set_guidelines(project=project, text="# Be *fair*")
    page = client.get("/projects/tea/guidelines/")
    fragment = client.get("/projects/tea/guidelines/", headers=FRAGMENT)
    assert "<h3>Be <em>fair</em></h3>" in html(page)
    assert "<h3>Be <em>fair</em></h3>" in html(fragment)
    assert "<html" not in html(fragment)


# --- answering ---


def test_an_answer_is_stored_by_place_and_the_next_task_follows(
    project: Project, client: Client, ana: User
) -> None:
    client.get("/projects/tea/label/")
    slot = held(ana)
    response = post_answer(client, slot)
    assert (response.status_code, response["Location"]) == (302, "/projects/tea/label/")
    judgment = Judgment.objects.get()
    first, second, third = slot.order or []
    assert judgment.tiers == [[second], sorted([first, third])]
    assert judgment.labeler.user == ana
    assert judgment.seconds == 12.5
    assert judgment.strength is None
    client.get("/projects/tea/label/")
    assert held(ana) != slot


def test_the_pages_own_submit_gets_201_and_the_next_desk(
    project: Project, client: Client, ana: User
) -> None:
    client.get("/projects/tea/label/")
    slot = held(ana)
    data = {"submit_key": "k", "ranking": "123"}
    response = client.post(f"/projects/tea/label/{slot.uid}/submit/", data, headers=FRAGMENT)
    assert response.status_code == 201
    assert f'data-slot="{held(ana).uid}"' in html(response)
    assert held(ana) != slot
    assert "1 today" in html(response)


def test_the_same_answer_twice_counts_once(project: Project, client: Client, ana: User) -> None:
    client.get("/projects/tea/label/")
    slot = held(ana)
    assert post_answer(client, slot).status_code == 302
    assert post_answer(client, slot).status_code == 302
    assert Judgment.objects.count() == 1


def test_going_back_and_answering_otherwise_is_already_submitted(
    project: Project, client: Client, ana: User
) -> None:
    client.get("/projects/tea/label/")
    slot = held(ana)
    post_answer(client, slot)
    response = post_answer(client, slot, ranking="3 2 1")
    assert response.status_code == 409
    assert "Already submitted" in html(response)
    assert "3 2 1" in html(response)
    assert Judgment.objects.count() == 1


def test_a_task_that_went_to_somebody_else_is_explained_and_nothing_typed_is_lost(
    project: Project, client: Client, ana: User
) -> None:
    set_policy(project=project, responses=3, modes=["rank", "rationale"])
    client.get("/projects/tea/label/")
    slot = held(ana)
    now = timezone.now()
    Slot.objects.exclude(pk=slot.pk).update(state="void")
    Slot.objects.filter(pk=slot.pk).update(
        granted_at=now - timedelta(hours=2), expires_at=now - timedelta(hours=1)
    )
    other = factories.make_labeler()
    assert claim(project=project, labeler=other)
    response = post_answer(client, slot, rationale="Because <b>tea</b>.")
    assert response.status_code == 410
    assert "went to somebody else" in html(response)
    assert "2 1=3" in html(response)
    assert "Because &lt;b&gt;tea&lt;/b&gt;." in html(response)
    assert not Judgment.objects.exists()


@pytest.mark.parametrize(
    ("ranking", "words"),
    [
        ("", "Still to rank: 1, 2, 3."),
        ("1 2", "Still to rank: 3."),
        ("1 2 3 3", "Ranked twice: 3."),
        ("1 2 3=", "Something is missing after the last =."),
        ("1 2 4", "Write the numbers"),
        ("=1 2 3", "Write the numbers"),
        ("best: 1", "Write the numbers"),
    ],
)
def test_an_answer_that_cannot_be_read_comes_back_with_words_and_with_what_was_typed(
    project: Project, client: Client, ana: User, ranking: str, words: str
) -> None:
    client.get("/projects/tea/label/")
    slot = held(ana)
    response = post_answer(client, slot, ranking=ranking, submit_key="mine")
    assert response.status_code == 400
    assert words in html(response)
    assert f'name="ranking" type="text" inputmode="text" maxlength="100" value="{ranking}"' in html(
        response
    )
    assert 'name="submit_key" value="mine"' in html(response)
    assert held(ana) == slot
    assert not Judgment.objects.exists()


def test_none_acceptable_needs_a_reason_and_is_stored_with_it(
    project: Project, client: Client, ana: User
) -> None:
    client.get("/projects/tea/label/")
    slot = held(ana)
    refused = post_answer(client, slot, ranking="", unacceptable="1")
    assert refused.status_code == 400
    assert "Say in a few words" in html(refused)
    post_answer(client, slot, ranking="", unacceptable="1", reason="All are off topic.")
    judgment = Judgment.objects.get()
    assert (judgment.tiers, judgment.not_rankable) == (None, "All are off topic.")


def test_optional_answers_are_stored_and_what_is_left_open_is_absent(
    project: Project, client: Client, ana: User
) -> None:
    set_policy(project=project, responses=3, modes=["rank", "strength", "rationale", "overall"])
    client.get("/projects/tea/label/")
    slot = held(ana)
    post_answer(client, slot, strength="3", rationale="Clear.", overall_2="7")
    judgment = Judgment.objects.get()
    assert (judgment.strength, judgment.rationale) == (3, "Clear.")
    assert slot.order
    assert list(judgment.ratings.values_list("response", "overall")) == [(slot.order[1], 7)]


# --- skipping and renewing ---


def test_skipping_stores_the_reason_and_gives_another_task(
    project: Project, client: Client, ana: User
) -> None:
    client.get("/projects/tea/label/")
    slot = held(ana)
    data = {"reason": "expertise", "note": "Law"}
    response = client.post(f"/projects/tea/label/{slot.uid}/skip/", data)
    assert response.status_code == 302
    assert list(Skip.objects.values_list("task", "reason", "note")) == [
        (slot.task_id, "expertise", "Law")
    ]
    client.get("/projects/tea/label/")
    assert held(ana).task != slot.task


def test_skipping_needs_a_reason_a_person_can_have(
    project: Project, client: Client, ana: User
) -> None:
    client.get("/projects/tea/label/")
    for reason in ("", "expired"):
        response = client.post(f"/projects/tea/label/{held(ana).uid}/skip/", {"reason": reason})
        assert response.status_code == 400
        assert "Choose a reason." in html(response)
    assert not Skip.objects.exists()


def test_renewing_extends_the_lease(project: Project, client: Client, ana: User) -> None:
    client.get("/projects/tea/label/")
    slot = held(ana)
    Slot.objects.filter(pk=slot.pk).update(expires_at=timezone.now() + timedelta(minutes=1))
    response = client.post(f"/projects/tea/label/{slot.uid}/renew/")
    assert response.status_code == 200
    expires_at = held(ana).expires_at
    assert expires_at
    assert expires_at >= timezone.now() + timedelta(minutes=29)
    # JSON carries milliseconds
    assert expires_at - datetime.fromisoformat(response.json()["expires_at"]) < timedelta(seconds=1)


def test_renewing_a_lost_task_says_so(project: Project, client: Client) -> None:
    other = factories.make_labeler()
    task = claim(project=project, labeler=other)
    assert task
    response = client.post(f"/projects/tea/label/{task.slot}/renew/")
    assert response.status_code in (404, 410)
    assert set(response.json()) == {"code", "detail"}


def test_an_unknown_slot_is_not_found(project: Project, client: Client) -> None:
    assert client.post(f"/projects/tea/label/{uuid4()}/submit/", {}).status_code == 404


# --- home ---


def test_home_shows_my_projects_with_what_is_open_for_me_and_what_i_did(
    project: Project, client: Client, ana: User
) -> None:
    factories.make_project("secret", name="Somebody else's")
    client.get("/projects/tea/label/")
    post_answer(client, held(ana))
    page = html(client.get("/"))
    assert "Tea &amp; biscuits" in page
    assert "Somebody else" not in page
    assert re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page) == [
        ("judged today", "1"),
        ("judged in all", "1"),
        ("projects", "1"),
        ("open for me", "2"),
        ("judged by me", "1"),
        ("my role", "labeler"),
    ]


def test_home_of_somebody_without_a_project_says_what_to_do(client: Client) -> None:
    page = html(sign_in(factories.make_user("new@example.org")).get("/"))
    assert "No project yet" in page
    assert "new@example.org" in page


@pytest.mark.parametrize("projects", [1, 3])
def test_home_costs_the_same_however_many_projects(
    ana: User, projects: int, django_assert_num_queries: Any
) -> None:
    client = sign_in(ana)
    for _ in range(projects - 1):
        factories.make_member(factories.make_project(), "labeler", ana)
    client.get("/")
    with django_assert_num_queries(7):
        client.get("/")


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
    with django_assert_num_queries(8):
        client.get("/projects/wide/label/")


def test_pseudonyms_are_shown_to_their_bearer_only(client: Client, ana: User) -> None:
    other = Labeler.objects.create(user=factories.make_user())
    page = html(client.get("/"))
    assert labeler_of(user=ana).pseudonym in page
    assert other.pseudonym not in page
