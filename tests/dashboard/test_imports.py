"""The researchers' pages of imports: from a file to a report, and back."""

import gzip
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from collector.models import ImportDraft, ImportJob, ImportUndo, Message, Project
from collector.services.import_drafts import discard_old_drafts, start_draft
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


def draft_of(client, content: str | bytes, name: str = "poems.csv") -> ImportDraft:
    upload(client, content, name)
    return ImportDraft.objects.latest("pk")


def preview_of(client, draft: ImportDraft):
    return client.get(f"{HOME}import/{draft.uid}/").context["preview"]


def test_problems_further_down_are_shown_too(researcher):
    lines = [f"Question {number}?,Yes." for number in range(50)]
    draft = draft_of(researcher, "\n".join(["prompt,response", *lines, ",No.", "a,b,c"]))

    preview = preview_of(researcher, draft)

    assert [row.number for row in preview.rows] == [1, 2, 3, 4, 5, 6, 7, 8, 51, 52]
    assert preview.reasons == [("empty_prompt", 1), ("ragged_row", 1)]


@pytest.mark.parametrize(
    ("header", "preset"),
    [
        ("human_prompt,chatgpt_response", "chatgpt-prompts"),
        ("question,human_answers,chatgpt_answers", "hc3"),
        ("chosen,rejected", "hh-rlhf"),
        ("model_a,model_b,winner", "arena"),
        ("instruction,output", "table"),
        ("prompt", "table"),
        ("prompt,message_tree_id", "oasst"),
    ],
)
def test_the_kind_of_file_is_told_by_its_columns(researcher, header, preset):
    cells = ",".join("x" for _ in header.split(","))
    assert draft_of(researcher, f"{header}\n{cells}\n").preset == preset


def test_another_preset_has_other_columns_and_keeps_nothing_of_the_mapping(researcher):
    draft = draft_of(researcher, CSV)
    said = {"preset": "hc3", "map-prompt": "question", "start": "1"}

    researcher.post(f"{HOME}import/{draft.uid}/", said)

    draft.refresh_from_db()
    assert (draft.preset, draft.mapping) == ("hc3", {})
    assert not ImportJob.objects.exists()
    assert "human_answers" in preview_of(researcher, draft).problem


def test_what_nothing_can_be_read_of_is_not_started(researcher):
    draft = draft_of(researcher, "a,b\n1,2\n")
    answer = researcher.post(f"{HOME}import/{draft.uid}/", {"preset": "table", "start": "1"})

    assert answer["Location"] == f"{HOME}import/{draft.uid}/"
    assert not ImportJob.objects.exists()


def test_a_draft_that_is_started_twice_is_one_import(researcher):
    draft = draft_of(researcher, CSV)
    said = {"preset": "table", "map-prompt": "question", "start": "1"}
    answers = [researcher.post(f"{HOME}import/{draft.uid}/", said) for _ in range(2)]

    assert answers[0]["Location"] == answers[1]["Location"]
    assert start_draft(draft=draft, user=None) == ImportJob.objects.get()
    draft.refresh_from_db()
    assert draft.path == ""
    assert default_storage.exists(ImportJob.objects.get().path)


def test_a_draft_thrown_away_takes_its_file_along(researcher, django_capture_on_commit_callbacks):
    draft = draft_of(researcher, CSV)
    assert default_storage.exists(draft.path)
    with django_capture_on_commit_callbacks(execute=True):
        researcher.post(f"{HOME}import/{draft.uid}/discard/")

    assert not default_storage.exists(draft.path)
    assert not ImportDraft.objects.exists()
    assert researcher.get(f"{HOME}import/{draft.uid}/").status_code == 404


def test_drafts_that_nobody_touches_go_after_a_day(researcher, django_capture_on_commit_callbacks):
    old, young = draft_of(researcher, CSV), draft_of(researcher, CSV)
    job = start(researcher)
    yesterday = timezone.now() - timedelta(hours=25)
    ImportDraft.objects.exclude(pk=young.pk).update(changed_at=yesterday)
    with django_capture_on_commit_callbacks(execute=True):
        assert discard_old_drafts() == 1

    assert {draft.pk for draft in ImportDraft.objects.all()} == {young.pk, job.draft.pk}
    assert not default_storage.exists(old.path)
    assert default_storage.exists(job.path)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.csv", "a\u202e\n<script>.csv", "x" * 900 + ".csv"]
)
def test_a_hostile_name_is_only_a_name(researcher, name, settings):
    draft = draft_of(researcher, CSV, name)
    assert draft.path == f"imports/{draft.uid}.csv"
    assert len(draft.filename) <= 300
    content = researcher.get(f"{HOME}import/{draft.uid}/").content.decode()
    assert "<script>.csv" not in content


def test_a_small_file_that_unfolds_without_end_is_looked_at_in_its_beginning(researcher):
    bomb = gzip.compress(b"prompt\n" + b"Why?\n" * 10 + b"a" * (64 << 20))
    preview = preview_of(researcher, draft_of(researcher, bomb, "bomb.csv.gz"))

    assert (preview.read, preview.new, preview.known) == (10, 1, 9)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "empty.csv"),
        (b"\x1f\x8bnot gzip at all", "damaged.csv.gz"),
        (b"PAR1 no parquet", "damaged.parquet"),
        (b"\x00\x01\x02", "bytes.csv"),
    ],
)
def test_what_is_no_table_says_so(researcher, content, name):
    preview = preview_of(researcher, draft_of(researcher, content, name))

    assert not preview.usable
    assert preview.problem or preview.left_out == preview.read


