"""Reads of letters and reports, for the labeler and for the reviewers of a project."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Case, Count, IntegerField, Max, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from accounts.models import Labeler, User
from collector.models import Project
from collector.selectors import visible_projects
from common.errors import NotFound
from labeling.models import Letter, Report

THREAD_MAX = 200  # letters shown of one thread, the newest
LIST_MAX = 100
SAMPLED = 2_000  # newest tasks of a project that languages and topics are collected from

_OFFERED_SQL = """
    SELECT DISTINCT task.language, topic
    FROM unnest(%(projects)s::bigint[]) AS wanted (id)
    JOIN LATERAL (
        SELECT language, topics FROM labeling_task
        WHERE project_id = wanted.id AND state = 'open' ORDER BY id DESC LIMIT %(sampled)s
    ) AS task ON true
    LEFT JOIN LATERAL unnest(task.topics) AS topic ON true
"""


@dataclass(frozen=True)
class Thread:
    """All letters between one labeler and one project's reviewers, summed up for one side.

    `unread` counts those of the other side; `appeal` says that one of them is an appeal.
    """

    project: Project
    labeler: Labeler
    letters: int
    unread: int
    appeal: bool
    last_at: datetime


def threads_of(*, labeler: Labeler) -> list[Thread]:
    """A labeler's threads, unread ones first, then the newest."""
    return _threads(Letter.objects.filter(labeler=labeler), from_labeler=False)


def threads_in(*, project: Project) -> list[Thread]:
    """A project's threads as its reviewers see them: unread appeals first, then what is unread."""
    return _threads(Letter.objects.filter(project=project), from_labeler=True)


def letters_between(*, project: Project, labeler: Labeler) -> list[Letter]:
    """Oldest first, the newest THREAD_MAX of them."""
    newest = Letter.objects.filter(project=project, labeler=labeler).order_by("-created_at", "-pk")
    return list(newest[:THREAD_MAX])[::-1]


def labeler_in(*, project: Project, uid: UUID) -> Labeler:
    """A labeler who worked in the project, wrote to it or is a member. Raises NotFound."""
    return _known(project, Labeler.objects.filter(uid=uid).first())


def labeler_named(*, project: Project, pseudonym: str) -> Labeler:
    """The same, by pseudonym. Raises NotFound whose `attr` is `labeler`."""
    return _known(project, Labeler.objects.filter(pseudonym=pseudonym).first())


def _known(project: Project, labeler: Labeler | None) -> Labeler:
    if labeler is not None:
        user = labeler.user_id
        if (
            labeler.slots.filter(project=project).exists()
            or labeler.standings.filter(project=project).exists()
            or labeler.letters.filter(project=project).exists()
            or labeler.reports.filter(project=project).exists()
            or (user and project.memberships.filter(user=user).exists())
            or labeler.judgments.filter(task__project=project).exists()
        ):
            return labeler
    raise NotFound(_("The project has no such labeler."), attr="labeler")


def reports_of(*, labeler: Labeler) -> list[Report]:
    """What they reported, newest first, with the answers."""
    return list(
        Report.objects.filter(labeler=labeler)
        .select_related("project")
        .order_by("-created_at", "-pk")[:LIST_MAX]
    )


def reports_in(*, project: Project | None, state: str) -> list[Report]:
    """A project's reports, or those about no project; open ones oldest first, others newest."""
    order = ["created_at", "pk"] if state == Report.State.OPEN else ["-created_at", "-pk"]
    found = Report.objects.filter(project=project, state=state)
    return list(
        found.select_related("labeler", "task__prompt", "response").order_by(*order)[:LIST_MAX]
    )


def letters_in(*, project: Project, labeler: str = "", unread: bool = False) -> QuerySet[Letter]:
    """Letters of a project's reviewers and labelers; `labeler` is a pseudonym, `unread` asks for
    what no reviewer has read.
    """
    found = Letter.objects.filter(project=project).select_related("project", "labeler")
    if labeler:
        found = found.filter(labeler__pseudonym=labeler)
    return found.filter(from_labeler=True, read_at__isnull=True) if unread else found


def letters_to(*, labeler: Labeler) -> QuerySet[Letter]:
    """Letters of one labeler and the reviewers of their projects."""
    return Letter.objects.filter(labeler=labeler).select_related("project", "labeler")


def reports_about(*, project: Project, state: str = "") -> QuerySet[Report]:
    """What labelers of a project want looked at."""
    found = Report.objects.filter(project=project)
    found = found.select_related("project", "labeler", "task__prompt", "response")
    found = found.defer("task__prompt__text", "response__text")
    return found.filter(state=state) if state else found


def reports_by(*, labeler: Labeler) -> QuerySet[Report]:
    """What one labeler reported."""
    return Report.objects.filter(labeler=labeler).select_related("project")


def project_to_write_to(*, user: User, labeler: Labeler, slug: str) -> Project:
    """A project of theirs, or one that they have letters of: who was removed may still appeal.

    Raises NotFound whose `attr` is `project`.
    """
    projects = (
        visible_projects(user=user)
        | Project.objects.filter(letters__labeler=labeler)
        | Project.objects.filter(standings__labeler=labeler)
    )
    found = projects.filter(slug=slug).distinct().first()
    if found is None:
        raise NotFound(_("There is no such project."), attr="project")
    return found


def offered_in(*, projects: Iterable[Project]) -> tuple[list[str], list[str]]:
    """Languages and topics that occur in projects: those declared, and those of newest tasks."""
    chosen = list(projects)
    declared = {language for project in chosen for language in project.languages}
    with connection.cursor() as cursor:
        cursor.execute(
            _OFFERED_SQL, {"projects": [project.pk for project in chosen], "sampled": SAMPLED}
        )
        rows = cursor.fetchall()
    languages = declared | {language for language, _topic in rows if language}
    return sorted(languages), sorted({topic for _language, topic in rows if topic})


def _threads(letters: QuerySet[Letter], *, from_labeler: bool) -> list[Thread]:
    waiting = Q(from_labeler=from_labeler, read_at__isnull=True)
    appeals = waiting & Q(kind=Letter.Kind.APPEAL)
    appealing = Case(
        When(appeals_waiting__gt=0, then=Value(1)), default=0, output_field=IntegerField()
    )
    rows = (
        letters.values("project", "labeler")
        .annotate(
            letters=Count("pk"),
            unread=Count("pk", filter=waiting),
            appeals_waiting=Count("pk", filter=appeals),
            last_at=Max("created_at"),
        )
        .order_by(appealing.desc(), Case(When(unread__gt=0, then=0), default=1), "-last_at")
    )[:LIST_MAX]
    found = list(rows)
    projects = Project.objects.in_bulk([row["project"] for row in found])
    labelers = Labeler.objects.in_bulk([row["labeler"] for row in found])
    return [
        Thread(
            project=projects[row["project"]],
            labeler=labelers[row["labeler"]],
            letters=row["letters"],
            unread=row["unread"],
            appeal=bool(row["appeals_waiting"]),
            last_at=row["last_at"],
        )
        for row in found
    ]
