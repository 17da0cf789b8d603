"""The researchers' pages of imports: from a file to a report, and back."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from collector.models import ImportDraft, ImportJob, ImportUndo, Message, Project
from collector.services.import_undoing import run_undo
from collector.services.imports import run_import
from tests import factories

HOME = "/admin/projects/poems/prompts/"
CSV = "question,reply,who\nA haiku?,No.,bot\nA song?,La.,bot\n,Empty,bot\nA haiku?,No.,bot\n"


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def project(db) -> Project:
    return factories.make_project("poems")


@pytest.fixture
def researcher(project) -> Client:
    client = Client()
    client.force_login(factories.make_member(project, "researcher"))
    return client


def upload(client, content: str | bytes = CSV, name: str = "poems.csv"):
    data = content.encode() if isinstance(content, str) else content
    return client.post(f"{HOME}import/", {"file": SimpleUploadedFile(name, data)})


def start(client, content: str | bytes = CSV, **said: str) -> ImportJob:
    address = upload(client, content)["Location"]
    said = {"preset": "table", "map-prompt": "question", "map-response": "reply"} | said
    answer = client.post(address, said | {"map-model": "who", "start": "1"})
    job = ImportJob.objects.latest("pk")
    assert answer["Location"] == f"{HOME}imports/{job.uid}/"
    return job


def test_a_file_is_looked_at_before_anything_is_stored(researcher):
    answer = upload(researcher)

    draft = ImportDraft.objects.get()
    assert answer["Location"] == f"{HOME}import/{draft.uid}/"
    assert draft.mapping == {"prompt": "question", "response": "reply"}
    preview = researcher.get(answer["Location"]).context["preview"]
    assert (preview.read, preview.new, preview.known, preview.left_out) == (4, 2, 1, 1)
    assert preview.reasons == [("empty_prompt", 1)]
    assert not Message.objects.exists()
    assert not ImportJob.objects.exists()


def test_the_import_starts_as_it_was_previewed_and_its_page_tells_what_became_of_rows(researcher):
    job = start(researcher)
    page_of_it = f"{HOME}imports/{job.uid}/"
    assert f'data-job="/api/v1/imports/{job.uid}/"' in researcher.get(page_of_it).content.decode()

    run_import(job_id=job.pk)

    look = researcher.get(page_of_it).context["look"]
    assert (look.job.read, look.job.created, look.job.duplicates) == (4, 2, 1)
    assert look.reasons == [("empty_prompt", 1)]
    assert look.under_way is None
    assert Message.objects.get(role="assistant", text="La.").revision.generator.name == "bot"
    report = researcher.get(f"{page_of_it}report.csv").content.decode().splitlines()
    assert report == ["row,kind,code,detail", "3,rejected,empty_prompt,the prompt is empty"]


def test_what_is_there_already_is_counted_as_known(researcher):
    run_import(job_id=start(researcher).pk)

    preview = researcher.get(upload(researcher, CSV)["Location"]).context["preview"]
    # Nothing says whose the responses are until the column is named.
    assert (preview.new, preview.known) == (2, 1)
    draft = ImportDraft.objects.latest("pk")
    said = {"preset": "table", "map-prompt": "question", "map-response": "reply"}
    researcher.post(f"{HOME}import/{draft.uid}/", said | {"map-model": "who", "look": "1"})
    preview = researcher.get(f"{HOME}import/{draft.uid}/").context["preview"]
    assert (preview.new, preview.known) == (0, 3)


def test_an_import_is_taken_back(researcher, project):
    factories.make_prompt(project, "A song?")
    job = start(researcher)
    run_import(job_id=job.pk)
    assert Message.objects.filter(deleted_at=None).count() == 4

    address = f"{HOME}imports/{job.uid}/undo/"
    assert researcher.get(address).context["built"] == []
    assert researcher.post(address)["Location"] == f"{HOME}imports/{job.uid}/"
    run_undo(undo_id=ImportUndo.objects.get().pk)

    assert Message.objects.get(deleted_at=None).text == "A song?"
    undo = ImportUndo.objects.get()
    assert (undo.status, undo.messages, undo.error) == ("succeeded", 3, "")
    assert "Taken back" in researcher.get(f"{HOME}imports/{job.uid}/").content.decode()
