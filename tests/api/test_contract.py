"""The API keeps to its schema: requests made up from it, by everybody, and each answer checked.

Whatever is sent, no answer is a 5xx, and none has a status, a content type or a body that the
schema does not tell of. `CONTRACT_EXAMPLES` asks for more than the few requests an operation gets
in every run.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts.services import create_token
from tests.test_urls import people, things
from tests.url_roles import ROLES

EXAMPLES = int(os.environ.get("CONTRACT_EXAMPLES", "3"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
__all__ = ["people", "things"]  # fixtures


@pytest.fixture
def schema(db):
    """The requests share the test's connection, so none of them may close it."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield schemathesis.openapi.from_wsgi("/api/v1/schema/", get_wsgi_application())
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def operations(schema: Any) -> Iterator[Any]:
    for found in schema.get_all_operations():
        yield found.ok()


def known(operation: Any, things: dict[str, str]) -> dict[str, str]:
    """Path parameters that exist, for an operation that has some."""
    first = operation.path.removeprefix("/api/v1/").split("/")[0]
    values = {"slug": "poems", "uid": things.get(first), "kind": "pii", "name": "README.md"}
    return {name: value for name, value in values.items() if value}


def attempt(operation: Any, headers: dict[str, str], things: dict[str, str]) -> list[str]:
    """What was wrong with the answers to a few requests made up for the operation."""
    wrong: list[str] = []
    there = known(operation, things)

    def ask(case: Any) -> None:
        given_path = case.path_parameters or {}
        case.path_parameters = given_path | {
            name: value for name, value in there.items() if name in given_path
        }
        with transaction.atomic():
            answer = case.call(headers=headers)
            transaction.set_rollback(True)
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as failures:
            wrong.extend(
                f"{answer.status_code} to {operation.label}: {each}" for each in failures.exceptions
            )

    draw: Callable[..., Any] = given(case=operation.as_strategy())
    few = settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    few(draw(ask))()
    return wrong


@pytest.mark.parametrize("who", [*ROLES, "admin", "stranger", "nobody"])
def test_every_answer_is_one_that_the_schema_tells_of(who, schema, people, things):
    headers = {}
    if who != "nobody":
        headers["Authorization"] = f"Token {create_token(user=people[who])}"
    asked = list(operations(schema))
    wrong = [each for operation in asked for each in attempt(operation, headers, things)]
    assert len(asked) > 60
    assert wrong == [], "\n".join(wrong)
