"""projects/{slug}/search/ and messages/{uid}/tree/."""

import pytest

from accounts.services import labeler_of
from collector.models import MessageFlag
from labeling.models import Mask
from labeling.services.building import build_tasks
from labeling.services.policies import set_policy
from tests.factories import make_member, make_project, make_prompt, make_response
from tests.labeling.work import judge

URL = "/api/v1/projects/poems/search/"


def ids(client, query):
    return [each["id"] for each in client.get(URL, query).json()["results"]]


@pytest.fixture
def poem(project):
    """A prompt with two responses; somebody else's project holds the same words."""
    prompt = make_prompt(project, "A poem about the sea?", language="en", meta={"tags": ["sea"]})
    make_response(prompt, "The sea & whales: wide", revision="model-a")
    make_response(prompt, "I am model-b: whales sing.", revision="model-b")
    stranger = make_prompt(make_project(), "A poem about the sea and whales?")
    make_response(stranger, "Whales and the sea.", revision="model-a")
    return prompt


def test_words_are_found_in_prompts_and_responses_of_the_project_alone(researcher, poem):
    first, second = poem.children.order_by("pk")
    assert ids(researcher, {"q": "SEA"}) == [str(poem.uid), str(first.uid)]
    assert ids(researcher, {"q": "whales"}) == [str(first.uid), str(second.uid)]
    assert ids(researcher, {"q": '"whales sing"'}) == [str(second.uid)]
    assert ids(researcher, {"q": "whales -sing"}) == [str(first.uid)]
    assert ids(researcher, {"q": "poem or sing"}) == [str(poem.uid), str(second.uid)]
    assert ids(researcher, {"q": "wha*"}) == [str(first.uid), str(second.uid)]
    assert ids(researcher, {"q": "whales si*"}) == [str(second.uid)]
    assert ids(researcher, {"q": "whale"}) == []  # words as they are written


def test_a_result_shows_where_the_words_stand(researcher, poem):
    first = poem.children.order_by("pk")[0]
    MessageFlag.objects.create(message=first, kind="pii")
    MessageFlag.objects.create(
        message=first, kind="refusal", dismissed_at=first.created_at
    )  # stands no more
    found = researcher.get(URL, {"q": "wide"}).json()["results"]
    assert found == [
        {
            "id": str(first.uid),
            "conversation": str(poem.uid),
            "role": "assistant",
            "excerpt": [
                {"text": "The sea & whales: ", "found": False},
                {"text": "wide", "found": True},
            ],
            "language": "",
            "source": None,
            "author": {"generator": "model-a", "revision": 1, "labeler": None},
            "flags": ["pii"],
            "created_at": first.created_at.isoformat().replace("+00:00", "Z"),
        }
    ]


def test_filters_narrow_and_what_is_unknown_is_refused(researcher, poem, project):
    first, second = map(str, poem.children.order_by("pk").values_list("uid", flat=True))
    MessageFlag.objects.create(message=poem.children.order_by("pk")[1], kind="pii")
    other = make_prompt(project, "Ein Gedicht?", language="de")
    assert ids(researcher, {}) == [str(poem.uid), str(other.uid)]
    assert ids(researcher, {"language": "de"}) == [str(other.uid)]
    assert ids(researcher, {"tag": "sea"}) == [str(poem.uid)]
    assert ids(researcher, {"tag": "sea", "role": "assistant"}) == [first, second]
    assert ids(researcher, {"generator": "model-b"}) == [str(poem.uid)]
    assert ids(researcher, {"generator": "model-b", "q": "whales"}) == [second]
    assert ids(researcher, {"flag": "pii"}) == [str(poem.uid)]
    assert ids(researcher, {"flag": "pii", "role": "assistant"}) == [second]
    assert ids(researcher, {"source": "nowhere"}) == []
    for wrong in ({"judged": "x"}, {"q": "-sea"}, {"q": "!!"}, {"q": "a or b*"}, {"text": "x"}):
        refused = researcher.get(URL, wrong)
        assert refused.status_code == 400, wrong
        assert [error["attr"] for error in refused.json()["errors"]] == list(wrong)


