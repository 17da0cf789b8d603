"""Figures as of now: computed when asked for, or, of very many votes, as last written down.

A stamp says what figures depend on. While it is the same they are up to date.
"""

import hashlib
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from celery import current_app
from django.core.cache import cache
from django.db import connection
from django.db.models import Manager, Max, QuerySet
from django.utils import timezone
from kombu.exceptions import OperationalError
from redis import RedisError

from collector.models import Project
from labeling.figures.agreement import agreement
from labeling.figures.choice import Choice
from labeling.figures.labelers import labelers
from labeling.figures.leaderboard import Options, leaderboard
from labeling.models import AgreementSnapshot, LabelersSnapshot, LeaderboardSnapshot
from labeling.models.snapshots import Snapshot

Body = dict[str, Any]

# Comparisons that figures are computed of while somebody waits, by what a vote costs them.
AT_ONCE: dict[type[Snapshot], int] = {
    LeaderboardSnapshot: 2_000_000,
    AgreementSnapshot: 1_000_000,
    LabelersSnapshot: 300_000,
}
KEPT_FOR = 60  # seconds that figures with the same stamp are not computed again
WORTH_KEEPING = 0.3  # seconds that computing took
LATELY = timedelta(days=1)  # that figures are kept up to date after somebody asked for them
MOST_CHOICES = 50  # of options kept up to date, of each kind of figures
ASKED_FOR = 600  # seconds after which a worker is asked for first figures again
TAKE_TASK = "labeling.tasks.take_snapshots_of"
FIGURES_TASK = "labeling.tasks.take_figures"
NOTED_EVERY = timedelta(minutes=5)
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
    SELECT FROM labeling_comparison WHERE project_id = %s LIMIT %s) AS found
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
    """`leaderboard` of the project, with `as_of`, the moment whose votes it counts.

    `stale` tells that it was written down earlier, and something changed since.
    """
    asked = options or Options()
    return _now(Asked(LeaderboardSnapshot, project, _differing(asked.told, Options().told)))


def agreement_now(*, project: Project, choice: Choice | None = None) -> Body:
    """`agreement` of the project, with `as_of` and `stale`."""
    return _now(Asked(AgreementSnapshot, project, _chosen(choice or Choice(project))))


def labelers_now(*, project: Project, choice: Choice | None = None) -> Body:
    """`{"labelers": rows, "as_of", "stale"}`, rows as `labelers` gives them."""
    return _now(Asked(LabelersSnapshot, project, _chosen(choice or Choice(project))))


def leaderboard_shown(*, project: Project, options: Options | None = None) -> Body | None:
    """As `leaderboard_now`, but None where a worker, who is asked, has to count so many votes."""
    asked = options or Options()
    return _shown(Asked(LeaderboardSnapshot, project, _differing(asked.told, Options().told)))


def agreement_shown(*, project: Project) -> Body | None:
    """As `agreement_now`, but None where a worker has to count so many votes first."""
    return _shown(Asked(AgreementSnapshot, project))


def labelers_shown(*, project: Project) -> Body | None:
    """As `labelers_now`, but None where a worker has to count so many votes first."""
    return _shown(Asked(LabelersSnapshot, project))


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
    """Write down the project's figures where they have changed; returns how many were.

    With no options chosen, leaderboard and agreement, of which there is a history. Where there are
    too many votes to count them while somebody waits, the labelers too, and whatever was asked for
    lately; what nobody asked for any more is dropped.
    """
    stamp = stamp_of(project)
    due = [Asked(kind, project) for kind in (LeaderboardSnapshot, AgreementSnapshot)]
    many = [kind for kind in _KINDS if _too_many(kind, project, stamp)]
    if LabelersSnapshot in many:
        due.append(Asked(LabelersSnapshot, project))
    if many:
        due += _asked_lately(project)
    taken = [_take(asked) for asked in due]
    for kind in _KINDS:
        _thin_out(kind, project)
    return sum(taken)


