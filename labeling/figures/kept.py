"""Counts of a project that readers never wait for.

A small project is counted while somebody looks, at most once in a while: its figures are exact. One
with more rows than MOST is counted by a worker; readers see what was counted last, which is kept in
PostgreSQL, and None before that. Redis only spares the looking up.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import orjson
from celery import current_app
from django.core.cache import cache
from django.db import connection
from django.utils import timezone
from kombu.exceptions import OperationalError
from redis import RedisError

from collector.models import Project
from labeling.models import ProjectCounts

Body = dict[str, Any]

MOST = 50_000  # messages, tasks, slots or comparisons that are counted while somebody waits
KEPT_FOR = 24 * 3600  # seconds
SHARE = 20  # a worker spends no more than one part in so many on one project's counts
LOST_AFTER = timedelta(minutes=10)  # a worker that was asked is asked again
LATELY = timedelta(days=1)  # that counts are kept up to date after somebody looked
TASK = "labeling.tasks.count_for_readers"

# In this order, so that the first that is large ends the counting.
_IS_SMALL = """
SELECT CASE
    WHEN (SELECT count(*) FROM (SELECT FROM labeling_comparison
          WHERE project_id = %(project)s LIMIT %(enough)s) AS c) = %(enough)s THEN false
    WHEN (SELECT count(*) FROM (SELECT FROM labeling_task
          WHERE project_id = %(project)s LIMIT %(enough)s) AS t) = %(enough)s THEN false
    WHEN (SELECT count(*) FROM (SELECT FROM collector_message
          WHERE project_id = %(project)s LIMIT %(enough)s) AS m) = %(enough)s THEN false
    WHEN (SELECT count(*) FROM (SELECT FROM labeling_task t
          JOIN labeling_slot s ON s.task_id = t.id
          WHERE t.project_id = %(project)s LIMIT %(enough)s) AS s) = %(enough)s THEN false
    ELSE true END
"""
# Of many who look at once, one is told to ask a worker: the row says that it was asked.
_WANTED = """
INSERT INTO labeling_projectcounts AS kept (project_id, kind, seconds, asked_at, wanted_at)
VALUES (%(project)s, %(kind)s, 0, %(now)s, %(now)s)
ON CONFLICT (project_id, kind) DO UPDATE SET wanted_at = %(now)s, asked_at = CASE
    WHEN kept.asked_at > %(lost)s THEN kept.asked_at
    WHEN kept.asked_at IS NULL AND kept.counted_at + greatest(
        %(fresh)s::float8, kept.seconds * %(share)s) * interval '1 second' > %(now)s THEN NULL
    ELSE %(now)s END
RETURNING body, asked_at = %(now)s, asked_at IS NOT NULL
"""
_DUE = """
UPDATE labeling_projectcounts SET asked_at = %(now)s
WHERE wanted_at >= %(lately)s AND (asked_at IS NULL OR asked_at < %(lost)s)
  AND (counted_at IS NULL
       OR counted_at + greatest(%(fresh)s::float8, seconds * %(share)s) * interval '1 second'
          < %(now)s)
RETURNING kind, project_id
"""


def is_small(project: Project) -> bool:
    """Whether all that is counted of a project is few enough to be counted while somebody waits."""
    with connection.cursor() as cursor:
        cursor.execute(_IS_SMALL, {"project": project.pk, "enough": MOST + 1})
        return bool(cursor.fetchone()[0])


def kept_or_counted(
    kind: str, *, project: Project, count: Callable[[], Body], fresh_for: timedelta
) -> Body | None:
    """The counts of that kind with `as_of` (ISO 8601) and `stale`; None if there are none yet.

    `stale`: a worker counts anew, and the next who asks a little later gets newer ones. Three
    queries at most besides those of `count`, which is called for small projects alone.
    """
    found = _kept(_name(kind, project.pk))
    if found and not _is_due(kind, project, found, fresh_for):
        return found
    if is_small(project):
        body = count() | {"stale": False}
    else:
        known, stale = _wanted(kind, project, fresh_for)
        if known is None:
            return None
        body = known | {"stale": stale}
    _keep(_name(kind, project.pk), body)
    return body


def forget(kind: str, *, project: Project) -> None:
    """What was counted holds no more: it is counted for the next reader, or by a worker then."""
    ProjectCounts.objects.filter(project=project, kind=kind).update(counted_at=None)
    with suppress(RedisError):
        cache.delete(_name(kind, project.pk))


def recount(kind: str, *, project: Project, count: Callable[[], Body]) -> bool:
    """A worker's part: count if somebody asked, and nobody has counted since. Tells whether."""
    rows = ProjectCounts.objects.filter(project=project, kind=kind)
    if not rows.filter(asked_at__isnull=False).exists():
        return False
    body = count()
    rows.update(
        body=body,
        seconds=body["seconds"],
        counted_at=datetime.fromisoformat(body["as_of"]),
        asked_at=None,
    )
    _keep(_name(kind, project.pk), body | {"stale": False})
    return True


def due_for_readers() -> list[tuple[str, int]]:
    """Kinds and projects (ids) that somebody looked at lately, and that should be counted now.

    They are marked as asked for: each is told of once until it is counted, or was lost.
    """
    now = timezone.now()
    values: Body = {
        "now": now,
        "lost": now - LOST_AFTER,
        "lately": now - LATELY,
        "fresh": LOST_AFTER.total_seconds(),
        "share": SHARE,
    }
    with connection.cursor() as cursor:
        cursor.execute(_DUE, values)
        return list(cursor.fetchall())


def _is_due(kind: str, project: Project, found: Body, fresh_for: timedelta) -> bool:
    """Whether this reader is the one who sees to newer counts; others read what is there."""
    if timezone.now() - datetime.fromisoformat(found["as_of"]) < fresh_for and not found["stale"]:
        return False
    with suppress(RedisError):
        seconds = fresh_for.total_seconds()
        return bool(cache.add(f"{_name(kind, project.pk)}:seen", True, seconds))
    return True


def _wanted(kind: str, project: Project, fresh_for: timedelta) -> tuple[Body | None, bool]:
    """What a worker counted last, and whether one counts anew; asks one where that is due."""
    now = timezone.now()
    values: Body = {
        "project": project.pk,
        "kind": kind,
        "now": now,
        "lost": now - LOST_AFTER,
        "fresh": fresh_for.total_seconds(),
        "share": SHARE,
    }
    with connection.cursor() as cursor:
        cursor.execute(_WANTED, values)
        body, asks, counting = cursor.fetchone()
    if asks:
        with suppress(RedisError, OperationalError):  # beat asks again
            current_app.send_task(TASK, args=[kind, project.pk])
    return body and orjson.loads(body), bool(counting)


def _name(kind: str, project_id: int) -> str:
    return f"counts:{kind}:{project_id}"


def _kept(name: str) -> Body | None:
    with suppress(RedisError):
        found: Body | None = cache.get(name)
        return found
    return None


def _keep(name: str, body: Body) -> None:
    """Without Redis it is counted, or read from the database, again."""
    with suppress(RedisError):
        cache.set(name, body, KEPT_FOR)
