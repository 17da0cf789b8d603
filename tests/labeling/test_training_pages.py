"""The pages of training, over HTTP and without scripts: each step, its words, and the way on."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.services import labeler_of
from labeling.models import GuidelineReading, Judgment, LabelerStanding, Slot
from labeling.services.policies import set_guidelines
from labeling.services.standings import set_standing
from labeling.services.training import next_practice
from tests.factories import make_member
from tests.labeling.pages import FRAGMENT, html, sign_in
from tests.labeling.training import answer, put_in_force, training_project

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}


def enter(**policy):
    """A project with training, its labeler, and a client signed in as them."""
    project = training_project(**policy)
    user = make_member(project, "labeler")
    return project, labeler_of(user=user), sign_in(user)


def address(project, tail=""):
    return f"/projects/{project.slug}/training/{tail}"


def held(labeler):
    return Slot.objects.filter(labeler=labeler, state="leased").order_by("pk").first()


def post(client, project, slot, *, right=True, **headers):
    best = slot.task.gold_item.tiers[0][0]
    first = slot.order[0] == best
    ranking = "12" if first == right else "21"
    fields = {"submit_key": str(slot.uid), "ranking": ranking}
    return client.post(address(project, f"{slot.uid}/submit/"), fields, headers=headers)


def test_the_compare_page_leads_to_the_training():
    project, _labeler, client = enter(practice=1)
    label = f"/projects/{project.slug}/label/"
    assert client.get(label)["Location"] == address(project)
    fragment = client.get(label, headers=FRAGMENT)
    assert fragment.status_code == 403
    assert 'id="desk"' in html(fragment)
    assert address(project) in html(fragment)
    told = client.get(label, headers=JSON)
    assert (told.status_code, told.json()["code"]) == (403, "not_qualified")


def test_a_whole_practice_round_with_feedback():
    project, labeler, client = enter(practice=2)
    page = html(client.get(address(project)))
    assert "Opens when the steps above are done." in page
    desk = html(client.get(address(project, "practice/")))
    assert "Practice, item 1 of 2" in desk
    slot = held(labeler)
    assert address(project, f"{slot.uid}/submit/") in desk
    response = post(client, project, slot, right=False)
    result = address(project, f"{slot.uid}/")
    assert response["Location"] == result
    page = html(client.get(result))
    assert "You and the expert differ" in page
    assert "The first is <em>right</em>." in page
    assert "0 / 1" in page
    assert "Next practice item" in page
    client.get(address(project, "practice/"))
    second = held(labeler)
    assert post(client, project, second, **JSON).json() == {
        "next": address(project, f"{second.uid}/")
    }
    page = html(client.get(address(project, f"{second.uid}/")))
    assert "You and the expert agree" in page
    assert "Compare responses" in page
    assert client.get(address(project, "practice/"))["Location"] == address(project)
    assert client.get(f"/projects/{project.slug}/label/").status_code == 200


def test_answering_twice_counts_the_first_answer():
    project, labeler, client = enter(practice=1)
    client.get(address(project, "practice/"))
    slot = held(labeler)
    post(client, project, slot, right=True)
    again = post(client, project, slot, right=False)  # from another tab
    assert again["Location"] == address(project, f"{slot.uid}/")
    assert Judgment.objects.count() == 1
    assert "You and the expert agree" in html(client.get(again["Location"]))


def test_what_is_wrong_with_an_answer_is_said_beside_it():
    project, labeler, client = enter(practice=1)
    client.get(address(project, "practice/"))
    slot = held(labeler)
    submit = address(project, f"{slot.uid}/submit/")
    refused = client.post(submit, {"submit_key": "k", "ranking": "1"})
    assert refused.status_code == 400
    assert "Still to rank: 2." in html(refused)
    assert 'value="1"' in html(refused)
    told = client.post(submit, {"submit_key": "k", "ranking": "1"}, headers=JSON)
    assert (told.status_code, told.json()["detail"]) == (400, "Still to rank: 2.")
    assert not Judgment.objects.exists()


def test_a_practice_item_can_be_passed_and_read():
    project, labeler, client = enter(practice=1)
    desk = html(client.get(address(project, "practice/")))
    slot = held(labeler)
    assert address(project, f"{slot.uid}/skip/") in desk
    response = client.post(address(project, f"{slot.uid}/skip/"), {"reason": "harmful"})
    page = html(client.get(response["Location"]))
    assert "You skipped this one" in page
    assert "The first is <em>right</em>." in page


def test_passing_the_test():
    project, labeler, client = enter(test=2)
    page = html(client.get(address(project)))
    assert "2 tasks, without feedback. Agree with the expert on 75% of the pairs to pass." in page
    assert "You have 2 tries." in page
    assert client.get(address(project, "test/"))["Location"] == address(project)  # not begun
    begun = client.post(address(project, "test/"))
    assert begun["Location"] == address(project, "test/")
    for number in (1, 2):
        desk = html(client.get(address(project, "test/")))
        assert f"Test, question {number} of 2" in desk
        assert "skip-dialog" not in desk
        onwards = post(client, project, held(labeler))
        assert onwards["Location"] == address(project, "test/")
    assert client.get(address(project, "test/"))["Location"] == address(project)
    page = html(client.get(address(project)))
    assert "Passed: you agreed with the expert on 100% of the pairs." in page
    assert "Tasks are waiting for you." in page


def test_failing_is_said_in_words_with_a_way_on():
    project, labeler, client = enter(test=1, qualification_attempts=2)
    for tries_left in ("You have 1 try.", "You have no try left."):
        client.post(address(project, "test/"))
        client.get(address(project, "test/"))
        post(client, project, held(labeler), right=False)
        assert tries_left in html(client.get(address(project)))
    page = html(client.get(address(project)))
    assert "You did not pass the test" in page
    assert "You agreed with the expert on 0% of the pairs; 75% are needed." in page
    assert 'href="/me/letters/"' in page
    assert "Try again" not in page
    refused = client.post(address(project, "test/"), follow=True)
    assert refused.redirect_chain == [(address(project), 302)]


def test_a_pause_is_said_in_words_with_a_way_on():
    project, labeler, client = enter(practice=1)
    client.get(address(project, "practice/"))
    slot = held(labeler)
    set_standing(
        project=project, labeler=labeler, state="paused", reason="Please <b>slow</b> down."
    )
    for page in ("practice/", "test/"):
        assert client.get(address(project, page))["Location"] == address(project)
    page = html(client.get(address(project)))
    assert "Your work here is paused" in page
    assert "The reason: “Please &lt;b&gt;slow&lt;/b&gt; down.”" in page
    assert 'href="/me/letters/"' in page
    assert 'class="steps"' not in page
    told = client.get(f"/projects/{project.slug}/label/", headers=JSON)
    assert (told.status_code, told.json()["code"]) == (403, "paused")
    assert post(client, project, slot).status_code == 302  # what they hold they may finish
    assert LabelerStanding.objects.get().state == "paused"


def test_a_test_without_items_says_so():
    project, _labeler, client = enter(test=3, items=1)
    page = html(client.get(address(project)))
    assert "The test is not ready yet." in page
    assert "Start the test" not in page
    client.post(address(project, "test/"))
    assert "The test of this project is not ready yet." in html(client.get(address(project)))


def test_feedback_is_for_ones_own_practice_alone():
    project, labeler, client = enter(items=1, qualification_attempts=1)
    item = next_practice(project=project, labeler=labeler)
    result = address(project, f"{item.slot}/")
    assert client.get(result).status_code == 404  # not answered: the answer stays a secret
    answer(item, labeler)
    assert client.get(result).status_code == 200
    other = sign_in(make_member(project, "labeler"))
    assert other.get(result).status_code == 404
    assert other.post(f"{result}submit/").status_code == 404
    put_in_force(project, qualification_items=1)
    client.post(address(project, "test/"))
    client.get(address(project, "test/"))
    question = held(labeler)
    post(client, project, question)
    assert client.get(address(project, f"{question.uid}/")).status_code == 404


def test_no_page_of_training_names_an_author():
    project, labeler, client = enter(practice=1)
    pages = [address(project), address(project, "practice/")]
    client.get(pages[1])
    slot = held(labeler)
    desk = html(client.get(pages[1]))
    post(client, project, slot)
    shown = desk + html(client.get(pages[0])) + html(client.get(address(project, f"{slot.uid}/")))
    assert "model-a" not in shown
    assert "model-b" not in shown


def test_guidelines_are_a_step_until_they_are_read():
    project, labeler, client = enter(practice=1)
    set_guidelines(project=project, text="Be fair.\n\nBe quick with every answer.")
    url = f"/projects/{project.slug}/guidelines/"
    page = html(client.get(url))
    assert "I have read them" in page
    assert "What changed since" not in page
    assert not GuidelineReading.objects.exists()  # looking is not saying so
    assert client.post(f"{url}read/", {"version": "1"})["Location"] == address(project)
    assert "I have read them" not in html(client.get(url))
    set_guidelines(project=project, text="Be fair.\n\nBe <b>kind</b> with every answer.")
    for found in (client.get(url), client.get(url, headers=FRAGMENT)):
        assert "What changed since version 1, which you read" in html(found)
        assert "<del>quick</del>" in html(found)
        assert "&lt;b&gt;kind&lt;/b&gt;" in html(found)
    again = client.post(f"{url}read/", {"version": "2"}, headers=FRAGMENT)
    assert again.status_code == 200
    assert "What changed since" not in html(again)
    assert client.post(f"{url}read/", {"version": "2"}).status_code == 302
    assert GuidelineReading.objects.filter(labeler=labeler).count() == 2
    for wrong in ({}, {"version": "3"}, {"version": "x"}):
        assert client.post(f"{url}read/", wrong).status_code == 404


def test_every_version_of_the_guidelines_can_be_read():
    project, _labeler, client = enter()
    url = f"/projects/{project.slug}/guidelines/history/"
    assert "no guidelines yet" in html(client.get(url))
    for text in ("Be fair.", "Be fair and kind."):
        set_guidelines(project=project, text=text)
    page = html(client.get(url))
    assert page.index("Version 2") < page.index("Version 1")
    assert "<ins> and kind</ins>" in html(client.get(url, {"version": 2}))
    assert "What changed" not in html(client.get(url, {"version": 1}))
    for wrong in ("0", "3", "x", ""):
        assert client.get(url, {"version": wrong}).status_code == 404


def test_the_page_costs_the_same_however_much_was_practised():
    project, labeler, client = enter(practice=4)
    client.get(address(project))  # a session's first request reads the interface's language
    costs = set()
    for _ in range(3):
        answer(next_practice(project=project, labeler=labeler), labeler)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address(project)).status_code == 200
        costs.add(len(queries))
    assert len(costs) == 1
    assert costs.pop() <= 20


def test_nobody_else_gets_in():
    project, _labeler, _client = enter(practice=1)
    assert Client().get(address(project))["Location"].startswith("/accounts/login/")
    assert sign_in(make_member(project, "reviewer")).get(address(project)).status_code == 403