def ask_for_snapshots(*, project: Project) -> None:
    """Ask a worker for `take_snapshots` of the project, once of all that want it; so does beat."""
    with suppress(RedisError, OperationalError):
        if cache.add(f"figures:asked:{project.pk}", True, ASKED_FOR):
            current_app.send_task(TAKE_TASK, args=[project.pk])


def take_figures(*, kind: str, project: Project, options: Body) -> bool:
    """A worker's part: write down what a reader chose. Tells whether nobody had done it yet."""
    kinds = {each.__name__: each for each in _KINDS}
    return _take(Asked(kinds[kind], project, options))


def take_all_snapshots() -> int:
    """As `take_snapshots`, of all projects that are not archived."""
    current = Project.objects.filter(archived_at__isnull=True).order_by("pk")
    return sum(take_snapshots(project=project) for project in current)


@dataclass(frozen=True, slots=True)
class Asked:
    """Figures of one kind, with the options that differ from the default as JSON can hold them."""

    kind: type[Snapshot]
    project: Project
    options: Body = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The same for the same options, and nothing where none is chosen."""
        if not self.options:
            return ""
        line = orjson.dumps(self.options, option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(line).hexdigest()

    def compute(self) -> Body:
        """The figures of this moment."""
        given = {name: _read(name, value) for name, value in self.options.items()}
        return _KINDS[self.kind](self.project, given)


def _leaderboard(project: Project, given: Body) -> Body:
    return leaderboard(project=project, options=Options(**given))


def _agreement(project: Project, given: Body) -> Body:
    return agreement(project=project, choice=Choice(project, **given))


def _labelers(project: Project, given: Body) -> Body:
    rows = labelers(project=project, choice=Choice(project, **given))
    return {"labelers": rows, "comparisons": sum(row["comparisons"] for row in rows)}


_KINDS: dict[type[Snapshot], Callable[[Project, Body], Body]] = {
    LeaderboardSnapshot: _leaderboard,
    AgreementSnapshot: _agreement,
    LabelersSnapshot: _labelers,
}


def _asked_lately(project: Project) -> list[Asked]:
    """What was chosen and wanted within a day, newest first; all others are forgotten."""
    found = []
    for kind in _KINDS:
        chosen = _rows(kind).filter(project=project).exclude(key="")
        wanted = chosen.filter(asked_at__gte=timezone.now() - LATELY).order_by("-asked_at")
        options = {row.key: row.options for row in wanted[:MOST_CHOICES]}
        chosen.exclude(key__in=options).delete()
        found += [Asked(kind, project, each) for each in options.values()]
    return found


def _take(asked: Asked) -> bool:
    stamp = stamp_of(asked.project)
    newest = _newest(asked)
    if not stamp.last or (newest and newest.stamp == stamp.line):
        return False
    row = _store(asked, stamp, asked_at=newest.asked_at if newest else None)
    if asked.options or asked.kind is LabelersSnapshot:  # nobody looks at how these went
        _of(asked).exclude(pk=row.pk).filter(created_at__lte=row.created_at).delete()
    return True


def _now(asked: Asked) -> Body:
    """The figures of this moment, or where there are too many votes, those written down last."""
    stamp = stamp_of(asked.project)
    if _too_many(asked.kind, asked.project, stamp):
        return _written(_newest(asked) or _store(asked, stamp), stamp)
    return _computed(asked, stamp)


def _shown(asked: Asked) -> Body | None:
    """As `_now`, but of too many votes nothing is computed: a worker is asked."""
    stamp = stamp_of(asked.project)
    if not _too_many(asked.kind, asked.project, stamp):
        return _computed(asked, stamp)
    newest = _newest(asked)
    if newest is None:
        _ask_for(asked)
        return None
    return _written(newest, stamp)


def _ask_for(asked: Asked) -> None:
    """Ask a worker for figures; of many who look at once, one does."""
    kind = asked.kind.__name__
    with suppress(RedisError, OperationalError):  # the next reader asks again
        if cache.add(f"figures:asked:{kind}:{asked.project.pk}:{asked.key}", True, ASKED_FOR):
            current_app.send_task(FIGURES_TASK, args=[kind, asked.project.pk, asked.options])


def _computed(asked: Asked, stamp: Stamp) -> Body:
    """The figures of this moment; what took long is kept for a little while."""
    line = f"{asked.kind.__name__} {asked.project.pk} {asked.key} {stamp.line}"
    name = f"figures:{hashlib.sha256(line.encode()).hexdigest()}"
    with suppress(RedisError):  # without a broker everything is computed
        kept: Body | None = cache.get(name)
        if kept is not None:
            return kept
    started = time.monotonic()
    body = _plain_json(asked.compute()) | {"as_of": stamp.now.isoformat(), "stale": False}
    # A vote that was numbered earlier and committed later leaves the stamp as it is: not for long.
    if time.monotonic() - started > WORTH_KEEPING:
        with suppress(RedisError):
            cache.set(name, body, KEPT_FOR)
    return body


def _written(newest: Snapshot, stamp: Stamp) -> Body:
    """What was written down last; beat will see that somebody asked."""
    if newest.asked_at < timezone.now() - NOTED_EVERY:
        _rows(type(newest)).filter(pk=newest.pk).update(asked_at=timezone.now())
    return _dated(newest) | {"stale": newest.stamp != stamp.line}


def _store(asked: Asked, stamp: Stamp, asked_at: datetime | None = None) -> Snapshot:
    started = time.monotonic()
    body = _plain_json(asked.compute())
    row: Snapshot = _rows(asked.kind).create(
        project=asked.project,
        key=asked.key,
        options=asked.options,
        asked_at=asked_at or timezone.now(),
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


def _of(asked: Asked) -> QuerySet[Any]:
    return _rows(asked.kind).filter(project=asked.project, key=asked.key)


def _newest(asked: Asked) -> Snapshot | None:
    newest: Snapshot | None = _of(asked).order_by("-created_at").first()
    return newest


def _dated(row: Snapshot) -> Body:
    return {**row.body, "as_of": row.body.get("as_of") or row.created_at.isoformat()}


def _too_many(kind: type[Snapshot], project: Project, stamp: Stamp) -> bool:
    """Whether there are more comparisons than such figures are computed of while somebody waits."""
    most = AT_ONCE[kind]
    if stamp.spread <= most:
        return False
    # What was written down says so at once: a project's comparisons are never fewer again.
    plain = _newest(Asked(kind, project))
    if plain and plain.comparisons > most:
        return True
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [project.pk, most + 1])
        return bool(cursor.fetchone()[0] > most)


def _plain_json(body: Body) -> Body:
    """As JSON would give it back, so that computed and stored figures look the same."""
    read: Body = orjson.loads(orjson.dumps(body))
    return read


def _differing(told: Body, default: Body) -> Body:
    return {name: value for name, value in told.items() if value != default[name]}


def _chosen(choice: Choice) -> Body:
    plain = Choice(choice.project)
    told, default = (
        {name: _tell(getattr(each, name)) for name in _CHOICES} for each in (choice, plain)
    )
    return _differing(told, default)


_CHOICES = ("purposes", "tag", "language", "since", "until")


def _tell(value: Any) -> Any:
    """An option as JSON holds it."""
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, str) or value is None else list(value)


def _read(name: str, value: Any) -> Any:
    """An option as it was before JSON held it."""
    if name in ("since", "until"):
        return datetime.fromisoformat(value)
    return tuple(value) if name == "purposes" else value


def _thin_out(kind: type[Snapshot], project: Project) -> None:
    """Of days long gone, keep the last snapshot alone."""
    long_ago = timezone.now() - EVERY_ONE_FOR
    old = _rows(kind).filter(project=project, key="", created_at__lt=long_ago)
    last = old.values("created_at__date").annotate(last=Max("pk")).values("last")
    old.exclude(pk__in=last).delete()
