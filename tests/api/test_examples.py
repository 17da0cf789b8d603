"""Every body that the document shows is sent, and works, with an answer as the document says."""

from typing import Any

import pytest
from django.db import transaction
from schemathesis.core.failures import FailureGroup

from accounts.models import Labeler
from accounts.services import create_token, labeler_of
from api.examples import EXAMPLES, GENERATOR, LABELER, RESPONSES, TASK
from collector.models import Generator, Membership, Project
from collector.services.generators import create_generator
from exports.models import DatasetVersion
from labeling.models import Report, Task
from labeling.services.policies import set_policy
from tests.api.test_contract import CHECKS, schema
from tests.factories import make_answered_prompts, make_labeler, make_prompt, make_response
from tests.labeling.disputes import disputed, opened
from tests.labeling.work import claimed
from tests.test_urls import people, things

__all__ = ["people", "schema", "things"]  # fixtures
# Who sends what administrators do not.
SENDERS = {
    "claim": "labeler",
    "submit": "labeler",
    "skip": "labeler",
    "write_letter": "labeler",
    "report": "labeler",
    "set_notifications": "researcher",
    "make_token": "researcher",
}


@pytest.fixture
def hosts(settings, monkeypatch):
    settings.CONCORD_ALLOWED_MODEL_HOSTS = ["models.example.org"]
    settings.CONCORD_ALLOWED_WEBHOOK_HOSTS = ["hooks.example.org"]
    settings.CONCORD_ALLOWED_HUB_HOSTS = ["hub.example.org"]
    settings.HF_TOKEN = "hf_of_the_tests"
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "https://hub.example.org")


@pytest.fixture
def world(hosts, people, things) -> dict[str, dict[str, Any]]:
    """What the examples name; returns the path of operations that `things` does not have."""
    project = Project.objects.get(slug="poems")
    prompt = make_prompt(project, "Write a haiku about snow.", language="en")
    for uid, author in zip(RESPONSES, ("model-a", "model-b"), strict=True):
        make_response(prompt, revision=author, uid=uid)
    judged = make_answered_prompts(project, 1, responses=2)[0]
    Task.objects.create(project=project, prompt=judged, state="complete", uid=TASK)
    writer = make_labeler(pseudonym=LABELER)
    Report.objects.create(labeler=writer, project=project, category="other")
    priced = {"prices": {"input": 0.05, "output": 0.08}}
    create_generator(user=people["admin"], **(EXAMPLES["create_generator"] | priced))
    set_policy(project=project, responses=2, overlap=9, modes=["rank", "rationale"])
    DatasetVersion.objects.update(status="succeeded")
    (adjudication,) = opened(disputed())
    slot = str(claimed(project, _labeler(people)).slot)
    member = Membership.objects.get(project=project, role="trainer")
    generator = {"uid": str(Generator.objects.get(name=GENERATOR).uid)}
    return {
        "resolve_adjudication": {"uid": str(adjudication.uid)},
        "submit": {"slot": slot},
        "skip": {"slot": slot},
        "change_member": {"slug": "poems", "uid": str(member.uid)},
        "change_generator": generator,
        "pause_generator": generator,
    }


def _labeler(people) -> Labeler:
    return labeler_of(user=people["labeler"])


def shown(schema: Any) -> dict[str, Any]:
    """The operations that the document has an example for, by their names."""
    found = {}
    for each in schema.get_all_operations():
        operation = each.ok()
        content = operation.definition.raw.get("requestBody", {}).get("content", {})
        if "examples" in content.get("application/json", {}):
            found[operation.definition.raw["operationId"]] = operation
    return found


def test_every_example_works(schema, world, people, things):
    operations = shown(schema)
    assert set(operations) >= set(EXAMPLES)
    wrong = {}
    for name, operation in operations.items():
        first = operation.path.removeprefix("/api/v1/").split("/")[0]
        path = world.get(name) or {"slug": "poems", "uid": things.get(first)}
        named = {each: value for each, value in path.items() if f"{{{each}}}" in operation.path}
        definition = operation.definition.raw
        (body,) = definition["requestBody"]["content"]["application/json"]["examples"].values()
        case = operation.Case(
            path_parameters=named, body=body["value"], media_type="application/json"
        )
        token = create_token(user=people[SENDERS.get(name, "admin")])
        with transaction.atomic():
            answer = case.call(headers={"Authorization": f"Token {token}"})
            transaction.set_rollback(True)
        if not 200 <= answer.status_code < 300:
            wrong[name] = f"{answer.status_code} {answer.text}"
            continue
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as failures:
            wrong[name] = str(failures.exceptions)
    assert wrong == {}


def test_a_change_answers_as_a_reading_does(schema):
    """The tag of an answer to PATCH is that of the GET that would follow."""
    document = schema.raw_schema
    for path, operations in document["paths"].items():
        if "patch" in operations and ("{uid}" in path or "{slug}" in path):
            answers = [
                operations[method]["responses"]["200"]["content"]["application/json"]["schema"]
                for method in ("get", "patch")
            ]
            assert answers[0] == answers[1], path
