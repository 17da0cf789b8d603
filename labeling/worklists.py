"""What a person sees of their projects and their own work."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count, QuerySet
from django.utils import timezone

from accounts.models import Labeler, User
from collector.models import Membership, Project
from collector.selectors import visible_projects
from labeling.eligibility import may_judge
from labeling.models import Judgment

# Figures stop here, "100+", so that no page takes the longer the more somebody has done.
OPEN_COUNTED = 100
DONE_COUNTED = 10_000

_OPEN_SQL = """
    SELECT wanted.id, count(found.task_id)
    FROM unnest(%(projects)s::bigint[]) AS wanted(id)
    LEFT JOIN LATERAL (
        SELECT DISTINCT slot.task_id
        FROM labeling_slot slot
        LEFT JOIN labeling_claimcursor passed
            ON passed.labeler_id = %(labeler)s AND passed.project_id = slot.project_id
            AND passed.band = slot.band
        WHERE slot.project_id = wanted.id AND slot.state = 'open'
            AND slot.seq > coalesce(passed.seq, 0)
            AND NOT EXISTS (
                SELECT FROM labeling_slot mine
                WHERE mine.task_id = slot.task_id AND mine.labeler_id = %(labeler)s)
            AND NOT EXISTS (
                SELECT FROM labeling_skip skip
                WHERE skip.task_id = slot.task_id AND skip.labeler_id = %(labeler)s)
        LIMIT %(limit)s
    ) found ON true
    GROUP BY wanted.id
"""


@dataclass(frozen=True)
class ProjectCard:
    """A project as its member sees it; `open` counts tasks, to OPEN_COUNTED at most.

    `today` counts their judgments there since midnight (UTC).
    """

    project: Project
    roles: list[str]
    may_label: bool
    open: int
    today: int


def projects_of(*, user: User, labeler: Labeler) -> list[ProjectCard]:
    """The open projects a person is a member of, by name; superusers see every one."""
    visible = visible_projects(user=user).filter(archived_at__isnull=True)
    projects = list(visible.order_by("name", "pk"))
    roles = _roles(user)
    theirs = {
        project.pk for project in projects if may_judge(user=user, roles=roles.get(project.pk, []))
    }
    judging = [project for project in projects if project.pk in theirs]
    open_tasks = open_for(labeler=labeler, projects=judging)
    today = dict(
        judged_today(labeler=labeler)
        .values_list("task__project")
        .annotate(count=Count("pk"))
        .order_by()
    )
    return [
        ProjectCard(
            project=project,
            roles=roles.get(project.pk, []),
            may_label=project.pk in theirs,
            open=open_tasks.get(project.pk, 0),
            today=today.get(project.pk, 0),
        )
        for project in projects
    ]


def open_for(*, labeler: Labeler, projects: list[Project]) -> dict[int, int]:
    """Tasks a labeler could be given, by project: counted to OPEN_COUNTED, so always quick."""
    if not projects:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            _OPEN_SQL,
            {
                "projects": [project.pk for project in projects],
                "labeler": labeler.pk,
                "limit": OPEN_COUNTED,
            },
        )
        return dict(cursor.fetchall())


def judged_today(*, labeler: Labeler, now: datetime | None = None) -> QuerySet[Judgment]:
    """Their judgments since midnight (UTC); corrections count once. A range of one index."""
    midnight = (now or timezone.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    return Judgment.objects.filter(
        labeler=labeler, created_at__gte=midnight, retired_at__isnull=True
    )


def judged_in_all(*, labeler: Labeler) -> int:
    """How many judgments of theirs stand, to DONE_COUNTED at most."""
    standing = Judgment.objects.filter(labeler=labeler, retired_at__isnull=True)
    return standing.order_by()[:DONE_COUNTED].count()


def _roles(user: User) -> dict[int, list[str]]:
    roles: dict[int, list[str]] = {}
    for membership in Membership.objects.filter(user=user).order_by("role"):
        roles.setdefault(membership.project_id, []).append(membership.role)
    return roles
