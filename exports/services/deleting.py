"""Deleting a version: its files go, its number and manifest stay to say what there was."""

import logging

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from common.errors import Conflict
from exports.models import DatasetVersion
from exports.services.announcing import announce_version
from exports.services.versions import remove_files

logger = logging.getLogger(__name__)

DELETED = "Deleted. Build a new version."


@transaction.atomic
def delete_version(*, version: DatasetVersion, user: User | None = None) -> DatasetVersion:
    """Remove the files of a version that is not being built; a tombstone stays.

    Deleting it again changes nothing. Raises Conflict while it is being built.
    """
    status = DatasetVersion.Status
    version = (
        DatasetVersion.objects.select_for_update(of=("self",))
        .select_related("dataset")
        .get(pk=version.pk)
    )
    if version.status in (status.QUEUED, status.RUNNING):
        raise Conflict("The version is being built; cancel it first.")
    if version.deleted_at is not None:
        return version
    was_withdrawn = version.status == status.WITHDRAWN
    DatasetVersion.objects.filter(pk=version.pk).update(
        status=status.WITHDRAWN,
        error=version.error if was_withdrawn else DELETED,
        deleted_at=Now(),
        deleted_by=user,
    )
    remove_files(version)
    version.refresh_from_db()
    if not was_withdrawn:
        announce_version(version)
    logger.info("Version %s was deleted by %s.", version.uid, user or "the operator")
    return version
