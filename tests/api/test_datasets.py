"""datasets/, dataset-versions/ with their files, and export.jsonl."""

import hashlib
import json

import pytest

from exports.models import DatasetVersion
from exports.services.versions import build_version
from labeling.services.building import build_tasks
from labeling.services.policies import set_policy
from tests.api.test_comparisons import judge
from tests.factories import make_answered_prompts

EXPORT = "/api/v1/projects/poems/export.jsonl"
ASKED = {
    "project": "poems",
    "name": "poems",
    "formats": ["preference"],
    "container": "jsonl",
    "recipe": {"test_share": 0.0},
}
EVERYBODY = {
    "admin": 200,
    "researcher": 200,
    "trainer": 200,
    "reviewer": 403,
    "labeler": 403,
    "other": 404,
    "stranger": 404,
    "nobody": 401,
}


@pytest.fixture
def judged(project, people):
    set_policy(project=project, responses=2)
    make_answered_prompts(project, 3, responses=2)
    build_tasks(project=project)
    judge(project, people["labeler"], 3)
    return project


def body_of(response) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


@pytest.fixture
def built(clients, judged, settings, tmp_path):
    """A built version as the API tells it."""
    settings.MEDIA_ROOT = tmp_path
    response = clients["trainer"].post("/api/v1/datasets/", ASKED, format="json")
    version = DatasetVersion.objects.get()
    build_version(version_id=version.pk)
    return clients["trainer"].get(response.json()["version"]["url"]).json()


@pytest.fixture
def file(built):
    """The training file as the API tells it."""
    return next(each for each in built["files"] if each["name"] == "preference.train.jsonl")


def test_a_dataset_is_asked_for_and_becomes_a_version(clients, judged):
    response = clients["trainer"].post("/api/v1/datasets/", ASKED, format="json")
    assert response.status_code == 202
    version = DatasetVersion.objects.get()
    assert response.json() == {
        "id": str(version.dataset.uid),
        "version": {
            "id": str(version.uid),
            "kind": "dataset_version",
            "status": "queued",
            "url": f"http://testserver/api/v1/dataset-versions/{version.uid}/",
            "progress": 0.0,
            "error": None,
        },
    }


def test_a_built_version_lists_its_files_and_its_manifest(built):
    version = DatasetVersion.objects.get()
    assert (built["status"], built["progress"], built["number"]) == ("succeeded", 1.0, 1)
    assert (built["name"], built["formats"], built["container"]) == (
        "poems",
        ["preference"],
        "jsonl",
    )
    assert built["manifest"] == version.manifest
    assert built["recipe"]["test_share"] == 0.0
    names = [each["name"] for each in built["files"]]
    assert names == ["LICENSE", "README.md", "manifest.json", "preference.train.jsonl"]
    train = built["files"][3]
    assert (train["format"], train["split"], train["rows"]) == ("preference", "train", 3)
    assert train["url"] == built["url"] + "files/preference.train.jsonl"


def test_every_file_is_what_was_recorded(clients, built):
    for each in built["files"]:
        response = clients["trainer"].get(each["url"])
        content = body_of(response)
        assert response.status_code == 200
        assert len(content) == each["bytes"] == int(response["Content-Length"])
        assert hashlib.sha256(content).hexdigest() == each["sha256"]
        assert response["ETag"] == f'"{each["sha256"]}"'
        assert response["Content-Disposition"] == f'attachment; filename="{each["name"]}"'
        assert response["Accept-Ranges"] == "bytes"
        assert response["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=5-5", 5, 6),
        ("bytes=10-", 10, None),
        ("bytes=-7", -7, None),
        ("bytes=0-99999999", 0, None),
        ("bytes=-99999999", 0, None),
    ],
)
def test_one_range_is_served(clients, file, asked, start, stop):
    whole = body_of(clients["trainer"].get(file["url"]))
    response = clients["trainer"].get(file["url"], HTTP_RANGE=asked)
    part = whole[start:stop]
    first = whole.index(part)
    assert response.status_code == 206
    assert body_of(response) == part
    assert response["Content-Length"] == str(len(part))
    assert response["Content-Range"] == f"bytes {first}-{first + len(part) - 1}/{len(whole)}"


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=99999999-999999999", "bytes=-0"])
def test_a_range_beyond_the_end_is_416(clients, file, asked):
    response = clients["trainer"].get(file["url"], HTTP_RANGE=asked)
    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{file['bytes']}"
    told = response.json()
    assert told["type"] == "client_error"
    (error,) = told["errors"]
    assert (error["code"], error["attr"]) == ("range_not_satisfiable", None)


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=5-1",
        "bytes=-",
        "bytes=a-b",
        "lines=1-2",
        "bytes=0-1,4-5",
        "bytes=²-3",
        f"bytes={'9' * 5000}-",
        f"bytes=-{'9' * 5000}",
        f"bytes=0-{'9' * 19}",
    ],
)
def test_a_range_that_cannot_be_read_gets_the_whole_file(clients, file, asked):
    response = clients["trainer"].get(file["url"], HTTP_RANGE=asked)
    assert response.status_code == 200
    assert len(body_of(response)) == file["bytes"]


def test_a_download_goes_on_only_if_the_file_is_the_same(clients, file):
    client, tag = clients["trainer"], f'"{file["sha256"]}"'
    same = client.get(file["url"], HTTP_RANGE="bytes=3-", HTTP_IF_RANGE=tag)
    assert (same.status_code, len(body_of(same))) == (206, file["bytes"] - 3)
    other = client.get(file["url"], HTTP_RANGE="bytes=3-", HTTP_IF_RANGE='"other"')
    assert (other.status_code, len(body_of(other))) == (200, file["bytes"])


