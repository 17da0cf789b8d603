"""A build's lease: kept while the builder lives, however long one step of its work takes."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from uuid import UUID

from django.db import DatabaseError, connection

from common import jobs
from exports.models import DatasetVersion

logger = logging.getLogger(__name__)

_PROGRESS_SECONDS = 2.0


class LeaseLost(Exception):
    """Another builder has the version, or it was cancelled."""


@contextmanager
def lease_kept(version_id: int, token: UUID) -> Iterator[None]:
    """Renew the lease by the clock, in a thread with a connection of its own.

    Only the thread's death with its process lets the lease run out: a page that takes minutes,
    counting, or the hashing of large files do not. Whether the lease is still the builder's is
    asked where progress is told and where the result is recorded.
    """
    done = Event()
    beats = Thread(target=_beat, args=(version_id, token, done), name="lease", daemon=True)
    beats.start()
    try:
        yield
    finally:
        done.set()
        beats.join()


def _beat(version_id: int, token: UUID, done: Event) -> None:
    try:
        while not done.wait(jobs.LEASE.total_seconds() / 6):
            try:
                if not DatasetVersion.objects.renew(version_id, token):
                    return
            except DatabaseError as error:
                logger.warning("A lease could not be renewed, next try soon: %s", error)
                connection.close()
    finally:
        connection.close()


def progress_teller(version_id: int, token: UUID) -> Callable[[float], None]:
    """Stores the share done from time to time; raises LeaseLost where the lease is no more ours."""
    told = time.monotonic()

    def tell(share: float) -> None:
        nonlocal told
        if time.monotonic() - told < _PROGRESS_SECONDS:
            return
        told = time.monotonic()
        if not DatasetVersion.objects.renew(version_id, token, progress=share):
            raise LeaseLost

    return tell
