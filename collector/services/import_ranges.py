"""Which rows an import has made, so that they can be told from those of other imports."""

from collector.importing.loader import Made
from collector.models import ImportedRange, ImportJob


def keep_ranges(*, job: ImportJob, made: Made) -> None:
    """Note what one chunk of an import has stored, in the transaction that stored it.

    The project's import lock is held from the chunk's first row to its commit, so that between its
    lowest and its highest id nothing else is of the source.
    """
    by_kind = {
        ImportedRange.Kind.MESSAGES: made.messages,
        ImportedRange.Kind.PREFERENCES: made.preferences,
    }
    ImportedRange.objects.bulk_create(
        ImportedRange(job=job, kind=kind, first=min(ids), last=max(ids))
        for kind, ids in by_kind.items()
        if ids
    )
