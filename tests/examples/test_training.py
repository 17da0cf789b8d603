"""The oracle: what reads an export learns what the labelers preferred, and no opposite.

Labelers follow one simple rule through the real services; each trainer, given the exported folder
and nothing else, must tell held-out rows apart. A file with its columns swapped, or with prompts
in both splits, or with rows of another project, would not pass.
"""

import importlib
import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from tests.examples.conftest import PROMPTS, ExportRule, judged_project
from tests.factories import make_project, make_prompt

MISSING = (
    "TRL is not installed: `pip install torch==2.13.0 && pip install -r requirements-train.txt`"
)
pytestmark = [
    pytest.mark.training,
    pytest.mark.skipif(importlib.util.find_spec("trl") is None, reason=MISSING),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning:(torch|trl|transformers|accelerate|peft).*"),
]
RULES = pytest.mark.parametrize("longer_is_better", [True, False], ids=["longer", "shorter"])


def example(name: str) -> Any:
    """An example, imported as its folder has it."""
    import torch

    torch.set_num_threads(1)  # tiny models gain nothing from more
    return importlib.import_module(name)


def read(folder: Path, data: str, tmp_path: Path) -> Any:
    return example("tiny").load(folder, data, cache=tmp_path / "cache")


def no_less_than_read(trainer: Any, data: Any) -> None:
    """TRL filters silently: every row of the file must have reached the trainer."""
    assert len(trainer.train_dataset) == len(data["train"])
    assert len(trainer.eval_dataset) == len(data["test"])
    assert len(trainer.eval_dataset) == len(data["test"])


def swapped(rows: Any) -> Any:
    return rows.rename_columns({"chosen_ids": "rejected_ids", "rejected_ids": "chosen_ids"})


