"""What people worked in a project in a period, and what that comes to. Docs: docs/people.md.

An answer counts on the day (UTC) it was given, whatever became of it since: work that was done is
work done. A correction is no further task, but its time counts.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from accounts.models import User
from collector.models import Project
from common.csv_cells import plain_cell
from common.errors import InvalidInput
from labeling.models import LabelerStanding
from labeling.models.judgments import NO_WORK, TRAINING, Purpose

MINUTES_COUNTED = 15  # of one task at most, where nothing else is asked for
MOST_MINUTES = 240
LONGEST = timedelta(days=366)
MOST_RATE = Decimal(10_000)
CENT = Decimal("0.01")

# People are found by what they are and did in the project, and their answers by the labelers' own
# index, so that a month of one project costs that month. Tasks first, then people: the time of one
# task is bounded, corrections with it.
_SQL = """
WITH person AS (
    SELECT labeler_id AS id FROM labeling_tally WHERE project_id = %(project)s
    UNION SELECT labeler_id FROM labeling_labelerstanding WHERE project_id = %(project)s
    UNION SELECT labeler.id FROM collector_membership held
        JOIN accounts_labeler labeler ON labeler.user_id = held.user_id
        WHERE held.project_id = %(project)s
    UNION SELECT labeler.id FROM labeling_adjudication decided
        JOIN accounts_labeler labeler ON labeler.user_id = decided.resolved_by_id
        WHERE decided.project_id = %(project)s
), worked AS (
    SELECT judgment.labeler_id,
           sum(judgment.seconds) AS seconds,
           count(*) FILTER (WHERE judgment.supersedes_id IS NULL
                            AND judgment.purpose <> ALL(%(no_work)s)
                            AND judgment.purpose <> %(adjudication)s) AS tasks,
           count(*) FILTER (WHERE judgment.supersedes_id IS NULL
                            AND judgment.purpose = %(adjudication)s) AS decisions,
           count(*) FILTER (WHERE judgment.purpose = ANY(%(training)s)) AS training,
           bool_and(judgment.purpose = ANY(%(training)s)) AS trained
    FROM person
    JOIN accounts_labeler labeler ON labeler.id = person.id AND labeler.kind = 'person'
    JOIN labeling_judgment judgment ON judgment.labeler_id = person.id
        AND judgment.created_at >= %(since)s AND judgment.created_at < %(until)s
    JOIN labeling_task task ON task.id = judgment.task_id AND task.project_id = %(project)s
    GROUP BY judgment.labeler_id, judgment.task_id
)
SELECT labeler.user_id,
       count(DISTINCT worked.labeler_id),
       sum(worked.tasks)::bigint, sum(worked.decisions)::bigint, sum(worked.training)::bigint,
       coalesce(sum(least(worked.seconds, %(most)s)) FILTER (
           WHERE worked.seconds IS NOT NULL AND (%(pay_training)s OR NOT worked.trained)), 0),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY least(worked.seconds, %(most)s))
           FILTER (WHERE worked.seconds IS NOT NULL AND worked.tasks > 0),
       count(*) FILTER (WHERE worked.seconds > %(most)s),
       count(*) FILTER (WHERE worked.seconds IS NULL)
FROM worked JOIN accounts_labeler labeler ON labeler.id = worked.labeler_id
GROUP BY labeler.user_id
"""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is paid: `since` and `until` are days in UTC, both included; rates in no currency.

    A task counts with `minutes` of its time at most. Decisions on disagreements are tasks;
    training is one, and its time counts, with `training` only.
    """

    since: date
    until: date
    per_hour: Decimal = Decimal(0)
    per_task: Decimal = Decimal(0)
    minutes: int = MINUTES_COUNTED
    training: bool = False


@dataclass(frozen=True, slots=True)
class Paid:
    """One person's work; `user` is None for all those together who cut the link to their name.

    `seconds` is the time that counts, `median` that of a task of work. `long` tasks were cut to
    what counts of one, and `untimed` ones told no time.
    """

    user: User | None
    people: int
    standing: str
    tasks: int
    decisions: int
    training: int
    seconds: float
    median: float | None
    long: int
    untimed: int
    amount: Decimal

    @property
    def hours(self) -> float:
        return self.seconds / 3600

    @property
    def email(self) -> str:
        return self.user.email if self.user else ""

    @property
    def name(self) -> str:
        return self.user.name if self.user else ""

    @property
    def standing_in_words(self) -> str:
        return str(LabelerStanding.State(self.standing).label) if self.standing else ""


