"""Train a reward model with InstructGPT's loss: all pairs of a prompt's K responses at once.

    python examples/instructgpt_reward.py DATASET [--model MODEL] [--out DIR]

DATASET is a folder written by `manage.py export_dataset PROJECT --format ranked --out DATASET
--set test_share=0.2`. Each prompt is one element of a batch: its K responses go through the model
once and give K-choose-2 comparisons, weighted 1/(K choose 2), so that no response is seen K - 1
times an epoch (Ouyang et al. 2022, section 3.5: that overfits). Prints the share of held-out pairs
in the right order. The folder DIR is what `manage.py score_judgments PROJECT --model DIR` takes.

Needs `requirements-train.txt`.
"""

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tiny
import torch
from datasets import DatasetDict
from peft import get_peft_model
from transformers import set_seed

ROLES = ("user", "assistant")


class RewardModel:
    """A network that scores the responses of one prompt together."""

    def __init__(self, network: Any, tokenizer: Any) -> None:
        self.network = network
        self.tokenizer = tokenizer

    def scores(self, row: dict[str, Any]) -> torch.Tensor:
        """One number a response, in the order of the row: best first."""
        turns = [
            {"role": ROLES[place % 2], "content": text}
            for place, text in enumerate(row["prefixes"])
        ]
        conversations = [
            [*turns, {"role": "assistant", "content": response}] for response in row["responses"]
        ]
        inputs = self.tokenizer.apply_chat_template(
            conversations, padding=True, return_tensors="pt", return_dict=True
        )
        return self.network(**inputs.to(self.network.device)).logits[:, 0]


def loss_of(scores: torch.Tensor) -> torch.Tensor:
    """The mean over all pairs of -log sigmoid(better - worse); `scores` are best first."""
    better, worse = torch.combinations(torch.arange(len(scores)), 2).T
    return -torch.nn.functional.logsigmoid(scores[better] - scores[worse]).mean()


def accuracy_of(model: RewardModel, rows: Sequence[dict[str, Any]]) -> float:
    """The share of pairs that the model puts in the order of the labelers."""
    right = pairs = 0
    model.network.eval()
    with torch.inference_mode():
        for row in rows:
            scores = model.scores(row)
            better, worse = torch.combinations(torch.arange(len(scores)), 2).T
            right += int((scores[better] > scores[worse]).sum())
            pairs += len(better)
    return right / pairs


def train(
    data: DatasetDict,
    *,
    out: Path | None = None,
    model: str = "",
    epochs: float = 5,
    learning_rate: float = 3e-3,
    batch_size: int = 8,
    seed: int = 0,
) -> RewardModel:
    """Trained on the split `train`, `batch_size` prompts a step; saved in `out`, if given."""
    set_seed(seed)
    rows = list(data["train"])
    network, tokenizer = tiny.scorer(model, rows)
    network = get_peft_model(network, tiny.lora("SEQ_CLS", model=model))
    trained = RewardModel(network, tokenizer)
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=learning_rate)
    shuffle = random.Random(seed)  # noqa: S311 - an order, and no secret
    network.train()
    for _ in range(int(epochs)):
        shuffle.shuffle(rows)
        for start in range(0, len(rows), batch_size):
            batch = rows[start : start + batch_size]
            optimizer.zero_grad()
            for row in batch:
                (loss_of(trained.scores(row)) / len(batch)).backward()
            optimizer.step()
    if out is not None:
        network.merge_and_unload().save_pretrained(out)
        tokenizer.save_pretrained(out)
    return trained


def main() -> None:
    parser = tiny.parser(__doc__, data="ranked", learning_rate=3e-3)
    parser.set_defaults(batch_size=8)
    options = vars(parser.parse_args())
    data = tiny.load(options.pop("dataset"), "ranked")
    trained = train(data, **options)
    rows = {split: len(part) for split, part in data.items()}
    print(json.dumps({"rows": rows, "accuracy": accuracy_of(trained, list(data["test"]))}))


if __name__ == "__main__":
    main()
