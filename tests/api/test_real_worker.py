"""Jobs that the API starts reach a real Celery worker through the real broker."""

import subprocess

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.services import create_user
from tests.api.conftest import client_of

CSV = b"human_prompt,chatgpt_response\nA haiku?,No.\nA limerick?,Yes.\n"


def wait_for(worker: subprocess.Popen[str], words: str) -> None:
    assert worker.stdout is not None
    for line in worker.stdout:
        if words in line:
            return
    pytest.fail(f"the worker ended without saying {words!r}")


def test_an_import_and_a_dataset_are_done_by_a_worker(celery_worker_process, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    client = client_of(create_user(email="root@example.org", is_superuser=True))
    client.post("/api/v1/projects/", {"slug": "poems"}, format="json")
    worker = celery_worker_process()

    file = SimpleUploadedFile("poems.csv", CSV)
    form = {"file": file, "preset": "chatgpt-prompts"}
    job = client.post("/api/v1/projects/poems/imports/", form).json()
    wait_for(worker, "succeeded in")
    ended = client.get(job["url"]).json()
    assert (ended["status"], ended["created"]) == ("succeeded", 2)

    asked = {"project": "poems", "name": "poems", "formats": ["judgments"], "container": "jsonl"}
    version = client.post("/api/v1/datasets/", asked, format="json").json()["version"]
    wait_for(worker, "succeeded in")
    built = client.get(version["url"]).json()
    assert (built["status"], built["progress"]) == ("succeeded", 1.0)
    assert "manifest.json" in [each["name"] for each in built["files"]]
