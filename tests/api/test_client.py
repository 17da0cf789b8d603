"""The typed client, generated from the schema and used for the whole path: a schema that lies
about an address, a parameter or an answer fails here."""

import importlib
import io
import sys
from http import HTTPStatus
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson
import pytest

from accounts.services import create_token
from config.client import PACKAGE, build
from tests.api.test_whole_path import CSV, do_what_waits
from tests.factories import make_user
from tests.fake_llm import start_fake_llm

LABELERS = 2


@pytest.fixture(scope="module")
def generated(tmp_path_factory) -> Path:
    return build(tmp_path_factory.mktemp("client")).parent


class Typed:
    """Calls operations by the names of the schema; every answer must be the one documented."""

    def __init__(self, folder: Path, address: str, token: str) -> None:
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
        self.models: ModuleType = importlib.import_module(f"{PACKAGE}.models")
        self.types: ModuleType = importlib.import_module(f"{PACKAGE}.types")
        client = importlib.import_module(f"{PACKAGE}.client")
        self.address = address
        self.http = client.AuthenticatedClient(
            base_url=address, token=token, prefix="Token", raise_on_unexpected_status=True
        )

    def call(self, operation: str, status: int, *path: Any, body: Any = None, **query: Any) -> Any:
        module = importlib.import_module(f"{PACKAGE}.api.{operation}")
        given = query if body is None else query | {"body": body}
        answer = module.sync_detailed(*path, client=self.http, **given)
        assert answer.status_code == HTTPStatus(status), answer.content
        do_what_waits()
        return answer.parsed

    def make(self, model: str, /, **fields: Any) -> Any:
        return getattr(self.models, model).from_dict(fields)


@pytest.fixture
def script(generated, live_server):
    typed = Typed(generated, live_server.url, create_token(user=make_user(is_superuser=True)))
    yield typed
    typed.http.get_httpx_client().close()


@pytest.fixture
def llm():
    with start_fake_llm() as server:
        yield server


def _collect(script: Typed, llm: Any) -> None:
    """Prompts from a file, two models' responses to each, and tasks."""
    policy = {"responses": 2, "overlap": LABELERS, "modes": ["rank"]}
    body = script.make("ProjectIn", slug="sums", name="Sums", policy=policy)
    project = script.call("projects.create_project", 201, body=body, idempotency_key="sums")
    assert script.call("projects.create_project", 201, body=body, idempotency_key="sums") == project
    assert (project.slug, project.policy.overlap) == ("sums", LABELERS)
    file = script.types.File(payload=io.BytesIO(CSV.encode()), file_name="sums.csv")
    form = script.models.ImportIn(file=file, preset="table", map_="prompt=human_prompt")
    job = script.call("projects.start_import", 202, "sums", body=form)
    imported = script.call("imports.import_", 200, job.id)
    assert (imported.status.value, imported.created, imported.errors) == ("succeeded", 6, [])
    for name, words in (("terse", 3), ("wordy", 30)):
        made = script.make(
            "GeneratorIn",
            name=name,
            provider="openai",
            model=f"script=words:{words}",
            base_url=llm.base_url,
        )
        script.call("generators.create_generator", 201, body=made)
    asked = script.make("RunIn", generators=["terse", "wordy"])
    run = script.call("projects.start_run", 202, "sums", body=asked)
    assert script.call("runs.run", 200, run.id).counts.succeeded == 12
    built = script.call("projects.build_tasks", 200, "sums")
    assert (built.tasks, built.slots) == (6, 12)


def _label(script: Typed, generated: Path, number: int) -> int:
    """Longer is better, until there is nothing left."""
    asked = script.make("MemberIn", email=f"labeler{number}@example.org", role="labeler")
    member = script.call("projects.add_member", 201, "sums", body=asked)
    labeler = Typed(generated, script.address, member.token)
    labeler.call("me.consent", 201, body=labeler.make("ConsentIn"))
    done = 0
    module = importlib.import_module(f"{PACKAGE}.api.projects.claim")
    while True:
        answer = module.sync_detailed("sums", client=labeler.http, body=labeler.make("ClaimIn"))
        if answer.status_code == HTTPStatus.NO_CONTENT:
            labeler.http.get_httpx_client().close()
            return done
        task = answer.parsed
        shown = sorted(task.responses, key=lambda each: -len(each["text"]))
        said = labeler.make(
            "SubmitIn",
            submit_key=str(task.slot),
            tiers=[[each["id"]] for each in shown],
            seconds=3.5,
        )
        labeler.call("slots.submit", 201, task.slot, body=said)
        done += 1


@pytest.mark.django_db(transaction=True)
def test_the_typed_client_goes_the_whole_path(script, generated, llm, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    _collect(script, llm)
    assert [_label(script, generated, number) for number in range(LABELERS)] == [6, 6]
    progress = script.call("projects.progress", 200, "sums")
    assert (progress.judgments, progress.labelers) == (12, LABELERS)
    page = script.call("projects.comparisons", 200, "sums", page_size=1000)
    winners = [
        each.first_generator if each.outcome.value == "first" else each.second_generator
        for each in page.results
    ]
    assert winners == ["wordy"] * 12
    asked = script.make(
        "DatasetIn",
        project="sums",
        name="sums",
        formats=["preference"],
        container="jsonl",
        recipe={"test_share": 0},
    )
    started = script.call("datasets.build_dataset", 202, body=asked)
    version = script.call("dataset_versions.dataset_version", 200, started.version.id)
    assert version.status.value == "succeeded"
    (file,) = [each for each in version.files if each.name == "preference.train.jsonl"]
    http = script.http.get_httpx_client()
    rows = [orjson.loads(line) for line in http.get(file.url).content.splitlines()]
    assert len(rows) == file.rows == 12
    for row in rows:
        assert len(row["chosen"][0]["content"]) > len(row["rejected"][0]["content"])


@pytest.mark.django_db(transaction=True)
def test_refusals_arrive_typed(script):
    refused = script.call("projects.project", 404, "nowhere")
    assert [(each.code, each.attr) for each in refused.errors] == [("not_found", None)]
