"""The pages of adjudication, over HTTP and without scripts."""

import pytest
from django.core.cache import cache
from django.utils import timezone

from accounts.models import Labeler
from accounts.services import labeler_of
from collector.models import Message
from labeling.models import Adjudication, ContentWarning, Judgment, LabelerStanding
from labeling.services.adjudicated import order_for
from labeling.services.adjudicating import Decision, resolve
from labeling.services.policies import set_guidelines
from tests.factories import make_member
from tests.labeling.disputes import disputed, expert, opened, vote
from tests.labeling.pages import html, sign_in
from tests.labeling.work import project_with_tasks, ranking

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}


@pytest.fixture(autouse=True)
def _nobody_looks():
    cache.clear()


def enter(tasks=1, **policy):
    """A disputed project, its adjudications, and a reviewer's client."""
    project = disputed(tasks, **policy)
    return project, opened(project), sign_in(expert(project))


def address(project, tail=""):
    return f"/projects/{project.slug}/review/adjudications/{tail}"


def fields(**changes):
    return {"submit_key": "k", "kind": "slip", "ranking": "1 2", "seconds": "30"} | changes


def test_the_queue_lists_what_waits_and_what_was_decided():
    project, (first, second), client = enter(2)
    page = html(client.get(address(project)))
    assert f"{first.uid}" in page
    assert f"{second.uid}" in page
    assert "2 votes" in page
    resolve(adjudication=first, user=expert(project), decision=Decision("slip", ranking("1", "2")))
    page = html(client.get(address(project)))
    assert (f"{first.uid}" in page, f"{second.uid}" in page) == (False, True)
    page = html(client.get(address(project), {"state": "resolved"}))
    assert (f"{first.uid}" in page, f"{second.uid}" in page) == (True, False)
    page = html(client.get(address(project), {"state": "resolved", "kind": "guideline_gap"}))
    assert "Nothing decided yet" in page


@pytest.mark.parametrize("tasks", [1, 3])
@pytest.mark.parametrize("state", ["open", "resolved"])
def test_a_list_of_any_length_is_as_many_queries(tasks, state, django_assert_num_queries):
    project, adjudications, client = enter(tasks)
    if state == "resolved":
        for each in adjudications:
            resolve(adjudication=each, user=expert(project), decision=Decision("value_difference"))
    with django_assert_num_queries(8):
        assert client.get(address(project), {"state": state}).status_code == 200


def test_a_case_shows_the_votes_by_the_places_on_the_page_and_no_model():
    project = project_with_tasks(1, overlap=2, modes=["rank", "rationale", "overall", "strength"])
    set_guidelines(project=project, text="# Be fair")
    ratings = {"1": {"overall": 6}, "2": {"overall": 3}}
    first = vote(project, 1, rationale="<b>Better</b> dates", ratings=ratings, strength=3)
    second = vote(project, 2, seconds=65)
    (adjudication,) = opened(project)
    page = html(sign_in(expert(project)).get(address(project, f"{adjudication.uid}/")))
    assert "&lt;b&gt;Better&lt;/b&gt; dates" in page
    assert first.labeler.pseudonym in page
    assert second.labeler.pseudonym in page
    assert "significantly better" in page
    assert "guidelines 1" in page
    assert "1:05" in page
    assert "model-a" not in page
    assert "model-b" not in page
    order = order_for(adjudication)
    texts = [Message.objects.get(pk=pk).text for pk in order]
    assert page.index(texts[0]) < page.index(texts[1])
    places = {pk: str(place) for place, pk in enumerate(order, start=1)}
    seen = " ".join(places[pk] for pk in first.order)
    assert f'<span class="seen number" dir="ltr">{seen}</span>' in page


def test_whose_votes_do_not_count_is_said():
    project, (adjudication,), client = enter()
    labeler = Labeler.objects.filter(judgments__isnull=False).first()
    LabelerStanding.objects.create(project=project, labeler=labeler, state="excluded")
    page = html(client.get(address(project, f"{adjudication.uid}/")))
    assert page.count('<span class="badge-soft">excluded</span>') == 1