def test_the_state_of_judging_is_a_filter(researcher, poem, project, people):
    waiting = make_prompt(project, "Nobody answers?")
    assert ids(researcher, {"judged": "none"}) == [str(poem.uid), str(waiting.uid)]
    set_policy(project=project, responses=2)
    build_tasks(project=project)
    assert ids(researcher, {"judged": "none"}) == [str(waiting.uid)]
    assert ids(researcher, {"judged": "open"}) == [str(poem.uid)]
    judge(project, labeler_of(user=people["labeler"]))
    assert ids(researcher, {"judged": "complete"}) == [str(poem.uid)]
    assert len(ids(researcher, {"judged": "complete", "q": "whales"})) == 2
    assert ids(researcher, {"judged": "open"}) == []


def test_reviewers_read_blind(clients, poem):
    reviewer = clients["reviewer"]
    named = poem.children.order_by("pk")[1]
    Mask.objects.create(response=named, text="I am █████: whales sing.", spans=[[5, 12]])
    found = reviewer.get(URL, {"q": "sing"})
    assert "model-" not in found.content.decode()
    assert [each["author"] for each in found.json()["results"]] == [None]
    assert [each["created_at"] for each in found.json()["results"]] == [None]
    assert ids(reviewer, {"q": "model"}) == []  # what is hidden cannot be guessed
    assert ids(clients["researcher"], {"q": "model"}) == [str(named.uid)]
    assert reviewer.get(URL, {"generator": "model-b"}).status_code == 400
    tree = reviewer.get(f"/api/v1/messages/{named.uid}/tree/")
    assert "model-" not in tree.content.decode()
    assert [each["origin"] for each in tree.json()["messages"]] == ["imported", None, None]


def test_a_tree_has_its_messages_tasks_and_judgments(researcher, poem, project, people):
    set_policy(project=project, responses=2, overlap=2)
    build_tasks(project=project)
    ana, bo = labeler_of(user=people["labeler"]), labeler_of(user=make_member(project, "labeler"))
    said = [judge(project, who) for who in (ana, bo)]
    first, second = poem.children.order_by("pk")
    place = {first.pk: "1", second.pk: "2"}
    body = researcher.get(f"/api/v1/messages/{second.uid}/tree/").json()
    assert body["conversation"] == str(poem.uid)
    assert [(each["id"], each["parent"], each["place"]) for each in body["messages"]] == [
        (str(poem.uid), None, ""),
        (str(first.uid), str(poem.uid), "1"),
        (str(second.uid), str(poem.uid), "2"),
    ]
    assert body["messages"][2]["author"]["generator"] == "model-b"
    [task] = body["tasks"]
    assert (task["state"], task["prompt"]) == ("complete", str(poem.uid))
    assert task["responses"] == [str(first.uid), str(second.uid)]
    assert task["agreement"] == float(said[0].tiers == said[1].tiers)
    assert [each["labeler"] for each in task["judgments"]] == [ana.pseudonym, bo.pseudonym]
    assert [each["tiers"] for each in task["judgments"]] == [
        [[place[pk] for pk in tier] for tier in judgment.tiers] for judgment in said
    ]


def test_search_costs_the_same_for_one_and_three(researcher, project, django_assert_num_queries):
    for expected in (1, 3):
        while project.messages.prompts().count() < expected:
            make_response(make_prompt(project, f"Number {project.messages.count()} whales?"))
        # token, project with roles, savepoint and its end, patience, messages, excerpts,
        # flags
        with django_assert_num_queries(9):
            assert len(researcher.get(URL, {"q": "whales"}).json()["results"]) == expected


def test_a_tree_costs_the_same_for_one_and_three(researcher, project, django_assert_num_queries):
    prompt = make_prompt(project)
    for expected in (1, 3):
        while prompt.children.count() < expected:
            make_response(prompt, revision=f"model-{prompt.children.count()}")
        # token, message, project with roles, tree, flags, tasks, exclusions
        with django_assert_num_queries(7):
            body = researcher.get(f"/api/v1/messages/{prompt.uid}/tree/").json()
        assert len(body["messages"]) == 1 + expected


def test_search_and_trees_are_for_researchers_and_reviewers(clients, poem):
    for url in (URL, f"/api/v1/messages/{poem.uid}/tree/"):
        assert {role: client.get(url).status_code for role, client in clients.items()} == {
            "admin": 200,
            "researcher": 200,
            "reviewer": 200,
            "trainer": 403,
            "labeler": 403,
            "other": 404,
            "stranger": 404,
            "nobody": 401,
        }
