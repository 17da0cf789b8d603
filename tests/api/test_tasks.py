"""tasks/, claim/ and slots/{slot}/submit|skip|renew/."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.services import accept_consent, labeler_of
from labeling.models import Comparison, Judgment, Skip, Slot
from labeling.services.building import build_tasks
from labeling.services.policies import set_policy
from tests.api.conftest import client_of
from tests.factories import make_answered_prompts, make_member

CLAIM = "/api/v1/projects/poems/claim/"


@pytest.fixture
def desk(labeler, people, project):
    """The labeler's client; two tasks wait, consent is given."""
    set_policy(project=project, responses=3)
    make_answered_prompts(project, 2, responses=3)
    build_tasks(project=project)
    accept_consent(labeler=labeler_of(user=people["labeler"]))
    return labeler


@pytest.fixture
def second(project):
    """Another labeler of the project, who has not consented yet."""
    return client_of(make_member(project, "labeler"))


def slot_url(task, action) -> str:
    return f"/api/v1/slots/{task['slot']}/{action}/"


def submit(client, task, **fields):
    answer = {"submit_key": "one", "tiers": [["2"], ["1", "3"]]} | fields
    return client.post(slot_url(task, "submit"), answer, format="json")


def claim(client, holding=()):
    return client.post(CLAIM, {"holding": list(holding)}, format="json")


def test_tasks_are_built_once(researcher, project):
    set_policy(project=project, responses=2, overlap=3)
    make_answered_prompts(project, 3, responses=2)
    url = "/api/v1/projects/poems/tasks/"
    assert researcher.post(url).json() == {"tasks": 3, "slots": 9}
    assert researcher.post(url).json() == {"tasks": 0, "slots": 0}


def test_a_claim_says_all_that_a_page_needs_and_names_no_author(desk):
    response = claim(desk)
    assert response.status_code == 200
    slot = Slot.objects.get(state="leased")
    shown = {message.pk: message for message in slot.task.candidates.all()}
    assert response.json() == {
        "slot": str(slot.uid),
        "expires_at": slot.expires_at.isoformat().replace("+00:00", "Z"),
        "kind": "compare",
        "guideline_version": None,
        "prompt": [{"role": "user", "content": slot.task.prompt.text}],
        "responses": [
            {"id": str(place), "text": shown[pk].text}
            for place, pk in enumerate(slot.order, start=1)
        ],
        "modes": {"rank": {}},
    }
    body = response.content.decode()
    assert "model-" not in body
    for message in shown.values():
        assert str(message.uid) not in body


def test_a_held_slot_that_is_not_listed_is_returned_again(desk):
    first = claim(desk).json()
    assert claim(desk).json()["slot"] == first["slot"]
    second = claim(desk, [first["slot"]]).json()
    assert second["slot"] != first["slot"]
    third = claim(desk, [first["slot"], second["slot"]])
    assert (third.status_code, third.json()["errors"][0]["code"]) == (409, "too_many_held")


def test_without_a_body_nothing_is_held(desk):
    assert desk.post(CLAIM).status_code == 200


def test_there_is_no_task_when_there_is_none(desk):
    for key in ("one", "two"):
        task = claim(desk).json()
        assert submit(desk, task, submit_key=key).status_code == 201
    response = claim(desk)
    assert (response.status_code, response.content) == (204, b"")


def test_nobody_works_before_having_consented(second, desk):
    response = claim(second)
    assert response.status_code == 403
    assert response.json()["type"] == "client_error"
    assert response.json()["errors"][0]["code"] == "consent_required"
    second.post("/api/v1/me/consents/", {}, format="json")
    assert claim(second).status_code == 200


def test_who_sees_the_authors_does_not_judge(clients, desk):
    for client in clients.values():
        client.post("/api/v1/me/consents/", {}, format="json")
    assert {role: claim(client).status_code for role, client in clients.items()} == {
        "labeler": 200,
        "reviewer": 403,
        "admin": 200,
        "researcher": 403,
        "trainer": 403,
        "other": 404,
        "stranger": 404,
        "nobody": 401,
    }


@pytest.mark.parametrize("role", ["reviewer", "researcher", "trainer"])
def test_a_second_role_ends_judging(desk, people, project, role):
    assert claim(desk).status_code == 200
    make_member(project, role, people["labeler"])
    refused = claim(desk)
    assert refused.status_code == 403
    [error] = refused.json()["errors"]
    assert error["code"] == "not_a_judge"
    assert error["detail"].startswith("Your other role in this project shows you authors")


