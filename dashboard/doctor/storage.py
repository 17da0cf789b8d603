"""Where files are kept: written, read back and deleted once, and how much room is left."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages

from common.ids import new_uid
from dashboard.doctor.finding import Finding, failed, ok, warning

PART = "storage"
LEAST_FREE = 2 << 30  # bytes
BUCKET = "datasets"


def check() -> Iterator[Finding]:
    """The folder of uploads and datasets, and the bucket where one is named."""
    yield from _try("default", default_storage, str(settings.MEDIA_ROOT))
    if BUCKET in settings.STORAGES:
        yield from _try(BUCKET, storages[BUCKET], f"the bucket {settings.DATASETS_S3_BUCKET}")
    free = shutil.disk_usage(_existing(Path(settings.MEDIA_ROOT))).free
    if free < LEAST_FREE:
        yield warning(
            PART,
            f"{free / 1e9:.1f} GB are free in {settings.MEDIA_ROOT}.",
            "Make room: imports and datasets are written there.",
        )


def _try(name: str, storage: object, where: str) -> Iterator[Finding]:
    content = str(new_uid()).encode()
    try:
        kept = storage.save(f"doctor-{new_uid()}", ContentFile(content))  # type: ignore[attr-defined]
        try:
            with storage.open(kept) as file:  # type: ignore[attr-defined]
                same = file.read() == content
        finally:
            storage.delete(kept)  # type: ignore[attr-defined]
    except Exception as error:  # noqa: BLE001 - every storage has errors of its own
        yield failed(PART, f"{where}: {error}", "Let the server's user write there.")
        return
    if same:
        yield ok(PART, f"{where} can be written and read ({name})")
    else:
        yield failed(PART, f"{where} gives back other bytes than were written.")


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path
