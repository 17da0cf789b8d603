"""Training over REST: items with a known answer, the way to the first task, decisions."""

import pytest

from accounts.services import accept_consent, labeler_of
from collector.models import Message
from collector.services.projects import update_project
from labeling.models import GoldItem, LabelerStanding
from labeling.services.policies import set_policy
from tests.api.conftest import client_of
from tests.factories import make_answered_prompts, make_member, make_project
from tests.labeling.training import put_in_force, training_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    project = make_project("poems")
    set_policy(project=project, responses=2)
    return project


@pytest.fixture
def caller():
    """A function that makes a user's calls: `call("POST", "projects/…", body)`."""

    def of(user):
        accept_consent(labeler=labeler_of(user=user))
        client = client_of(user)

        def call(method, path, body=None):
            return getattr(client, method.lower())(f"/api/v1/{path}", body, format="json")

        return call

    return of


def pair(project):
    prompt = make_answered_prompts(project, 1, 2)[0]
    return [str(uid) for uid in Message.objects.filter(parent=prompt).values_list("uid", flat=True)]


def answer(call, task, *, right):
    """Submit what the expert said of a claimed item, or the opposite."""
    item = GoldItem.objects.get(task__slots__uid=task["slot"])
    best = Message.objects.get(pk=item.tiers[0][0]).text
    place = next(shown["id"] for shown in task["responses"] if shown["text"] == best)
    other = "2" if place == "1" else "1"
    tiers = [[place], [other]] if right else [[other], [place]]
    reply = call(
        "POST", f"slots/{task['slot']}/submit/", {"submit_key": task["slot"], "tiers": tiers}
    )
    assert reply.status_code == 201


def test_an_expert_stores_lists_and_retires_items(project, caller):
    reviewer = caller(make_member(project, "reviewer"))
    first, second = pair(project)
    made = reviewer(
        "POST",
        "projects/poems/gold-items/",
        {"use": "practice", "tiers": [[second], [first]], "explanation": "*Why*"},
    )
    assert made.status_code == 201
    item = made.json()
    assert (item["use"], item["tiers"]) == ("practice", [[second], [first]])
    none = reviewer(
        "POST",
        "projects/poems/gold-items/",
        {"use": "gold", "tiers": None, "responses": [first, second]},
    ).json()
    assert none["tiers"] is None
    listed = reviewer("GET", "projects/poems/gold-items/").json()["results"]
    assert [each["id"] for each in listed] == [item["id"], none["id"]]
    assert reviewer("GET", f"gold-items/{item['id']}/").json() == item
    for _ in range(2):
        retired = reviewer("POST", f"gold-items/{item['id']}/retire/")
        assert retired.status_code == 200
        assert retired.json()["retired_at"]


@pytest.mark.parametrize(
    ("body", "attr"),
    [
        ({"use": "practice"}, "tiers"),
        ({"use": "fun", "tiers": None}, "use"),
        ({"use": "practice", "tiers": None}, "responses"),
        ({"use": "practice", "tiers": [["x"]]}, "tiers.0.0"),
        ({"use": "practice", "tiers": [], "colour": "red"}, "colour"),
    ],
)
def test_what_is_no_item_names_its_field(project, caller, body, attr):
    reply = caller(make_member(project, "researcher"))("POST", "projects/poems/gold-items/", body)
    assert reply.status_code == 400
    assert attr in {error["attr"] for error in reply.json()["errors"]}


def test_the_whole_way_to_the_first_task(caller):
    project = training_project(practice=1, test=2, items=2)
    call, base = caller(make_member(project, "labeler")), f"projects/{project.slug}"
    refused = call("POST", f"{base}/claim/", {})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (403, "not_qualified")
    assert call("POST", f"{base}/training/test/").status_code == 403
    answer(call, call("POST", f"{base}/training/practice/").json(), right=False)
    for right in (False, True):
        for _ in range(2):
            answer(call, call("POST", f"{base}/training/test/").json(), right=right)
        assert call("POST", f"{base}/training/test/").status_code == 204
        told = call("GET", f"{base}/training/").json()
        assert told["may_work"] is right
    assert (told["state"], told["tries_used"], told["practised"]) == ("active", 2, 1)
    assert call("POST", f"{base}/training/test/").status_code == 409
    assert call("POST", f"{base}/claim/", {}).status_code == 200


def test_an_archived_project_trains_nobody(caller):
    project = training_project(practice=1, test=1, items=1)
    call, base = caller(make_member(project, "labeler")), f"projects/{project.slug}/training"
    answer(call, call("POST", f"{base}/practice/").json(), right=True)
    update_project(project=project, archived=True)
    for address in (f"{base}/practice/", f"{base}/test/"):
        refused = call("POST", address)
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (409, "conflict")
    assert call("GET", f"{base}/").json()["practised"] == 1


def test_reviewers_pause_people_and_let_them_work_again(project, caller):
    user = make_member(project, "labeler")
    make_answered_prompts(project, 1, 2)
    reviewer, labeler = caller(make_member(project, "reviewer")), caller(user)
    body = {"labeler": labeler_of(user=user).pseudonym, "state": "paused"}
    assert reviewer("POST", "projects/poems/standings/", body).status_code == 400  # no reason
    body["reason"] = "Too fast."
    assert reviewer("POST", "projects/poems/standings/", body).json().items() >= body.items()
    refused = labeler("POST", "projects/poems/claim/", {})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (403, "paused")
    assert labeler("GET", "projects/poems/training/").json()["reason"] == "Too fast."
    reviewer("POST", "projects/poems/standings/", body | {"state": "active"})
    assert labeler("POST", "projects/poems/claim/", {}).status_code == 204
    stranger = labeler_of(user=make_member(make_project(), "labeler"))
    missing = reviewer("POST", "projects/poems/standings/", body | {"labeler": stranger.pseudonym})
    assert missing.status_code == 404
    assert LabelerStanding.objects.count() == 1


def test_labelers_see_no_items(project, caller):
    put_in_force(project)
    labeler = caller(make_member(project, "labeler"))
    assert labeler("GET", "projects/poems/gold-items/").status_code == 403
