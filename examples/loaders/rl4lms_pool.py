"""A data pool for RL4LMs, which has no reader of files: prompts with responses worth imitating.

Register it (`DataPoolRegistry.add("concord", ConcordPool)`) and name it in the task's YAML:

    datapool:
      id: concord
      args:
        folder: path/of/the/dataset

FOLDER holds the format `sft`. RL4LMs joins a prompt and its reference without anything between
them, so the reference begins with the space that a transcript has there.
"""

from datasets import load_dataset
from rl4lms.data_pools.text_generation_pool import Sample, TextGenPool

SPLITS = {"train": "train", "val": "test", "test": "test"}
OPENERS = {"system": "", "user": "\n\nHuman: ", "assistant": "\n\nAssistant: "}


class ConcordPool(TextGenPool):
    @classmethod
    def prepare(cls, split: str, folder: str) -> "ConcordPool":
        samples = []
        for number, row in enumerate(load_dataset(folder, "sft", split=SPLITS[split])):
            *turns, answer = row["messages"]
            told = "".join(OPENERS[turn["role"]] + turn["content"] for turn in turns)
            prompt, reference = f"{told}\n\nAssistant:", f" {answer['content']}"
            samples.append(Sample(f"{split}_{number}", prompt, [reference]))
        return cls(samples)
