"""Transactions that PostgreSQL ended so that another one could go on."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection
from psycopg2.errors import DeadlockDetected

P = ParamSpec("P")
R = TypeVar("R")

ATTEMPTS = 4


def again_after_a_deadlock(work: Callable[P, R]) -> Callable[P, R]:
    """Do the work again if its transaction was ended to resolve a deadlock; nothing of it is left.

    For work that is a transaction of its own. Rows locked in one order do not rule deadlocks out:
    a statement that skips locked rows still waits for one whose update was committed while it
    looked (`heap_lock_updated_tuple` of PostgreSQL knows of no SKIP LOCKED). Inside a transaction
    of the caller's the error is the caller's, for their transaction is lost.
    """

    @wraps(work)
    def patient(*args: P.args, **kwargs: P.kwargs) -> R:
        for _ in range(ATTEMPTS - 1):
            try:
                return work(*args, **kwargs)
            except OperationalError as error:
                ended = isinstance(error.__cause__, DeadlockDetected)
                if not ended or connection.in_atomic_block:
                    raise
        return work(*args, **kwargs)

    return patient
