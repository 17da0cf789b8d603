"""Train a model to answer as labelers prefer, with TRL's DPO and LoRA, offline.

    python examples/dpo.py DATASET [--model MODEL] [--out DIR]

DATASET is a folder written by `manage.py export_dataset PROJECT --format preference --out DATASET
--set test_share=0.2`. Without `--model` a tiny random model is trained in less than a minute on a
CPU. Prints on how many held-out pairs the trained model has moved towards the chosen response.
The folder DIR holds the LoRA adapter: name it as `adapter` of a generator with the provider
`transformers` and the same model, and what was learned from the labelers can be judged by them.

Needs `requirements-train.txt`.
"""

import json
from pathlib import Path

import tiny
from datasets import DatasetDict
from transformers import set_seed
from trl import DPOConfig, DPOTrainer


def train(
    data: DatasetDict,
    *,
    out: Path,
    model: str = "",
    epochs: float = 5,
    learning_rate: float = 3e-3,
    batch_size: int = 32,
    seed: int = 0,
) -> DPOTrainer:
    """A trainer that has been trained on the split `train` and evaluates on `test`."""
    set_seed(seed)
    network, tokenizer = tiny.writer(model, data["train"])
    trainer = DPOTrainer(
        model=network,
        processing_class=tokenizer,
        train_dataset=data["train"],
        eval_dataset=data["test"],
        peft_config=tiny.lora("CAUSAL_LM", model=model),
        args=DPOConfig(
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


def main() -> None:
    parser = tiny.parser(__doc__, data="preference", learning_rate=3e-3)
    options = vars(parser.parse_args())
    data = tiny.load(options.pop("dataset"), "preference")
    out = options.pop("out")
    with tiny.folder_for(out) as folder:
        trainer = train(data, out=folder, **options)
        accuracy = trainer.evaluate()["eval_rewards/accuracies"]
        if out:
            trainer.save_model(str(out))
    rows = {split: len(part) for split, part in data.items()}
    print(json.dumps({"rows": rows, "accuracy": accuracy}))


if __name__ == "__main__":
    main()
