"""projects/{slug}/judges/, judges/{id}/ and judges/{id}/runs/."""

from collections.abc import Iterator

import pytest
from rest_framework.test import APIClient

from collector.generation import limits
from collector.models import Project
from labeling.judging.work import work
from labeling.models import Comparison, Judge
from tests.fake_llm import FakeLLM, start_fake_llm
from tests.labeling.judging.conftest import make_tasks
from tests.labeling.judging.minds import by_length

URL = "/api/v1/projects/poems/judges/"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def llm() -> Iterator[FakeLLM]:
    with start_fake_llm() as server:
        server.says = by_length
        yield server


@pytest.fixture
def generator(researcher: APIClient, llm: FakeLLM) -> str:
    body = {"name": "mind", "provider": "openai", "model": "m", "base_url": llm.base_url}
    assert researcher.post("/api/v1/generators/", body, format="json").status_code == 201
    return "mind"


def make(client: APIClient, **fields: object) -> Judge:
    answer = client.post(URL, {"name": "judy", "generator": "mind"} | fields, format="json")
    assert answer.status_code == 201, answer.json()
    return Judge.objects.get(uid=answer.json()["id"])


def test_a_judge_judges_both_orders_and_its_judgments_are_no_peoples(
    researcher: APIClient, generator: str, project: Project, llm: FakeLLM
) -> None:
    make_tasks(project, 2)
    judge = make(researcher, instructions="Mind the rhymes.")
    limits.forget(judge.revision.generator_id)
    url = f"/api/v1/judges/{judge.uid}/"

    answer = researcher.post(f"{url}runs/", {}, format="json")

    assert answer.status_code == 202
    assert answer["Location"] == f"http://testserver{url}runs/"
    assert answer.json() == {
        "id": str(judge.uid),
        "kind": "judging",
        "status": "queued",
        "url": f"http://testserver{url}runs/",
        "progress": 0.0,
        "error": None,
        "counts": {
            "total": 4,
            "pending": 4,
            "running": 0,
            "succeeded": 0,
            "failed": 0,
            "cancelled": 0,
        },
        "judgments": 0,
        "cost": "0",
        "tokens_in": 0,
        "tokens_out": 0,
    }
    work(judge_id=judge.pk)
    told = researcher.get(f"{url}runs/").json()
    assert (told["status"], told["progress"], told["judgments"]) == ("succeeded", 1.0, 2)
    assert len(llm.received) == 4
    assert set(Comparison.objects.values_list("purpose", "outcome")) == {("machine", "second")}
    machine = researcher.get("/api/v1/projects/poems/comparisons/?purpose=machine").json()
    assert {row["labeler"] for row in machine["results"]} == {judge.labeler.pseudonym}


def test_what_a_judge_is_can_be_read_and_its_switch_and_budget_changed(
    researcher: APIClient, generator: str
) -> None:
    judge = make(researcher, both_orders=False)
    told = researcher.get(URL).json()["results"]
    assert told == [researcher.get(f"/api/v1/judges/{judge.uid}/").json()]
    assert told[0].pop("created_at")
    assert told[0] == {
        "id": str(judge.uid),
        "name": "judy",
        "generator": "mind",
        "revision": 1,
        "labeler": judge.labeler.pseudonym,
        "instructions": "",
        "both_orders": False,
        "enabled": True,
        "budget": None,
        "spent": "0",
        "paused_reason": "",
    }
    url = f"/api/v1/judges/{judge.uid}/"
    assert researcher.patch(url, {"enabled": False}, format="json").json()["enabled"] is False
    refused = researcher.patch(url, {"budget": "1"}, format="json")
    assert (refused.status_code, refused.json()["errors"][0]["attr"]) == (400, "budget")
    assert researcher.post(f"{url}runs/", {}, format="json").status_code == 409


@pytest.mark.parametrize(
    ("fields", "attr"),
    [
        ({"generator": "nobody"}, "generator"),
        ({"budget": "0"}, "budget"),
        ({"name": ""}, "name"),
        ({"instructed": "x"}, "instructed"),
    ],
)
def test_what_is_wrong_is_named(
    researcher: APIClient, generator: str, fields: dict[str, str], attr: str
) -> None:
    answer = researcher.post(URL, {"name": "j", "generator": "mind"} | fields, format="json")
    assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (400, attr)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_has_one_budget_of_queries(
    researcher: APIClient, generator: str, rows: int, django_assert_num_queries
) -> None:
    for number in range(rows):
        make(researcher, name=f"judge {number}")
    with django_assert_num_queries(3):
        assert len(researcher.get(URL).json()["results"]) == rows


def test_how_well_judges_agree_is_for_reviewers_too(
    clients: dict[str, APIClient], researcher: APIClient, generator: str
) -> None:
    make(researcher)
    told = clients["reviewer"].get(f"{URL}agreement/").json()
    assert [judge["name"] for judge in told["judges"]] == ["judy"]
    nothing = {"share": None, "lower": None, "upper": None, "n": 0}
    assert told["judges"][0]["people"] == {"raw": nothing, "tie_discounted": None}
    assert told["minds"] == {"shown": 0, "changed": nothing, "towards": 0}
    assert clients["labeler"].get(f"{URL}agreement/").status_code == 403