def test_a_researcher_who_makes_themselves_a_labeler_does_not_judge(desk, people, clients):
    client = clients["researcher"]
    client.post("/api/v1/me/consents/", {}, format="json")
    member = {"email": people["researcher"].email, "role": "labeler"}
    added = client.post("/api/v1/projects/poems/members/", member, format="json")
    assert added.status_code == 201
    assert claim(client).status_code == 403
    assert claim(clients["reviewer"]).json()["errors"][0] == {
        "code": "not_a_judge",
        "detail": "Only labelers judge, and you are not a labeler of this project.",
        "attr": None,
    }


def test_an_archived_project_gives_no_tasks(desk, project):
    project.archived_at = timezone.now()
    project.save()
    assert claim(desk).status_code == 409


@pytest.mark.parametrize("holding", ["x", ["x"], {"a": 1}, [None], [["x"]]])
def test_holding_is_a_list_of_slots(desk, holding):
    response = desk.post(CLAIM, {"holding": holding}, format="json")
    assert response.status_code == 400


def test_an_answer_becomes_a_judgment_with_its_comparisons(desk, people):
    task = claim(desk).json()
    response = submit(desk, task, seconds=12.5)
    assert response.status_code == 201
    judgment = Judgment.objects.get()
    assert response.json() == {"judgment": str(judgment.uid)}
    assert judgment.labeler == labeler_of(user=people["labeler"])
    order = judgment.slot.order
    assert judgment.tiers == [[order[1]], sorted([order[0], order[2]])]
    assert judgment.seconds == 12.5
    assert Comparison.objects.count() == 3


def test_the_whole_body_of_the_contract_is_taken(desk, project):
    set_policy(project=project, responses=3, modes=["rank", "strength", "overall", "rationale"])
    answer = {
        "strength": 3,
        "ratings": {"1": {"overall": 7, "attributes": {}, "flags": []}},
        "answers": {},
        "edit": None,
        "spans": [],
        "not_rankable": None,
        "rationale": "The second rhymes.",
        "seconds": 30,
    }
    response = submit(desk, claim(desk).json(), **answer)
    assert response.status_code == 201
    judgment = Judgment.objects.get()
    assert (judgment.strength, judgment.rationale) == (3, "The second rhymes.")
    assert judgment.ratings.get().overall == 7


def test_a_double_click_is_one_judgment(desk):
    task = claim(desk).json()
    first, second = submit(desk, task), submit(desk, task)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    other = submit(desk, task, tiers=[["1"], ["2"], ["3"]])
    assert (other.status_code, other.json()["errors"][0]["code"]) == (409, "submit_key_reused")
    assert Judgment.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "attr"),
    [
        ({"submit_key": ""}, "submit_key"),
        ({"submit_key": None}, "submit_key"),
        ({"tiers": [["1"], ["2"]]}, "tiers"),
        ({"tiers": [["1"], ["2"], ["9"]]}, "tiers"),
        ({"tiers": "1 2 3"}, "tiers"),
        ({"tiers": None}, "tiers"),
        ({"strength": 1}, "strength"),
        ({"ratings": {"1": {"overall": 8}}}, "ratings.1.overall"),
        ({"rationale": "because"}, "rationale"),
        ({"seconds": -1}, "seconds"),
        ({"edit": {"response": "1", "text": "better"}}, "edit"),
        ({"spans": [{}]}, "spans.0"),
        ({"spans": [{"response": "1", "start": 0, "end": 1, "label": "wrong"}]}, "spans"),
        ({"answers": {"confidence": 5}}, "answers.confidence"),
        ({"ratings": {"1": {"flags": ["hallucination"]}}}, "ratings.1.flags"),
        ({"colour": "red"}, "colour"),
        ({"tiers": [["1"], ["2"], ["3"]], "not_rankable": "no"}, "not_rankable"),
    ],
)
def test_an_answer_that_makes_no_sense_is_refused_and_the_task_stays(desk, fields, attr):
    task = claim(desk).json()
    response = submit(desk, task, **fields)
    assert response.status_code == 400, response.content
    assert response.json()["type"] == "validation_error"
    assert response.json()["errors"][0]["attr"] == attr
    assert submit(desk, task).status_code == 201


