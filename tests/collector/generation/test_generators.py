"""What a generator may be: addresses, keys, parameters, revisions."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, transaction

from collector.generation.providers.servers import status_failure
from collector.models import Generator, GeneratorRevision, Project
from collector.selectors import newest_revisions
from collector.services.generators import create_generator, recorded_revision
from collector.services.runs import start_run
from common.errors import InvalidInput
from config.model_keys import ModelKey, parse_model_keys
from tests.collector.generation.conftest import MakeGenerator, only, work_run
from tests.factories import make_prompt, make_response
from tests.fake_llm import FakeLLM, start_fake_llm

pytestmark = pytest.mark.django_db

SECRET = "sk-loopback-0123456789"
VALID: dict[str, Any] = {
    "name": "bot",
    "provider": "openai",
    "model": "m",
    "base_url": "http://127.0.0.1:9/v1",
}


def test_a_generator_starts_with_revision_1_and_same_settings_make_no_other() -> None:
    first = create_generator(**VALID, parameters={"temperature": 0.5})
    again = create_generator(**VALID, parameters={"temperature": 0.5})
    assert first == again
    assert [revision.number for revision in first.revisions.all()] == [1]


def test_other_settings_under_the_same_name_make_a_revision_and_keep_the_old_one() -> None:
    generator = create_generator(**VALID, parameters={"temperature": 0.5})
    create_generator(**VALID, parameters={"temperature": 0.9}, system_prompt="Be brief.")
    old, new = generator.revisions.order_by("number")
    assert (old.parameters, old.system_prompt) == ({"temperature": 0.5}, "")
    assert (new.parameters, new.system_prompt) == ({"temperature": 0.9}, "Be brief.")
    with pytest.raises(IntegrityError), transaction.atomic():
        GeneratorRevision.objects.filter(pk=old.pk).update(model="another")


def test_an_author_of_a_file_may_become_a_model() -> None:
    recorded = recorded_revision(name="bot")
    generator = create_generator(**VALID)
    assert recorded.generator == generator
    assert [r.provider for r in generator.revisions.order_by("number")] == ["recorded", "openai"]


def test_an_author_of_a_file_keeps_its_revision_once_it_is_a_model() -> None:
    recorded = recorded_revision(name="bot")
    create_generator(**VALID)
    assert recorded_revision(name="bot") == recorded


def test_an_author_that_is_named_like_a_model_does_not_replace_it(project: Project) -> None:
    generator = create_generator(**VALID)
    recorded = recorded_revision(name="bot")
    assert (recorded.provider, recorded.number) == ("recorded", 2)
    [in_force] = newest_revisions()
    assert (in_force.provider, in_force.number) == ("openai", 1)
    make_prompt(project)
    assert start_run(project=project, generators=["bot"]).revisions.get() == in_force
    create_generator(**VALID)
    assert generator.revisions.count() == 2  # that openai revision is in force already
    create_generator(**VALID, system_prompt="Be brief.")
    assert newest_revisions().get().number == 3


def test_a_model_does_not_become_a_recorded_author() -> None:
    create_generator(**VALID)
    with pytest.raises(InvalidInput) as refusal:
        create_generator(name="bot", provider="recorded")
    assert refusal.value.attr == "provider"


def test_a_recorded_author_may_be_described_anew_and_keeps_its_texts(project: Project) -> None:
    prompt = make_prompt(project)
    response = make_response(prompt, revision="author")
    create_generator(name="author", provider="recorded", model="its real name")
    assert make_response(prompt, revision="author").revision == response.revision
    run = start_run(project=project, generators=["author"])
    work_run(run)
    assert run.revisions.get().model == "its real name"
    assert only(run).response == response


@pytest.mark.parametrize(
    ("wrong", "attr"),
    [
        ({"name": " "}, "name"),
        ({"name": "gpt\N{RIGHT-TO-LEFT OVERRIDE}4"}, "name"),
        ({"name": "gpt\n4"}, "name"),
        ({"provider": "llama"}, "provider"),
        ({"model": ""}, "model"),
        ({"base_url": "http://models.example.org/v1"}, "base_url"),
        ({"base_url": ""}, "base_url"),  # OpenAI's own, which nobody allowed
        ({"base_url": "http://127.0.0.1:9@models.example.org/v1"}, "base_url"),
        ({"base_url": "http://127.0.0.1\\@models.example.org/v1"}, "base_url"),
        ({"base_url": "http://127.0.0.1:9/v1?x=1"}, "base_url"),
        ({"base_url": "http://127.0.0.1.example.org/v1"}, "base_url"),
        ({"base_url": "file:///etc/passwd"}, "base_url"),
        ({"base_url": "http://127.0.0.1:9/v1\n"}, "base_url"),
        ({"base_url": "http://127.0.0.1:0/v1"}, "base_url"),
        ({"base_url": "http://127.0.0.1:65536/v1"}, "base_url"),
        ({"base_url": "http://127.0.0.1:\N{ARABIC-INDIC DIGIT NINE}/v1"}, "base_url"),
        ({"key": "nobody"}, "key"),
        ({"parameters": {"messages": []}}, "parameters"),
        ({"parameters": {"temperature": "hot"}}, "parameters"),
        ({"parameters": {"temperature": True}}, "parameters"),
        ({"parameters": {"temperature": 3}}, "parameters"),
        ({"parameters": {"max_tokens": 0}}, "parameters"),
        ({"parameters": {"stop": [""]}}, "parameters"),
        ({"parameters": {"reasoning_effort": "x" * 33}}, "parameters"),
        ({"prices": {"input": -1}}, "prices"),
        ({"prices": {"batch": 1.1}}, "prices"),
        ({"limits": {"concurrency": 100_000}}, "limits"),
        ({"limits": {"requests_per_minute": 0}}, "limits"),
        ({"api": "telepathy"}, "api"),
        ({"api": "responses", "parameters": {"seed": 1}}, "parameters"),
        ({"adapter": "/m/lora"}, "adapter"),
        ({"provider": "transformers", "base_url": "", "api": "responses"}, "api"),
        ({"provider": "transformers", "base_url": "", "batch": True}, "batch"),
        ({"context_window": 0}, "context_window"),
        ({"context_window": 10**9}, "context_window"),
    ],
)
def test_what_is_refused_names_the_field_and_leaves_nothing(
    wrong: dict[str, Any], attr: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        create_generator(**(VALID | wrong))
    assert refusal.value.attr == attr
    assert not Generator.objects.exists()


@pytest.mark.parametrize("provider", ["transformers", "recorded"])
def test_only_a_provider_that_asks_a_server_has_an_address(provider: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        create_generator(**(VALID | {"provider": provider}))
    assert refusal.value.attr == "base_url"


def test_openai_itself_is_asked_only_where_the_operator_allows_it(settings: Any) -> None:
    settings.CONCORD_ALLOWED_MODEL_HOSTS = ["api.openai.com"]
    generator = create_generator(**(VALID | {"base_url": ""}))
    assert generator.revisions.get().base_url == "https://api.openai.com/v1"


def test_a_host_may_be_allowed_for_one_port(settings: Any) -> None:
    settings.CONCORD_ALLOWED_MODEL_HOSTS = ["127.0.0.1:9", "[::1]", "models.example.org:443"]
    create_generator(**VALID)
    create_generator(**(VALID | {"base_url": "http://[::1]:80/v1"}))
    create_generator(**(VALID | {"base_url": "https://Models.example.org/v1"}))
    with pytest.raises(InvalidInput):
        create_generator(**(VALID | {"base_url": "http://127.0.0.1:10/v1"}))
    with pytest.raises(InvalidInput):
        create_generator(**(VALID | {"base_url": "http://models.example.org/v1"}))


def test_a_key_is_sent_to_its_host_and_kept_nowhere(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator, settings: Any, caplog: Any
) -> None:
    settings.CONCORD_MODEL_KEYS = {"mine": ModelKey(host=llm.host, secret=SECRET)}
    make_generator(key="mine", steps="echokey")
    make_prompt(project)
    run = start_run(project=project, generators=["bot"])
    work_run(run)
    assert llm.received[0].headers["authorization"] == f"Bearer {SECRET}"
    assert "Bad key: Bearer [key mine]" in only(run).error
    assert SECRET not in caplog.text
    assert SECRET not in repr(settings.CONCORD_MODEL_KEYS)


def test_a_key_is_refused_for_another_host(llm: FakeLLM, settings: Any) -> None:
    settings.CONCORD_MODEL_KEYS = {"mine": ModelKey(host=llm.host, secret=SECRET)}
    with start_fake_llm() as other, pytest.raises(InvalidInput) as refusal:
        create_generator(**(VALID | {"base_url": other.base_url}), key="mine")
    assert refusal.value.attr == "key"
    assert SECRET not in refusal.value.detail


def test_a_key_is_not_sent_to_a_public_host_in_the_clear(settings: Any) -> None:
    settings.CONCORD_ALLOWED_MODEL_HOSTS = ["api.openai.com", "vllm"]
    settings.CONCORD_MODEL_KEYS = {
        "mine": ModelKey(host="api.openai.com", secret=SECRET),
        "here": ModelKey(host="vllm", secret=SECRET),
        "meant": ModelKey(host="api.openai.com:80", secret=SECRET),
    }
    clear = VALID | {"base_url": "http://api.openai.com/v1"}
    with pytest.raises(InvalidInput, match="without encryption") as refusal:
        create_generator(**clear, key="mine")
    assert refusal.value.attr == "key"
    create_generator(**clear, key="meant")
    create_generator(**(VALID | {"base_url": "https://api.openai.com/v1"}), key="mine")
    create_generator(**(VALID | {"base_url": "http://vllm:8000/v1"}), key="here")


def test_a_key_that_was_bound_to_another_host_since_is_not_sent(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator, settings: Any
) -> None:
    settings.CONCORD_MODEL_KEYS = {"mine": ModelKey(host=llm.host, secret=SECRET)}
    make_generator(key="mine")
    make_prompt(project)
    run = start_run(project=project, generators=["bot"])
    settings.CONCORD_MODEL_KEYS = {"mine": ModelKey(host="models.example.org", secret=SECRET)}
    work_run(run)
    assert llm.received == []
    assert "is bound to models.example.org" in only(run).error


def test_a_host_that_is_no_longer_allowed_is_not_asked(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator, settings: Any
) -> None:
    make_generator()
    make_prompt(project)
    run = start_run(project=project, generators=["bot"])
    settings.CONCORD_ALLOWED_MODEL_HOSTS = []
    work_run(run)
    assert llm.received == []
    assert "not among the allowed hosts (CONCORD_ALLOWED_MODEL_HOSTS)" in only(run).error


def test_nothing_of_the_environment_reaches_a_model_server(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator, monkeypatch: Any
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, SECRET)
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", f"X-Custom: {SECRET}\nAuthorization: {SECRET}")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    make_generator()
    make_prompt(project)
    run = start_run(project=project, generators=["bot"])
    work_run(run)
    assert only(run).status == "succeeded"
    assert SECRET not in str(llm.received)
    assert "authorization" not in llm.received[0].headers


def test_the_model_is_sent_the_thread_the_system_prompt_and_the_parameters(
    llm: FakeLLM, project: Project, make_generator: MakeGenerator
) -> None:
    parameters = {"temperature": 0.3, "max_tokens": 20, "seed": 5, "stop": ["END"], "top_k": 40}
    make_generator(parameters=parameters, system_prompt="Be brief.")
    make_prompt(project, "Hello?")
    work_run(start_run(project=project, generators=["bot"], samples=2))
    bodies = sorted((request.body for request in llm.received), key=lambda body: body["seed"])
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello?"},
    ]
    assert bodies == [
        {"model": "script=ok", "messages": messages, **parameters, "seed": seed} for seed in (5, 6)
    ]


def test_keys_are_parsed_from_the_operators_list() -> None:
    keys = parse_model_keys(
        ["a=KEY_A@api.openai.com", " b=KEY_B@10.0.0.1:8000"], {"KEY_A": "x", "KEY_B": SECRET}
    )
    assert keys == {
        "a": ModelKey(host="api.openai.com", secret="x"),
        "b": ModelKey(host="10.0.0.1:8000", secret=SECRET),
    }
    assert SECRET not in repr(keys)


@pytest.mark.parametrize("entry", ["a", "a=KEY", "=KEY@host", "a=@host", "a=MISSING@host"])
def test_a_malformed_or_missing_key_stops_start_up_with_its_name(entry: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="CONCORD_MODEL_KEYS"):
        parse_model_keys([entry], {"KEY": SECRET})


def test_no_part_of_a_key_is_told_where_an_error_is_cut(settings: Any) -> None:
    settings.CONCORD_MODEL_KEYS = {"mine": ModelKey(host="llm.example", secret=SECRET)}
    for before in range(480, 510):
        assert SECRET[:4] not in str(status_failure(401, "." * before + SECRET))
