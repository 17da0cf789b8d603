"""Cut-offs: a moment after which nothing older can appear."""

from datetime import datetime

from django.db import connection, transaction

from labeling.locks import freeze_judgments


@transaction.atomic
def freeze(*, project_id: int) -> datetime:
    """A cut-off that no judgment with an older stamp can come after.

    Inside a transaction the project's writers are kept out until its end.
    """
    freeze_judgments(project_id=project_id)
    with connection.cursor() as cursor:
        # A statement of its own: within one, the clock could be read before the lock is had.
        cursor.execute("SELECT clock_timestamp()")
        cut_off: datetime = cursor.fetchone()[0]
    return cut_off
