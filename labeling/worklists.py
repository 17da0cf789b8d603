"""What a person sees of their projects and their own work."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Count, QuerySet
from django.utils import timezone

from accounts.models import Labeler, User
from collector.models import Membership, Project
from collector.selectors import visible_projects
from labeling.eligibility import may_judge
from labeling.models import Adjudication, Judgment, Letter, Report
from labeling.models.judgments import NO_WORK
from labeling.services.claim_sql import ELIGIBLE_FOR_COUNTING, WISH

# Figures stop here, "100+", so that no page takes the longer the more somebody has done.
OPEN_COUNTED = 100
DONE_COUNTED = 10_000
STREAK_COUNTED = 366
TIMED = 100  # judgments that the time per task is measured on
TIMED_AT_LEAST = 5
MAY_REVIEW = (Membership.Role.REVIEWER,)
# Everybody but labelers, whose judging is blind to models.
MAY_MANAGE = (Membership.Role.RESEARCHER,)
MAY_SEE_MODELS = (Membership.Role.REVIEWER, Membership.Role.RESEARCHER, Membership.Role.TRAINER)

# What a claim would give: fresh slots beyond the labeler's cursor, and leases that ran out.
_OPEN_SQL = f"""
    WITH {WISH}
    SELECT wanted.id, found.language, found.topics, count(found.id), (
        SELECT policy.gold_share + policy.repeat_share > 0 FROM labeling_policyversion policy
        WHERE policy.project_id = wanted.id ORDER BY policy.number DESC LIMIT 1)
    FROM unnest(%(projects)s::bigint[]) AS wanted (id)
    JOIN LATERAL (
        SELECT about.id, about.language, about.topics
        FROM (
            SELECT s.task_id
            FROM labeling_slot s
            LEFT JOIN labeling_claimcursor passed
                ON passed.labeler_id = %(labeler)s AND passed.project_id = s.project_id
                AND passed.band = s.band
            WHERE s.project_id = wanted.id AND s.state = 'open'
              AND s.seq > coalesce(passed.seq, 0) {ELIGIBLE_FOR_COUNTING}
            UNION
            SELECT s.task_id
            FROM labeling_slot s
            WHERE s.project_id = wanted.id AND s.state = 'leased'
              AND s.expires_at <= statement_timestamp() {ELIGIBLE_FOR_COUNTING}
        ) AS claimable JOIN labeling_task about ON about.id = claimable.task_id
        LIMIT %(limit)s
    ) found ON true
    GROUP BY wanted.id, found.language, found.topics
"""  # noqa: S608 - our own conditions
# Day by day from the newest judgment back, one look into the index each.
_STREAK_SQL = """
    WITH RECURSIVE days (day, number) AS (
        SELECT (max(created_at) AT TIME ZONE 'UTC')::date, 1
        FROM labeling_judgment
        WHERE labeler_id = %(labeler)s AND created_at >= %(today)s::timestamptz - interval '1 day'
          AND purpose <> ALL(%(training)s)
        HAVING max(created_at) IS NOT NULL
      UNION ALL
        SELECT day - 1, number + 1 FROM days
        WHERE number < %(limit)s AND EXISTS (
            SELECT FROM labeling_judgment j
            WHERE j.labeler_id = %(labeler)s
              AND j.created_at >= (day - 1)::timestamp AT TIME ZONE 'UTC'
              AND j.created_at < day::timestamp AT TIME ZONE 'UTC'
              AND j.purpose <> ALL(%(training)s))
    )
    SELECT coalesce(max(number), 0) FROM days
"""
_SECONDS_SQL = """
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) FILTER (WHERE seconds > 0),
           count(seconds) FILTER (WHERE seconds > 0)
    FROM (SELECT seconds FROM labeling_judgment
          WHERE labeler_id = %(labeler)s AND retired_at IS NULL AND purpose <> ALL(%(training)s)
          ORDER BY created_at DESC LIMIT %(limit)s) AS newest