def test_texts_are_masked_and_warned_of_as_for_labelers():
    project = project_with_tasks(1, overlap=2)
    response = Message.objects.filter(role="assistant").first()
    ContentWarning.objects.create(message=response, category="violence", source="staff")
    vote(project, 1)
    vote(project, 2)
    (adjudication,) = opened(project)
    client = sign_in(expert(project))
    assert "May upset: " in html(client.get(address(project, f"{adjudication.uid}/")))


def test_deciding_stores_the_answer_and_leads_on_to_the_next():
    project, (first, second), client = enter(2)
    reply = client.post(address(project, f"{first.uid}/"), fields(note="So."))
    assert reply["Location"] == address(project, f"{second.uid}/")
    first.refresh_from_db()
    assert (first.state, first.kind, first.note) == ("resolved", "slip", "So.")
    assert first.judgment.tiers == [[pk] for pk in order_for(first)]
    assert first.judgment.seconds == 30
    told = client.post(
        address(project, f"{second.uid}/"), fields(kind="ambiguous_prompt"), headers=JSON
    )
    assert (told.status_code, told.json()) == (201, {"next": address(project)})
    second.refresh_from_db()
    assert (second.kind, second.judgment) == ("ambiguous_prompt", None)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": ""}, "Say what kind of disagreement it is."),
        ({"ranking": ""}, "Still to rank: 1, 2."),
        ({"ranking": "1"}, "Still to rank: 2."),
        ({"kind": "value_difference", "ranking": "1"}, "Still to rank: 2."),
        ({"unacceptable": "1"}, "Say in a few words why no response is acceptable."),
        ({"kind": "guideline_gap", "ranking": ""}, "Write into the guidelines what was missing."),
    ],
)
def test_what_is_missing_is_said_beside_what_was_typed(changes, words):
    project, (adjudication,), client = enter()
    reply = client.post(address(project, f"{adjudication.uid}/"), fields(note="Mine") | changes)
    assert reply.status_code == 400
    assert words in html(reply)
    assert "Mine" in html(reply)
    told = client.post(address(project, f"{adjudication.uid}/"), fields() | changes, headers=JSON)
    assert (told.status_code, told.json()["detail"]) == (400, words)
    assert Judgment.objects.count() == 2


def test_who_is_second_is_told_and_led_on():
    project, (first, second), client = enter(2)
    resolve(adjudication=first, user=expert(project), decision=Decision("slip", ranking("1", "2")))
    told = client.post(address(project, f"{first.uid}/"), fields(), headers=JSON)
    assert told.status_code == 409
    assert told.json() == {
        "code": "already_adjudicated",
        "detail": "Somebody has decided on this already. Theirs stands.",
        "next": address(project, f"{second.uid}/"),
    }
    reply = client.post(address(project, f"{first.uid}/"), fields(), follow=True)
    assert "Somebody has decided on this already." in html(reply)
    assert 'id="answer"' not in html(reply)


def test_a_gap_is_closed_with_a_new_version_and_tasks_go_back():
    project, (first, _second), client = enter(2)
    set_guidelines(project=project, text="# Be fair")
    gap = fields(kind="guideline_gap", ranking="", guidelines="# Be fair\r\n\r\nDates.", base="1")
    reply = client.post(address(project, f"{first.uid}/"), gap | {"put_back": "queue"}, follow=True)
    assert "The guidelines are version 2 now; tasks given out again: 2." in html(reply)
    assert project.guidelines.last().text == "# Be fair\n\nDates."
    assert {each.state for each in Adjudication.objects.all()} == {"resolved", "void"}


