"""Advisory locks of PostgreSQL, all held to the end of the transaction that takes them.

Row locks protect rows; these protect what has no row of its own. The keys are made here only, so
that two purposes never share one.
"""

from enum import IntEnum

from django.db import connection

ID_BITS = 48  # a key is the purpose above the id of a project or labeler


class Lock(IntEnum):
    """Purposes. A key in SQL is `namespace(lock) | id`."""

    JUDGMENTS = 1  # of a project: shared by every writer of judgments, exclusive for a freeze
    BUILDING = 2  # of a project: one builder of tasks at a time
    CLAIMING = 3  # of a labeler: one claim at a time, however many tabs are open
    PUSHING = 4  # of the server: one push to the hub begins at a time


def namespace(lock: Lock) -> int:
    return lock << ID_BITS


def share_judgments(*, project_id: int) -> None:
    """Announce that this transaction writes judgments; take it before `clock_timestamp()`."""
    _take("pg_advisory_xact_lock_shared", Lock.JUDGMENTS, project_id)


def freeze_judgments(*, project_id: int) -> None:
    """Wait until no transaction is writing judgments, and keep new ones out until the end of this.

    A cut-off stamped with `clock_timestamp()` under this lock is final: whatever commits later
    was stamped later.
    """
    _take("pg_advisory_xact_lock", Lock.JUDGMENTS, project_id)


def one_builder(*, project_id: int) -> None:
    """Wait for other builders of the project's tasks."""
    _take("pg_advisory_xact_lock", Lock.BUILDING, project_id)


def no_claim(*, labeler_id: int) -> None:
    """Wait for a claim of the labeler's that is under way, and keep the next one out."""
    _take("pg_advisory_xact_lock", Lock.CLAIMING, labeler_id)


def one_push_begins() -> None:
    """Wait for others that look whether a repository of the hub is free."""
    _take("pg_advisory_xact_lock", Lock.PUSHING, 0)


def _take(function: str, lock: Lock, pk: int) -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("A transaction-level lock outside a transaction protects nothing.")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [namespace(lock) | pk])