"""


class Share(NamedTuple):
    """Open tasks of one language or topic."""

    name: str
    tasks: int


@dataclass
class OpenWork:
    """Tasks a labeler could be given in a project, to OPEN_COUNTED in all.

    A task may have several topics, or none, so topics do not add up to `count`. Where the project
    hides checks among the work, numbers are for nobody to see but `rough`ly: a check takes no open
    task away, and so a labeler would know it by the number that stays.
    """

    count: int = 0
    rough: bool = False
    by_language: Counter[str] = field(default_factory=Counter)
    by_topic: Counter[str] = field(default_factory=Counter)

    @property
    def languages(self) -> list[Share]:
        """The most frequent first; tasks that name none are left out."""
        return list(_shares(self.by_language))

    @property
    def topics(self) -> list[Share]:
        return list(_shares(self.by_topic))


@dataclass(frozen=True)
class ProjectCard:
    """A project as its member sees it; `open` counts tasks, to OPEN_COUNTED at most.

    `today` counts their judgments there since midnight (UTC). For reviewers, `reports` and
    `letters` wait for an answer, and `disagreements` for a decision.
    """

    project: Project
    roles: list[str]
    may_label: bool
    may_review: bool
    may_see_models: bool
    may_manage: bool
    work: OpenWork
    today: int
    reports: int
    letters: int
    disagreements: int

    @property
    def open(self) -> int:
        return self.work.count


@dataclass(frozen=True)
class Pace:
    """`streak` counts days (UTC) in a row with a judgment, today's or yesterday's the last.

    `seconds` is the median time of their newest TIMED judgments; null under TIMED_AT_LEAST.
    """

    streak: int
    seconds: float | None


def projects_of(*, user: User, labeler: Labeler) -> list[ProjectCard]:
    """The open projects a person is a member of; superusers see every one.

    Those with open tasks come first, then what they worked on last, then by name.
    """
    visible = visible_projects(user=user).filter(archived_at__isnull=True)
    projects = list(visible.order_by("name", "pk"))
    roles = _roles(user)
    judging = [p for p in projects if may_judge(user=user, roles=roles.get(p.pk, []))]
    theirs = {project.pk for project in judging}
    reviewing = {p.pk for p in projects if may_review(user=user, roles=roles.get(p.pk, []))}
    open_tasks = open_for(labeler=labeler, projects=judging)
    today = _by_project(judged_today(labeler=labeler), "task__project")
    reports, letters, disagreements = _waiting(sorted(reviewing))
    recent = _worked_on(labeler)
    cards = [
        ProjectCard(
            project=project,
            roles=roles.get(project.pk, []),
            may_label=project.pk in theirs,
            may_review=project.pk in reviewing,
            may_see_models=may_see_models(user=user, roles=roles.get(project.pk, [])),
            may_manage=may_manage(user=user, roles=roles.get(project.pk, [])),
            work=open_tasks.get(project.pk, OpenWork()),
            today=today.get(project.pk, 0),
            reports=reports.get(project.pk, 0),
            letters=letters.get(project.pk, 0),
            disagreements=disagreements.get(project.pk, 0),
        )
        for project in projects
    ]
    last = len(recent)
    return sorted(cards, key=lambda card: (not card.open, recent.get(card.project.pk, last)))


def may_review(*, user: User, roles: list[str] | frozenset[str]) -> bool:
    """Whether a person with these roles answers reports and letters of a project."""
    return user.is_superuser or not set(roles).isdisjoint(MAY_REVIEW)


def may_see_models(*, user: User, roles: list[str] | frozenset[str]) -> bool:
    """Whether a person with these roles sees a project's leaderboard."""
    return user.is_superuser or not set(roles).isdisjoint(MAY_SEE_MODELS)


def may_manage(*, user: User, roles: list[str] | frozenset[str]) -> bool:
    """Whether a person with these roles has the researchers' pages of a project."""
    return user.is_superuser or not set(roles).isdisjoint(MAY_MANAGE)


