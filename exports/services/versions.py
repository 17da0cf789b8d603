"""Dataset versions: frozen when asked for, built by a worker under a lease, numbered for ever."""

import logging
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import OperationalError, transaction
from django.db.models import Max

from accounts.models import User
from collector.models import Project
from common.errors import Conflict, InvalidInput
from exports.card import About
from exports.containers import check_container
from exports.differences import excluded_from, lineage
from exports.formats import get_format, sources_of
from exports.manifest import Manifest, library_versions
from exports.models import Dataset, DatasetFile, DatasetVersion
from exports.reading import last_key
from exports.recipes import Recipe, parse_recipe
from exports.selection import Frame, excluded, make_frame
from exports.services import storage
from exports.services.announcing import announce_version
from exports.services.freezing import freeze
from exports.services.leases import LeaseLost, lease_kept
from exports.services.parts import build_parts, ensure_parts, forget_parts, parts_folder
from exports.services.storage import versions_folder
from exports.services.writing import MANIFEST, Plan, assemble, file_entry, frame_of
from labeling.models.judgments import Purpose
from labeling.services.imported import pull_preferences

logger = logging.getLogger(__name__)


def check_formats(formats: Sequence[str]) -> list[str]:
    """The names without repeats, in the order given; InvalidInput if none or unknown."""
    if not formats:
        raise InvalidInput("Name at least one format.", attr="formats")
    return [get_format(name).name for name in dict.fromkeys(formats)]


def start_version(
    *,
    project: Project,
    name: str,
    formats: list[str],
    container: str,
    recipe: dict[str, Any],
    user: User | None = None,
) -> DatasetVersion:
    """Freeze the next version of a project's dataset (made if new) and queue its build.

    The cut-off is read while no writer of judgments is at work: what is committed by then is in,
    what comes later is not. What imports said about preference is made judgments before, where the
    recipe asks for it. Raises InvalidInput naming the argument or recipe key at fault.
    """
    names = check_formats(formats)
    check_container(container)
    parsed = parse_recipe(recipe)
    if not name.strip() or len(name) > 200:
        raise InvalidInput("A dataset has a name of at most 200 characters.", attr="name")
    if Purpose.IMPORTED in parsed.purposes:
        pull_preferences(project=project)
    return _freeze_version(
        project=project,
        name=name.strip(),
        formats=names,
        container=container,
        recipe=parsed,
        user=user,
    )


@transaction.atomic
def _freeze_version(
    *,
    project: Project,
    name: str,
    formats: list[str],
    container: str,
    recipe: Recipe,
    user: User | None,
) -> DatasetVersion:
    frame = make_frame(project_id=project.pk, cut_off=freeze(project_id=project.pk), recipe=recipe)
    # The project's lock is held: no second caller numbers a version meanwhile.
    dataset, _ = Dataset.objects.update_or_create(
        project=project,
        name=name,
        defaults={"recipe": recipe.as_json()},
        create_defaults={"recipe": recipe.as_json(), "created_by": user},
    )
    number = dataset.versions.aggregate(last=Max("number"))["last"] or 0
    version = DatasetVersion.objects.create(
        dataset=dataset,
        number=number + 1,
        parent=dataset.versions.filter(number=number).first(),
        formats=formats,
        container=container,
        recipe=recipe.as_json(),
        created_by=user,
        **_frozen_fields(dataset, frame, formats),
    )
    _enqueue(version.pk)
    return version


def _frozen_fields(dataset: Dataset, frame: Frame, formats: list[str]) -> dict[str, Any]:
    """What a version keeps of the moment it is frozen, read under the project's lock."""
    return {
        "cut_off": frame.cut_off,
        "about": asdict(about(project=dataset.project, dataset=dataset.name)),
        "exclusions": excluded(frame),
        "key_ranges": [
            {"source": source, "low": 0, "high": last_key(source, frame)}
            for source in sources_of(formats)
        ],
        "library_versions": library_versions(),
    }


def about(*, project: Project, dataset: str) -> About:
    """What a dataset says of its project, as the project is now."""
    return About(
        project=project.slug,
        dataset=dataset,
        description=project.description,
        licence=project.licence,
    )


def _enqueue(version_id: int) -> None:
    from exports.tasks import build_version as task  # noqa: PLC0415 - tasks import services

    task.delay_on_commit(version_id)  # type: ignore[attr-defined]


def cancel_version(*, version: DatasetVersion) -> None:
    """Stop a version that is not finished; its builder notices at the next page."""
    unfinished = [DatasetVersion.Status.QUEUED, DatasetVersion.Status.RUNNING]
    cancelled = DatasetVersion.objects.filter(pk=version.pk, status__in=unfinished).update(
        status=DatasetVersion.Status.CANCELLED, lease_token=None, lease_until=None
    )
    if not cancelled:
        raise Conflict("The version is finished already.")


def plan_of(version: DatasetVersion) -> Plan:
    """What the version's row says its files must be."""
    if version.cut_off is None:
        raise InvalidInput("The version was never frozen.")
    return Plan(
        project_id=version.dataset.project_id,
        about=About(**version.about),
        formats=tuple(version.formats),
        container=version.container,
        recipe=parse_recipe(version.recipe),
        cut_off=version.cut_off,
        excluded_labelers=excluded_from(version),
        uid=str(version.uid),
        number=version.number,
        parent=str(version.parent.uid) if version.parent else None,
        lineage=lineage(version),
    )


