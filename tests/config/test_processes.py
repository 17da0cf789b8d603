"""Which processes `make demo` runs, by what is installed."""

import importlib.util
from typing import Any

import pytest

from config.supervisor import processes


def queues(command: str) -> set[str]:
    """The queues a worker's command consumes; none for what is no worker."""
    words = command.split()
    return set(words[words.index("-Q") + 1].split(",")) if "-Q" in words else set()


@pytest.mark.parametrize("torch", [True, False])
def test_every_queue_has_one_worker_with_torch_and_without(
    torch: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_spec = importlib.util.find_spec

    def found(name: str, *args: Any) -> Any:
        return (object() if torch else None) if name == "torch" else find_spec(name, *args)

    monkeypatch.setattr(importlib.util, "find_spec", found)
    running = processes()
    assert ("local-models" in running) is torch
    consumed = [queue for command in running.values() for queue in queues(command)]
    assert sorted(consumed) == ["default", "exports", "generation", "local_models", "statistics"]