def test_a_text_made_from_an_older_version_can_be_mended():
    project, (adjudication,), client = enter()
    set_guidelines(project=project, text="# Theirs")
    gap = fields(kind="guideline_gap", guidelines="# Mine", base="0", put_back="this")
    told = client.post(address(project, f"{adjudication.uid}/"), gap, headers=JSON)
    assert (told.status_code, told.json()["code"], told.json()["base"]) == (
        409,
        "guidelines_moved",
        1,
    )
    page = html(client.post(address(project, f"{adjudication.uid}/"), gap))
    assert "<del>" in page
    assert "# Mine" in page
    assert 'name="base" value="1"' in page


def test_what_a_text_would_change_is_shown():
    project, _, client = enter()
    set_guidelines(project=project, text="# Be fair")
    shown = html(client.get(address(project, "guidelines/")))
    assert "<h1>Be fair</h1>" in shown or "Be fair" in shown
    shown = html(client.post(address(project, "guidelines/"), {"guidelines": "# Be kind"}))
    assert "<del>fair</del>" in shown
    assert "<ins>kind</ins>" in shown


def test_who_judged_the_task_reads_it_only():
    project, (adjudication,), _client = enter()
    user = Labeler.objects.filter(judgments__isnull=False).first().user
    make_member(project, "reviewer", user)
    client = sign_in(user)
    page = html(client.get(address(project, f"{adjudication.uid}/")))
    assert "You judged this task yourself" in page
    assert 'id="answer"' not in page
    reply = client.post(address(project, f"{adjudication.uid}/"), fields(), headers=JSON)
    assert (reply.status_code, reply.json()["code"]) == (403, "takes_part")
    assert client.get(address(project, "next/"))["Location"] == address(project)


def test_two_experts_are_led_to_different_disagreements():
    project, (first, second), ana = enter(2)
    bo = sign_in(expert(project))
    assert ana.get(address(project, "next/"))["Location"] == address(project, f"{first.uid}/")
    ana.get(address(project, f"{first.uid}/"))
    assert bo.get(address(project, "next/"))["Location"] == address(project, f"{second.uid}/")
    assert "Somebody else is looking" in html(bo.get(address(project, f"{first.uid}/")))
    later = ana.get(address(project, "next/"), {"after": str(first.uid)})
    assert later["Location"] == address(project, f"{second.uid}/")
    bo.get(address(project, f"{second.uid}/"))
    assert ana.get(address(project, "next/"))["Location"] == address(project, f"{first.uid}/")


def test_a_decision_can_be_made_anew_and_the_page_shows_what_was_decided():
    project, (adjudication,), client = enter()
    client.post(address(project, f"{adjudication.uid}/"), fields(ranking="2 1", note="Dates."))
    page = html(client.get(address(project, f"{adjudication.uid}/")))
    assert "Dates." in page
    assert "Decide anew" in page
    reply = client.post(address(project, "open/"), {"task": str(adjudication.task.uid)})
    again = Adjudication.objects.get(state="open")
    assert reply["Location"] == address(project, f"{again.uid}/")
    assert "Decided before: slip" in html(client.get(reply["Location"]))


def test_nothing_is_decided_on_a_deleted_text():
    project, (adjudication,), client = enter()
    Message.objects.filter(pk=adjudication.task.prompt_id).update(deleted_at=timezone.now())
    reply = client.post(address(project, f"{adjudication.uid}/"), fields(), headers=JSON)
    assert reply.status_code == 409
    assert client.post(address(project, "open/"), {"task": str(adjudication.task.uid)})[
        "Location"
    ] == address(project)


def test_an_adjudication_is_of_its_project_alone():
    project, _, client = enter()
    _other, (elsewhere,), _client = enter()
    assert client.get(address(project, f"{elsewhere.uid}/")).status_code == 404
    assert client.post(address(project, "open/"), {"task": "x"}).status_code == 404


def test_the_home_page_says_how_many_wait():
    project, _, client = enter(2)
    page = html(client.get("/"))
    assert f"Disagreements in {project.name}" in page
    assert 'Disagreements <span class="badge-soft">2</span>' in page
    user = make_member(project, "labeler")
    labeler_of(user=user)
    assert "Disagreements" not in html(sign_in(user).get("/"))
