"""Where the files of built versions are kept: a folder on this machine's disk, or an S3 bucket.

A build writes its files to a folder of its own below `versions_folder()` either way. On the disk
that folder is moved to its place, which is atomic; to a bucket its files are copied first, and
recorded after. Names never change and files never do, so copying again gives what is there.
"""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.core.files.storage import storages

LINK_SECONDS = 600
"""How long a presigned link is good: long enough to begin a download, which then may go on."""


def versions_folder() -> Path:
    """Where builds write, and where folders of built versions are if no bucket is set."""
    return Path(settings.MEDIA_ROOT) / "datasets"


def version_folder(uid: UUID) -> Path:
    """The place of a built version on the disk."""
    return versions_folder() / str(uid)


def in_bucket() -> bool:
    """Whether built versions are kept in a bucket."""
    return "datasets" in settings.STORAGES


def copy_to_bucket(*, folder: Path, uid: UUID) -> None:
    """Copy a finished folder into the bucket; nothing is listed before the build is recorded."""
    for path in sorted(folder.iterdir()):
        with path.open("rb") as file:
            _bucket().save(_key(uid, path.name), File(file))


def copy_from_bucket(*, uid: UUID, names: Iterable[str], folder: Path) -> None:
    """Copy files of a version out of the bucket into a folder on the disk, in constant memory."""
    for name in names:
        # Read through the storage's own file, the whole of it would be held in memory.
        _bucket().open(_key(uid, name), "rb").obj.download_file(str(folder / name))


def put_in_place(*, folder: Path, uid: UUID) -> None:
    """Move a finished folder to its place, over what a dead builder may have left there."""
    if in_bucket():
        shutil.rmtree(folder)
        return
    target = version_folder(uid)
    if target.exists():
        shutil.rmtree(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    folder.rename(target)


def remove(*, uid: UUID) -> None:
    """Remove what there is of a version's files, on the disk and in the bucket."""
    shutil.rmtree(version_folder(uid), ignore_errors=True)
    if in_bucket():
        bucket = _bucket()
        for name in bucket.listdir(str(uid))[1]:
            bucket.delete(_key(uid, name))


def link_to(*, uid: UUID, name: str, content_type: str) -> str | None:
    """An address that gives the file to whoever has it, for a while; None for files on the disk."""
    if not in_bucket():
        return None
    told = {
        "ResponseContentType": content_type,
        "ResponseContentDisposition": f'attachment; filename="{name}"',
    }
    return cast(str, _bucket().url(_key(uid, name), parameters=told, expire=LINK_SECONDS))


def _key(uid: UUID, name: str) -> str:
    return f"{uid}/{name}"


def _bucket() -> Any:
    return storages["datasets"]


__all__ = [
    "copy_from_bucket",
    "copy_to_bucket",
    "in_bucket",
    "link_to",
    "put_in_place",
    "remove",
    "version_folder",
    "versions_folder",
]
