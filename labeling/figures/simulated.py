"""How many of a project's judgments a program made up, for the pages that count them."""

from dataclasses import dataclass

from django.db import connection

from accounts.models import Labeler
from collector.models import Project
from labeling.models.judgments import Purpose

MOST = 10_000  # counted; beyond it is said that there are more

# By the simulated labelers' own index: a project without any costs next to nothing.
_SQL = """
SELECT count(*) FROM (
    SELECT FROM accounts_labeler labeler
    JOIN labeling_tally tally
        ON tally.labeler_id = labeler.id AND tally.project_id = %(project)s
    JOIN labeling_judgment judgment ON judgment.labeler_id = labeler.id
        AND judgment.purpose = %(purpose)s AND judgment.retired_at IS NULL
    JOIN labeling_task task ON task.id = judgment.task_id AND task.project_id = %(project)s
    WHERE labeler.kind = %(kind)s
    LIMIT %(most)s) AS found
"""


@dataclass(frozen=True, slots=True)
class Simulated:
    """`count` judgments in force are simulated; `more` than that, where counting stopped."""

    count: int
    more: bool


def simulated_in(*, project: Project) -> Simulated:
    """The simulated judgments of a project that are in force, up to `MOST`."""
    values: dict[str, str | int] = {
        "project": project.pk,
        "purpose": Purpose.SIMULATED,
        "kind": Labeler.Kind.SIMULATED,
        "most": MOST + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SQL, values)
        found = cursor.fetchone()[0]
    return Simulated(min(found, MOST), more=found > MOST)
