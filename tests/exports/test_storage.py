"""Built versions in a bucket: S3's protocol over HTTP, presigned links, nothing left behind."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx2
import pytest
from moto.server import ThreadedMotoServer

from accounts.services import create_token
from collector.models import Project
from exports.models import DatasetVersion
from exports.services import storage
from exports.services.deleting import delete_version
from exports.services.versions import build_version, start_version
from exports.services.withdrawing import withdraw_erased
from labeling.services.privacy import erase
from tests.exports.builders import judge
from tests.factories import make_labeler, make_member, make_project, make_prompt, make_response

pytestmark = pytest.mark.django_db(transaction=True)
BUCKET = "datasets"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(
    endpoint: str, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    settings.MEDIA_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "datasets": {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {
                "bucket_name": BUCKET,
                "location": "here",
                "endpoint_url": endpoint,
                "region_name": "us-east-1",
                "addressing_style": "path",
                "signature_version": "s3v4",
                "file_overwrite": True,
            },
        }
    }
    client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
    client.create_bucket(Bucket=BUCKET)
    yield client
    for key in keys(client):
        client.delete_object(Bucket=BUCKET, Key=key)
    client.delete_bucket(Bucket=BUCKET)
    client.close()


@pytest.fixture
def project() -> Project:
    return make_project("poems")


def keys(client: Any) -> list[str]:
    found = client.list_objects_v2(Bucket=BUCKET).get("Contents", [])
    return [entry["Key"] for entry in found]


def started(project: Project, **fields: Any) -> DatasetVersion:
    prompt = make_prompt(project)
    best, other = make_response(prompt), make_response(prompt, revision="model-b")
    judge(prompt, [[best], [other]], **fields)
    return start_version(
        project=project,
        name="d",
        formats=["preference"],
        container="jsonl",
        recipe={"test_share": 0.0},
    )


def built(project: Project, **fields: Any) -> DatasetVersion:
    version = started(project, **fields)
    build_version(version_id=version.pk)
    version.refresh_from_db()
    assert version.status == "succeeded", version.error
    return version


def test_files_are_in_the_bucket_and_nowhere_else(bucket: Any, project: Project) -> None:
    version = built(project)
    names = [file.name for file in version.files.order_by("name")]
    assert keys(bucket) == sorted(f"here/{version.uid}/{name}" for name in names)
    assert "manifest.json" in names
    assert list(storage.versions_folder().iterdir()) == []
    for file in version.files.all():
        stored = bucket.get_object(Bucket=BUCKET, Key=f"here/{version.uid}/{file.name}")
        assert hashlib.sha256(stored["Body"].read()).hexdigest() == file.sha256


def test_a_download_is_a_link_that_needs_no_token(
    bucket: Any, project: Project, live_server: Any
) -> None:
    version = built(project)
    file = version.files.get(format="preference")
    token = create_token(user=make_member(project, "trainer"))
    url = f"{live_server.url}/api/v1/dataset-versions/{version.uid}/files/{file.name}"
    headers = {"authorization": f"Token {token}", "range": "bytes=1-4"}
    with httpx2.Client(trust_env=False) as client:
        part = client.get(url, headers=headers, follow_redirects=True)
        link = part.url
        whole = client.get(link)
        refused = client.get(url)
    assert "X-Amz-Signature" in link.params
    assert (part.status_code, len(part.content)) == (206, 4)
    assert whole.headers["content-disposition"] == f'attachment; filename="{file.name}"'
    assert whole.headers["content-type"] == "application/x-ndjson"
    assert hashlib.sha256(whole.content).hexdigest() == file.sha256
    assert refused.status_code == 401


def test_what_is_deleted_or_withdrawn_leaves_the_bucket(bucket: Any, project: Project) -> None:
    ana = make_labeler()
    first, second = built(project), built(project, labeler=ana)
    delete_version(version=first)
    assert {key.split("/")[1] for key in keys(bucket)} == {str(second.uid)}
    assert ana.user
    erase(user=ana.user, labeler=ana)
    assert withdraw_erased() == [second]
    assert keys(bucket) == []


def test_a_version_cancelled_while_it_is_copied_leaves_nothing(
    bucket: Any, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = started(project)
    copy = storage.copy_to_bucket

    def cancelled_meanwhile(**arguments: Any) -> None:
        copy(**arguments)
        DatasetVersion.objects.filter(pk=version.pk).update(
            status="cancelled", lease_token=None, lease_until=None
        )

    monkeypatch.setattr(storage, "copy_to_bucket", cancelled_meanwhile)
    build_version(version_id=version.pk)
    version.refresh_from_db()
    assert (version.status, version.files.count(), keys(bucket)) == ("cancelled", 0, [])


def test_a_bucket_that_is_away_fails_the_build_in_one_line(
    bucket: Any, project: Project, settings: Any
) -> None:
    version = started(project)
    options = settings.STORAGES["datasets"]["OPTIONS"] | {"bucket_name": "no-such-bucket"}
    settings.STORAGES = settings.STORAGES | {
        "datasets": settings.STORAGES["datasets"] | {"OPTIONS": options}
    }
    build_version(version_id=version.pk)
    version.refresh_from_db()
    assert version.status == "failed"
    assert "NoSuchBucket" in version.error
    assert "\n" not in version.error
