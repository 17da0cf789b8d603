"""Pushing built versions to dataset repositories of the Hugging Face hub.

The operator says which hub may be reached and gives the token that writes there; both are of the
whole server, so a repository belongs to the first project that pushes to it. What was pushed is out
of our hands: withdrawing a version takes nothing back from the hub. The next version that is pushed
there replaces its files, of which the hub's history keeps the old ones.
"""

import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import OperationalError, transaction
from django.utils.translation import gettext as _
from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

from accounts.models import User
from common import jobs
from common.errors import Conflict, InvalidInput
from common.outgoing.hub import hub_guard, use_hub
from exports.models import DatasetVersion, HubPush
from exports.services import storage
from exports.services.files import check_available
from exports.services.leases import LeaseLost, lease_kept
from exports.services.writing import MANIFEST
from labeling.locks import one_push_begins

logger = logging.getLogger(__name__)

_UNFINISHED = (HubPush.Status.QUEUED, HubPush.Status.RUNNING)


def start_push(
    *, version: DatasetVersion, repository: str, private: bool = True, user: User | None = None
) -> HubPush:
    """Queue the upload of a built version to `namespace/name`.

    Raises InvalidInput for a name the hub does not take and where the operator has given no token
    or has not allowed the hub, Conflict while the version is not built or where another push or
    another project has the repository, Gone where the version was withdrawn.
    """
    _check_name(repository)
    hub_guard()
    if not settings.HF_TOKEN:
        raise InvalidInput(_("The operator has set no HF_TOKEN to write to the hub with."))
    check_available(version=version)
    return _queue(version=version, repository=repository, private=private, user=user)


def _check_name(repository: str) -> None:
    try:
        validate_repo_id(repository)
    except HFValidationError as error:
        raise InvalidInput(str(error), attr="repository") from error
    if "/" not in repository:
        raise InvalidInput(_("A repository is named namespace/name."), attr="repository")


@transaction.atomic
def _queue(
    *, version: DatasetVersion, repository: str, private: bool, user: User | None
) -> HubPush:
    one_push_begins()
    there = HubPush.objects.filter(repository__iexact=repository)
    others = there.exclude(version__dataset__project=version.dataset.project_id)
    if others.exclude(status=HubPush.Status.FAILED).exists():
        raise Conflict(_("Another project pushes to this repository."), attr="repository")
    if there.filter(status__in=_UNFINISHED).exists():
        raise Conflict(_("Another version is being pushed to this repository."), attr="repository")
    push = HubPush.objects.create(
        version=version, repository=repository, private=private, created_by=user
    )
    from exports.tasks import push_to_hub as task  # noqa: PLC0415 - tasks import services

    task.delay_on_commit(push.pk)  # type: ignore[attr-defined]
    return push


def push_version(*, push_id: int) -> None:
    """Upload a version, unless that is done or another worker does it.

    What may pass (the hub is away, or asks to wait) is tried again some times, by whoever finds the
    push unfinished; anything else ends it as failed, with the reason in one line.
    """
    token = HubPush.objects.take(push_id)
    if token is None:
        return
    push = HubPush.objects.select_related("version__dataset").get(pk=push_id)
    try:
        with lease_kept(HubPush.objects.all(), push_id, token):
            commit_url = _upload(push, token)
        HubPush.objects.finish(
            push_id, token, status=HubPush.Status.SUCCEEDED, commit_url=commit_url[:500], error=""
        )
    except LeaseLost:
        logger.info("Push %s was taken over.", push.uid)
    except OperationalError:
        raise
    except Exception as error:
        logger.exception("Push %s did not succeed.", push.uid)
        _fail_or_wait(push, token, error)


def unfinished_pushes() -> list[int]:
    """Pushes nobody works on: new, forgotten by the broker, put off, or left by a dead worker."""
    return list(HubPush.objects.free().order_by("pk").values_list("pk", flat=True))


def _upload(push: HubPush, token: UUID) -> str:
    from exports.hub_upload import upload  # noqa: PLC0415 - most processes never need it

    version = push.version
    check_available(version=version)
    use_hub()
    names = list(version.files.order_by("name").values_list("name", flat=True))

    def check() -> None:
        version.refresh_from_db(fields=["status"])
        check_available(version=version)
        if not HubPush.objects.renew(push.pk, token):
            raise LeaseLost

    with _folder_of(push, token, names) as folder:
        return upload(
            repository=push.repository,
            private=push.private,
            folder=folder,
            names=names,
            former=_former_names(push),
            message=f"{version.dataset.name}, version {version.number} ({version.uid})",
            token=settings.HF_TOKEN,
            check=check,
        )


@contextmanager
def _folder_of(push: HubPush, token: UUID, names: list[str]) -> Iterator[Path]:
    """Where the version's files are on this disk: their own folder, or a copy out of the bucket.

    The copy's name is that of a build's folder, so that it goes when the version is withdrawn.
    """
    version = push.version
    if not storage.in_bucket():
        yield storage.version_folder(version.uid)
        return
    for left in storage.versions_folder().glob(f".{version.uid}-push-{push.uid}-*"):
        shutil.rmtree(left, ignore_errors=True)
    folder = storage.versions_folder() / f".{version.uid}-push-{push.uid}-{token}"
    folder.mkdir(parents=True)
    try:
        storage.copy_from_bucket(uid=version.uid, names=names, folder=folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _former_names(push: HubPush) -> set[str]:
    """Names of the files that earlier pushes may have left in the repository."""
    pushed = HubPush.objects.filter(
        repository__iexact=push.repository, status=HubPush.Status.SUCCEEDED
    )
    manifests = pushed.values_list("version__manifest", flat=True)
    return {MANIFEST} | {file["name"] for manifest in manifests for file in manifest["files"]}


def _fail_or_wait(push: HubPush, token: UUID, error: Exception) -> None:
    from exports.hub_upload import may_pass, reason_of  # noqa: PLC0415 - as above

    line = reason_of(error)
    if may_pass(error) and push.attempts < jobs.ATTEMPTS:
        HubPush.objects.held(push.pk, token).update(
            status=HubPush.Status.QUEUED, error=line, lease_token=None, lease_until=None
        )
        return
    HubPush.objects.finish(push.pk, token, status=HubPush.Status.FAILED, error=line)
