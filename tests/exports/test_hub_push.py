"""Versions pushed to a hub by its own library, over HTTP."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
from django.core.cache import cache
from huggingface_hub import constants
from huggingface_hub.utils import _http

from collector.models import Project
from common.errors import Conflict, Gone, InvalidInput
from common.outgoing import Refused
from exports.models import DatasetVersion, HubPush
from exports.services.deleting import delete_version
from exports.services.hub_push import push_version, start_push, unfinished_pushes
from exports.services.storage import version_folder, versions_folder
from exports.services.versions import build_version, start_version
from exports.tasks import requeue_pushes
from tests.exports.builders import judge
from tests.exports.test_storage import bucket, endpoint  # noqa: F401 - fixtures
from tests.factories import make_project, make_prompt, make_response
from tests.fake_hub import PART, TOKEN, Hub, Repository, start_fake_hub

pytestmark = [
    pytest.mark.django_db(transaction=True),
    # The hub's library says so of its own request.
    pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning"),
]
POEMS = "team/poems"


@pytest.fixture
def hub(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    settings.MEDIA_ROOT = tmp_path
    settings.HF_TOKEN = TOKEN
    settings.CONCORD_ALLOWED_HUB_HOSTS = ["127.0.0.1"]
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", constants.HF_HUB_DISABLE_XET)
    with start_fake_hub() as hub:
        monkeypatch.setattr(constants, "ENDPOINT", hub.endpoint)
        yield hub
    huggingface_hub.set_client_factory(_http.default_client_factory)
    huggingface_hub.set_async_client_factory(_http.default_async_client_factory)


@pytest.fixture
def project() -> Project:
    return make_project("poems")


def built(project: Project, name: str = "poems", **fields: Any) -> DatasetVersion:
    for _ in range(5):
        prompt = make_prompt(project)
        best, other = make_response(prompt), make_response(prompt, revision="model-b")
        judge(prompt, [[best], [other]])
    asked = {"formats": ["preference"], "container": "jsonl", "recipe": {"test_share": 0.0}}
    version = start_version(project=project, name=name, **(asked | fields))
    build_version(version_id=version.pk)
    version.refresh_from_db()
    assert version.status == "succeeded", version.error
    return version


def pushed(version: DatasetVersion, repository: str = POEMS, **fields: Any) -> HubPush:
    push = start_push(version=version, repository=repository, **fields)
    push_version(push_id=push.pk)
    push.refresh_from_db()
    return push


def files_of(version: DatasetVersion) -> dict[str, bytes]:
    folder = version_folder(version.uid)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_repository_holds_the_very_files_of_the_version(hub: Hub, project: Project) -> None:
    version = built(project)
    large = files_of(version)["preference.train.jsonl"]
    assert len(large) > PART, "in parts"
    push = pushed(version)
    assert (push.status, push.error) == ("succeeded", "")
    poems = hub.repositories[POEMS]
    assert poems.private
    assert poems.files == files_of(version)
    assert poems.commits == [f"poems, version 1 ({version.uid})"]
    assert push.commit_url == f"{hub.endpoint}/datasets/{POEMS}/commit/{1:040x}"
    assert unfinished_pushes() == []


def test_the_next_version_replaces_the_files_of_the_last_and_no_others(
    hub: Hub, project: Project
) -> None:
    pushed(built(project, formats=["preference", "judgments"]))
    hub.repositories[POEMS].files["notes.txt"] = b"by a person"
    second = built(project)
    assert pushed(second).status == "succeeded"
    assert hub.repositories[POEMS].files == files_of(second) | {"notes.txt": b"by a person"}


def test_a_push_that_died_after_its_commit_makes_no_second_one(hub: Hub, project: Project) -> None:
    push = pushed(built(project))
    HubPush.objects.update(status="running", commit_url="", finished_at=None)
    assert unfinished_pushes() == [push.pk]
    push_version(push_id=push.pk)
    push.refresh_from_db()
    assert push.status == "succeeded"
    assert push.commit_url.startswith(f"{hub.endpoint}/datasets/{POEMS}/commit/")
    assert len(hub.repositories[POEMS].commits) == 1


def test_a_hub_that_is_away_is_asked_again(hub: Hub, project: Project) -> None:
    version = built(project)
    hub.next_status["commit"] = 503
    push = pushed(version)
    assert (push.status, push.lease_token) == ("queued", None)
    assert push.error == "The hub answered 503: The hub is having a bad day."
    assert unfinished_pushes() == [push.pk]
    push_version(push_id=push.pk)
    push.refresh_from_db()
    assert (push.status, push.error, push.attempts) == ("succeeded", "", 2)


def test_a_worker_pushes_what_the_broker_forgot(
    hub: Hub, project: Project, celery_worker_process: Callable[..., Any]
) -> None:
    push = start_push(version=built(project), repository=POEMS)
    cache.clear()  # the message of start_push is gone; beat finds the push by its row
    requeue_pushes()
    celery_worker_process(
        "exports",
        HF_ENDPOINT=hub.endpoint,
        HF_HUB_OFFLINE="0",
        HF_TOKEN=TOKEN,
        CONCORD_ALLOWED_HUB_HOSTS="127.0.0.1",
    )
    while push.status in {"queued", "running"}:
        push.refresh_from_db()
    assert (push.status, push.error) == ("succeeded", "")
    assert hub.repositories[POEMS].files == files_of(push.version)


def test_after_some_tries_it_has_failed(hub: Hub, project: Project) -> None:
    push = start_push(version=built(project), repository=POEMS)
    for _ in range(5):
        hub.next_status["commit"] = 503
        push_version(push_id=push.pk)
    push.refresh_from_db()
    assert (push.status, hub.requests.count("commit")) == ("failed", 5)
    assert push.error == "The hub answered 503: The hub is having a bad day."


def test_a_token_that_may_not_write_fails_in_one_line(
    hub: Hub, project: Project, settings: Any
) -> None:
    settings.HF_TOKEN = "hf_of_somebody"
    push = pushed(built(project))
    assert (push.status, hub.repositories) == ("failed", {})
    assert push.error == "The hub answered 401: Invalid username or password."


def test_nothing_private_goes_to_a_public_repository(hub: Hub, project: Project) -> None:
    hub.repositories[POEMS] = Repository(private=False)
    version = built(project)
    push = pushed(version)
    assert push.status == "failed"
    assert push.error == "The repository is there already, and it is public."
    assert (hub.repositories[POEMS].files, hub.objects) == ({}, {})
    assert pushed(version, private=False).status == "succeeded"


def test_a_version_withdrawn_meanwhile_is_not_committed(hub: Hub, project: Project) -> None:
    version = built(project)
    hub.before["tree"] = lambda: DatasetVersion.objects.update(status="withdrawn")
    push = pushed(version)
    assert (push.status, push.error) == ("failed", "The files of this version were withdrawn.")
    assert hub.repositories[POEMS].files == {}


def test_files_come_out_of_the_bucket_and_leave_nothing_on_the_disk(
    hub: Hub,
    bucket: Any,  # noqa: F811
    project: Project,
) -> None:
    version = built(project)
    assert pushed(version).status == "succeeded"
    poems = hub.repositories[POEMS].files
    assert sorted(poems) == [file.name for file in version.files.order_by("name")]
    sizes = {file.name: file.bytes for file in version.files.all()}
    assert {name: len(content) for name, content in poems.items()} == sizes
    assert list(versions_folder().iterdir()) == []


def test_a_hub_that_is_not_allowed_is_refused_in_one_line(
    hub: Hub, project: Project, settings: Any
) -> None:
    version = built(project)
    settings.CONCORD_ALLOWED_HUB_HOSTS = ["huggingface.co"]
    with pytest.raises(Refused, match="CONCORD_ALLOWED_HUB_HOSTS"):
        start_push(version=version, repository=POEMS)
    settings.CONCORD_ALLOWED_HUB_HOSTS = ["127.0.0.1"]
    settings.HF_TOKEN = ""
    with pytest.raises(InvalidInput, match="HF_TOKEN"):
        start_push(version=version, repository=POEMS)
    assert (HubPush.objects.count(), hub.requests) == (0, [])


@pytest.mark.parametrize("name", ["poems", "a/b/c", "team/po ems", "team/..", "", "team/poems.git"])
def test_a_name_that_the_hub_does_not_take(hub: Hub, project: Project, name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        start_push(version=built(project), repository=name)
    assert refused.value.attr == "repository"


def test_a_repository_belongs_to_one_project_and_one_push(hub: Hub, project: Project) -> None:
    version = built(project)
    push = start_push(version=version, repository=POEMS)
    with pytest.raises(Conflict, match="being pushed"):
        start_push(version=version, repository="Team/Poems")
    push_version(push_id=push.pk)
    elsewhere = built(make_project("elsewhere"))
    with pytest.raises(Conflict, match="Another project"):
        start_push(version=elsewhere, repository=POEMS)
    assert pushed(elsewhere, repository="team/others").status == "succeeded"


def test_what_is_gone_cannot_be_pushed(hub: Hub, project: Project) -> None:
    version = built(project)
    delete_version(version=version)
    version.refresh_from_db()
    with pytest.raises(Gone):
        start_push(version=version, repository=POEMS)
    queued = start_version(
        project=project, name="p", formats=["preference"], container="jsonl", recipe={}
    )
    with pytest.raises(Conflict):
        start_push(version=queued, repository=POEMS)
