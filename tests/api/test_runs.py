"""projects/{slug}/runs/, runs/{id}/ and runs/{id}/cancel/."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from collector.generation.worker import work
from collector.models import Generation, Message, Run, Spending
from tests.factories import make_prompt
from tests.fake_llm import start_fake_llm

URL = "/api/v1/projects/poems/runs/"
NOTHING = {"pending": 0, "running": 0, "succeeded": 0, "failed": 0, "cancelled": 0}
STILL = {
    "cost": "0",
    "input_tokens": 0,
    "output_tokens": 0,
    "per_minute": None,
    "seconds_left": None,
}


@pytest.fixture
def llm():
    with start_fake_llm() as server:
        yield server


@pytest.fixture
def generators(researcher, llm) -> list[str]:
    for name in ("bot-a", "bot-b"):
        body = {"name": name, "provider": "openai", "model": name, "base_url": llm.base_url}
        assert researcher.post("/api/v1/generators/", body, format="json").status_code == 201
    return ["bot-a", "bot-b"]


def start(client, names, **fields):
    body = {"generators": names, "samples": 1, "prompts": "all", "budget": None} | fields
    return client.post(URL, body, format="json")


def test_a_run_asks_every_generator_and_tells_how_far_it_is(researcher, generators, project):
    make_prompt(project)
    make_prompt(project)
    response = start(researcher, generators)
    assert response.status_code == 202
    run = Run.objects.get()
    url = f"http://testserver/api/v1/runs/{run.uid}/"
    assert response["Location"] == url
    told = response.json()
    assert told.pop("estimate")["requests"] == 4
    assert told == {
        "id": str(run.uid),
        "kind": "run",
        "status": "queued",
        "url": url,
        "progress": 0.0,
        "error": None,
        "counts": NOTHING | {"total": 4, "pending": 4},
        "generators": {
            name: {**NOTHING, **STILL, "total": 2, "pending": 2, "paused": ""}
            for name in generators
        },
        "samples": 1,
        "prompts": "all",
        "budget": None,
        **STILL,
        **dict.fromkeys(("started_at", "paused_at", "finished_at")),
    }
    for revision in run.revisions.all():
        work(revision_id=revision.pk)
    ended = researcher.get(url).json()
    assert (ended["status"], ended["progress"]) == ("succeeded", 1.0)
    assert ended["counts"] == NOTHING | {"total": 4, "succeeded": 4}
    assert ended["output_tokens"] > 0
    assert Message.objects.filter(role="assistant", project=project).count() == 4


def test_asking_twice_owes_nothing_more(researcher, generators, project):
    make_prompt(project)
    start(researcher, generators)
    again = start(researcher, generators)
    assert again.json()["counts"]["total"] == 0
    assert (again.json()["status"], again.json()["progress"]) == ("succeeded", 1.0)
    assert Generation.objects.count() == 2


def test_a_run_is_cancelled(researcher, generators, project):
    make_prompt(project)
    url = start(researcher, generators).json()["url"]
    for _ in range(2):
        response = researcher.post(url + "cancel/")
        assert response.status_code == 200
        assert response.json()["status"] == "cancelled"
    assert researcher.get(url).json()["counts"] == NOTHING | {"total": 2, "cancelled": 2}


def test_a_run_is_paused_and_resumed(researcher, generators, project):
    make_prompt(project)
    url = start(researcher, generators).json()["url"]
    assert researcher.post(url + "resume/").status_code == 409
    paused = researcher.post(url + "pause/").json()
    assert (paused["status"], paused["counts"]["pending"]) == ("paused", 2)
    assert paused["paused_at"] is not None
    refused = researcher.post(url + "resume/", {"budget": -1}, format="json")
    assert refused.json()["errors"][0]["attr"] == "budget"
    resumed = researcher.post(url + "resume/").json()
    assert (resumed["status"], resumed["paused_at"]) == ("queued", None)


def test_an_estimate_tells_tokens_and_cost_and_starts_nothing(researcher, generators, project):
    make_prompt(project)
    body = {"generators": generators, "samples": 3}
    response = researcher.post(URL + "estimate/", body, format="json")
    assert response.status_code == 200
    found = response.json()
    assert (found["requests"], found["unpriced"]) == (6, generators)
    assert found["generators"]["bot-a"]["output_tokens"] == {
        "low": 300,
        "likely": 1200,
        "at_most": None,
    }
    assert found["budgets"] == []
    assert not Run.objects.exists()


def test_budgets_are_set_and_what_is_left_is_told(researcher, project):
    url = "/api/v1/projects/poems/budgets/"
    nothing = {"budget": None, "monthly_budget": None, "left": [], "months": []}
    assert researcher.get(url).json() == nothing
    Spending.objects.create(project=project, month=date(2026, 1, 1), spent="1.25")
    told = researcher.patch(url, {"budget": "5"}, format="json").json()
    assert told == {
        "budget": "5.000000",
        "monthly_budget": None,
        "left": [{"name": "project", "limit": "5", "left": "3.75"}],
        "months": [{"month": "2026-01-01", "spent": "1.25", "reserved": "0"}],
    }
    assert researcher.patch(url, {"monthly_budget": -1}, format="json").status_code == 400
    assert researcher.patch(url, {"budget": None}, format="json").json()["left"] == []


def test_the_runs_of_a_project_are_listed_at_one_cost(
    researcher, generators, project, django_assert_num_queries
):
    make_prompt(project)
    start(researcher, generators)
    with CaptureQueriesContext(connection) as one:
        [listed] = researcher.get(URL).json()["results"]
    cost = len(one)
    assert (listed["status"], listed["generators"], listed["cost"]) == ("queued", generators, "0")
    start(researcher, generators[:1])
    start(researcher, generators)
    with django_assert_num_queries(cost):
        assert len(researcher.get(URL).json()["results"]) == 3


def test_a_filter_chooses_the_prompts(researcher, generators, project):
    make_prompt(project, language="en")
    make_prompt(project, language="de")
    response = start(researcher, generators, prompts={"language": "de"})
    assert response.json()["counts"]["total"] == 2
    assert response.json()["prompts"] == {"language": "de"}


@pytest.mark.parametrize(
    ("fields", "attr"),
    [
        ({"generators": ["nobody"]}, "generators"),
        ({"generators": []}, "generators"),
        ({"generators": "bot-a"}, "generators"),
        ({"samples": 0}, "samples"),
        ({"samples": 10_000}, "samples"),
        ({"budget": "much"}, "budget"),
        ({"budget": -1}, "budget"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_makes_no_sense_starts_nothing(researcher, generators, fields, attr):
    response = start(researcher, generators, **fields)
    assert response.status_code == 400
    assert response.json()["errors"][0]["attr"] == attr
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    "prompts",
    [
        *("some", {"colour": "red"}, 7, None, [1]),
        *({"limit": 2**64 - 1}, {"limit": 2**63 - 1}, {"limit": 0}),
        {"source": 7},
    ],
)
def test_a_filter_that_makes_no_sense_starts_nothing(researcher, generators, prompts):
    response = start(researcher, generators, prompts=prompts)
    assert response.status_code == 400
    assert response.json()["errors"][0]["attr"].startswith("prompts")
    assert not Run.objects.exists()


def test_only_researchers_run(clients, generators, project):
    expected = {
        "admin": 202,
        "researcher": 202,
        "reviewer": 403,
        "trainer": 403,
        "labeler": 403,
        "other": 404,
        "stranger": 404,
        "nobody": 401,
    }
    started = {role: start(client, generators) for role, client in clients.items()}
    assert {role: response.status_code for role, response in started.items()} == expected
    url = started["researcher"].json()["url"]
    seen = {role: 200 if code == 202 else code for role, code in expected.items()}
    assert {role: client.get(url).status_code for role, client in clients.items()} == seen
    cancelled = {role: client.post(url + "cancel/") for role, client in clients.items()}
    assert {role: response.status_code for role, response in cancelled.items()} == seen
