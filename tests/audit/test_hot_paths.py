"""The audit adds no statement anywhere, and not so much as a word to what labelers wait for."""

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from accounts.services import accept_consent, create_token, labeler_of
from audit.models import Event
from tests import factories
from tests.labeling.work import project_with_tasks

pytestmark = pytest.mark.django_db
JSON = "application/json"
SILENT = override_settings(
    MIDDLEWARE=[each for each in settings.MIDDLEWARE if each != "audit.requests.told"]
)


def client_of(user):
    return Client(headers={"authorization": f"Token {create_token(user=user)}"})


def judge_one(client, project):
    """Claim, renew, submit; claim another and skip it: the statements of all of it."""
    with CaptureQueriesContext(connection) as seen:
        claim = f"/api/v1/projects/{project.slug}/claim/"
        task = client.post(claim, {}, JSON)
        assert task.status_code == 200
        slot = f"/api/v1/slots/{task.json()['slot']}"
        assert client.post(f"{slot}/renew/").status_code == 200
        places = [[response["id"]] for response in task.json()["responses"]]
        answer = {"submit_key": "one", "tiers": places}
        assert client.post(f"{slot}/submit/", answer, JSON).status_code == 201
        other = client.post(claim, {}, JSON).json()["slot"]
        skipped = client.post(f"/api/v1/slots/{other}/skip/", {"reason": "other"}, JSON)
        assert skipped.status_code in (200, 204)
    return [query["sql"] for query in seen.captured_queries]


def test_claims_and_submits_carry_nothing_of_it():
    project = project_with_tasks(12)
    people = [factories.make_member(project, "labeler") for _ in range(3)]
    for person in people:
        accept_consent(labeler=labeler_of(user=person))
    clients = [client_of(person) for person in people]
    judge_one(clients[0], project)  # statements are prepared once a connection
    before = Event.objects.count()
    told = judge_one(clients[1], project)
    with SILENT:
        silent = judge_one(clients[2], project)
    assert len(told) == len(silent) > 8
    assert not [sql for sql in told if "concord.audit" in sql]
    assert Event.objects.count() == before


def test_a_decision_says_who_in_the_statement_that_makes_it():
    project = factories.make_project("tea")
    client = client_of(factories.make_member(project, "researcher"))

    def statements(name):
        with CaptureQueriesContext(connection) as seen:
            answer = client.patch("/api/v1/projects/tea/", {"name": name}, JSON)
        assert answer.status_code == 200
        return [query["sql"] for query in seen.captured_queries]

    statements("first")
    told = statements("second")
    with SILENT:
        silent = statements("third")
    assert len(told) == len(silent)
    told_in = [sql for sql in told if "concord.audit" in sql]
    assert len(told_in) == 1
    assert 'UPDATE "collector_project"' in told_in[0]
