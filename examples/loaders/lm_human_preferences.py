"""The one step of tokenising for lm-human-preferences, whose reader wants ids and not texts.

    python examples/loaders/lm_human_preferences.py DATASET labels.json --query-length 64

DATASET holds the format `lm_human_preferences`; then train with

    ./launch.py train_reward … --labels.source labels.json --labels.type best_of_4

and the same `--task.query_length` and `--task.response_length`. Texts longer than that are cut,
shorter ones filled up with the reader's padding, two more than the vocabulary has. A row whose
best sample is cut to the same ids as another is left out.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path

from datasets import load_dataset

SAMPLES = [f"sample{place}" for place in range(4)]


def tokenised(
    folder: str,
    encode: Callable[[str], list[int]],
    *,
    padding: int,
    query_length: int,
    response_length: int,
    split: str = "train",
) -> Iterator[dict[str, object]]:
    """Rows of ids, all queries and all samples of one length."""

    def ids(text: str, length: int) -> list[int]:
        return (encode(text) + [padding] * length)[:length]

    for row in load_dataset(folder, "lm_human_preferences", split=split):
        samples = {name: ids(row[name], response_length) for name in SAMPLES}
        if list(samples.values()).count(samples[f"sample{row['best']}"]) == 1:
            yield {"query": ids(row["query"], query_length), **samples, "best": row["best"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", help="folder with the format `lm_human_preferences`")
    parser.add_argument("out", help="the JSON file to write")
    parser.add_argument("--tokenizer", default="gpt2", help="name or folder for transformers")
    parser.add_argument("--query-length", type=int, default=64)
    parser.add_argument("--response-length", type=int, default=24)
    options = parser.parse_args()
    from transformers import AutoTokenizer  # noqa: PLC0415 - heavy, and not needed to import this

    tokenizer = AutoTokenizer.from_pretrained(options.tokenizer)
    rows = tokenised(
        options.dataset,
        lambda text: tokenizer(text, add_special_tokens=False)["input_ids"],
        padding=len(tokenizer) + 2,
        query_length=options.query_length,
        response_length=options.response_length,
    )
    Path(options.out).write_text(json.dumps(list(rows)), encoding="utf-8")


if __name__ == "__main__":
    main()