@RULES
def test_a_reward_model_learns_the_labelers_rule_and_marks_what_surprises_it(
    longer_is_better: bool,
    exported: ExportRule,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data = read(exported(longer_is_better=longer_is_better), "preference", tmp_path)
    assert len(data["train"]) + len(data["test"]) == PROMPTS * 6
    assert not set(data["train"]["prompt_id"]) & set(data["test"]["prompt_id"])
    reward_model = example("reward_model")
    trainer = reward_model.train(data, out=tmp_path / "scratch")
    no_less_than_read(trainer, data)
    assert trainer.evaluate()["eval_accuracy"] > 0.95
    assert trainer.evaluate(swapped(trainer.eval_dataset))["eval_accuracy"] < 0.05

    reward_model.save(trainer, tmp_path / "reward")
    like_minded = judged_project(longer_is_better=longer_is_better, prompts=10)
    others = judged_project(longer_is_better=not longer_is_better, prompts=10)
    for project, surprising in ((like_minded, 0), (others, 10)):
        capsys.readouterr()
        call_command("score_judgments", project.slug, "--model", str(tmp_path / "reward"), "--json")
        done = json.loads(capsys.readouterr().out)
        assert done["scorer"].startswith("reward@")
        assert (done["judgments"], done["surprising"]) == (10, surprising)


@RULES
def test_the_loss_over_all_pairs_of_a_prompt_learns_it_too(
    longer_is_better: bool, exported: ExportRule, tmp_path: Path
) -> None:
    instructgpt = example("instructgpt_reward")
    data = read(exported(longer_is_better=longer_is_better), "ranked", tmp_path)
    assert len(data["train"]) + len(data["test"]) == PROMPTS
    trained = instructgpt.train(data)
    held_out = list(data["test"])
    assert instructgpt.accuracy_of(trained, held_out) > 0.95
    turned = [row | {"responses": row["responses"][::-1]} for row in held_out]
    assert instructgpt.accuracy_of(trained, turned) < 0.05


def test_the_loss_of_k_responses_is_the_mean_over_their_pairs() -> None:
    torch = pytest.importorskip("torch")
    scores = torch.tensor([2.0, 0.5, -1.0])
    pairs = [torch.sigmoid(torch.tensor(gap)).log() for gap in (1.5, 3.0, 1.5)]
    expected = -sum(pairs) / 3
    assert example("instructgpt_reward").loss_of(scores).item() == pytest.approx(expected.item())


def test_dpo_moves_a_model_towards_what_labelers_chose(
    exported: ExportRule, tmp_path: Path
) -> None:
    data = read(exported(), "preference", tmp_path)
    trainer = example("dpo").train(data, out=tmp_path / "model")
    no_less_than_read(trainer, data)
    assert trainer.evaluate()["eval_rewards/accuracies"] > 0.95
    turned = data["test"].rename_columns({"chosen": "rejected", "rejected": "chosen"})
    assert trainer.evaluate(turned)["eval_rewards/accuracies"] < 0.05


@RULES
def test_kto_moves_a_model_towards_what_labelers_rated_high(
    longer_is_better: bool, exported: ExportRule, tmp_path: Path
) -> None:
    data = read(exported(longer_is_better=longer_is_better), "unpaired", tmp_path)
    assert len(data["train"]) + len(data["test"]) == PROMPTS * 4
    trainer = example("kto").train(data, out=tmp_path / "model")
    no_less_than_read(trainer, data)
    assert trainer.evaluate()["eval_rewards/margins"] > 0.5
    turned = trainer.eval_dataset.map(lambda row: {"label": not row["label"]})
    assert trainer.evaluate(turned)["eval_rewards/margins"] < -0.5


def test_an_adapter_trained_by_dpo_comes_back_as_a_generator(
    exported: ExportRule, tmp_path: Path
) -> None:
    from collector.generation.worker import work
    from collector.services.generators import create_generator
    from collector.services.runs import start_run
    from tests.collector.generation.tiny_models import save_model

    base = save_model(tmp_path / "base")
    data = read(exported(), "preference", tmp_path)
    few = type(data)({split: rows.select(range(8)) for split, rows in data.items()})
    trainer = example("dpo").train(few, out=tmp_path / "scratch", model=str(base), epochs=1)
    trainer.save_model(str(tmp_path / "tuned"))
    project = make_project()
    make_prompt(project, "Why?")
    create_generator(
        name="tuned",
        provider="transformers",
        model=str(base),
        adapter=str(tmp_path / "tuned"),
        parameters={"max_tokens": 8, "seed": 1},
    )
    run = start_run(project=project, generators=["tuned"])
    work(revision_id=run.revisions.get().pk)
    generation = run.generations.get()
    assert generation.error == ""
    assert generation.response is not None
    assert generation.response.meta["adapter_sha256"]


def steps(tmp_path: Path, **fields: Any) -> dict[str, Any]:
    """The arguments of a trainer that is only to show that it reads the file and learns from it."""
    shared: dict[str, Any] = example("tiny").arguments(model="", learning_rate=3e-3)
    return shared | {
        "output_dir": str(tmp_path / "model"),
        "max_steps": 4,
        "per_device_train_batch_size": 8,
        "logging_strategy": "steps",
        "logging_steps": 1,
        **fields,
    }


def losses(trainer: Any) -> list[float]:
    return [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]


@pytest.mark.parametrize("name", ["SFT", "ORPO"])
def test_trl_reads_every_row_and_its_loss_falls(
    name: str, exported: ExportRule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trl: Any = importlib.import_module("trl")

    monkeypatch.setenv("TRL_EXPERIMENTAL_SILENCE", "1")  # ORPO lives there
    experimental = importlib.import_module("trl.experimental.orpo")
    config, trainer_of, data_format = {
        "SFT": (trl.SFTConfig, trl.SFTTrainer, "sft"),
        "ORPO": (experimental.ORPOConfig, experimental.ORPOTrainer, "preference"),
    }[name]
    data = read(exported(), data_format, tmp_path)
    network, tokenizer = example("tiny").writer("", data["train"])
    trainer = trainer_of(
        model=network,
        processing_class=tokenizer,
        train_dataset=data["train"],
        eval_dataset=data["test"],
        args=config(**steps(tmp_path)),
    )
    no_less_than_read(trainer, data)
    trainer.train()
    found = losses(trainer)
    assert len(found) == 4
    assert found[-1] < found[0]


def test_grpo_asks_for_responses_to_the_prompts(exported: ExportRule, tmp_path: Path) -> None:
    trl: Any = importlib.import_module("trl")

    data = read(exported(), "prompts", tmp_path)
    assert len(data["train"]) + len(data["test"]) == PROMPTS
    network, tokenizer = example("tiny").writer("", data["train"])
    asked: list[str] = []

    def shortness(prompts: list[Any], completions: list[Any], **_: Any) -> list[float]:
        asked.extend(prompt[-1]["content"] for prompt in prompts)
        return [-float(len(completion[0]["content"])) for completion in completions]

    arguments = steps(tmp_path, max_steps=2, num_generations=4, max_completion_length=8)
    del arguments["max_length"]
    trainer = trl.GRPOTrainer(
        model=network,
        processing_class=tokenizer,
        reward_funcs=shortness,
        train_dataset=data["train"],
        args=trl.GRPOConfig(**arguments),
    )
    assert len(trainer.train_dataset) == len(data["train"])
    trainer.train()
    assert set(asked) <= {row[-1]["content"] for row in data["train"]["prompt"]}
    assert len(asked) == 2 * 8


@pytest.mark.parametrize(
    ("name", "left", "says"),
    [
        ("reward_model", "model.safetensors", "accuracy"),
        ("instructgpt_reward", "model.safetensors", "accuracy"),
        ("dpo", "adapter_model.safetensors", "accuracy"),
        ("kto", "adapter_model.safetensors", "margin"),
    ],
)
def test_an_example_is_a_command_that_prints_what_it_found_and_keeps_the_model(
    name: str,
    left: str,
    says: str,
    exported: ExportRule,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder, out = exported(), tmp_path / "out"
    monkeypatch.setattr("sys.argv", [name, str(folder), "--out", str(out), "--epochs", "1"])
    capsys.readouterr()
    example(name).main()
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found.keys() == {"rows", says}
    assert found["rows"]["train"] > found["rows"]["test"] > 0
    assert (out / left).is_file()
    assert (out / "tokenizer_config.json").is_file()


def test_a_dataset_without_held_out_prompts_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "preference.train.jsonl").write_text('{"prompt": "a"}\n')
    with pytest.raises(SystemExit, match="no split `test`"):
        example("tiny").load(tmp_path, "default", cache=tmp_path / "cache")
