"""Train a reward model on an exported dataset folder with TRL, offline.

    python examples/train_reward_model.py DATASET [--model MODEL] [--out DIR]

DATASET is a folder written by `manage.py export_dataset PROJECT --format preference --out DATASET`
or downloaded from a dataset version. Without `--model` a tiny random model is trained, with a
tokenizer made from the dataset itself, in less than a minute on a CPU: enough to see whether the
preferences can be learned. With `--model` a name or folder that transformers can load is
used; give it a learning rate of its own, such as `--learning-rate 1e-5`.
Prints the accuracy on the held-out prompts (the split `test`).

Needs `requirements-train.txt`.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from datasets import Dataset, DatasetDict, load_dataset
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    GPT2Config,
    GPT2ForSequenceClassification,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
    set_seed,
)
from trl import RewardConfig, RewardTrainer

CHAT_TEMPLATE = (
    "{% for message in messages %}<|{{ message.role }}|>{{ message.content }}<|end|>{% endfor %}"
)
PAD, END = "<|pad|>", "<|end|>"
MARKS = [PAD, END, "<|system|>", "<|user|>", "<|assistant|>"]
TINY_TOKENS = 512


def texts(rows: Dataset) -> Iterator[str]:
    """Every message of a `preference` dataset."""
    for row in rows:
        for message in (*row["prompt"], *row["chosen"], *row["rejected"]):
            yield message["content"]


def tiny_tokenizer(rows: Dataset) -> PreTrainedTokenizerFast:
    """A byte-level BPE tokenizer trained on the dataset's own texts, with a chat template."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=1000,
        special_tokens=MARKS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts(rows), trainer)
    wrapped = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token=PAD, eos_token=END)
    wrapped.chat_template = CHAT_TEMPLATE
    return wrapped


def tiny_model(tokenizer: PreTrainedTokenizerFast) -> GPT2ForSequenceClassification:
    """A random model of two layers: 0.2 million parameters."""
    return GPT2ForSequenceClassification(
        GPT2Config(
            vocab_size=len(tokenizer),
            n_positions=TINY_TOKENS,
            n_embd=64,
            n_layer=2,
            n_head=2,
            num_labels=1,
            pad_token_id=tokenizer.pad_token_id,
            eos_token_id=tokenizer.eos_token_id,
            bos_token_id=tokenizer.eos_token_id,
        )
    )


def load(name: str, rows: Dataset) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """The model of that name with its tokenizer; the tiny one if the name is empty."""
    if not name:
        tokenizer = tiny_tokenizer(rows)
        return tiny_model(tokenizer), tokenizer
    tokenizer = AutoTokenizer.from_pretrained(name)
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    model = AutoModelForSequenceClassification.from_pretrained(name, num_labels=1)
    model.config.pad_token_id = tokenizer.pad_token_id
    return model, tokenizer


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
    network, tokenizer = load(model, data["train"])
    trainer = RewardTrainer(
        model=network,
        processing_class=tokenizer,
        train_dataset=data["train"],
        eval_dataset=data["test"],
        args=RewardConfig(
            output_dir=str(out),
            num_train_epochs=epochs,
            learning_rate=learning_rate,
            per_device_train_batch_size=batch_size,
            per_device_eval_batch_size=batch_size,
            max_length=None if model else TINY_TOKENS,
            seed=seed,
            bf16=False,
            gradient_checkpointing=False,
            use_cpu=not model,
            dataloader_pin_memory=False,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            logging_strategy="no",
        ),
    )
    trainer.train()
    return trainer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", type=Path, help="folder with the format `preference`")
    parser.add_argument("--model", default="", help="name or folder (default: a tiny random one)")
    parser.add_argument("--out", type=Path, help="keep the trained model here")
    parser.add_argument("--epochs", type=float, default=5)
    parser.add_argument("--learning-rate", type=float, default=3e-3)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--seed", type=int, default=0)
    options = vars(parser.parse_args())
    data = load_dataset(str(options.pop("dataset")), "preference")
    if "test" not in data:
        parser.error("the dataset has no split `test`: export it with --set test_share=0.2")
    out = options.pop("out")
    with tempfile.TemporaryDirectory() as scratch:
        trainer = train(data, out=out or Path(scratch), **options)
        if out:
            trainer.save_model(str(out))
        accuracy = trainer.evaluate()["eval_accuracy"]
    rows = {split: len(part) for split, part in data.items()}
    print(json.dumps({"rows": rows, "accuracy": accuracy}))


if __name__ == "__main__":
    main()
