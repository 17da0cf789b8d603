"""What `trlx.train` takes, for it reads no file: lists out of a dataset folder.

    trlx.train(**offline(folder), config=default_ilql_config())
    trlx.train(prompts=prompts(folder), reward_fn=…, config=default_ppo_config())

FOLDER holds the format `preference_text`.
"""

from typing import Any

from datasets import load_dataset


def offline(folder: str, split: str = "train") -> dict[str, list[Any]]:
    """Pairs of prompt and output as `samples`; `rewards` of 1 for the better, -1 for the worse."""
    rows = load_dataset(folder, "preference_text", split=split)
    samples = [[row["prompt"], row[side]] for row in rows for side in ("chosen", "rejected")]
    return {"samples": samples, "rewards": [1.0, -1.0] * len(rows)}


def prompts(folder: str, split: str = "train") -> list[str]:
    """Each prompt once, ending where the assistant's turn begins."""
    return list(dict.fromkeys(load_dataset(folder, "preference_text", split=split)["prompt"]))
