"""What the compare page's scripts ask for: tasks ahead, what became of an answer, ways back."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.services import labeler_of
from collector.models import Project
from labeling.models import Judgment, Slot
from labeling.services.policies import set_policy
from tests import factories
from tests.labeling.pages import FRAGMENT, held, html, make_tea, post_answer, sign_in

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}
TEA = "/projects/tea/label/"


@pytest.fixture
def project() -> Project:
    return make_tea()


@pytest.fixture
def ana(project: Project) -> User:
    return factories.make_member(project, "labeler", factories.make_user("ana@example.org"))


@pytest.fixture
def client(ana: User) -> Client:
    return sign_in(ana)


def submit(client: Client, slot: Slot, *, key: str = "key-1", ranking: str = "2 1=3") -> Any:
    data = {"submit_key": key, "ranking": ranking, "seconds": "12.5"}
    return client.post(f"{TEA}{slot.uid}/submit/", data, headers=JSON)


def test_the_next_task_is_one_that_is_not_in_hand(client: Client, ana: User) -> None:
    client.get(TEA)
    first = held(ana)
    assert str(first.uid) in html(client.get(f"{TEA}next/", headers=FRAGMENT))
    ahead = client.get(f"{TEA}next/?holding={first.uid}", headers=FRAGMENT)
    assert ahead.status_code == 200
    second = Slot.objects.exclude(pk=first.pk).get(state="leased")
    assert f'data-slot="{second.uid}"' in html(ahead)
    assert "<html" not in html(ahead)
    full = client.get(f"{TEA}next/?holding={first.uid}&holding={second.uid}", headers=FRAGMENT)
    assert (full.status_code, full.content) == (204, b"")
    assert Slot.objects.filter(state="leased").count() == 2


def test_a_list_of_tasks_that_is_none_is_refused(client: Client) -> None:
    assert client.get(f"{TEA}next/?holding=x", headers=FRAGMENT).status_code == 400


def test_scripts_are_told_what_became_of_an_answer(client: Client, ana: User) -> None:
    client.get(TEA)
    slot = held(ana)
    reply = submit(client, slot)
    judgment = Judgment.objects.get()
    assert reply.status_code == 201
    assert reply.json() == {
        "judgment": str(judgment.uid),
        "correct_for": 600.0,
        "today": 1,
        "opinions": None,
    }
    assert submit(client, slot).json()["judgment"] == str(judgment.uid)
    refused = submit(client, slot, ranking="1 2 3")
    assert (refused.status_code, refused.json()["code"]) == (409, "submit_key_reused")
    unread = submit(client, slot, key="key-2", ranking="1 2")
    assert unread.status_code == 400
    assert unread.json() == {"code": "invalid_input", "detail": "Still to rank: 3."}
    assert Judgment.objects.count() == 1


def test_a_first_answer_carries_the_key_of_its_task(client: Client, ana: User) -> None:
    page = html(client.get(TEA))
    assert f'name="submit_key" value="{held(ana).uid}"' in page


@pytest.mark.parametrize(("action", "body"), [("submit", {}), ("skip", {}), ("renew", {})])
def test_scripts_get_every_refusal_with_a_code(
    client: Client, ana: User, action: str, body: dict[str, str]
) -> None:
    client.get(TEA)
    address = f"{TEA}{held(ana).uid}/{action}/"
    signed_out = Client().post(address, body, headers=JSON)
    assert (signed_out.status_code, signed_out.json()["code"]) == (401, "signed_out")
    other = client.post(address, body, headers=JSON | {"X-Labeler": "somebody"})
    assert (other.status_code, other.json()["code"]) == (401, "other_labeler")
    nowhere = client.post(f"{TEA}01900000-0000-7000-8000-000000000000/{action}/", headers=JSON)
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "not_found")
    labeler_of(user=ana).consents.all().delete()
    terms = client.post(address, body, headers=JSON)
    assert (terms.status_code, terms.json()["code"]) == (403, "consent_needed")
    assert held(ana).state == "leased"


def test_the_page_of_ones_own_labeler_is_let_through(client: Client, ana: User) -> None:
    labeler = labeler_of(user=ana)
    assert client.get(TEA, headers={"X-Labeler": str(labeler.uid)}).status_code == 200


def test_an_answer_can_be_seen_and_corrected_within_its_time(client: Client, ana: User) -> None:
    client.get(TEA)
    slot = held(ana)
    assert post_answer(client, slot).status_code == 302
    page = html(client.get(f"{TEA}{slot.uid}/"))
    assert 'value="2 1=3"' in page
    assert "data-correcting" in page
    assert f'name="submit_key" value="{slot.uid}"' not in page
    Judgment.objects.update(created_at=timezone.now() - timedelta(minutes=11))
    late = client.get(f"{TEA}{slot.uid}/")
    assert late.status_code == 409
    assert "The time to correct it is over." in html(late)


def test_the_edit_window_opens_with_the_first_answer(
    client: Client, ana: User, project: Project
) -> None:
    client.get(TEA)
    slot = held(ana)
    submit(client, slot)
    Judgment.objects.update(created_at=timezone.now() - timedelta(minutes=4))
    again = submit(client, slot, key="key-2", ranking="1 2 3")
    assert again.status_code == 201
    assert 350 < again.json()["correct_for"] < 361


def test_a_task_in_hand_is_shown_to_be_answered(client: Client, ana: User) -> None:
    client.get(TEA)
    page = html(client.get(f"{TEA}{held(ana).uid}/"))
    assert f'name="submit_key" value="{held(ana).uid}"' in page
    assert "data-correcting" not in page


def test_nobody_sees_the_answer_of_another(client: Client, ana: User, project: Project) -> None:
    client.get(TEA)
    slot = held(ana)
    post_answer(client, slot)
    bo = sign_in(factories.make_member(project, "labeler"))
    assert bo.get(f"{TEA}{slot.uid}/").status_code == 404


def test_a_lost_answer_is_given_back_with_every_question(
    client: Client, ana: User, project: Project
) -> None:
    modes = ["rank", "strength", "attributes", "edit"]
    set_policy(project=project, responses=3, modes=modes)
    client.get(TEA)
    slot = held(ana)
    post_answer(client, slot)
    page = post_answer(
        client,
        slot,
        strength="2",
        attr_1_correctness="3",
        edit_response="2",
        edit_text="Better.",
        ranking="3 2 1",
    )
    assert page.status_code == 409
    for words in ("3 2 1", "Better.", "Correctness", "Response 1"):
        assert words in html(page)
