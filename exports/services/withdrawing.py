"""Versions that hold what an erased person wrote: withdrawn, their files deleted.

`labeling` knows nothing of exports, so this is pulled: by the clock, and before any download.
"""

import logging

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from accounts.models import Labeler
from exports.models import DatasetVersion
from exports.services.announcing import announce_version
from exports.services.versions import remove_files
from labeling.models import Judgment

logger = logging.getLogger(__name__)

REASON = "Withdrawn: it held the words of somebody who was erased. Build a new version."


def withdraw_erased() -> list[DatasetVersion]:
    """Withdraw all versions frozen before an erasure that hold rows of the erased.

    Returns them. Their manifests stay, to say what there was; a rebuild is a new number, whose
    rows have the texts blanked.
    """
    held = DatasetVersion.objects.filter(_holds_erased(), _not_withdrawn())
    return [
        version for version in held.select_related("dataset").order_by("pk") if _withdraw(version)
    ]


def check_withdrawn(*, version: DatasetVersion) -> None:
    """Withdraw this version now if it has to be; its status then says so."""
    mine = DatasetVersion.objects.filter(_holds_erased(), _not_withdrawn(), pk=version.pk)
    if mine.exists():
        _withdraw(version)
        version.refresh_from_db(fields=["status", "error"])


def _not_withdrawn() -> Q:
    """Also what is being built: it may have read the words before they were blanked."""
    status = DatasetVersion.Status
    return Q(status__in=[status.QUEUED, status.RUNNING, status.SUCCEEDED])


def _holds_erased() -> Exists:
    """Whether a judgment of an erased labeler stood at the cut-off, whatever its purpose.

    Their edits are rows through their own judgments, so this holds for every format. A recipe may
    have left the judgment out; then a version too many goes, and never one too few.
    """
    return Exists(
        Judgment.objects.filter(
            Q(retired_at__isnull=True) | Q(retired_at__gt=OuterRef("cut_off")),
            task__project=OuterRef("dataset__project"),
            labeler__in=Labeler.objects.filter(erased_at__gte=OuterRef(OuterRef("cut_off"))),
            created_at__lte=OuterRef("cut_off"),
        )
    )


@transaction.atomic
def _withdraw(version: DatasetVersion) -> bool:
    """False if somebody else did it first. A builder finds its lease gone and gives up.

    The folder goes while the row is locked: a builder that is about to move its files there
    waits, and then has no lease.
    """
    changed = DatasetVersion.objects.filter(_not_withdrawn(), pk=version.pk).update(
        status=DatasetVersion.Status.WITHDRAWN,
        error=REASON,
        lease_token=None,
        lease_until=None,
    )
    if not changed:
        return False
    remove_files(version)
    version.refresh_from_db(fields=["status", "error"])
    announce_version(version)
    logger.info("Version %s was withdrawn for an erasure.", version.uid)
    return True
