"""projects/{slug}/imports/ and imports/{id}/."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from collector.models import ImportJob, ImportUndo, Message, Source
from collector.services.import_undoing import run_undo
from collector.services.imports import run_import
from tests.factories import make_project, make_response

URL = "/api/v1/projects/poems/imports/"
CSV = b"human_prompt,chatgpt_response\nA haiku?,No.\n,Empty\nA haiku?,No.\n"


def upload(client, content=CSV, name="prompts.csv", **fields):
    file = SimpleUploadedFile(name, content, content_type="text/csv")
    return client.post(URL, {"file": file, "preset": "chatgpt-prompts"} | fields)


def finish(client, response):
    run_import(job_id=ImportJob.objects.get(uid=response.json()["id"]).pk)
    return client.get(response.json()["url"]).json()


def test_a_file_becomes_a_job_and_the_job_tells_what_became_of_every_row(researcher):
    response = upload(researcher)
    assert response.status_code == 202
    job = ImportJob.objects.get()
    url = f"http://testserver/api/v1/imports/{job.uid}/"
    assert response.json() == {
        "id": str(job.uid),
        "kind": "import",
        "status": "queued",
        "url": url,
        "progress": 0.0,
        "error": None,
    }
    assert response["Location"] == url
    ended = finish(researcher, response)
    assert ended["errors"][0].pop("detail")
    assert ended == response.json() | {
        "status": "succeeded",
        "progress": 1.0,
        "read": 3,
        "created": 1,
        "duplicates": 1,
        "rejected": 1,
        "errors": [{"row": 2, "code": "empty_prompt"}],
        "reasons": {"empty_prompt": 1},
        "findings": {},
        "options": {
            "language": "keep",
            "near_duplicates": "off",
            "personal_data": "off",
            "responses": "flag",
            "template": "",
            "targets": "response",
        },
        "preset": "chatgpt-prompts",
        "filename": "prompts.csv",
        "sha256": job.sha256,
    }
    assert Message.objects.prompts().get().text == "A haiku?"


@pytest.mark.parametrize(
    "mapping", ["prompt=question,response=answer", '{"prompt": "question", "response": "answer"}']
)
def test_columns_are_mapped(researcher, mapping):
    content = b"question,answer\nA haiku?,No.\n"
    response = upload(researcher, content, preset="table", map=mapping)
    assert finish(researcher, response)["created"] == 1
    assert Message.objects.get(role="user").text == "A haiku?"


@pytest.mark.parametrize(
    "options", ["personal_data=flag,responses=off", '{"personal_data": "flag"}']
)
def test_rows_are_checked_as_the_options_say(researcher, options):
    content = b"prompt\nMail ann@example.org\n"
    response = upload(researcher, content, preset="table", options=options)
    detail = "types: {'email': 1}, spans: [[5, 20, 'email']]"
    assert finish(researcher, response)["findings"] == {
        "pii": {"count": 1, "samples": [{"row": 1, "detail": detail}]}
    }


@pytest.mark.parametrize("options", ["personal_data=perhaps", "nothing=1", "x", "{"])
def test_options_that_there_are_not_are_refused(researcher, options):
    response = upload(researcher, b"prompt\nA?\n", preset="table", options=options)
    assert response.status_code == 400
    assert response.json()["errors"][0]["attr"] == "options"


@pytest.mark.parametrize("media_type", ["application/jsonl", "application/x-ndjson"])
def test_json_lines_are_a_body_of_their_own(researcher, media_type):
    body = b'{"prompt": "A haiku?"}\n{"prompt": "A limerick?"}\n'
    response = researcher.generic("POST", URL + "?preset=table", body, content_type=media_type)
    assert response.status_code == 202
    ended = finish(researcher, response)
    assert (ended["read"], ended["created"], ended["status"]) == (2, 2, "succeeded")


def test_a_body_is_never_read_into_memory(researcher):
    class Stream(BytesIO):
        largest = 0

        def read(self, size=-1):
            assert size is not None
            assert size >= 0
            Stream.largest = max(Stream.largest, size)
            return super().read(size)

    body = b'{"prompt": "A haiku?"}\n' * 300_000
    stream = Stream(body)
    response = researcher.generic(
        "POST",
        URL,
        content_type="application/jsonl",
        **{"wsgi.input": stream, "CONTENT_LENGTH": str(len(body))},
    )
    assert response.status_code == 202
    assert ImportJob.objects.get().bytes_total == len(body)
    assert Stream.largest <= 1 << 20


@pytest.mark.parametrize(
    ("fields", "attr"),
    [
        ({"preset": "nonsense"}, "preset"),
        ({"map": "nonsense"}, "map"),
        ({"map": '{"prompt": 1}'}, "map"),
        ({"map": "[1]"}, "map"),
        ({"map": "{"}, "map"),
        ({"map": "nonsense=column"}, "map"),
        ({"file": "no file"}, "file"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_makes_no_sense_is_refused_and_starts_nothing(researcher, fields, attr):
    response = upload(researcher, **fields)
    assert response.status_code == 400
    assert response.json()["errors"][0]["attr"] == attr
    assert not ImportJob.objects.exists()


def test_plain_json_is_no_import(researcher):
    response = researcher.post(URL, {"prompt": "A haiku?"}, format="json")
    assert response.status_code == 415


def test_an_import_is_cancelled(researcher):
    url = upload(researcher).json()["url"]
    cancelled = researcher.post(f"{url}cancel/")
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    assert researcher.get(url).json() == cancelled.json()


def test_only_researchers_import_and_see_imports(clients):
    started = {role: upload(client) for role, client in clients.items()}
    expected = {
        "admin": 202,
        "researcher": 202,
        "reviewer": 403,
        "trainer": 403,
        "labeler": 403,
        "other": 404,
        "stranger": 404,
        "nobody": 401,
    }
    assert {role: response.status_code for role, response in started.items()} == expected
    url = started["researcher"].json()["url"]
    seen = {role: client.get(url).status_code for role, client in clients.items()}
    assert seen == {role: 200 if code == 202 else code for role, code in expected.items()}


def test_votes_are_judgments_once_their_import_has_succeeded(researcher):
    rows = b"""{"model_a":"ant","model_b":"bee","winner":"model_a","judge":"one"}
{"model_a":"bee","model_b":"ant","winner":"tie","judge":"two"}
"""
    response = researcher.post(f"{URL}?preset=arena", rows, content_type="application/x-ndjson")
    assert finish(researcher, response)["status"] == "succeeded"

    listed = researcher.get("/api/v1/projects/poems/comparisons/").json()["results"]
    assert [(row["outcome"], row["purpose"]) for row in listed] == [
        ("first", "imported"),
        ("tie", "imported"),
    ]


def test_an_import_is_taken_back_and_asking_again_changes_nothing(researcher):
    started = upload(researcher)
    url = finish(researcher, started)["url"] + "undo/"
    assert researcher.get(url).status_code == 404

    response = researcher.post(url)
    assert response.status_code == 202
    run_undo(undo_id=ImportUndo.objects.get().pk)

    over = {
        "id": started.json()["id"],
        "kind": "import_undo",
        "status": "succeeded",
        "url": url,
        "progress": 1.0,
        "error": None,
        "messages": 2,
        "preferences": 0,
        "built_on": [],
    }
    assert researcher.get(url).json() == over
    again = researcher.post(url)
    assert (again.status_code, again.json()) == (200, over)
    assert not Message.objects.filter(deleted_at=None).exists()


def test_an_import_that_something_builds_on_says_what(researcher):
    url = finish(researcher, upload(researcher))["url"] + "undo/"
    make_response(Message.objects.get(role="user"), "A late one.")

    refused = researcher.post(url)

    assert refused.status_code == 409
    assert "stands below its messages" in refused.content.decode()


def test_asking_how_far_an_undo_is_costs_few_queries(researcher, django_assert_max_num_queries):
    url = finish(researcher, upload(researcher))["url"] + "undo/"
    researcher.post(url)
    with django_assert_max_num_queries(6):
        assert researcher.get(url).json()["progress"] == 0.0


def test_the_projects_imports_are_listed_and_no_others(researcher, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    first, second = upload(researcher).json()["id"], upload(researcher, name="b.csv").json()["id"]
    run_import(job_id=ImportJob.objects.get(uid=first).pk)
    source = Source.objects.create(project=make_project("tea"), kind="upload", name="tea")
    ImportJob.objects.create(source=source, preset="table")
    page = researcher.get(f"{URL}?page_size=1").json()
    (row,) = page["results"]
    assert (row["id"], row["status"], row["created"]) == (first, "succeeded", 1)
    assert "errors" not in row
    assert [row["id"] for row in researcher.get(page["next"]).json()["results"]] == [second]
    waiting = researcher.get(f"{URL}?status=queued").json()["results"]
    assert [row["filename"] for row in waiting] == ["b.csv"]
    assert researcher.get(f"{URL}?preset=table").status_code == 400


@pytest.mark.parametrize("imports", [1, 3])
def test_a_list_of_imports_costs_as_much_however_long(
    researcher, settings, tmp_path, django_assert_num_queries, imports
):
    settings.MEDIA_ROOT = tmp_path
    for number in range(imports):
        upload(researcher, name=f"{number}.csv")
    with django_assert_num_queries(3):  # token, project with roles, imports
        assert len(researcher.get(URL).json()["results"]) == imports
