"""Real models in this process and beside it; skipped, with the install line, where torch is not."""

import hashlib
import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from collector.generation.providers import transformers as provider
from collector.models import Generation, Project, Run
from collector.services.generators import create_generator
from collector.services.local_llm import add_local_llm_generators
from collector.services.runs import run_progress, start_run
from config import local_llm
from tests.collector.generation.conftest import only, work_run
from tests.collector.generation.tiny_models import save_model
from tests.factories import make_prompt

pytestmark = [pytest.mark.django_db, pytest.mark.local_model]

needs_torch = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None,
    reason=f"no torch here: install local models with `{provider.INSTALL}`",
)
needs_server = pytest.mark.skipif(local_llm.missing() is not None, reason=str(local_llm.missing()))


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("tiny-model"))


def ask_tiny(project: Project, folder: Path, samples: int = 1, **fields: Any) -> Run:
    create_generator(name="tiny", provider="transformers", model=str(folder), **fields)
    make_prompt(project, "Why is the sky blue?")
    run = start_run(project=project, generators=["tiny"], samples=samples)
    work_run(run)
    return run


@needs_torch
def test_a_local_model_answers_and_its_tokens_are_counted(
    project: Project, tiny_model: Path
) -> None:
    parameters = {"max_tokens": 12, "seed": 3}
    run = ask_tiny(project, tiny_model, parameters=parameters, system_prompt="Be kind.")
    generation = only(run)
    assert generation.error == ""
    assert generation.response is not None
    assert generation.response.text.strip()
    import transformers

    read = transformers.AutoTokenizer.from_pretrained(tiny_model)(
        "<|system|>Be kind.<|end|><|user|>Why is the sky blue?<|end|><|assistant|>"
    )
    assert generation.input_tokens == len(read["input_ids"])
    assert generation.output_tokens is not None
    assert 1 <= generation.output_tokens <= 12
    assert generation.finish_reason in {"length", "stop"}


@needs_torch
def test_a_seed_repeats_itself_and_differs_from_sample_to_sample(
    project: Project, tiny_model: Path
) -> None:
    parameters = {"max_tokens": 12, "seed": 3, "temperature": 1.5}
    first = ask_tiny(project, tiny_model, samples=2, parameters=parameters)
    texts = [generation.response.text for generation in in_order(first)]
    Generation.objects.all().delete()
    again = start_run(project=project, generators=["tiny"], samples=2)
    work_run(again)
    assert [generation.response.text for generation in in_order(again)] == texts
    assert texts[0] != texts[1]


def in_order(run: Run) -> Any:
    return run.generations.select_related("response").order_by("sample_index")


@needs_torch
def test_a_temperature_of_zero_takes_the_likeliest_token(
    project: Project, tiny_model: Path
) -> None:
    run = ask_tiny(project, tiny_model, samples=2, parameters={"max_tokens": 8, "temperature": 0})
    one, two = in_order(run)
    assert one.response.text == two.response.text


@needs_torch
def test_a_tokenizer_without_a_chat_template_is_a_lasting_error(
    project: Project, tiny_model: Path, tmp_path: Path
) -> None:
    for file in tiny_model.iterdir():
        if file.name != "chat_template.jinja":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    run = ask_tiny(project, tmp_path)
    assert only(run).error == f"The tokenizer of {tmp_path} has no chat template."
    assert only(run).status == Generation.Status.FAILED


@needs_torch
def test_a_prompt_over_the_window_is_refused_and_not_cut(
    project: Project, tiny_model: Path
) -> None:
    run = ask_tiny(project, tiny_model, parameters={"max_tokens": 128})
    assert "over the model's window of 128" in only(run).error


@needs_torch
def test_a_model_that_is_not_there_is_a_lasting_error(project: Project, tmp_path: Path) -> None:
    run = ask_tiny(project, tmp_path / "nothing")
    assert only(run).status == Generation.Status.FAILED
    assert "nothing" in only(run).error


