"""Prompts and responses written one by one: POST prompts/ and messages/{uid}/responses/."""

import pytest
from django.utils import timezone

from accounts.services import labeler_of
from collector.models import Message
from collector.services.writing import write_prompt
from labeling.models import Task
from labeling.services.building import build_tasks
from labeling.services.policies import set_policy
from tests.factories import make_project, make_prompt, make_response
from tests.labeling.work import together

URL = "/api/v1/projects/poems/prompts/"


def post(client, url, **body):
    return client.post(url, body, format="json")


def code_and_field(response):
    error = response.json()["errors"][0]
    return response.status_code, error["code"], error["attr"]


def test_a_prompt_opens_a_conversation(researcher, people, project):
    response = post(researcher, URL, text=" A haiku?\n", system="Be brief.", language="en")
    assert response.status_code == 201
    prompt = Message.objects.get(uid=response.json()["id"])
    assert (prompt.text, prompt.origin, prompt.depth) == (" A haiku?\n", "human", 1)
    assert prompt.labeler == labeler_of(user=people["researcher"])
    assert (prompt.parent.role, prompt.parent.text) == ("system", "Be brief.")
    assert prompt.root == prompt.parent
    assert response.json()["responses"] == 0


def test_the_same_conversation_is_one_prompt(researcher, clients, project):
    stored = make_prompt(project, "A haiku?")
    make_response(stored)
    again = post(researcher, URL, text="A haiku? ")
    assert (again.status_code, again.json()["id"]) == (200, str(stored.uid))
    assert again.json()["responses"] == 1
    assert post(clients["admin"], URL, text="A haiku?", system="Be long.").status_code == 201
    assert Message.objects.filter(role="user").count() == 2


def test_a_prompt_follows_a_response(researcher, project):
    response = make_response(make_prompt(project, "A haiku?"), "No.")
    follows = post(researcher, URL, text="Why not?", after=str(response.uid))
    assert follows.status_code == 201
    read = researcher.get(f"/api/v1/messages/{follows.json()['id']}/").json()
    assert [turn["content"] for turn in read["thread"]] == ["A haiku?", "No.", "Why not?"]


def test_what_a_prompt_cannot_be(researcher, project):
    prompt = make_prompt(project, "A haiku?")
    response = make_response(prompt)
    elsewhere = make_response(make_prompt(make_project()))
    gone = make_prompt(project, "Gone?", deleted_at=timezone.now())
    assert code_and_field(post(researcher, URL, text=" ")) == (400, "invalid_input", "text")
    for after in (elsewhere.uid, prompt.uid):
        answer = post(researcher, URL, text="And?", after=str(after))
        assert code_and_field(answer) == (400, "invalid_input", "after")
    answer = post(researcher, URL, text="And?", after=str(response.uid), system="Be brief.")
    assert code_and_field(answer) == (400, "invalid_input", "system")
    assert code_and_field(post(researcher, URL, text=gone.text)) == (409, "conflict", "text")
    project.archived_at = timezone.now()
    project.save()
    assert code_and_field(post(researcher, URL, text="Late?")) == (409, "conflict", None)


def test_a_person_responds_and_it_is_compared(clients, people, project):
    prompt = make_prompt(project, "A haiku?", language="en")
    make_response(prompt)
    url = f"/api/v1/messages/{prompt.uid}/responses/"
    first = post(clients["reviewer"], url, text="An old pond.")
    again = post(clients["reviewer"], url, text="An old pond.")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["id"] == first.json()["id"]
    pseudonym = labeler_of(user=people["reviewer"]).pseudonym
    assert first.json()["author"] == {"generator": None, "revision": None, "labeler": pseudonym}
    assert (first.json()["origin"], first.json()["language"]) == ("human", "en")
    set_policy(project=project, responses=2)
    build_tasks(project=project)
    written = Message.objects.get(uid=first.json()["id"])
    assert written in Task.objects.get().candidates.all()


def test_responses_are_written_to_prompts(researcher, project):
    response = make_response(make_prompt(project))
    url = f"/api/v1/messages/{response.uid}/responses/"
    assert code_and_field(post(researcher, url, text="No.")) == (400, "invalid_input", None)


@pytest.mark.django_db(transaction=True)
def test_written_at_once_it_is_one_prompt():
    project = make_project("poems")
    made = together(6, lambda _index: write_prompt(project=project, text="A haiku?"))
    assert sorted(new for _prompt, new in made) == [False] * 5 + [True]
    assert len({prompt.pk for prompt, _new in made}) == 1
