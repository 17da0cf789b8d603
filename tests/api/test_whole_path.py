"""From a CSV file to rows that `datasets` loads, over HTTP alone, as a researcher's script does."""

from collections import Counter

import pytest
from datasets import load_dataset
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from collector.generation.worker import work
from collector.models import Generation, GeneratorRevision, ImportJob
from collector.services.imports import run_import
from exports.services.versions import build_version, unfinished_versions
from tests.api.conftest import client_of
from tests.api.test_datasets import body_of
from tests.factories import make_user
from tests.fake_llm import start_fake_llm

CSV = "human_prompt\n" + "".join(f"What is {number} plus one?\n" for number in range(6))
LABELERS = 3


class Script:
    """Calls the API; after each call the jobs that wait are done, as a worker would."""

    def __init__(self, client: APIClient) -> None:
        self.client = client

    def get(self, path: str):
        response = self.client.get(self.address(path))
        assert response.status_code == 200, response.content
        return response.json()

    def post(self, path: str, status: int, data=None, form: bool = False):
        response = self.client.post(
            self.address(path), data or {}, format="multipart" if form else "json"
        )
        assert response.status_code == status, response.content
        do_what_waits()
        return response.json()

    @staticmethod
    def address(path: str) -> str:
        return path if path.startswith("http") else f"/api/v1/{path}"


def do_what_waits() -> None:
    for job in ImportJob.objects.free():
        run_import(job_id=job.pk)
    for revision in GeneratorRevision.objects.filter(
        pk__in=Generation.objects.filter(status="pending").values("revision")
    ):
        work(revision_id=revision.pk)
    for version in unfinished_versions():
        build_version(version_id=version)


@pytest.fixture
def llm():
    with start_fake_llm() as server:
        yield server


def hire(script: Script, number: int) -> Script:
    email = f"labeler{number}@example.org"
    member = script.post("projects/sums/members/", 201, {"email": email, "role": "labeler"})
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {member['token']}")
    labeler = Script(client)
    labeler.post("me/consents/", 201)
    return labeler


def label_all(labeler: Script) -> int:
    """Longer is better; answers every task there is."""
    done = 0
    while True:
        response = labeler.client.post("/api/v1/projects/sums/claim/", {}, format="json")
        if response.status_code == 204:
            return done
        task = response.json()
        ordered = sorted(task["responses"], key=lambda shown: -len(shown["text"]))
        tiers = [[shown["id"]] for shown in ordered]
        answer = {"submit_key": task["slot"], "tiers": tiers, "seconds": 3.5}
        labeler.post(f"slots/{task['slot']}/submit/", 201, answer)
        done += 1


def test_a_file_of_prompts_becomes_a_dataset(db, llm, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    script = Script(client_of(make_user(is_superuser=True)))
    policy = {"responses": 2, "overlap": LABELERS, "modes": ["rank"]}
    script.post("projects/", 201, {"slug": "sums", "name": "Sums", "policy": policy})
    file = SimpleUploadedFile("sums.csv", CSV.encode())
    form = {"file": file, "preset": "table", "map": "prompt=human_prompt"}
    job = script.post("projects/sums/imports/", 202, form, form=True)
    imported = script.get(job["url"])
    assert (imported["status"], imported["created"], imported["rejected"]) == ("succeeded", 6, 0)

    for name, words in (("terse", 3), ("wordy", 30)):
        body = {"provider": "openai", "model": f"script=words:{words}", "base_url": llm.base_url}
        script.post("generators/", 201, body | {"name": name})
    run = script.post("projects/sums/runs/", 202, {"generators": ["terse", "wordy"]})
    assert script.get(run["url"])["counts"]["succeeded"] == 12

    assert script.post("projects/sums/tasks/", 200) == {"tasks": 6, "slots": 18}
    assert [label_all(hire(script, n)) for n in range(LABELERS)] == [6, 6, 6]
    progress = script.get("projects/sums/progress/")
    assert (progress["judgments"], progress["labelers"]) == (18, 3)
    pairs = script.get("projects/sums/comparisons/?page_size=1000")["results"]
    assert Counter(
        pair["first_generator"] if pair["outcome"] == "first" else pair["second_generator"]
        for pair in pairs
    ) == {"wordy": 18}

    asked = {
        "project": "sums",
        "name": "sums",
        "formats": ["preference", "judgments"],
        "container": "jsonl",
        "recipe": {"test_share": 0.3},
    }
    version = script.get(script.post("datasets/", 202, asked)["version"]["url"])
    assert version["status"] == "succeeded"
    folder = tmp_path / "downloaded"
    folder.mkdir()
    for each in version["files"]:
        (folder / each["name"]).write_bytes(body_of(script.client.get(each["url"])))
    loaded = load_dataset(str(folder), "preference", cache_dir=str(tmp_path / "cache"))
    rows = [row for split in loaded.values() for row in split]
    assert len(rows) == 18
    for row in rows:
        assert len(row["chosen"][0]["content"]) > len(row["rejected"][0]["content"])
