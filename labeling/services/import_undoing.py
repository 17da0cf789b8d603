"""What labeling has to do with an import that is taken back.

Its own votes go with it: their judgments are retired, so that figures and new datasets leave them
out, and frozen ones stay what they were. Tasks of the project's own people keep it where it is.
"""

from collections.abc import Iterator

from django.db import connection
from django.utils.translation import ngettext

from collector.services.import_undoing import Built
from collector.services.import_undoing_sql import MOST, Rows
from labeling import locks
from labeling.services.import_undoing_sql import BUILT_TASKS, DELETE_ATTACHED, RETIRE_VOTES


def built_on(*, rows: Rows) -> Iterator[Built]:
    """The tasks that show what the import created, but for its own votes."""
    with connection.cursor() as cursor:
        cursor.execute(BUILT_TASKS, rows.named)
        count, judged = cursor.fetchone()
    if not count:
        return
    words = ngettext(
        "%(count)d task shows its prompts or responses (%(judged)d with judgments).",
        "%(count)d tasks show its prompts or responses (%(judged)d with judgments).",
        min(count, MOST),
    )
    said = words % {"count": min(count, MOST), "judged": min(judged, MOST)}
    yield Built("tasks", min(count, MOST), count > MOST, said)


def before_going(*, rows: Rows) -> None:
    """Retire the votes of the import and keep builders of tasks out until the end of this."""
    locks.one_builder(project_id=rows.project)
    locks.share_judgments(project_id=rows.project)
    with connection.cursor() as cursor:
        cursor.execute(RETIRE_VOTES, rows.named)
        for statement in DELETE_ATTACHED:
            cursor.execute(statement, rows.named)
