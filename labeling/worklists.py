"""What a person sees of their projects and their own work."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count, Q
from django.utils import timezone

from accounts.models import Labeler, User
from collector.models import Membership, Project
from collector.selectors import visible_projects
from labeling.eligibility import may_judge
from labeling.models import Judgment

OPEN_COUNTED = 100  # figures stop here: "100+"

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
    """A project as its member sees it; `open` counts tasks, to OPEN_COUNTED at most."""

    project: Project
    roles: list[str]
    may_label: bool
    open: int
    done: int


@dataclass(frozen=True)
class Progress:
    """Judgments of a labeler: ever and since midnight (UTC)."""

    total: int
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
    done = _done(labeler)
    return [
        ProjectCard(
            project=project,
            roles=roles.get(project.pk, []),
            may_label=project.pk in theirs,
            open=open_tasks.get(project.pk, 0),
            done=done.get(project.pk, 0),
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


def progress_of(*, labeler: Labeler, now: datetime | None = None) -> Progress:
    """How much a labeler has judged; corrections count once."""
    midnight = (now or timezone.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    counts = Judgment.objects.filter(labeler=labeler, retired_at__isnull=True).aggregate(
        total=Count("pk"), today=Count("pk", filter=Q(created_at__gte=midnight))
    )
    return Progress(**counts)


def _roles(user: User) -> dict[int, list[str]]:
    roles: dict[int, list[str]] = {}
    for membership in Membership.objects.filter(user=user).order_by("role"):
        roles.setdefault(membership.project_id, []).append(membership.role)
    return roles


def _done(labeler: Labeler) -> dict[int, int]:
    return dict(
        Judgment.objects.filter(labeler=labeler, retired_at__isnull=True)
        .values_list("task__project")
        .annotate(count=Count("pk"))
        .order_by()
    )
