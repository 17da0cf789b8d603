"""A deleted version leaves a tombstone; whoever asked is told of every end."""

from pathlib import Path
from typing import Any

import pytest

from collector.events import EVENTS
from collector.models import Project, WebhookDelivery
from collector.services.webhooks import create_webhook
from common.errors import Conflict, Gone
from common.jobs import ATTEMPTS
from exports.models import DatasetVersion
from exports.services.announcing import announce_given_up
from exports.services.deleting import DELETED, delete_version
from exports.services.files import open_file
from exports.services.storage import version_folder
from exports.services.versions import build_version, start_version
from labeling.services.privacy import erase
from tests.exports.builders import judge
from tests.factories import make_labeler, make_project, make_prompt, make_response, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def project(settings: Any, tmp_path: Path) -> Project:
    settings.MEDIA_ROOT = tmp_path
    settings.CONCORD_ALLOWED_WEBHOOK_HOSTS = ["hooks.example.org"]
    project = make_project("poems")
    create_webhook(project=project, url="https://hooks.example.org/", events=EVENTS)
    return project


def started(project: Project, **fields: Any) -> DatasetVersion:
    prompt = make_prompt(project)
    best, other = make_response(prompt), make_response(prompt, revision="model-b")
    judge(prompt, [[best], [other]], **fields)
    return start_version(
        project=project, name="d", formats=["preference"], container="jsonl", recipe={}
    )


def built(project: Project, **fields: Any) -> DatasetVersion:
    version = started(project, **fields)
    build_version(version_id=version.pk)
    version.refresh_from_db()
    return version


def told(version: DatasetVersion) -> list[tuple[str, str]]:
    return [
        (delivery.event, delivery.payload["data"]["status"])
        for delivery in WebhookDelivery.objects.order_by("pk")
        if delivery.payload["data"]["id"] == str(version.uid)
    ]


def test_a_tombstone_says_what_there_was(project: Project) -> None:
    version, user = built(project), make_user()
    manifest, folder = version.manifest, version_folder(version.uid)
    assert folder.is_dir()
    deleted = delete_version(version=version, user=user)
    assert (deleted.status, deleted.error, deleted.deleted_by) == ("withdrawn", DELETED, user)
    assert (deleted.manifest, deleted.number) == (manifest, 1)
    assert not folder.exists()
    assert deleted.files.count() == 0
    with pytest.raises(Gone):
        open_file(version=deleted, name="preference.train.jsonl")
    assert built(project).number == 2
    assert told(version) == [
        ("dataset_version.ready", "succeeded"),
        ("dataset_version.withdrawn", "withdrawn"),
    ]


def test_deleting_twice_is_deleting_once(project: Project) -> None:
    version = built(project)
    first = delete_version(version=version)
    again = delete_version(version=version, user=make_user())
    assert (again.deleted_at, again.deleted_by) == (first.deleted_at, None)
    assert len(told(version)) == 2


def test_what_is_being_built_is_not_deleted(project: Project) -> None:
    version = started(project)
    with pytest.raises(Conflict):
        delete_version(version=version)
    build_version(version_id=version.pk)
    version.refresh_from_db()
    assert version.status == "succeeded"


def test_a_failed_build_is_told_with_its_reason(project: Project) -> None:
    version = started(project)
    DatasetVersion.objects.filter(pk=version.pk).update(recipe={"no": "such key"})
    build_version(version_id=version.pk)
    assert told(version) == [("dataset_version.failed", "failed")]
    assert "“no”" in WebhookDelivery.objects.get().payload["data"]["error"]


def test_an_erasure_is_told_and_the_reason_stays_when_deleted(project: Project) -> None:
    ana = make_labeler()
    version = built(project, labeler=ana)
    assert ana.user
    erase(user=ana.user, labeler=ana)
    with pytest.raises(Gone):
        open_file(version=version, name="preference.train.jsonl")
    assert told(version)[-1] == ("dataset_version.withdrawn", "withdrawn")
    version.refresh_from_db()
    reason = version.error
    assert delete_version(version=version).error == reason
    assert len(told(version)) == 2


def test_a_version_whose_workers_died_is_told_of_by_the_next_beat(project: Project) -> None:
    version = started(project)
    DatasetVersion.objects.filter(pk=version.pk).update(attempts=ATTEMPTS)
    build_version(version_id=version.pk)
    assert told(version) == []
    for _ in range(2):
        announce_given_up()
    assert told(version) == [("dataset_version.failed", "failed")]
