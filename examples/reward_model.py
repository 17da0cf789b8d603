"""Train a reward model on an exported dataset folder with TRL and LoRA, offline.

    python examples/reward_model.py DATASET [--model MODEL] [--out DIR]

DATASET is a folder written by `manage.py export_dataset PROJECT --format preference --out DATASET
--set test_share=0.2`, or downloaded from a dataset version. Without `--model` a tiny random model
is trained in less than a minute on a CPU. With `--model` a name or folder that transformers can
load is used; give it a learning rate of its own, such as `--learning-rate 1e-4`.
Prints the accuracy on the held-out prompts (the split `test`). The folder DIR holds the whole model
and is what `manage.py score_judgments PROJECT --model DIR` takes.

Needs `requirements-train.txt`.
"""

import json
from pathlib import Path

import tiny
from datasets import DatasetDict
from transformers import set_seed
from trl import RewardConfig, RewardTrainer


def train(
    data: DatasetDict,
    *,
    out: Path,
    model: str = "",
    epochs: float = 5,
    learning_rate: float = 3e-3,
    batch_size: int = 32,
    seed: int = 0,
) -> RewardTrainer:
    """A trainer that has been trained on the split `train` and evaluates on `test`."""
    set_seed(seed)
    network, tokenizer = tiny.scorer(model, data["train"])
    trainer = RewardTrainer(
        model=network,
        processing_class=tokenizer,
        train_dataset=data["train"],
        eval_dataset=data["test"],
        peft_config=tiny.lora("SEQ_CLS", model=model),
        args=RewardConfig(
            output_dir=str(out),
            num_train_epochs=epochs,
            per_device_train_batch_size=batch_size,
            per_device_eval_batch_size=batch_size,
            seed=seed,
            **tiny.arguments(model=model, learning_rate=learning_rate),
        ),
    )
    trainer.train()
    return trainer


def save(trainer: RewardTrainer, out: Path) -> None:
    """The model with its adapter merged in, so that the folder needs nothing else."""
    trainer.model.merge_and_unload().save_pretrained(out)
    trainer.processing_class.save_pretrained(out)


def main() -> None:
    parser = tiny.parser(__doc__, data="preference", learning_rate=3e-3)
    options = vars(parser.parse_args())
    data = tiny.load(options.pop("dataset"), "preference")
    out = options.pop("out")
    with tiny.folder_for(out) as folder:
        trainer = train(data, out=folder, **options)
        accuracy = trainer.evaluate()["eval_accuracy"]
        if out:
            save(trainer, out)
    rows = {split: len(part) for split, part in data.items()}
    print(json.dumps({"rows": rows, "accuracy": accuracy}))


if __name__ == "__main__":
    main()
