"""The labeler's pages over HTTP: answering, skipping and renewing."""

import re
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from collector.models import Project
from labeling.models import Judgment, Skip, Slot
from labeling.pages.forms import parse_ranking
from labeling.services.claiming import claim
from labeling.services.policies import set_policy
from tests import factories
from tests.labeling.pages import held, html, make_tea, post_answer, sign_in

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


# --- answering ---


def test_an_answer_is_stored_by_place_and_the_next_task_follows(
    project: Project, client: Client, ana: User
) -> None:
    client.get("/projects/tea/label/")
    slot = held(ana)
    response = post_answer(client, slot)
    onwards = f"/projects/tea/label/?answered={slot.uid}"
    assert (response.status_code, response["Location"]) == (302, onwards)
    judgment = Judgment.objects.get()
    first, second, third = slot.order or []
    assert judgment.tiers == [[second], sorted([first, third])]
    assert judgment.labeler.user == ana
    assert judgment.seconds == 12.5
    assert judgment.strength is None
    client.get("/projects/tea/label/")
    assert held(ana) != slot


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
    full = {"strength": "2", "overall_1": "7", "overall_3": "4", "unacceptable": "1"}
    response = post_answer(client, slot, reason="All <i>wrong</i>.", **full)
    [typed] = re.findall(r'<dl class="typed">(.*?)</dl>', html(response), re.DOTALL)
    assert re.findall(r"<dt>(.*?)</dt><dd.*?>(.*?)</dd>", typed) == [
        ("Ranking", "2 1=3"),
        ("How much better is the best response?", "better"),
        ("Response 1 · Overall quality", "7"),
        ("Response 3 · Overall quality", "4"),
        ("Judgment", "No response is acceptable"),
        (
            '<label for="lost-reason">Why not?</label>',
            '<textarea class="form-control" id="lost-reason" rows="3" readonly>'
            "All &lt;i&gt;wrong&lt;/i&gt;.</textarea>",
        ),
    ]


@pytest.mark.parametrize(
    ("ranking", "words"),
    [
        ("", "Still to rank: 1, 2, 3."),
        ("1 2", "Still to rank: 3."),
        ("1 2 3 3", "Ranked twice: 3."),
        ("1 2 3=", "Something is missing after the last =."),
        ("1 2 4", "No response is number 4: there are 3."),
        ("1 2 ³ 0", "No response is number 0: there are 3."),
        ("=1 2 3", "A = stands between two numbers: 2 1=3."),
        ("best: 1", "“b” cannot be read. Write the numbers"),
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


def test_full_width_signs_and_any_separator_are_read() -> None:
    assert parse_ranking("２、１＝３", places=3) == [["2"], ["1", "3"]]
    assert parse_ranking("2>1, 3;\u30004", places=4) == [["2"], ["1"], ["3"], ["4"]]