def test_texts_in_other_encodings_are_read_once_they_are_named(researcher):
    draft = draft_of(researcher, "prompt\nKöln?\n".encode("cp1252"), "old.csv")
    assert preview_of(researcher, draft).reasons == [("encoding_error", 1)]

    said = {"preset": "table", "encoding": "cp1252", "look": "1"}
    researcher.post(f"{HOME}import/{draft.uid}/", said)

    row = preview_of(researcher, draft).rows[0]
    assert row.conversations[0].turns[0].text == "Köln?"


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({}, "one of them"),
        ({"hub_name": "a/b", "pasted": "Why?"}, "one of them"),
        ({"hub_name": "/etc/passwd"}, "no dataset of the hub"),
    ],
)
def test_what_is_not_one_input_is_refused(researcher, given, refusal):
    answer = researcher.post(f"{HOME}import/", given)
    assert refusal in str(answer.context["form"].errors)
    assert not ImportDraft.objects.exists()


def test_text_that_is_pasted_is_a_file_like_any(researcher):
    researcher.post(f"{HOME}import/", {"pasted": "One?\r\nTwo?\r\n", "pasted_as": "txt"})
    assert preview_of(researcher, ImportDraft.objects.get()).new == 2


def test_drafts_and_imports_of_other_projects_are_not_there(researcher):
    other = factories.make_project("songs")
    client = Client()
    client.force_login(factories.make_member(other, "researcher"))
    draft = draft_of(researcher, CSV)
    job = start(researcher)
    theirs = "/admin/projects/songs/prompts/"

    assert client.get(f"{theirs}import/{draft.uid}/").status_code == 404
    assert client.get(f"{theirs}imports/{job.uid}/").status_code == 404
    assert client.post(f"{theirs}imports/{job.uid}/undo/").status_code == 404


@pytest.mark.parametrize("imports", [1, 3])
def test_the_list_costs_the_same_however_long_it_is(
    researcher, django_assert_max_num_queries, imports
):
    for number in range(imports):
        job = start(researcher, f"question,reply,who\nQ{number}?,Yes.,a\n")
    ImportUndo.objects.create(import_job=job)
    with django_assert_max_num_queries(15):
        assert len(researcher.get(HOME).context["imports"]) == imports


def test_pages_of_one_import_take_few_queries(researcher, django_assert_max_num_queries):
    draft = draft_of(researcher, CSV)
    job = start(researcher)
    run_import(job_id=job.pk)
    for address in (
        f"{HOME}import/{draft.uid}/",
        f"{HOME}imports/{job.uid}/",
        f"{HOME}imports/{job.uid}/undo/",
        f"{HOME}templates/",
    ):
        with django_assert_max_num_queries(15):
            assert researcher.get(address).status_code == 200


def test_what_builds_on_an_import_is_told_before_it_is_taken_back(researcher, project):
    job = start(researcher)
    run_import(job_id=job.pk)
    factories.make_response(Message.objects.get(text="A song?"), "A late one.")
    address = f"{HOME}imports/{job.uid}/undo/"

    assert [found.kind for found in researcher.get(address).context["built"]] == ["messages"]
    assert researcher.post(address)["Location"] == address
    assert not ImportUndo.objects.exists()


def test_a_template_is_tried_and_stored_and_makes_prompts_of_a_table(researcher, project):
    address = f"{HOME}templates/"
    said = {"name": "qa", "text": "Q: {{ question }} ||| {{ reply }}", "shots": 0, "seed": 0}
    said |= {"draw": "seed", "rows": "question,reply\nWhy?,So.\n"}
    made = researcher.post(address, said | {"try": "1"}).context["made"]
    assert [(row.prompt, row.target) for row in made] == [("Q: Why?", "So.")]
    assert not project.templates.exists()

    researcher.post(address, said | {"save": "1"})
    draft = draft_of(researcher, CSV)
    chosen = {"preset": "table", "template": "qa", "targets": "response"}
    researcher.post(f"{HOME}import/{draft.uid}/", chosen | {"look": "1"})

    texts = [row.conversations[0].turns[0].text for row in preview_of(researcher, draft).rows[:2]]
    assert texts == ["Q: A haiku?", "Q: A song?"]


def test_a_bad_template_says_why(researcher):
    said = {"name": "bad", "text": "{{ question", "shots": 0, "seed": 0, "draw": "seed", "rows": ""}
    answer = researcher.post(f"{HOME}templates/", said | {"save": "1"})
    assert answer.context["form"].errors["text"]


def test_a_report_holds_no_formulas(researcher):
    job = start(researcher)
    ImportJob.objects.filter(pk=job.pk).update(
        errors=[{"row": 1, "code": "bad_model", "detail": "\n=HYPERLINK(1)"}]
    )
    report = researcher.get(f"{HOME}imports/{job.uid}/report.csv").content.decode()
    assert '1,rejected,bad_model,"\'\n=HYPERLINK(1)"' in report
