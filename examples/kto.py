"""Train a model on responses that were rated one by one, with TRL's KTO and LoRA, offline.

    python examples/kto.py DATASET [--model MODEL] [--out DIR]

DATASET is a folder written by `manage.py export_dataset PROJECT --format unpaired --out DATASET
--set test_share=0.2`; its labels come from overall ratings. Without `--model` a tiny random model
is trained in less than a minute on a CPU. Prints by how much responses that were rated good have
gained more than those rated bad, on held-out prompts.
The folder DIR holds the LoRA adapter (see dpo.py).

Needs `requirements-train.txt`.
"""

import json
from pathlib import Path

import tiny
from datasets import DatasetDict
from transformers import set_seed
from trl import KTOConfig, KTOTrainer


def train(
    data: DatasetDict,
    *,
    out: Path,
    model: str = "",
    epochs: float = 5,
    learning_rate: float = 3e-3,
    batch_size: int = 32,
    seed: int = 0,
) -> KTOTrainer:
    """A trainer that has been trained on the split `train` and evaluates on `test`."""
    set_seed(seed)
    network, tokenizer = tiny.writer(model, data["train"])
    trainer = KTOTrainer(
        model=network,
        processing_class=tokenizer,
        train_dataset=data["train"],
        eval_dataset=data["test"],
        peft_config=tiny.lora("CAUSAL_LM", model=model),
        args=KTOConfig(
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
    parser = tiny.parser(__doc__, data="unpaired", learning_rate=3e-3)
    options = vars(parser.parse_args())
    data = tiny.load(options.pop("dataset"), "unpaired")
    out = options.pop("out")
    with tiny.folder_for(out) as folder:
        trainer = train(data, out=folder, **options)
        margin = trainer.evaluate()["eval_rewards/margins"]
        if out:
            trainer.save_model(str(out))
    rows = {split: len(part) for split, part in data.items()}
    print(json.dumps({"rows": rows, "margin": margin}))


if __name__ == "__main__":
    main()