def test_who_has_the_file_does_not_get_it_again(clients, file):
    client, tag = clients["trainer"], f'"{file["sha256"]}"'
    for given in (tag, f'"other", W/{tag}', "*"):
        response = client.get(file["url"], HTTP_IF_NONE_MATCH=given)
        assert (response.status_code, response.content) == (304, b"")
        assert response["ETag"] == tag
    changed = client.get(file["url"], HTTP_IF_NONE_MATCH='"other"')
    assert (changed.status_code, len(body_of(changed))) == (200, file["bytes"])


def test_head_tells_the_size_without_the_body(clients, file):
    response = clients["trainer"].head(file["url"])
    assert (response.status_code, body_of(response)) == (200, b"")
    assert response["Content-Length"] == str(file["bytes"])
    assert response["ETag"] == f'"{file["sha256"]}"'


@pytest.mark.parametrize(
    "name", ["nothing.jsonl", "..%2F..%2Fsettings.py", "%2Fetc%2Fpasswd", "%00"]
)
def test_a_file_the_version_does_not_have(clients, built, name):
    response = clients["trainer"].get(f"{built['url']}files/{name}")
    assert response.status_code == 404
    assert response.json()["errors"][0]["code"] == "not_found"


def test_files_before_and_after_their_time(clients, judged, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    client = clients["trainer"]
    url = client.post("/api/v1/datasets/", ASKED, format="json").json()["version"]["url"]
    assert client.get(url).json()["files"] == []
    assert client.get(f"{url}files/README.md").status_code == 409
    DatasetVersion.objects.update(status="withdrawn")
    assert client.get(f"{url}files/README.md").status_code == 410
    assert client.get(url).json()["status"] == "withdrawn"


@pytest.mark.parametrize(
    ("fields", "attr"),
    [
        ({"formats": ["nonsense"]}, "formats"),
        ({"formats": []}, "formats"),
        ({"container": "zip"}, "container"),
        ({"recipe": {"pairs": "many"}}, "pairs"),
        ({"recipe": {"colour": "red"}}, "colour"),
        ({"recipe": {"test_share": 10**30}}, "test_share"),
        ({"recipe": {"split_seed": 10**30}}, "split_seed"),
        ({"recipe": {"created_after": "0001-01-01T00:00:00+14:00"}}, "created_after"),
        ({"recipe": [1]}, "recipe"),
        ({"name": " "}, "name"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_makes_no_sense_starts_nothing(clients, judged, fields, attr):
    response = clients["trainer"].post("/api/v1/datasets/", ASKED | fields, format="json")
    assert response.status_code == 400
    assert response.json()["errors"][0]["attr"] in (attr, f"recipe.{attr}")
    assert not DatasetVersion.objects.exists()


def test_researchers_and_trainers_build_and_read(clients, built, file):
    asked = {
        role: client.post("/api/v1/datasets/", ASKED, format="json").status_code
        for role, client in clients.items()
    }
    assert asked == {role: 202 if code == 200 else code for role, code in EVERYBODY.items()}
    for url in (built["url"], file["url"], EXPORT + "?format=preference"):
        seen = {}
        for role, client in clients.items():
            response = client.get(url)
            seen[role] = response.status_code
            body_of(response)  # to the end, so that the file is closed
        assert seen == EVERYBODY, url


def test_the_stream_gives_the_rows_of_the_file(clients, built, file):
    client = clients["trainer"]
    response = client.get(EXPORT + "?format=preference&split=train&test_share=0.0")
    assert response.status_code == 200
    assert response.streaming
    assert response["Content-Type"] == "application/x-ndjson"
    assert body_of(response) == body_of(client.get(file["url"]))
    empty = client.get(EXPORT + "?format=preference&split=test&test_share=0.0")
    assert (empty.status_code, body_of(empty)) == (200, b"")


def test_the_stream_takes_keys_of_a_recipe(clients, judged):
    client = clients["trainer"]
    response = client.get(EXPORT + "?format=preference&models=model-a")
    assert body_of(response) == b""
    both = client.get(EXPORT + "?format=preference&models=model-a&models=model-b")
    assert len(body_of(both).splitlines()) == 3
    rows = body_of(client.get(EXPORT + "?format=judgments")).splitlines()
    assert len([json.loads(row) for row in rows]) == 3


@pytest.mark.parametrize(
    ("query", "attr"),
    [
        ("", "format"),
        ("?format=nonsense", "format"),
        ("?format=preference&split=dev", "split"),
        ("?format=preference&pairs=many", "pairs"),
        ("?format=preference&colour=red", "colour"),
        ("?format=preference&models=%00", "models"),
        ("?format=preference&languages=en,%00", "languages"),
        ("?format=preference&models=%ED%A0%80", "models"),
        ("?format=preference&created_after=0001-01-01T00:00:00%2B14:00", "created_after"),
        ("?format=preference&test_share=NaN", "test_share"),
        (f"?format=preference&split_seed={'9' * 5000}", "split_seed"),
        ("?format=preference&format=judgments", "format"),
        ("?format=preference&pairs=all&pairs=adjacent", "pairs"),
    ],
)
def test_a_stream_that_makes_no_sense_is_an_error_and_no_file(clients, judged, query, attr):
    response = clients["trainer"].get(EXPORT + query)
    assert response.status_code == 400
    assert response.json()["errors"][0]["attr"] == attr


@pytest.mark.parametrize("query", ["?limit=1&limit=2", "?task=a&task=b"])
def test_a_parameter_given_twice_is_refused_and_not_half_applied(clients, judged, query):
    response = clients["researcher"].get("/api/v1/projects/poems/comparisons/" + query)
    (error,) = response.json()["errors"]
    assert (response.status_code, error["code"]) == (400, "repeated_parameter")
    assert error["attr"] == query[1 : query.index("=")]
