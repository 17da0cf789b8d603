"""Datasets of the hub, with the library's own streams in the place of the network's."""

from collections.abc import Iterator
from typing import Any

import datasets
import pytest

from collector.models import ImportJob, Message, Project
from collector.services.imports import run_import, start_import
from tests.collector.importing.conftest import counts


@pytest.fixture(autouse=True)
def _allowed(settings: Any) -> None:
    settings.CONCORD_ALLOWED_HUB_HOSTS = ["huggingface.co"]


def imported(project: Project, hub_name: str) -> ImportJob:
    job = start_import(
        project=project,
        preset="chatgpt-prompts",
        filename="",
        hub_name=hub_name,
        enqueued=False,
    )
    run_import(job_id=job.pk)
    job.refresh_from_db()
    return job


def test_a_dataset_is_streamed(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def rows() -> Iterator[dict[str, str | None]]:
        for number in range(50):
            yield {"human_prompt": f"q{number}", "chatgpt_response": f"a{number}"}
        yield {"human_prompt": None, "chatgpt_response": "a"}

    def load(*names: Any, **options: Any) -> datasets.IterableDataset:
        asked.append((names, options))
        return datasets.IterableDataset.from_generator(rows)

    monkeypatch.setattr(datasets, "load_dataset", load)

    job = imported(project, "owner/name:some@validation")

    assert asked == [(("owner/name", "some"), {"split": "validation", "streaming": True})]
    assert (job.status, *counts(job)) == ("succeeded", 51, 50, 0, 1)
    assert job.source.url == "https://huggingface.co/datasets/owner/name"
    assert Message.objects.candidates().count() == 50


def test_a_stream_that_breaks_off_says_what_stands(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rows() -> Iterator[dict[str, str]]:
        yield {"human_prompt": "q", "chatgpt_response": "a"}
        yield {"human_prompt": "r", "chatgpt_response": "b"}
        raise TimeoutError("the read\ntimed out")

    monkeypatch.setattr(
        datasets, "load_dataset", lambda *_, **__: datasets.IterableDataset.from_generator(rows)
    )

    job = imported(project, "owner/name")

    assert (job.status, *counts(job)) == ("failed", 2, 2, 0, 0)
    assert job.error == (
        "The hub's dataset “owner/name” cannot be read: the read timed out."
        " Rows 1 to 2 were read and stay."
    )