@dataclass(frozen=True, slots=True)
class Pay:
    """Everybody with work in the period, by address, who left last; and what it comes to."""

    terms: Terms
    rows: list[Paid]

    @property
    def people(self) -> int:
        return sum(row.people for row in self.rows)

    @property
    def tasks(self) -> int:
        return sum(row.tasks for row in self.rows)

    @property
    def decisions(self) -> int:
        return sum(row.decisions for row in self.rows)

    @property
    def training(self) -> int:
        return sum(row.training for row in self.rows)

    @property
    def seconds(self) -> float:
        return sum(row.seconds for row in self.rows)

    @property
    def hours(self) -> float:
        return self.seconds / 3600

    @property
    def amount(self) -> Decimal:
        return sum((row.amount for row in self.rows), Decimal("0.00"))


def last_month(today: date) -> tuple[date, date]:
    """The first and the last day of the calendar month before that day."""
    last = today.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last


def pay_in(*, project: Project, terms: Terms) -> Pay:
    """What each person worked, and the amounts; three queries at any size.

    Raises InvalidInput for terms that cannot be.
    """
    _check(terms)
    with connection.cursor() as cursor:
        cursor.execute(_SQL, _values(project, terms))
        found = {row[0]: row[1:] for row in cursor.fetchall()}
    users = User.objects.in_bulk([pk for pk in found if pk is not None])
    standings = dict(
        LabelerStanding.objects.filter(project=project, labeler__user__in=users).values_list(
            "labeler__user", "state"
        )
    )
    rows = [
        _paid(users.get(pk), standings.get(pk, ""), values, terms) for pk, values in found.items()
    ]
    rows.sort(key=lambda row: (row.user is None, row.email))
    return Pay(terms, rows)


def _values(project: Project, terms: Terms) -> dict[str, Any]:
    midnight = time(tzinfo=UTC)
    return {
        "project": project.pk,
        "since": datetime.combine(terms.since, midnight),
        "until": datetime.combine(terms.until + timedelta(days=1), midnight),
        "most": terms.minutes * 60,
        "no_work": [str(purpose) for purpose in NO_WORK],
        "training": [str(purpose) for purpose in TRAINING],
        "adjudication": Purpose.ADJUDICATION.value,
        "pay_training": terms.training,
    }


def _check(terms: Terms) -> None:
    if terms.until < terms.since:
        raise InvalidInput(_("The last day is before the first."), attr="until")
    if terms.until - terms.since > LONGEST or not 1970 <= terms.since.year < 9990:
        raise InvalidInput(_("A report is about one year at most."), attr="since")
    if not 1 <= terms.minutes <= MOST_MINUTES:
        raise InvalidInput(_("Of a task, 1 to %d minutes count.") % MOST_MINUTES, attr="minutes")
    for attr, rate in (("per_hour", terms.per_hour), ("per_task", terms.per_task)):
        if not rate.is_finite() or not 0 <= rate <= MOST_RATE:
            raise InvalidInput(_("A rate is from 0 to %d.") % MOST_RATE, attr=attr)


def _paid(user: User | None, standing: str, values: Sequence[Any], terms: Terms) -> Paid:
    people, tasks, decisions, training, seconds, median, long, untimed = values
    counted = tasks + decisions + (training if terms.training else 0)
    hours = Decimal(repr(seconds)) / 3600
    amount = terms.per_hour * hours + terms.per_task * counted
    return Paid(
        user=user,
        people=people,
        standing=standing,
        tasks=tasks,
        decisions=decisions,
        training=training,
        seconds=seconds,
        median=median,
        long=long,
        untimed=untimed,
        amount=amount.quantize(CENT, ROUND_HALF_UP),
    )


COLUMNS = (
    *("email", "name", "people", "standing", "tasks", "decisions", "training"),
    *("hours", "median_seconds", "long", "untimed", "amount"),
)


def pay_csv(pay: Pay) -> str:
    """A line for each person, with a line of names; who left has no address."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(_line(row) for row in pay.rows)
    return out.getvalue()


def _line(row: Paid) -> tuple[Any, ...]:
    median = "" if row.median is None else f"{row.median:.1f}"
    return (
        *(plain_cell(row.email), plain_cell(row.name), row.people, row.standing),
        *(row.tasks, row.decisions, row.training, f"{row.hours:.4f}", median),
        *(row.long, row.untimed, row.amount),
    )
