"""A build's lease: kept while the builder lives, however long one step of its work takes."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection

from common import jobs
from common.jobs import JobQuerySet

logger = logging.getLogger(__name__)

_PROGRESS_SECONDS = 2.0


class LeaseLost(Exception):
    """Another builder has the job, or it was cancelled."""


@contextmanager
def lease_kept(jobs_of: JobQuerySet[Any], job_id: int, token: UUID) -> Iterator[None]:
    """Renew a job's lease by the clock, in a thread with a connection of its own.

    Only the thread's death with its process lets the lease run out: a page that takes minutes,
    counting, or the hashing of large files do not. Whether the lease is still the builder's is
    asked where progress is told and where the result is recorded.
    """
    done = Event()
    beats = Thread(target=_beat, args=(jobs_of, job_id, token, done), name="lease", daemon=True)
    beats.start()
    try:
        yield
    finally:
        done.set()
        beats.join()


def _beat(jobs_of: JobQuerySet[Any], job_id: int, token: UUID, done: Event) -> None:
    try:
        while not done.wait(jobs.LEASE.total_seconds() / 6):
            try:
                if not jobs_of.all().renew(job_id, token):
                    return
            except DatabaseError as error:
                logger.warning("A lease could not be renewed, next try soon: %s", error)
                connection.close()
    finally:
        connection.close()


def now_and_then(tell: Callable[[float], bool]) -> Callable[[float], None]:
    """Calls `tell` with the share done from time to time; raises LeaseLost where it says no."""
    told = time.monotonic()

    def on_progress(share: float) -> None:
        nonlocal told
        if time.monotonic() - told < _PROGRESS_SECONDS:
            return
        told = time.monotonic()
        if not tell(share):
            raise LeaseLost

    return on_progress
