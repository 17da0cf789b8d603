"""The lock between those who write judgments and those who freeze a dataset.

Every writer of judgments takes the project's lock shared and only then stamps `created_at` or
`retired_at` with `clock_timestamp()`; freezing takes it exclusively and only then reads the clock.
So nothing with an older stamp can commit after the cut-off. All locks end with the transaction,
which must be open (they also work behind a transaction-level connection pool).
"""

from datetime import datetime

from django.db import connection

# The upper half of the 64-bit advisory key; the lower half is the project.
_NAMESPACE = 0x436F6E63 << 32


def project_lock_key(project_id: int) -> int:
    """The advisory key of one project's judgments."""
    return _NAMESPACE | (project_id & 0xFFFFFFFF)


def lock_project_shared(project_id: int) -> datetime:
    """Join the writers of a project until the transaction ends; returns `clock_timestamp()`."""
    return _lock("pg_advisory_xact_lock_shared", project_id)


def lock_project_exclusive(project_id: int) -> datetime:
    """Wait for the writers of a project and keep new ones out; returns `clock_timestamp()`."""
    return _lock("pg_advisory_xact_lock", project_id)


def _lock(function: str, project_id: int) -> datetime:
    if not connection.in_atomic_block:
        raise RuntimeError("A project is locked inside a transaction only.")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [project_lock_key(project_id)])
        # A statement of its own: within one, the clock could be read before the lock is had.
        cursor.execute("SELECT clock_timestamp()")
        stamp: datetime = cursor.fetchone()[0]
    return stamp
