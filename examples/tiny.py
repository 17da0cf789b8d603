"""What the training examples share: a model by name, or a tiny one made from the data itself.

Without `--model` the examples train a random model of two layers with a tokenizer made from the
dataset: no download, and enough to see whether the preferences can be learned.
"""

import argparse
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from datasets import DatasetDict, load_dataset
from peft import LoraConfig
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    LlamaConfig,
    LlamaForCausalLM,
    LlamaForSequenceClassification,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
)

CHAT_TEMPLATE = (
    "{% for message in messages %}<|{{ message.role }}|>{{ message.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
PAD, END = "<|pad|>", "<|end|>"
MARKS = [PAD, END, "<|system|>", "<|user|>", "<|assistant|>"]
TINY_TOKENS = 512


def texts(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Every text of rows, whatever their format: messages, or lists of texts."""
    for row in rows:
        for value in row.values():
            for part in value if isinstance(value, list) else ():
                yield part["content"] if isinstance(part, dict) else str(part)


def tiny_tokenizer(rows: Iterable[dict[str, Any]]) -> PreTrainedTokenizerFast:
    """A byte-level BPE tokenizer trained on the rows' own texts, with a chat template."""
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


def tiny_config(tokenizer: PreTrainedTokenizerBase) -> LlamaConfig:
    """Two layers, 0.2 million parameters."""
    return LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=TINY_TOKENS,
        num_labels=1,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
    )


def scorer(name: str, rows: Iterable[dict[str, Any]]) -> tuple[PreTrainedModel, Any]:
    """A model that gives a conversation one number, with its tokenizer."""
    if not name:
        tokenizer = tiny_tokenizer(rows)
        return LlamaForSequenceClassification(tiny_config(tokenizer)), tokenizer
    tokenizer = _tokenizer(name)
    model = AutoModelForSequenceClassification.from_pretrained(name, num_labels=1)
    model.config.pad_token_id = tokenizer.pad_token_id
    return model, tokenizer


def writer(name: str, rows: Iterable[dict[str, Any]]) -> tuple[PreTrainedModel, Any]:
    """A model that answers, with its tokenizer."""
    if not name:
        tokenizer = tiny_tokenizer(rows)
        return LlamaForCausalLM(tiny_config(tokenizer)), tokenizer
    return AutoModelForCausalLM.from_pretrained(name), _tokenizer(name)


def _tokenizer(name: str) -> Any:
    tokenizer = AutoTokenizer.from_pretrained(name)
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    return tokenizer


def lora(task: str, *, model: str) -> LoraConfig:
    """Small matrices beside every linear layer; a random model has to learn its words as well."""
    learned = None if model else ["embed_tokens"]
    return LoraConfig(
        r=16, lora_alpha=32, target_modules="all-linear", modules_to_save=learned, task_type=task
    )


def arguments(*, model: str, learning_rate: float) -> dict[str, Any]:
    """What all trainers are told: nothing is logged, kept or sent, and CPU will do."""
    return {
        "learning_rate": learning_rate,
        "max_length": None if model else TINY_TOKENS,
        "bf16": False,
        "gradient_checkpointing": False,
        "use_cpu": not model,
        "dataloader_pin_memory": False,
        "save_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
        "logging_strategy": "no",
    }


def parser(description: str, *, data: str, learning_rate: float) -> argparse.ArgumentParser:
    """The options of all examples; `data` is the format that the folder must hold."""
    options = argparse.ArgumentParser(description=description.splitlines()[0])
    options.add_argument("dataset", type=Path, help=f"folder with the format `{data}`")
    options.add_argument("--model", default="", help="name or folder (default: a tiny random one)")
    options.add_argument("--out", type=Path, help="keep the trained model here")
    options.add_argument("--epochs", type=float, default=5)
    options.add_argument("--learning-rate", type=float, default=learning_rate)
    options.add_argument("--batch-size", type=int, default=32)
    options.add_argument("--seed", type=int, default=0)
    return options


def load(folder: Path, data: str, *, cache: Path | None = None) -> DatasetDict:
    """Both splits of one format of an exported folder."""
    found = load_dataset(str(folder), data, cache_dir=str(cache) if cache else None)
    if "test" not in found:
        raise SystemExit("The dataset has no split `test`: export it with --set test_share=0.2")
    return found


@contextmanager
def folder_for(out: Path | None) -> Iterator[Path]:
    """`out`, or a folder for as long as the training takes."""
    if out is not None:
        yield out
        return
    with tempfile.TemporaryDirectory() as scratch:
        yield Path(scratch)