def build_version(*, version_id: int) -> None:
    """Write the version's files, unless it is finished or another builder has it.

    Parts are built by all workers that there are (`exports.services.parts`). The whole is put
    together in a folder of this build and moved to its place in the transaction that records it,
    by the holder of the lease only. A build that dies is taken up where it was, with the same
    bytes. What goes wrong with the data or the disk ends the job as failed; a lost database leaves
    it to be taken up again.
    """
    token = DatasetVersion.objects.take(version_id)
    if token is None:
        return
    version = DatasetVersion.objects.select_related("dataset", "parent").get(pk=version_id)
    folder = versions_folder() / f".{version.uid}-{token}"
    try:
        with lease_kept(DatasetVersion.objects.all(), version_id, token):
            remove_leftovers(version)
            folder.mkdir(parents=True)
            _store(version, token, folder, _write(version, token, folder))
    except LeaseLost:
        logger.info("The build of version %s was taken over or cancelled.", version.uid)
    except OperationalError:
        raise
    except Exception as error:
        logger.exception("The build of version %s failed.", version.uid)
        line = (str(error) or type(error).__name__).splitlines()[0][:500]
        _fail(version, token, line)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        version.refresh_from_db(fields=["status"])
        if version.status not in (DatasetVersion.Status.QUEUED, DatasetVersion.Status.RUNNING):
            forget_parts(version)


def _write(version: DatasetVersion, token: UUID, folder: Path) -> Manifest:
    """Write the version's files, its parts side by side with other workers."""
    plan = plan_of(version)
    frame = frame_of(plan)
    ensure_parts(version, plan, frame)
    built = build_parts(version, token, plan_of)
    return assemble(plan=plan, frame=frame, built=built, folder=folder)


@transaction.atomic
def _fail(version: DatasetVersion, token: UUID, line: str) -> None:
    failed = DatasetVersion.Status.FAILED
    if DatasetVersion.objects.finish(version.pk, token, status=failed, error=line):
        version.refresh_from_db(fields=["status", "error"])
        announce_version(version)


def remove_files(version: DatasetVersion) -> None:
    """The files of a version that is no more to be had, and what its builders left.

    For the transaction that withdraws it: a builder that is about to put its files there waits for
    the row, and then has no lease.
    """
    version.files.all().delete()
    storage.remove(uid=version.uid)
    remove_leftovers(version)


def remove_leftovers(version: DatasetVersion) -> None:
    """Folders of builds of this version that died: all but that of the lease's holder.

    Listed before the lease is read: a folder is made after its lease is had, so one that was
    there and is not the holder's belongs to a builder that lost the lease. Parts stay with a
    version that is not finished.
    """
    folders = list(versions_folder().glob(f".{version.uid}-*"))
    version.refresh_from_db(fields=["lease_token", "status"])
    kept = {f".{version.uid}-{version.lease_token}"}
    if version.status in (DatasetVersion.Status.QUEUED, DatasetVersion.Status.RUNNING):
        kept.add(parts_folder(version).name)
    else:
        version.parts.all().delete()
    for folder in folders:
        if folder.name not in kept:
            shutil.rmtree(folder, ignore_errors=True)


def _store(version: DatasetVersion, token: UUID, folder: Path, manifest: Manifest) -> None:
    """Put the files where they are had from, and record them if the lease is still the builder's.

    What was copied into the bucket of a version that was cancelled or withdrawn meanwhile goes.
    """
    if not storage.in_bucket():
        _record(version, token, folder, manifest)
        return
    storage.copy_to_bucket(folder=folder, uid=version.uid)
    try:
        _record(version, token, folder, manifest)
    except LeaseLost:
        given_up = [DatasetVersion.Status.CANCELLED, DatasetVersion.Status.WITHDRAWN]
        if DatasetVersion.objects.filter(pk=version.pk, status__in=given_up).exists():
            storage.remove(uid=version.uid)
        raise


@transaction.atomic
def _record(version: DatasetVersion, token: UUID, folder: Path, manifest: Manifest) -> None:
    held = DatasetVersion.objects.held(version.pk, token).select_for_update().exists()
    if not held:
        raise LeaseLost
    entries = [*manifest["files"], file_entry(folder / MANIFEST)]
    storage.put_in_place(folder=folder, uid=version.uid)
    version.files.all().delete()
    DatasetFile.objects.bulk_create(DatasetFile(version=version, **entry) for entry in entries)
    DatasetVersion.objects.finish(
        version.pk,
        token,
        status=DatasetVersion.Status.SUCCEEDED,
        manifest=manifest,
        library_versions=manifest["library_versions"],
        lineage=manifest["lineage"] or {},
        progress=1.0,
        error="",
    )
    version.refresh_from_db(fields=["status", "error"])
    announce_version(version)


def unfinished_versions() -> list[int]:
    """Versions nobody works on: new, forgotten by the broker, or left by a dead worker."""
    return list(DatasetVersion.objects.free().order_by("pk").values_list("pk", flat=True))
