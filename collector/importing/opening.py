"""What a job reads: its stored file or hub dataset, as a table and as chunks of rows."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import BinaryIO, cast

from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from collector.hygiene.inspecting import Inspector
from collector.importing.chunks import Chunk, chunks
from collector.importing.hub import open_hub
from collector.importing.presets import PRESETS, Bound
from collector.importing.readers import Table, open_table
from collector.importing.rows import InputError
from collector.models import ImportJob
from collector.templating.binding import Making

# Said in a mapping beside the preset's fields: how the file is written, not what is in it.
AS_WRITTEN = ("delimiter", "encoding")


def chunks_of(
    job: ImportJob, *, making: Making | None, inspector: Inspector | None
) -> Iterator[Chunk]:
    """The job's rows that are not counted yet; runs in the reading thread, without the database.

    A template with examples reads the input twice: first for what they are drawn from.
    """
    pool = None
    if making and making.shots:
        with opened(job) as table:
            pool = making.pool(table)
    mapping = {field: column for field, column in job.mapping.items() if field not in AS_WRITTEN}
    with opened(job) as table:
        bound: Bound
        if making:
            bound = making.bind(table.columns, mapping, pool)
        else:
            bound = PRESETS[job.preset].bind(table.columns, mapping)
        yield from chunks(table, bound, skip=job.read, inspector=inspector)


@contextmanager
def opened(job: ImportJob) -> Iterator[Table]:
    """The job's table. Raises InputError."""
    if not job.path:
        yield open_hub(job.filename)
        return
    try:
        stored = default_storage.open(job.path)
    except FileNotFoundError:
        raise InputError(_("The stored file is gone.")) from None
    options = {name: job.mapping.get(name, "") for name in AS_WRITTEN}
    with closing(stored):
        yield open_table(
            cast(BinaryIO, stored.file), filename=job.filename, size=job.bytes_total, **options
        )
