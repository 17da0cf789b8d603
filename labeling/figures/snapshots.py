"""Figures as of now: computed when asked for, or, of very many votes, as last written down.

A stamp says what figures depend on. While it is the same they are up to date.
"""

import hashlib
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.core.cache import cache
from django.db import connection
from django.db.models import Manager, Max
from django.utils import timezone
from redis import RedisError

from collector.models import Project
from labeling.figures.agreement import agreement
from labeling.figures.choice import Choice
from labeling.figures.labelers import labelers
from labeling.figures.leaderboard import Options, leaderboard
from labeling.models import AgreementSnapshot, LabelersSnapshot, LeaderboardSnapshot
from labeling.models.snapshots import Snapshot

Body = dict[str, Any]

AT_ONCE = 2_000_000  # comparisons that figures are computed of while somebody waits
KEPT_FOR = 60  # seconds that figures with the same stamp are not computed again
WORTH_KEEPING = 0.3  # seconds that computing took
EVERY_ONE_FOR = timedelta(days=2)  # of older snapshots, each day's last is kept

# Ids are given out in turn, so that they lie at least as far apart as there are rows.
_STAMP = """
SELECT coalesce(max(id), 0), coalesce(max(id) - min(id) + 1, 0),
    (SELECT max(retired_at) FROM labeling_comparison
     WHERE project_id = %(project)s AND retired_at IS NOT NULL),
    (SELECT max(changed_at) FROM labeling_labelerstanding WHERE project_id = %(project)s),
    (SELECT count(*) FROM labeling_labelerstanding WHERE project_id = %(project)s),
    clock_timestamp()
FROM labeling_comparison WHERE project_id = %(project)s
"""
_COUNT = """
SELECT count(*) FROM (
    SELECT FROM labeling_comparison WHERE project_id = %s LIMIT %s) AS some
"""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What figures depend on: the newest comparison, retirement and change of a standing.

    `spread` is no less than the number of comparisons; `now` is the database's clock.
    """

    last: int
    spread: int
    retired: datetime | None
    standings: datetime | None
    people: int
    now: datetime

    @property
    def line(self) -> str:
        moments = (self.retired, self.standings)
        told = [moment.isoformat() if moment else "" for moment in moments]
        return " ".join([str(self.last), *told, str(self.people)])


def stamp_of(project: Project) -> Stamp:
    """What the project's figures depend on at this moment."""
    with connection.cursor() as cursor:
        cursor.execute(_STAMP, {"project": project.pk})
        return Stamp(*cursor.fetchone())


def leaderboard_now(*, project: Project, options: Options | None = None) -> Body:
    """`leaderboard` of the project, with `as_of`, the moment whose votes it counts."""
    asked = options or Options()

    def compute() -> Body:
        return leaderboard(project=project, options=asked)

    return _now(LeaderboardSnapshot, project, _key(asked.told, Options().told), compute)


def agreement_now(*, project: Project, choice: Choice | None = None) -> Body:
    """`agreement` of the project, with `as_of`."""
    chosen = choice or Choice(project)

    def compute() -> Body:
        return agreement(project=project, choice=chosen)

    return _now(AgreementSnapshot, project, _key_of(chosen), compute)


def labelers_now(*, project: Project, choice: Choice | None = None) -> Body:
    """`{"labelers": rows, "as_of"}`, rows as `labelers` gives them."""
    chosen = choice or Choice(project)

    def compute() -> Body:
        rows = labelers(project=project, choice=chosen)
        return {"labelers": rows, "comparisons": sum(row["comparisons"] for row in rows)}

    return _now(LabelersSnapshot, project, _key_of(chosen), compute)


