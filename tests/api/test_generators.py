"""generators/."""

from decimal import Decimal

import pytest
from django.core.cache import cache

from collector.models import Generator, GeneratorRevision, Spending
from collector.services.budgets import set_budgets
from collector.services.generators import create_generator, recorded_revision
from config.model_keys import ModelKey
from tests.factories import make_member, make_project
from tests.fake_llm import start_fake_llm

URL = "/api/v1/generators/"
LLAMA = {
    "name": "llama",
    "provider": "openai",
    "model": "llama-3",
    "base_url": "http://127.0.0.1:9/v1",
    "parameters": {"temperature": 0.5},
}


def test_a_generator_is_made_and_told_back(researcher):
    response = researcher.post(URL, LLAMA, format="json")
    assert response.status_code == 201
    made = Generator.objects.get()
    assert response.json() == {
        "id": str(made.uid),
        "name": "llama",
        "enabled": True,
        "revision": 1,
        "provider": "openai",
        "model": "llama-3",
        "base_url": "http://127.0.0.1:9/v1",
        "key": "",
        "system_prompt": "",
        "parameters": {"temperature": 0.5},
        "prices": {},
        "limits": {},
        "api": "chat",
        "batch": False,
        "adapter": "",
        "context_window": None,
        "created_at": made.created_at.isoformat().replace("+00:00", "Z"),
        "failures": 0,
        "paused_at": None,
        "paused_until": None,
        "pause_reason": "",
    }
    assert researcher.get(URL).json() == {
        "next": None,
        "previous": None,
        "results": [response.json()],
    }


def test_how_a_server_is_asked_is_told_back_and_is_part_of_the_revision(researcher):
    settings = {"api": "responses", "batch": True, "context_window": 8192}
    told = researcher.post(URL, LLAMA | settings, format="json").json()
    assert {name: told[name] for name in settings} == settings
    assert researcher.post(URL, LLAMA | settings, format="json").json()["revision"] == 1
    assert researcher.post(URL, LLAMA, format="json").json()["revision"] == 2


def test_a_local_model_may_have_an_adapter(researcher):
    local = {"name": "tuned", "provider": "transformers", "model": "/m", "adapter": "/m/lora"}
    assert researcher.post(URL, local, format="json").json()["adapter"] == "/m/lora"


def test_the_same_again_changes_nothing_and_other_settings_make_a_revision(researcher):
    for temperature, revision in ((0.5, 1), (0.5, 1), (0.9, 2)):
        body = LLAMA | {"parameters": {"temperature": temperature}}
        assert researcher.post(URL, body, format="json").json()["revision"] == revision
    (listed,) = researcher.get(URL).json()["results"]
    assert (listed["revision"], listed["parameters"]) == (2, {"temperature": 0.9})
    assert GeneratorRevision.objects.count() == 2


def test_only_its_maker_and_superusers_change_a_generator(clients):
    def post(role, **changes):
        response = clients[role].post(URL, LLAMA | changes, format="json")
        return response.status_code, response.json().get("revision")

    assert post("researcher") == (201, 1)
    assert post("other") == (201, 1)  # the same again: theirs to ask too
    assert post("other", system_prompt="Lie.") == (409, None)
    assert post("other", enabled=False) == (409, None)
    assert Generator.objects.get().enabled
    assert GeneratorRevision.objects.count() == 1
    assert post("researcher", system_prompt="Be brief.") == (201, 2)
    assert post("admin", enabled=False) == (201, 3)
    assert not Generator.objects.get().enabled


def test_the_operators_generators_are_superusers_to_change(clients):
    create_generator(**LLAMA)
    body = LLAMA | {"system_prompt": "Lie."}
    response = clients["researcher"].post(URL, body, format="json")
    assert response.status_code == 409
    assert response.json()["errors"] == [
        {
            "code": "conflict",
            "detail": "There is a generator llama with other settings. Only whoever made it and "
            "superusers change it; choose another name.",
            "attr": "name",
        }
    ]
    assert clients["admin"].post(URL, body, format="json").json()["revision"] == 2


def test_a_name_from_a_file_is_whose_first_says_how_to_ask_it(clients):
    recorded_revision(name="llama")
    assert clients["other"].post(URL, LLAMA, format="json").json()["revision"] == 2
    response = clients["researcher"].post(URL, LLAMA | {"model": "mine"}, format="json")
    assert response.status_code == 409


def test_an_address_the_operator_has_not_allowed_is_refused(researcher):
    body = LLAMA | {"base_url": "http://169.254.169.254/v1"}
    response = researcher.post(URL, body, format="json")
    assert response.status_code == 400
    assert response.json()["errors"][0]["attr"] == "base_url"
    assert not Generator.objects.exists()


def test_only_researchers_see_and_make_generators(clients):
    def answers(call):
        return {role: call(client).status_code for role, client in clients.items()}

    expected = dict.fromkeys(["reviewer", "trainer", "labeler", "stranger"], 403)
    expected |= {"nobody": 401, "admin": 200, "researcher": 200, "other": 200}
    assert answers(lambda client: client.get(URL)) == expected
    made = {role: 201 if status == 200 else status for role, status in expected.items()}
    assert answers(lambda client: client.post(URL, LLAMA, format="json")) == made


