"""LoRA adapters on one shared base, and what models may take of the memory."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from collector.generation.providers.base import Permanent
from collector.generation.providers.transformers import INSTALL
from collector.models import Generation, Generator, Project, Run
from collector.services.generators import create_generator
from collector.services.runs import start_run
from tests.collector.generation.conftest import work_run
from tests.collector.generation.tiny_models import save_adapter, save_model, save_tokenizer
from tests.factories import make_prompt

pytestmark = [
    pytest.mark.local_model,
    pytest.mark.skipif(
        importlib.util.find_spec("torch") is None or importlib.util.find_spec("peft") is None,
        reason=f"no torch or peft here: install local models with `{INSTALL}`",
    ),
    # Said by peft about transformers, and not about what is done here.
    pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning"),
]
GREEDY = {"temperature": 0, "max_tokens": 12}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def adapters(base: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("adapters")
    return {name: save_adapter(folder / name, base, says=f"The {name}.") for name in ("air", "sky")}


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Any:
    """An empty shelf of models for this test alone."""
    from collector.generation.providers import transformers_models

    monkeypatch.setattr(transformers_models, "shelf", transformers_models.Shelf())
    return transformers_models.shelf


def make_local(name: str, base: Path, *, adapter: Path | str = "") -> Generator:
    return create_generator(
        name=name,
        provider="transformers",
        model=str(base),
        adapter=str(adapter),
        parameters=GREEDY,
    )


def run_all(project: Project, *names: str) -> Run:
    make_prompt(project, "Why is the sky blue?")
    return run_for(project, *names)


def run_for(project: Project, *names: str) -> Run:
    run = start_run(project=project, generators=list(names))
    work_run(run)
    return run


def by_name(run: Run) -> dict[str, Generation]:
    rows = run.generations.select_related("response", "revision__generator")
    return {row.revision.generator.name: row for row in rows}


def test_two_adapters_and_their_base_answer_differently_from_one_base_in_memory(
    project: Project, base: Path, adapters: dict[str, Path], shelf: Any
) -> None:
    make_prompt(project, "Why is the sky blue?")
    make_local("before", base)
    make_local("air", base, adapter=adapters["air"])
    make_local("sky", base, adapter=adapters["sky"])
    make_local("after", base)
    texts = {
        name: response.text
        for name in ("before", "air", "sky", "after")
        if (response := by_name(run_for(project, name))[name].response)
    }
    assert texts["air"] == "The air."
    assert texts["sky"] == "The sky."
    assert texts["before"] == texts["after"]  # no adapter is left in force
    assert texts["before"] not in {"The air.", "The sky."}
    assert [key.model for key in shelf.held()] == [str(base)]


def test_an_adapter_works_over_a_base_in_eight_bits(
    project: Project, base: Path, adapters: dict[str, Path], shelf: Any
) -> None:
    create_generator(
        name="air",
        provider="transformers",
        model=str(base),
        adapter=str(adapters["air"]),
        parameters=GREEDY | {"precision": "int8"},
    )
    response = by_name(run_all(project, "air"))["air"].response
    assert response is not None
    assert response.text == "The air."


def test_what_answered_is_told_by_the_digest_of_its_adapter(
    project: Project, base: Path, adapters: dict[str, Path], shelf: Any
) -> None:
    import hashlib

    make_local("air", base, adapter=adapters["air"])
    response = by_name(run_all(project, "air"))["air"].response
    assert response is not None
    weights = (adapters["air"] / "adapter_model.safetensors").read_bytes()
    assert response.meta["adapter_sha256"] == hashlib.sha256(weights).hexdigest()
    assert response.meta["precision"] == "float32"


def test_an_adapter_that_was_trained_anew_is_read_anew(
    base: Path, adapters: dict[str, Path], shelf: Any, tmp_path: Path
) -> None:
    import shutil

    folder = shutil.copytree(adapters["air"], tmp_path / "adapter")
    before = shelf.take(model=str(base), adapter=str(folder))
    shutil.copytree(adapters["sky"], folder, dirs_exist_ok=True)
    (folder / "adapter_model.safetensors").touch()
    after = shelf.take(model=str(base), adapter=str(folder))
    assert before.meta["adapter_sha256"] != after.meta["adapter_sha256"]
    assert after.meta == shelf.take(model=str(base), adapter=str(adapters["sky"])).meta


def test_an_adapter_of_another_model_is_refused_and_its_base_stays_sound(
    project: Project, base: Path, adapters: dict[str, Path], shelf: Any, tmp_path: Path
) -> None:
    other = save_adapter(tmp_path / "other", save_model(tmp_path / "deep", layers=3), says="No.")
    make_local("wrong", base, adapter=other)
    make_local("air", base, adapter=adapters["air"])
    found = by_name(run_all(project, "wrong", "air"))
    assert found["wrong"].status == Generation.Status.FAILED
    assert found["wrong"].error == f"{other}: this adapter was made for another model"
    assert found["air"].response is not None
    assert found["air"].response.text == "The air."


@pytest.mark.parametrize("kind", ["nothing", "prompt tuning", "pickle", "broken"])
def test_what_is_no_lora_adapter_in_safetensors_is_a_lasting_error(
    kind: str, base: Path, adapters: dict[str, Path], shelf: Any, tmp_path: Path
) -> None:
    if kind == "prompt tuning":
        config = {"peft_type": "PROMPT_TUNING", "num_virtual_tokens": 2, "task_type": "CAUSAL_LM"}
        (tmp_path / "adapter_config.json").write_text(json.dumps(config))
        (tmp_path / "adapter_model.safetensors").write_bytes(b"")
    if kind == "broken":
        (tmp_path / "adapter_config.json").write_text('{"peft_type": "LORA"}')
        (tmp_path / "adapter_model.safetensors").write_bytes(b"broken")
    if kind == "pickle":
        config_file = adapters["air"] / "adapter_config.json"
        (tmp_path / "adapter_config.json").write_bytes(config_file.read_bytes())
        (tmp_path / "adapter_model.bin").write_bytes(b"")
    why = {"prompt tuning": "PROMPT_TUNING adapter", "broken": "adapter"}.get(
        kind, "There is no LoRA adapter in"
    )
    with pytest.raises(Permanent, match=why):
        shelf.take(model=str(base), adapter=str(tmp_path))


def test_an_adapters_own_tokenizer_gives_the_template_that_the_base_lacks(
    project: Project, shelf: Any, tmp_path: Path
) -> None:
    bare = save_model(tmp_path / "bare", template=None)
    adapter = save_adapter(tmp_path / "adapter", bare, says="The air.")
    save_tokenizer(adapter)
    make_local("bare", bare)
    make_local("tuned", bare, adapter=adapter)
    found = by_name(run_all(project, "bare", "tuned"))
    assert found["bare"].error == f"The tokenizer of {bare} has no chat template."
    assert found["tuned"].response is not None
    assert found["tuned"].response.text == "The air."


def test_models_make_room_for_each_other_within_the_memory_they_have(tmp_path: Path) -> None:
    from collector.generation.providers.transformers_models import Shelf

    one, two = save_model(tmp_path / "one"), save_model(tmp_path / "two")
    large = save_model(tmp_path / "large", layers=8)
    size = (one / "model.safetensors").stat().st_size
    roomy, narrow = Shelf(memory=2 * size), Shelf(memory=size)
    for shelf in (roomy, narrow):
        shelf.take(model=str(one))
        shelf.take(model=str(two))
    assert [key.model for key in roomy.held()] == [str(one), str(two)]
    assert [key.model for key in narrow.held()] == [str(two)]
    with pytest.raises(Permanent, match=r"local models have 0\.0 GiB here"):
        narrow.take(model=str(large))
    assert [key.model for key in narrow.held()] == [str(two)]


def test_the_least_used_adapter_makes_room(
    base: Path, adapters: dict[str, Path], shelf: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from collector.generation.providers import transformers_models

    monkeypatch.setattr(transformers_models, "ADAPTERS_AT_MOST", 1)
    shelf.take(model=str(base), adapter=str(adapters["air"]))
    local = shelf.take(model=str(base), adapter=str(adapters["sky"]))
    names = {name.split(".")[-2] for name, _ in local.model.named_parameters() if "lora_A" in name}
    assert len(names) == 1
