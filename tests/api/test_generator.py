"""generators/{id}/: read, changed, paused and let go on."""

import pytest

from collector.models import Generator, GeneratorRevision, Run
from collector.services.generators import create_generator, recorded_revision
from collector.services.runs import start_run
from tests.factories import make_prompt

URL = "/api/v1/generators/"
LLAMA = {
    "name": "llama",
    "provider": "openai",
    "model": "llama-3",
    "base_url": "http://127.0.0.1:9/v1",
    "parameters": {"temperature": 0.5},
    "prices": {"input": 1.0, "output": 2.0},
    "system_prompt": "Be brief.",
}


@pytest.fixture
def llama(researcher) -> str:
    """The address of a generator that the researcher has made."""
    return f"{URL}{researcher.post(URL, LLAMA, format='json').json()['id']}/"


def change(client, address, **fields):
    return client.patch(address, fields, format="json")


def test_a_generator_is_told_with_its_revisions(researcher, llama):
    change(researcher, llama, model="llama-4")
    told = researcher.get(llama).json()
    assert {name: told[name] for name in LLAMA} == LLAMA | {"model": "llama-4"}
    assert told["may_change"] is True
    assert [(each["revision"], each["model"]) for each in told["revisions"]] == [
        (2, "llama-4"),
        (1, "llama-3"),
    ]


def test_what_is_left_out_stays(researcher, llama):
    before = researcher.get(llama).json()
    response = change(researcher, llama, parameters={"temperature": 0.9})
    assert response.status_code == 200
    kept = {name: value for name, value in LLAMA.items() if name != "parameters"}
    assert {name: response.json()[name] for name in kept} == kept
    assert response.json()["parameters"] == {"temperature": 0.9}
    assert (before["revision"], response.json()["revision"]) == (1, 2)


@pytest.mark.parametrize(
    "fields", [{}, {"model": "llama-3"}, {"prices": {"input": 1, "output": 2}}]
)
def test_the_same_again_makes_no_revision(researcher, llama, fields):
    assert change(researcher, llama, **fields).json()["revision"] == 1
    assert GeneratorRevision.objects.count() == 1


def test_another_provider_keeps_nothing_of_the_old_one(researcher, llama):
    told = change(researcher, llama, provider="transformers", model="/models/llama").json()
    assert (told["provider"], told["model"]) == ("transformers", "/models/llama")
    assert (told["base_url"], told["parameters"], told["system_prompt"]) == ("", {}, "")


def test_it_is_switched_off_without_a_revision(researcher, llama, project):
    make_prompt(project)
    told = change(researcher, llama, enabled=False).json()
    assert (told["enabled"], told["revision"]) == (False, 1)
    run = {"generators": ["llama"], "samples": 1}
    started = researcher.post("/api/v1/projects/poems/runs/", run, format="json")
    assert started.status_code == 400


@pytest.mark.parametrize(
    ("fields", "attr"),
    [
        ({"name": "alpaca"}, "name"),
        ({"model": ""}, "model"),
        ({"base_url": "http://169.254.169.254/v1"}, "base_url"),
        ({"parameters": {"warmth": 1}}, "parameters"),
        ({"provider": "recorded"}, "provider"),
        ({"provider": "nobody"}, "provider"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_changes_nothing(researcher, llama, fields, attr):
    response = change(researcher, llama, enabled=False, **fields)
    assert response.status_code == 400
    assert response.json()["errors"][0]["attr"] == attr
    assert Generator.objects.get().enabled
    assert GeneratorRevision.objects.count() == 1


def test_only_its_maker_and_superusers_change_and_pause_it(clients, llama):
    def answers(call):
        return {role: call(client).status_code for role, client in clients.items()}

    refused = dict.fromkeys(clients, 403) | {"nobody": 401}
    allowed = {"researcher": 200, "admin": 200}
    assert answers(lambda client: client.get(llama)) == refused | allowed | {"other": 200}
    assert clients["other"].get(llama).json()["may_change"] is False
    for what in ("pause/", "unpause/"):
        assert answers(lambda client, at=llama + what: client.post(at)) == refused | allowed
    assert answers(lambda client: change(client, llama, enabled=True)) == refused | allowed
    assert GeneratorRevision.objects.count() == 1


def test_a_name_from_a_file_is_whose_first_says_how_to_ask_it(clients, people):
    found = recorded_revision(name="llama").generator
    fields = {name: value for name, value in LLAMA.items() if name != "name"}
    assert change(clients["other"], f"{URL}{found.uid}/", enabled=False).status_code == 403
    assert change(clients["other"], f"{URL}{found.uid}/", **fields).status_code == 200
    found.refresh_from_db()
    assert found.created_by == people["other"]
    assert change(clients["researcher"], f"{URL}{found.uid}/", model="x").status_code == 403


def test_the_operators_generators_are_superusers_to_change(clients):
    made = create_generator(**LLAMA)
    address = f"{URL}{made.uid}/"
    assert change(clients["researcher"], address, model="x").status_code == 403
    assert change(clients["admin"], address, model="x").json()["revision"] == 2


def test_a_pause_is_told_to_the_runs_that_wait(researcher, llama, project):
    make_prompt(project)
    run = start_run(project=project, generators=["llama"])
    paused = researcher.post(f"{llama}pause/", {"reason": "Too slow."}, format="json").json()
    assert paused["paused_at"] is not None
    assert (paused["paused_until"], paused["pause_reason"]) == (None, "Too slow.")
    run.refresh_from_db()
    assert run.error == "Waiting: llama is paused. Too slow."
    unpaused = researcher.post(f"{llama}unpause/").json()
    assert (unpaused["paused_at"], unpaused["pause_reason"]) == (None, "")
    assert Run.objects.get().error == ""


def test_nobody_writes_over_what_they_have_not_read(researcher, llama):
    tag = researcher.get(llama)["ETag"]
    assert change(researcher, llama, model="llama-4").status_code == 200
    late = researcher.patch(llama, {"model": "mine"}, format="json", headers={"If-Match": tag})
    assert late.status_code == 412
    assert GeneratorRevision.objects.count() == 2


def test_it_costs_the_same_with_one_revision_and_three(
    researcher, llama, django_assert_max_num_queries
):
    for number in (1, 3):
        while GeneratorRevision.objects.count() < number:
            change(researcher, llama, model=f"llama-{GeneratorRevision.objects.count()}-b")
        with django_assert_max_num_queries(6):
            assert researcher.get(llama).status_code == 200


def test_who_made_it_alone_tries_what_is_paused(researcher, clients, llama):
    paused = researcher.post(f"{llama}pause/", {"reason": "It costs."}, format="json")
    assert paused.status_code == 200
    assert clients["other"].post(f"{llama}test/").status_code == 403
    assert researcher.post(f"{llama}test/").status_code == 200
