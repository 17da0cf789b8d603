"""Whose judgments count for nothing in a project, for now.

An exclusion is a decision about a person, not about what they wrote: their judgments stand as they
were given, and whatever counts leaves them out, so that restoring somebody is another decision and
no row is written again. A frozen dataset version keeps the list as it was (see `exports.models`).
"""

from django.db.models import QuerySet

from collector.models import Project
from labeling.models import LabelerStanding

# The ids of who is excluded from project `%(project)s` at this moment, as one array: evaluated once
# a statement, whatever the number of rows it is compared with.
EXCLUDED = """ARRAY(
    SELECT shut_out.labeler_id FROM labeling_labelerstanding shut_out
    WHERE shut_out.project_id = %(project)s AND shut_out.state = 'excluded')"""


def excluded_labelers(*, project: Project | int) -> list[int]:
    """The ids of the labelers excluded from the project (or its id) at this moment, ascending."""
    found = exclusions_in(project=project)
    return list(found.order_by("labeler").values_list("labeler", flat=True))


def exclusions_in(*, project: Project | int) -> QuerySet[LabelerStanding]:
    """The standings of who is excluded, for conditions of queries."""
    return LabelerStanding.objects.filter(project=project, state=LabelerStanding.State.EXCLUDED)


def counted(table: str) -> str:
    """The SQL condition that a row of `table` (with `labeler_id`) is of somebody who counts.

    The statement has the parameter `%(project)s`, the project's id.
    """
    return f"{table}.labeler_id <> ALL({EXCLUDED})"
