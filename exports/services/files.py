"""Files of built versions, for download."""

from dataclasses import dataclass
from pathlib import Path

from common.errors import Conflict, Gone, NotFound
from exports.models import DatasetFile, DatasetVersion
from exports.services.storage import link_to, version_folder
from exports.services.withdrawing import check_withdrawn

_TYPES = {
    ".jsonl": "application/x-ndjson",
    ".gz": "application/gzip",
    ".zst": "application/zstd",
    ".parquet": "application/vnd.apache.parquet",
    ".json": "application/json",
    ".md": "text/markdown; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file on the disk at `path`, or to be had at the presigned `link`.

    `sha256` (hex) is a strong entity tag, since files never change.
    """

    path: Path
    link: str | None
    name: str
    content_type: str
    bytes: int
    sha256: str


def check_available(*, version: DatasetVersion) -> None:
    """Conflict while the version is not built, Gone where its files were withdrawn."""
    check_withdrawn(version=version)
    if version.status == DatasetVersion.Status.WITHDRAWN:
        raise Gone("The files of this version were withdrawn.")
    if version.status != DatasetVersion.Status.SUCCEEDED:
        raise Conflict("The version is not built.")


def open_file(*, version: DatasetVersion, name: str) -> StoredFile:
    """One file of a version by its name.

    Only names that the version's build recorded are found, so no path can lead elsewhere. Raises
    NotFound, and what `check_available` raises.
    """
    check_available(version=version)
    # Compared here, for a name out of an address may hold what PostgreSQL cannot.
    files = DatasetFile.objects.filter(version=version)
    recorded = next((file for file in files if file.name == name), None)
    if recorded is None:
        raise NotFound("The version has no such file.")
    path = version_folder(version.uid) / recorded.name
    content_type = _TYPES.get(path.suffix, "text/plain; charset=utf-8")
    link = link_to(uid=version.uid, name=recorded.name, content_type=content_type)
    if link is None and not path.is_file():
        raise NotFound("The file is missing on the server.")
    return StoredFile(
        path=path,
        link=link,
        name=recorded.name,
        content_type=content_type,
        bytes=recorded.bytes,
        sha256=recorded.sha256,
    )
