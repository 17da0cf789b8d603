"""The researchers' list of prompts: found by words, paged, with what became of each."""

import pytest

from collector.models import Membership, MessageFlag, Source
from labeling.models import Task
from labeling.services.building import build_tasks
from tests import factories
from tests.dashboard.test_admin import sign_in

pytestmark = pytest.mark.django_db
HOME = "/admin/projects/tea/prompts/"


@pytest.fixture
def project():
    return factories.make_project("tea")


@pytest.fixture
def client(project):
    return sign_in(factories.make_member(project, Membership.Role.RESEARCHER))


def texts(answer):
    return [row.found.message.beginning for row in answer.context["found"].rows]


def test_prompts_are_listed_with_what_became_of_each(client, project):
    elsewhere = factories.make_project("coffee")
    factories.make_answered_prompts(elsewhere, 1)
    source = Source.objects.create(project=project, kind="upload", name="leaves.csv")
    alone = factories.make_prompt(project, "Nobody answered", source=source)
    (judged,) = factories.make_answered_prompts(project, 1, responses=4)
    MessageFlag.objects.create(message=alone, kind=MessageFlag.Kind.PII)
    build_tasks(project=project)
    Task.objects.exclude(project=project).delete()

    answer = client.get(HOME)

    rows = answer.context["found"].rows
    assert [(row.found.message.pk, row.responses, row.tasks) for row in rows] == [
        (judged.pk, 4, 1),
        (alone.pk, 0, 0),
    ]
    page = answer.content.decode()
    assert "leaves.csv" in page
    assert "personal data" in page
    assert f'href="/projects/tea/conversations/{alone.uid}/#m-{alone.uid}"' in page
    Task.objects.update(state=Task.State.VOID)
    assert [row.tasks for row in client.get(HOME).context["found"].rows] == [0, 0]


def test_prompts_are_found_by_their_words_source_and_flag(client, project):
    source = Source.objects.create(project=project, kind="upload", name="leaves.csv")
    green = factories.make_prompt(project, "Is green tea bitter?", source=source)
    black = factories.make_prompt(project, "Is black tea bitter?")
    factories.make_response(black, text="green")
    MessageFlag.objects.create(message=black, kind=MessageFlag.Kind.PII)

    assert texts(client.get(HOME, {"q": "green"})) == [green.text]
    assert texts(client.get(HOME, {"source": "leaves.csv"})) == [green.text]
    assert texts(client.get(HOME, {"flag": "pii"})) == [black.text]
    assert "<mark>green</mark>" in client.get(HOME, {"q": "green"}).content.decode()
    refused = client.get(HOME, {"q": "-green"})
    assert refused.status_code == 400
    assert "at least one word" in refused.content.decode()


def test_the_list_is_paged_and_keeps_what_was_looked_for(client, project, monkeypatch):
    monkeypatch.setattr("labeling.finding.PAGE", 2)
    for number in range(5):
        factories.make_prompt(project, f"tea {number}")
    factories.make_prompt(project, "coffee")
    first = client.get(HOME, {"q": "tea"})
    assert texts(first) == ["tea 4", "tea 3"]
    last = first.context["found"].rows[-1].found.message
    assert f"?older={last.uid}&amp;q=tea" in first.content.decode()
    second = client.get(HOME, {"q": "tea", "older": last.uid})
    assert texts(second) == ["tea 2", "tea 1"]
    back = second.context["found"].rows[0].found.message
    assert texts(client.get(HOME, {"q": "tea", "newer": back.uid})) == ["tea 4", "tea 3"]
    assert client.get(HOME, {"older": "nothing"}).status_code == 404


def test_who_looks_for_prompts_is_not_shown_imports(client, project):
    factories.make_prompt(project, "tea")
    assert "Nothing has been imported yet" in client.get(HOME).content.decode()
    assert "Nothing has been imported yet" not in client.get(HOME, {"q": "tea"}).content.decode()
    assert client.get(HOME, {"before": "7"}).context.get("found") is None


@pytest.mark.parametrize("number", [1, 3])
def test_the_page_costs_few_queries(client, project, number, django_assert_max_num_queries):
    for prompt in factories.make_answered_prompts(project, number):
        MessageFlag.objects.create(message=prompt, kind=MessageFlag.Kind.PII)
    build_tasks(project=project)
    for asked in ({}, {"q": "prompt*"}, {"flag": "pii"}):
        with django_assert_max_num_queries(15):
            client.get(HOME, asked)
