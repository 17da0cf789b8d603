"""Chat completions and responses: what is sent, and what is made of every kind of answer."""

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from collector.generation.providers.replies import split_reasoning
from collector.models import Generation, Project
from collector.services.runs import start_run
from tests.collector.generation.conftest import MakeGenerator, work_run
from tests.factories import make_member, make_prompt, make_response
from tests.fake_llm import FakeLLM

pytestmark = pytest.mark.django_db
PROMPT = "Why is the sky blue?"


@pytest.fixture(params=["chat", "responses"])
def api(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def answered(project: Project) -> Generation:
    make_prompt(project, PROMPT)
    run = start_run(project=project, generators=["bot"])
    work_run(run)
    return Generation.objects.select_related("response").get(run=run, prompt__text=PROMPT)


def text_of(generation: Generation) -> str:
    assert generation.response is not None, generation.error
    return generation.response.text


def test_an_answer_is_stored_the_same_by_either_protocol(
    api: str, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(api=api, prices={"input": 2, "output": 10})
    generation = answered(project)
    assert text_of(generation) == f"script=ok answers {PROMPT!r}"
    assert (generation.input_tokens, generation.output_tokens) == (5, 7)
    assert (generation.finish_reason, float(generation.cost or 0)) == ("stop", 0.00008)
    assert generation.response
    assert generation.response.meta == {"model": "script=ok"}


def test_a_response_is_asked_for_in_the_protocols_own_names_and_kept_by_nobody(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    parameters = {"temperature": 0.3, "max_tokens": 20, "reasoning_effort": "low", "top_k": 40}
    make_generator(api="responses", parameters=parameters, system_prompt="Be brief.")
    prompt = make_prompt(project, "Hello?")
    reply = make_response(prompt, "Hello.")
    make_prompt(project, "And now?", parent=reply, root=prompt, depth=2)
    work_run(start_run(project=project, generators=["bot"]))
    sent = {json.dumps(request.messages): request for request in llm.received}
    assert {request.path for request in llm.received} == {"/v1/responses"}
    conversation = [
        {"role": "user", "content": "Hello?"},
        {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": "And now?"},
    ]
    assert sent[json.dumps(conversation)].body == {
        "model": "script=ok",
        "store": False,
        "instructions": "Be brief.",
        "input": conversation,
        "temperature": 0.3,
        "max_output_tokens": 20,
        "reasoning": {"effort": "low"},
        "top_k": 40,
    }


def test_a_refusal_is_a_response_that_says_it_is_one(
    api: str, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(api=api, steps="refuse")
    generation = answered(project)
    assert text_of(generation) == "I cannot help."
    assert generation.finish_reason == "refusal"
    assert generation.response
    assert generation.response.meta["refusal"] is True


def test_what_was_cut_off_is_recorded_as_such(
    api: str, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(api=api, steps="length")
    generation = answered(project)
    assert generation.status == Generation.Status.SUCCEEDED
    assert generation.finish_reason == "length"


@pytest.mark.parametrize(("limit", "reason"), [(7, "length"), (8, "stop")])
def test_a_server_that_does_not_tell_what_it_cut_off_is_not_believed(
    limit: int, reason: str, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(api="responses", parameters={"max_tokens": limit})
    assert answered(project).finish_reason == reason


@pytest.mark.parametrize("steps", ["reason", "think"])
def test_reasoning_is_kept_apart_from_the_response(
    steps: str, api: str, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(api=api, steps=steps)
    generation = answered(project)
    assert text_of(generation) == f"script={steps} answers {PROMPT!r}"
    assert generation.response
    assert generation.response.meta["reasoning"] == "Hm. Blue."


@pytest.mark.parametrize(
    ("code", "status"), [("server_error", "pending"), ("invalid_prompt", "failed")]
)
def test_a_failure_told_in_a_reply_is_one(
    code: str, status: str, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(api="responses", steps=f"failed:{code}")
    generation = answered(project)
    assert generation.status == status
    assert generation.error == f"The model failed: {code}: It broke."


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("badjson", "The server's reply is not JSON."),
        ("html", "The server's reply is not JSON."),
        ("empty", "empty response: ' \\n' (finish reason: stop)"),
        ("400", "HTTP 400"),
        ("gzip", "The server compressed its reply unasked."),
        ("flood:20", "The server's reply is over 8 MiB."),
    ],
)
def test_faults_are_told_by_either_protocol(
    fault: str, error: str, api: str, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(api=api, steps=fault, limits={"attempts": 1})
    assert answered(project).error.startswith(error)


@pytest.mark.parametrize(
    "reply",
    [
        "null",
        "[]",
        '{"choices": {}, "output": 7}',
        '{"choices": [null], "output": [null]}',
        '{"choices": [{"message": 1}], "output": [{"type": "message", "content": "text"}]}',
        '{"choices": [{"message": {"content": {}}}], "output": [{"content": [{"text": []}]}]}',
    ],
)
def test_replies_of_any_shape_fail_and_break_nothing(
    reply: str, api: str, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(api=api, steps=f"raw:{reply}")
    generation = answered(project)
    assert generation.status == Generation.Status.FAILED
    assert generation.error.startswith("empty response")


def test_what_is_over_the_context_window_is_not_sent(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(context_window=40, parameters={"max_tokens": 20})
    make_prompt(project, "word " * 100)
    generation = answered(project)  # a short one beside it
    assert text_of(generation).startswith("script=ok answers")
    long = Generation.objects.get(status=Generation.Status.FAILED)
    assert "over the model's window of 40" in long.error
    assert len(llm.received) == 1


def test_parts_of_a_chat_message_are_one_text(
    project: Project, make_generator: MakeGenerator
) -> None:
    parts = [{"type": "text", "text": "Blue, "}, {"type": "text", "text": "mostly."}]
    make_generator(steps="raw:" + json.dumps({"choices": [{"message": {"content": parts}}]}))
    assert text_of(answered(project)) == "Blue, mostly."


def test_a_name_that_turned_private_is_not_asked(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator, settings: Any, monkeypatch: Any
) -> None:
    import socket

    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *args, **kwargs: real(
            "127.0.0.1" if host == "models.example.org" else host, *args, **kwargs
        ),
    )
    settings.CONCORD_ALLOWED_MODEL_HOSTS = ["models.example.org"]
    make_generator(base_url=f"http://models.example.org:{llm.port}/v1")
    generation = answered(project)
    assert generation.status == Generation.Status.FAILED
    assert generation.error.startswith("models.example.org stands for 127.0.0.1")
    assert llm.received == []


@pytest.mark.parametrize(
    ("written", "response", "reasoning"),
    [
        ("Plain.", "Plain.", ""),
        ("<think>a</think>b", "b", "a"),
        ("\n<think>\na\nb\n</think>\n\nc\n", "c\n", "a\nb"),
        ("a\nb\n</think>\n\nc", "c", "a\nb"),
        ("<think>never closed", "", "never closed"),
        ("<think></think>\nfine", "fine", ""),
        ("<think>a</think>\n<think>b</think>c", "c", "a\nb"),
        ("<THINKING>a</Thinking>b", "b", "a"),
        ("<think>a</think><think>never closed", "", "a\nnever closed"),
        ("The tag </think> closes it.", "The tag </think> closes it.", ""),
        ("Write <think>\nso\n</think>\nthere.", "Write <think>\nso\n</think>\nthere.", ""),
    ],
)
def test_reasoning_is_told_from_the_response(written: str, response: str, reasoning: str) -> None:
    assert split_reasoning(written) == (response, reasoning)


def test_reasoning_is_told_to_nobody_who_reads_the_response(
    project: Project, make_generator: MakeGenerator
) -> None:
    make_generator(steps="reason")
    generation = answered(project)
    assert generation.response
    assert generation.response.meta["reasoning"] == "Hm. Blue."
    reader = APIClient()
    reader.force_authenticate(make_member(project, "researcher"))
    for address in (f"messages/{generation.response.uid}/", f"messages/{generation.prompt.uid}/"):
        told = reader.get(f"/api/v1/{address}")
        assert told.status_code == 200
        assert "script=reason answers" in told.content.decode()
        assert "Hm. Blue." not in told.content.decode()
