"""runs/{id}/errors/ and runs/{id}/retry/: what went wrong, and asking again."""

import pytest

from collector.models import Run
from collector.services.generators import create_generator
from collector.services.run_errors import causes, told
from collector.services.runs import cancel_run, finish_runs, start_run
from tests.factories import make_prompt


@pytest.fixture
def run(project) -> Run:
    """Two of its three generations have failed alike but for an id; the third differs."""
    create_generator(name="llama", provider="openai", model="m", base_url="http://127.0.0.1:9/v1")
    for _ in range(3):
        make_prompt(project)
    run = start_run(project=project, generators=["llama"])
    errors = ("HTTP 503: busy (req_abc1)", "HTTP 503: busy (req_abc2)", "HTTP 401: no")
    for generation, error in zip(run.generations.order_by("pk"), errors, strict=True):
        generation.status, generation.error = "failed", error
        generation.save()
    finish_runs(run_ids={run.pk})
    run.refresh_from_db()
    return run


def at(run, what):
    return f"/api/v1/runs/{run.uid}/{what}/"


def test_errors_are_told_in_groups_with_what_to_do(researcher, run):
    shared = {"generator": "llama", "retrying": 0}
    first, second = researcher.get(at(run, "errors")).json()["results"]
    assert first.pop("advice").startswith("The server was away")
    assert second.pop("advice").startswith("The server refuses the key.")
    assert first == shared | {
        "cause": "server",
        "error": "HTTP 503: busy (req_abc1)",
        "count": 2,
        "failed": 2,
    }
    assert second == shared | {"cause": "key", "error": "HTTP 401: no", "count": 1, "failed": 1}


def test_what_failed_is_asked_again(researcher, run):
    assert run.status == "failed"
    response = researcher.post(at(run, "retry"))
    assert response.status_code == 200
    assert response.json()["status"] == "queued"
    assert response.json()["counts"]["pending"] == 3
    assert researcher.get(at(run, "errors")).json() == {"results": []}
    again = researcher.post(at(run, "retry"))
    assert (again.status_code, again.json()["counts"]["pending"]) == (200, 3)


def test_a_cancelled_run_is_not_retried(researcher, run):
    Run.objects.filter(pk=run.pk).update(status="paused")
    cancel_run(run=run)
    response = researcher.post(at(run, "retry"))
    assert response.status_code == 409
    assert run.generations.filter(status="failed").count() == 3


def test_errors_cost_the_same_for_one_and_three(researcher, run, django_assert_max_num_queries):
    for count in (1, 3):
        run.generations.exclude(pk__in=run.generations.order_by("pk").values("pk")[:count]).update(
            error=""
        )
        with django_assert_max_num_queries(5):
            assert researcher.get(at(run, "errors")).json()["results"]
        run.generations.update(error="HTTP 500: oops")


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        ("HTTP 401: Bad key", "key"),
        ("There is no key “mine”: the operator declares keys in CONCORD_MODEL_KEYS.", "key"),
        ("HTTP 429: {insufficient_quota}", "quota"),
        ("HTTP 429: slow down", "rate"),
        ("HTTP 404: no such model", "address"),
        ("HTTP 307: the server redirects, and redirects are not followed.", "address"),
        ("The conversation has 9000 tokens; with 1 for the reply it is over the model's", "window"),
        ("HTTP 400: maximum context length is 4096", "window"),
        ("HTTP 400: unknown parameter top_k", "settings"),
        ("HTTP 503: busy", "server"),
        ("The connection failed: refused", "server"),
        ("No reply within 30 s.", "server"),
        ("The worker died 8 times while asking.", "server"),
        ("empty response: the reply holds no choice with a message.", "empty"),
        ("Local models need torch, which is not installed here", "here"),
        ("The prompt has been deleted.", "prompt"),
        ("ValueError: whatever", "other"),
    ],
)
def test_every_text_has_its_cause(error, cause):
    found = told(error)
    assert found["cause"] == cause
    assert found["advice"]
    assert cause in causes()
