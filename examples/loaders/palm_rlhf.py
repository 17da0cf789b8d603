"""Rows for palm-rlhf-pytorch, which takes tensors: a rated response at a time, and prompts.

    reward_model = RewardModel(palm, num_binned_output=5)
    for tokens, lengths, ratings in rated(folder, encode):
        reward_model(tokens, prompt_lengths=lengths, labels=ratings).backward()

    RLHFTrainer(prompts=prompts(folder), tokenizer=…, palm=palm, reward_model=reward_model)

FOLDER holds the formats `unpaired` and `prompts`; `encode` turns a text into a list of ids. Give
prompts as a list: a file for `prompts_path` would be cut at each line of a prompt.
"""

from collections.abc import Callable, Iterator

import torch
from datasets import load_dataset

OPENERS = {"system": "", "user": "\n\nHuman: ", "assistant": "\n\nAssistant: "}


def transcript(turns: list[dict[str, str]]) -> str:
    told = "".join(OPENERS[turn["role"]] + turn["content"] for turn in turns)
    return f"{told}\n\nAssistant:"


def rated(
    folder: str, encode: Callable[[str], list[int]], split: str = "train"
) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    """Ids of prompt and response (1 × n), the prompt's length, and the rating, 0 to 4."""
    for row in load_dataset(folder, "unpaired", split=split):
        prompt = encode(transcript(row["prompt"]))
        response = encode(f" {row['completion'][0]['content']}")
        tokens = torch.tensor([prompt + response])
        yield tokens, torch.tensor([len(prompt)]), torch.tensor([row["rating"]])


def prompts(folder: str, split: str = "train") -> list[str]:
    """The prompts as text, ending where the assistant's turn begins."""
    return [transcript(row["prompt"]) for row in load_dataset(folder, "prompts", split=split)]
