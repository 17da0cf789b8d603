"""The sums of money that stand for runs and for months of projects, and how they are changed.

Rows are always locked in the same order: months by project, then runs by id.
"""

from collections.abc import Iterable
from decimal import Decimal

from django.db import connection

from collector.models import Generation, Spending

Booking = tuple[Generation, Decimal, Decimal]
"""A generation (its run loaded), and by how much its spent and its reserved sums change."""

_THIS_MONTH = "date_trunc('month', now() AT TIME ZONE 'UTC')::date"
_OPEN_MONTH = f"""
INSERT INTO collector_spending (project_id, month, spent, reserved)
SELECT project, {_THIS_MONTH}, 0, 0 FROM unnest(%s::bigint[]) AS project ORDER BY project
ON CONFLICT (project_id, month) DO NOTHING
"""
# Sums stop at what their columns hold, so that a server that counts absurdly blocks nobody.
_CHANGE = (
    "SET spent = LEAST(t.spent + b.spent, 99999999.99999999), reserved = t.reserved + b.reserved"
)
_BOOK_MONTHS = f"""
WITH booked AS (
    SELECT project, coalesce(month, {_THIS_MONTH}) AS month,
           sum(spent) AS spent, sum(reserved) AS reserved
    FROM unnest(%s::bigint[], %s::date[], %s::numeric[], %s::numeric[])
        AS one (project, month, spent, reserved)
    GROUP BY 1, 2
), b AS MATERIALIZED (
    SELECT s.id, booked.spent, booked.reserved
    FROM collector_spending s
    JOIN booked ON booked.project = s.project_id AND booked.month = s.month
    ORDER BY s.project_id, s.month FOR NO KEY UPDATE OF s
)
UPDATE collector_spending t {_CHANGE} FROM b WHERE t.id = b.id
"""
_BOOK_RUNS = f"""
WITH booked AS (
    SELECT run, sum(spent) AS spent, sum(reserved) AS reserved
    FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[]) AS one (run, spent, reserved)
    GROUP BY 1
), b AS MATERIALIZED (
    SELECT r.id, booked.spent, booked.reserved
    FROM collector_run r JOIN booked ON booked.run = r.id
    ORDER BY r.id FOR NO KEY UPDATE OF r
)
UPDATE collector_run t {_CHANGE} FROM b WHERE t.id = b.id
"""


def book(bookings: Iterable[Booking]) -> None:
    """Add to the sums of the runs and months; what was reserved is booked in its own month."""
    changes = [each for each in bookings if each[1] or each[2]]
    if not changes:
        return
    spent, reserved = [each[1] for each in changes], [each[2] for each in changes]
    generations = [each[0] for each in changes]
    projects = [generation.run.project_id for generation in generations]
    months = [generation.reserved_in for generation in generations]
    with connection.cursor() as cursor:
        if None in months:
            cursor.execute(_OPEN_MONTH, [sorted(set(projects))])
        cursor.execute(_BOOK_MONTHS, [projects, months, spent, reserved])
        runs = [generation.run_id for generation in generations]
        cursor.execute(_BOOK_RUNS, [runs, spent, reserved])


def lock_month(project_ids: Iterable[int]) -> dict[int, Spending]:
    """The current month (UTC) of each project, locked to the end of the transaction."""
    wanted = sorted(set(project_ids))
    with connection.cursor() as cursor:
        cursor.execute(_OPEN_MONTH, [wanted])
    rows = Spending.objects.raw(
        f"SELECT * FROM collector_spending WHERE project_id = ANY(%s) AND month = {_THIS_MONTH}"
        " ORDER BY project_id FOR NO KEY UPDATE",
        [wanted],
    )
    return {row.project_id: row for row in rows}