def test_an_answer_is_an_object(desk):
    task = claim(desk).json()
    response = desk.post(slot_url(task, "submit"), [["1"], ["2"]], format="json")
    assert response.status_code == 400


def test_the_slot_of_somebody_else_is_not_mine(desk, clients, people):
    task = claim(desk).json()
    for role in ("reviewer", "other", "stranger"):
        for action, body in (
            ("submit", {"submit_key": "x", "tiers": [["1"], ["2"], ["3"]]}),
            ("skip", {"reason": "unclear"}),
            ("renew", {}),
        ):
            response = clients[role].post(slot_url(task, action), body, format="json")
            assert response.status_code in (404, 410), (role, action, response.content)
    assert not Judgment.objects.exists()
    assert Slot.objects.get(uid=task["slot"]).labeler == labeler_of(user=people["labeler"])


def test_a_slot_that_is_not_there(desk):
    task = {"slot": uuid4()}
    assert submit(desk, task).status_code == 404
    assert desk.post(slot_url(task, "renew")).status_code == 404


def test_a_late_answer_gets_a_clear_410(desk, second, project):
    task = claim(desk).json()
    past = timezone.now() - timedelta(hours=2)
    Slot.objects.filter(uid=task["slot"]).update(
        granted_at=past, expires_at=past + timedelta(1 / 24)
    )
    Slot.objects.exclude(uid=task["slot"]).update(state="void")
    second.post("/api/v1/me/consents/", {}, format="json")
    assert claim(second).json()["slot"] == task["slot"]
    response = submit(desk, task)
    assert response.status_code == 410
    assert response.json()["type"] == "client_error"
    assert response.json()["errors"][0]["code"] == "lease_expired"
    assert Skip.objects.get().reason == "expired"
    assert claim(desk).status_code == 204


def test_a_skipped_task_does_not_come_back(desk):
    task = claim(desk).json()
    response = desk.post(slot_url(task, "skip"), {"reason": "unclear"}, format="json")
    assert (response.status_code, response.content) == (204, b"")
    assert claim(desk).json()["slot"] != task["slot"]
    response = desk.post(slot_url(task, "skip"), {"reason": "nonsense"}, format="json")
    assert (response.status_code, response.json()["errors"][0]["attr"]) == (400, "reason")


def test_a_lease_is_renewed(desk):
    task = claim(desk).json()
    soon = timezone.now() + timedelta(minutes=1)
    Slot.objects.filter(uid=task["slot"]).update(expires_at=soon)
    response = desk.post(slot_url(task, "renew"))
    assert response.status_code == 200
    slot = Slot.objects.get(uid=task["slot"])
    assert response.json() == {"expires_at": slot.expires_at.isoformat().replace("+00:00", "Z")}
    assert slot.expires_at > soon + timedelta(minutes=20)


@contextmanager
def statements() -> Iterator[list[str]]:
    """The SQL run inside, without the savepoints that stand for transactions in a test."""
    found: list[str] = []
    with CaptureQueriesContext(connection) as captured:
        yield found
    found += [query["sql"] for query in captured if "SAVEPOINT" not in query["sql"]]


def test_claim_and_submit_take_few_statements(desk):
    with statements() as claimed:
        task = claim(desk).json()
    with statements() as submitted:
        assert submit(desk, task).status_code == 201
    assert len(claimed) == 4  # the token, the project with roles and consent, grant, content
    assert "concord_token" in claimed[0]
    assert "concord_access_by_slug" in claimed[1]
    assert len(submitted) == 3  # the token, the slot, the judgment
    assert "concord_token" in submitted[0]


def test_submit_takes_the_same_statements_for_two_and_nine_responses(labeler, people, project):
    accept_consent(labeler=labeler_of(user=people["labeler"]))
    counts = set()
    for responses in (2, 9):
        set_policy(project=project, responses=responses)
        make_answered_prompts(project, 1, responses=responses)
        build_tasks(project=project)
        task = claim(labeler).json()
        tiers = [[response["id"]] for response in task["responses"]]
        assert len(tiers) == responses
        with statements() as submitted:
            assert submit(labeler, task, submit_key=str(responses), tiers=tiers).status_code == 201
        counts.add(len(submitted))
    assert counts == {3}