def open_for(*, labeler: Labeler, projects: list[Project]) -> dict[int, OpenWork]:
    """Tasks a labeler could be given, by project: counted to OPEN_COUNTED, so always quick.

    The claim's own rules decide, the languages and topics that the labeler wants among them.
    """
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
        found: dict[int, OpenWork] = {}
        for project, language, topics, count, rough in cursor.fetchall():
            work = found.setdefault(project, OpenWork(rough=rough))
            work.count += count
            work.by_language[language] += count
            for topic in topics:
                work.by_topic[topic] += count
    return found


def judged_today(*, labeler: Labeler, now: datetime | None = None) -> QuerySet[Judgment]:
    """Their work since midnight (UTC); corrections count once. A range of one index."""
    return _work_of(labeler).filter(created_at__gte=_midnight(now))


def judged_in_all(*, labeler: Labeler) -> int:
    """How many judgments of theirs stand, to DONE_COUNTED at most."""
    return _work_of(labeler).order_by()[:DONE_COUNTED].count()


def pace_of(*, labeler: Labeler, now: datetime | None = None) -> Pace:
    """Their streak and time per task."""
    with connection.cursor() as cursor:
        params: dict[str, Any] = {"labeler": labeler.pk, "training": [*map(str, NO_WORK)]}
        today = {"today": _midnight(now), "limit": STREAK_COUNTED}
        cursor.execute(_STREAK_SQL, params | today)
        streak: int = cursor.fetchone()[0]
        cursor.execute(_SECONDS_SQL, params | {"limit": TIMED})
        seconds, timed = cursor.fetchone()
    return Pace(streak=streak, seconds=seconds if timed >= TIMED_AT_LEAST else None)


def unread_letters(*, labeler: Labeler) -> int:
    """Letters of reviewers that they have not opened, to OPEN_COUNTED at most."""
    unread = Letter.objects.filter(labeler=labeler, from_labeler=False, read_at__isnull=True)
    return unread[:OPEN_COUNTED].count()


def _work_of(labeler: Labeler) -> QuerySet[Judgment]:
    """What stands of their answers, without those of their training."""
    standing = Judgment.objects.filter(labeler=labeler, retired_at__isnull=True)
    return standing.exclude(purpose__in=NO_WORK)


def _worked_on(labeler: Labeler) -> dict[int, int]:
    """Projects of their newest TIMED judgments: which place each has, the last one 0."""
    newest = Judgment.objects.filter(labeler=labeler).order_by("-created_at")
    projects = newest.values_list("task__project", flat=True)[:TIMED]
    return {project: place for place, project in enumerate(dict.fromkeys(projects))}


def _midnight(now: datetime | None) -> datetime:
    return (now or timezone.now()).replace(hour=0, minute=0, second=0, microsecond=0)


def _waiting(projects: list[int]) -> tuple[dict[int, int], dict[int, int], dict[int, int]]:
    """Open reports, unread letters to reviewers and open adjudications, by project."""
    if not projects:
        return {}, {}, {}
    reports = Report.objects.filter(project__in=projects, state=Report.State.OPEN)
    letters = Letter.objects.filter(project__in=projects, from_labeler=True, read_at__isnull=True)
    disputed = Adjudication.objects.filter(project__in=projects, state=Adjudication.State.OPEN)
    return (
        _by_project(reports, "project"),
        _by_project(letters, "project"),
        _by_project(disputed, "project"),
    )


def _by_project(
    rows: "QuerySet[Judgment] | QuerySet[Report] | QuerySet[Letter] | QuerySet[Adjudication]",
    path: str,
) -> dict[int, int]:
    return dict(rows.values_list(path).annotate(count=Count("pk")).order_by())


def _shares(counts: Counter[str]) -> Iterator[Share]:
    for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        if name:
            yield Share(name, count)


def _roles(user: User) -> dict[int, list[str]]:
    roles: dict[int, list[str]] = {}
    for membership in Membership.objects.filter(user=user).order_by("role"):
        roles.setdefault(membership.project_id, []).append(membership.role)
    return roles