def test_the_list_costs_the_same_for_one_and_three(researcher, django_assert_num_queries):
    for expected in (1, 3):
        while Generator.objects.count() < expected:
            name = f"llama-{Generator.objects.count()}"
            researcher.post(URL, LLAMA | {"name": name}, format="json")
        with django_assert_num_queries(3):  # token, researcher somewhere, generators
            assert len(researcher.get(URL).json()["results"]) == expected


@pytest.fixture
def llm():
    cache.clear()
    with start_fake_llm() as server:
        yield server


def tried(client, llm, steps="ok", **fields):
    body = LLAMA | {"model": f"script={steps}", "base_url": llm.base_url} | fields
    made = client.post(URL, body, format="json").json()
    return client.post(f"{URL}{made['id']}/test/")


def test_a_test_asks_once_for_little_and_shows_what_came(researcher, llm):
    response = tried(
        researcher,
        llm,
        system_prompt="Be brief.",
        parameters={"max_tokens": 4000},
        prices={"input": 1, "output": 1},
        batch=True,
    )
    assert response.status_code == 200
    told = response.json()
    assert isinstance(told.pop("latency_ms"), int)
    assert told == {
        "ok": True,
        "text": "script=ok answers 'Reply with the one word: ready'",
        "finish_reason": "stop",
        "model": "script=ok",
        "input_tokens": 8,
        "output_tokens": 8,
        "cost": "0.00001600",
        "error": "",
        "advice": "",
    }
    (asked,) = llm.received
    assert asked.body["max_tokens"] == 64
    assert [message["role"] for message in asked.messages] == ["system", "user"]


@pytest.mark.parametrize(
    ("steps", "error"),
    [("401", "HTTP 401"), ("html", "The server's reply is not JSON."), ("nochoices", "empty")],
)
def test_a_test_says_what_is_wrong(researcher, llm, steps, error):
    response = tried(researcher, llm, steps)
    assert response.status_code == 200
    assert (response.json()["ok"], response.json()["text"]) == (False, "")
    assert response.json()["error"].startswith(error)


def test_a_test_shows_no_reasoning_and_no_key(researcher, llm, settings):
    assert "Hm. Blue." not in tried(researcher, llm, "reason").content.decode()
    settings.CONCORD_MODEL_KEYS = {"mine": ModelKey(host=llm.host, secret="sk-very-secret")}
    shown = tried(researcher, llm, "echokey", name="other", key="mine").json()
    assert shown["error"].endswith('Bad key: Bearer [key mine]"}}')


def test_a_test_is_not_repeated_at_once(researcher, llm):
    made = researcher.post(URL, LLAMA | {"base_url": llm.base_url}, format="json").json()
    url = f"{URL}{made['id']}/test/"
    assert [researcher.post(url).status_code for _ in range(2)] == [200, 503]
    assert len(llm.received) == 1


PRICED = {"prices": {"input": 0, "output": 1000}}
"""The reply of the test server has 8 tokens, a test asks for 64 at most: $0.008 of $0.064."""


@pytest.mark.parametrize("budget", ["project", "month", "server"])
def test_a_test_counts_against_every_budget_and_is_refused_once_none_is_left(
    researcher, project, llm, settings, budget
):
    if budget == "server":
        settings.CONCORD_MONTHLY_BUDGET = Decimal("0.07")
    else:
        name = "monthly_budget" if budget == "month" else "budget"
        set_budgets(project=project, budgets={name: "0.07"})
    assert tried(researcher, llm, **PRICED).json()["cost"] == "0.00800000"
    assert Spending.objects.get().spent == Decimal("0.008")
    assert Spending.objects.get().project == project
    refused = tried(researcher, llm, name="another", **PRICED)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (409, "budget_used_up")
    assert len(llm.received) == 1
    assert tried(researcher, llm, name="free", prices={"input": 0, "output": 0}).json()["ok"]


def test_a_test_that_failed_for_nothing_costs_nothing(researcher, project, llm):
    set_budgets(project=project, budgets={"budget": "0.07"})
    assert not tried(researcher, llm, "401", **PRICED).json()["ok"]
    assert Spending.objects.get().spent == 0
    assert tried(researcher, llm, name="another", **PRICED).json()["ok"]


def test_who_leads_many_projects_names_the_one_that_pays(researcher, people, project, llm):
    tea = make_project("tea")
    make_member(tea, "researcher", user=people["researcher"])
    made = researcher.post(URL, LLAMA | PRICED | {"base_url": llm.base_url}, format="json").json()
    url = f"{URL}{made['id']}/test/"
    for body in ({}, {"project": "elsewhere"}):
        refused = researcher.post(url, body, format="json")
        assert (refused.status_code, refused.json()["errors"][0]["attr"]) == (400, "project")
    assert researcher.post(url, {"project": "tea"}, format="json").json()["ok"]
    assert Spending.objects.get().project == tea


def test_what_asks_no_server_cannot_be_tested(researcher):
    recorded = recorded_revision(name="chatgpt").generator
    assert researcher.post(f"{URL}{recorded.uid}/test/").status_code == 409
    nobody = "00000000-0000-7000-8000-000000000000"
    assert researcher.post(f"{URL}{nobody}/test/").status_code == 404