def history(
    *,
    kind: type[LeaderboardSnapshot] | type[AgreementSnapshot],
    project: Project,
    most: int = 200,
) -> list[Body]:
    """The bodies written down of the project with no options chosen, oldest first, with `as_of`.

    At most so many, evenly spread; the newest is always among them.
    """
    rows = kind.objects.filter(project=project, key="").order_by("-created_at")
    ids = list(rows.values_list("pk", flat=True))
    step = -(-len(ids) // most) if ids else 1
    return [_dated(row) for row in rows.filter(pk__in=ids[::step])][::-1]


def take_snapshots(*, project: Project) -> int:
    """Write down the project's figures where they have changed; returns how many were."""
    taken = [_take(project, stamp_of(project), kind) for kind in _PLAIN]
    for kind in _PLAIN:
        _thin_out(kind, project)
    return sum(taken)


def take_all_snapshots() -> int:
    """As `take_snapshots`, of all projects that are not archived."""
    current = Project.objects.filter(archived_at__isnull=True).order_by("pk")
    return sum(take_snapshots(project=project) for project in current)


_PLAIN: dict[type[Snapshot], Callable[..., Any]] = {
    LeaderboardSnapshot: leaderboard,
    AgreementSnapshot: agreement,
}


def _take(project: Project, stamp: Stamp, kind: type[Snapshot]) -> bool:
    newest = _newest(kind, project, "")
    if not stamp.last or (newest and newest.stamp == stamp.line):
        return False
    compute = _PLAIN[kind]
    _store(kind, project, "", stamp, lambda: compute(project=project))
    return True


def _now(kind: type[Snapshot], project: Project, key: str, compute: Callable[[], Body]) -> Body:
    """The figures of this moment, or where there are too many votes, those written down last."""
    stamp = stamp_of(project)
    if stamp.spread > AT_ONCE and _more_than(project, AT_ONCE):
        newest = _newest(kind, project, key) or _store(kind, project, key, stamp, compute)
        return _dated(newest)
    asked = f"{kind.__name__} {project.pk} {key} {stamp.line}"
    name = f"figures:{hashlib.sha256(asked.encode()).hexdigest()}"
    with suppress(RedisError):  # without a broker everything is computed
        kept: Body | None = cache.get(name)
        if kept is not None:
            return kept
    started = time.monotonic()
    body = _plain_json(compute()) | {"as_of": stamp.now.isoformat()}
    # A vote that was numbered earlier and committed later leaves the stamp as it is: not for long.
    if time.monotonic() - started > WORTH_KEEPING:
        with suppress(RedisError):
            cache.set(name, body, KEPT_FOR)
    return body


def _store(
    kind: type[Snapshot], project: Project, key: str, stamp: Stamp, compute: Callable[[], Body]
) -> Snapshot:
    started = time.monotonic()
    body = _plain_json(compute())
    row: Snapshot = _rows(kind).create(
        project=project,
        key=key,
        stamp=stamp.line,
        comparisons=body["comparisons"],
        last_comparison=stamp.last,
        body=body | {"as_of": stamp.now.isoformat()},
        seconds=time.monotonic() - started,
    )
    return row


def _rows(kind: type[Snapshot]) -> Manager[Any]:
    """The rows of a kind; the class they share has none of its own."""
    manager: Manager[Any] = kind._default_manager
    return manager


def _newest(kind: type[Snapshot], project: Project, key: str) -> Snapshot | None:
    rows = _rows(kind).filter(project=project, key=key)
    newest: Snapshot | None = rows.order_by("-created_at").first()
    return newest


def _dated(row: Snapshot) -> Body:
    return {**row.body, "as_of": row.body.get("as_of") or row.created_at.isoformat()}


def _more_than(project: Project, most: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [project.pk, most + 1])
        return bool(cursor.fetchone()[0] > most)


def _plain_json(body: Body) -> Body:
    """As JSON would give it back, so that computed and stored figures look the same."""
    read: Body = orjson.loads(orjson.dumps(body))
    return read


def _key(told: Body, default: Body) -> str:
    """What differs from the default options, in one line that is the same for the same options."""
    chosen = {name: value for name, value in told.items() if value != default[name]}
    if not chosen:
        return ""
    line = orjson.dumps(chosen, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(line).hexdigest()


def _key_of(choice: Choice) -> str:
    told = {name: getattr(choice, name) for name in _CHOSEN}
    return _key(told, {name: getattr(Choice(choice.project), name) for name in _CHOSEN})


_CHOSEN = ("purposes", "tag", "language", "since", "until")


def _thin_out(kind: type[Snapshot], project: Project) -> None:
    """Of days long gone, keep the last snapshot alone."""
    long_ago = timezone.now() - EVERY_ONE_FOR
    old = _rows(kind).filter(project=project, key="", created_at__lt=long_ago)
    last = old.values("created_at__date").annotate(last=Max("pk")).values("last")
    old.exclude(pk__in=last).delete()