def test_without_torch_the_error_says_what_to_install(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "torch" else find_spec(name)
    )
    run = ask_tiny(project, tmp_path)
    assert only(run).error == (
        "Local models need torch, which is not installed here (`make local`)."
    )


@pytest.fixture(scope="module")
def smollm2() -> Iterator[str]:
    """The address of SmolLM2-135M-Instruct, served by llama.cpp beside the tests."""
    server = subprocess.Popen(
        [sys.executable, "-m", "config.local_llm"],
        env=os.environ | {"LLM_PORT": "0"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    try:
        ready, _, base_url = server.stdout.readline().strip().partition(" ")
        assert ready == "ready"
        yield base_url
    finally:
        server.terminate()
        server.communicate(timeout=30)
    assert server.returncode == 0


@needs_server
def test_the_demos_model_answers_both_ways(project: Project, smollm2: str) -> None:
    make_prompt(project, "What is the capital of France?")
    make_prompt(project, "Name a colour.")
    run = add_local_llm_generators(project=project, base_url=smollm2)
    assert run is not None
    assert add_local_llm_generators(project=project, base_url=smollm2) is None  # under way
    work_run(run)
    progress = run_progress(run=run)
    assert (progress["status"], progress["succeeded"]) == ("succeeded", 4)
    assert set(progress["generators"]) == {"smollm2-135m", "smollm2-135m-creative"}
    assert progress["cost"] == "0"
    for generation in run.generations.select_related("response"):
        assert generation.response is not None
        assert generation.response.text.strip()
        assert generation.input_tokens is not None
        assert generation.input_tokens > 10
        assert generation.output_tokens is not None
        assert 1 <= generation.output_tokens <= 200
    assert add_local_llm_generators(project=project, base_url=smollm2) is None  # all there


@pytest.fixture(scope="module")
def smollm2_folder() -> Path:
    """The same file as a folder of safetensors, made once: reading GGUF takes half a minute."""
    import transformers

    found = local_llm.model_path()
    assert found is not None
    digest = hashlib.sha256(found.read_bytes()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"concord-tests-smollm2-{digest}"
    if not folder.exists():
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            whole = Path(scratch) / "whole"
            source: Any = {"pretrained_model_name_or_path": found.parent, "gguf_file": found.name}
            tokenizer: Any = transformers.AutoTokenizer.from_pretrained(**source)
            model: Any = transformers.AutoModelForCausalLM.from_pretrained(
                **source, quantization_config=transformers.GgufConfig(dequantize=True)
            )
            tokenizer.save_pretrained(whole)
            model.save_pretrained(whole)
            whole.replace(folder)
    return folder


@needs_torch
@needs_server
@pytest.mark.filterwarnings("ignore::DeprecationWarning:gguf.*")
def test_one_model_answers_through_a_server_and_in_the_worker(
    project: Project, smollm2: str, smollm2_folder: Path
) -> None:
    """llama.cpp computes in few bits, transformers in float32: the words may differ."""
    parameters = {"temperature": 0, "max_tokens": 24}
    create_generator(
        name="served",
        provider="openai",
        model=local_llm.MODEL,
        base_url=smollm2,
        parameters=parameters,
    )
    create_generator(
        name="local", provider="transformers", model=str(smollm2_folder), parameters=parameters
    )
    make_prompt(project, "What is the capital of France?")
    make_prompt(project, "What is 2 + 2?")
    run = start_run(project=project, generators=["served", "local"])
    work_run(run)
    found = {
        (row.revision.generator.name, row.prompt.text): row
        for row in run.generations.select_related("response", "prompt", "revision__generator")
    }
    assert {row.error for row in found.values()} == {""}
    local = found["local", "What is the capital of France?"]
    assert local.response is not None
    assert local.response.text == "The capital of France is Paris."
    assert local.finish_reason == "stop"
    for prompt in ("What is the capital of France?", "What is 2 + 2?"):
        served = found["served", prompt].response
        assert served is not None
        assert served.text.strip()
        # The same chat template and tokens.
        assert found["served", prompt].input_tokens == found["local", prompt].input_tokens
