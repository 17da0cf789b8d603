"""Parts of a version's build: each under its own lease, by whichever worker comes first.

Whoever holds the version's lease cuts it into parts, tells the queue of them, builds what nobody
else is building, waits for the others, and puts the whole together. A part that is built is kept
until then, so that a build that dies goes on where it was.
"""

import logging
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from uuid import UUID

from django.db import OperationalError, transaction
from django.db.models import Avg

from common.jobs import JobQuerySet
from exports.models import DatasetPart, DatasetVersion
from exports.parts import Part, PartResult
from exports.selection import Frame
from exports.services.leases import LeaseLost, lease_kept, now_and_then
from exports.services.storage import versions_folder
from exports.services.writing import Plan, frame_of, parts_of, write_part

logger = logging.getLogger(__name__)

_WAIT_SECONDS = 0.2
_HINTS = 64  # parts the queue is told of at once; workers that end one look for another


class PartFailed(Exception):
    """A part cannot be built, so the version cannot."""


def parts_folder(version: DatasetVersion) -> Path:
    """Where the parts of a version that is being built are."""
    return versions_folder() / f".{version.uid}-parts"


def ensure_parts(version: DatasetVersion, plan: Plan, frame: Frame) -> None:
    """Cut the version into parts, once; for the holder of its lease."""
    if version.parts.exists():
        return
    DatasetPart.objects.bulk_create(
        DatasetPart(version=version, ordinal=number, **asdict(part))
        for number, part in enumerate(parts_of(plan, frame))
    )
    others = version.parts.order_by("ordinal").values_list("pk", flat=True)[1 : _HINTS + 1]
    from exports.tasks import build_part as task  # noqa: PLC0415 - tasks import services

    for part_id in others:
        task.delay_on_commit(part_id)  # type: ignore[attr-defined]


def build_parts(
    version: DatasetVersion, token: UUID, plan_of: Callable[[DatasetVersion], Plan]
) -> list[tuple[Path, PartResult]]:
    """Have all parts built, by this worker as far as no other does it; their places and results.

    Raises PartFailed with the reason of the first that failed, and LeaseLost.
    """
    tell = partial(_tell_version, version, token)
    while True:
        free = _free_parts(version).order_by("ordinal").first()
        if free is not None:
            build_part(part_id=free.pk, plan_of=plan_of, also=tell)
        elif not version.parts.exclude(status=DatasetPart.Status.SUCCEEDED).exists():
            lost = [part.pk for part in version.parts.all() if not _is_there(version, part)]
            if not lost:
                break
            DatasetPart.objects.filter(pk__in=lost).update(status=DatasetPart.Status.QUEUED)
        else:
            time.sleep(_WAIT_SECONDS)
        failed = version.parts.filter(status=DatasetPart.Status.FAILED).first()
        if failed is not None:
            raise PartFailed(failed.error)
        if not tell(0.0):
            raise LeaseLost
    return [(_place(version, part), part.result) for part in version.parts.order_by("ordinal")]


def build_part(
    *,
    part_id: int,
    plan_of: Callable[[DatasetVersion], Plan],
    also: Callable[[float], bool] | None = None,
) -> None:
    """Build one part, unless it is finished, another worker has it or its version has ended.

    `also` is told of progress, too, and says whether to go on. What goes wrong with the data or
    the disk ends the part as failed; a lost database leaves it to be taken up again.
    """
    token = _take(part_id)
    if token is None:
        return
    part = DatasetPart.objects.select_related("version__dataset", "version__parent").get(pk=part_id)
    folder = parts_folder(part.version) / f"{part.ordinal:05d}-{token}"
    try:
        with lease_kept(DatasetPart.objects.all(), part_id, token):
            folder.mkdir(parents=True)
            plan = plan_of(part.version)
            result = write_part(
                plan=plan,
                frame=frame_of(plan),
                part=Part(part.source, part.low, part.high),  # type: ignore[arg-type]
                folder=folder,
                on_progress=now_and_then(partial(_tell, part_id, token, also)),
            )
            _record(part, token, folder, result)
    except LeaseLost:
        logger.info("Part %s was taken over or cancelled.", part)
        DatasetPart.objects.finish(part_id, token, status=DatasetPart.Status.QUEUED)
    except OperationalError:
        raise
    except Exception as error:
        logger.exception("Part %s failed.", part)
        line = (str(error) or type(error).__name__).splitlines()[0][:500]
        DatasetPart.objects.finish(part_id, token, status=DatasetPart.Status.FAILED, error=line)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def next_part(*, part_id: int) -> int | None:
    """Another part of the same version that nobody builds."""
    part = DatasetPart.objects.select_related("version").filter(pk=part_id).first()
    if part is None:
        return None
    return _free_parts(part.version).order_by("ordinal").values_list("pk", flat=True).first()


def forget_parts(version: DatasetVersion) -> None:
    """Remove what the parts of a version that has ended left on the disk and in the database."""
    version.parts.all().delete()
    shutil.rmtree(parts_folder(version), ignore_errors=True)


def _free_parts(version: DatasetVersion) -> JobQuerySet[DatasetPart]:
    return DatasetPart.objects.free().filter(
        version=version, version__status=DatasetVersion.Status.RUNNING
    )


def _take(part_id: int) -> UUID | None:
    wanted = DatasetPart.objects.filter(pk=part_id, version__status=DatasetVersion.Status.RUNNING)
    return DatasetPart.objects.take(part_id) if wanted.exists() else None


def _tell(part_id: int, token: UUID, also: Callable[[float], bool] | None, share: float) -> bool:
    running = DatasetPart.objects.filter(version__status=DatasetVersion.Status.RUNNING)
    held = running.renew(part_id, token, progress=share)
    return held and (also is None or also(share))


def _tell_version(version: DatasetVersion, token: UUID, share: float) -> bool:
    """Store how far all parts are together; a part that is done counts as getting somewhere."""
    done = version.parts.aggregate(share=Avg("progress"))["share"] or 0.0
    return DatasetVersion.objects.renew(version.pk, token, progress=done, attempts=0)


def _place(version: DatasetVersion, part: DatasetPart) -> Path:
    return parts_folder(version) / f"{part.ordinal:05d}"


def _is_there(version: DatasetVersion, part: DatasetPart) -> bool:
    """Whether this machine has the part's files: another's disk may be another disk."""
    return all(
        (path := _place(version, part) / entry["name"]).is_file()
        and path.stat().st_size == entry["bytes"]
        for entry in part.result["files"]
    )


@transaction.atomic
def _record(part: DatasetPart, token: UUID, folder: Path, result: PartResult) -> None:
    if not DatasetPart.objects.held(part.pk, token).select_for_update().exists():
        raise LeaseLost
    place = _place(part.version, part)
    shutil.rmtree(place, ignore_errors=True)
    folder.rename(place)
    DatasetPart.objects.finish(
        part.pk, token, status=DatasetPart.Status.SUCCEEDED, result=result, progress=1.0, error=""
    )
