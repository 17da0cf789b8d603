"""One worker's turn at one revision: lease what is due, ask for many at a time, store results.

Requests run on one asyncio loop. Every database call goes through `_in_database`, which runs it in
the one thread that called `work`, so that there is one connection, and in short transactions: none
is open while a model is being waited for.
"""

import asyncio
import logging
from collections.abc import Callable
from time import monotonic
from typing import Any, ParamSpec, TypeVar
from uuid import uuid4

from asgiref.sync import async_to_sync, sync_to_async
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models.functions import Now

from collector.generation.conversations import requests_for
from collector.generation.endpoints import scrub
from collector.generation.leasing import ACTIVE_RUNS, LEASE, renew, take
from collector.generation.providers import (
    Permanent,
    Provider,
    Request,
    Transient,
    open_provider,
)
from collector.generation.queue import hint_on_commit
from collector.generation.results import Outcome, settle
from collector.models import Generation, GeneratorRevision
from collector.services.runs import finish_runs

logger = logging.getLogger(__name__)
P = ParamSpec("P")
R = TypeVar("R")

TURN_SECONDS = 60.0
"""Then the worker asks for another turn at the end of the queue, so that revisions alternate."""
PATIENCE_SECONDS = 5.0
"""A retry due sooner than this is waited for; later ones are left to `requeue_generations`."""
TIMEOUT_SECONDS = 180.0
_RENEW_SECONDS = LEASE.total_seconds() / 3
_DATABASE_TRIES = 8


def work(*, revision_id: int) -> None:
    """Work what is due of a revision for one turn; safe to call any number of times at once."""
    revision = GeneratorRevision.objects.select_related("generator").get(pk=revision_id)
    if async_to_sync(Worker(revision).run)():
        hint_on_commit(revision)


class Worker:
    """A turn in progress: the lease token and the requests in flight."""

    def __init__(self, revision: GeneratorRevision) -> None:
        self._revision = revision
        self._token = uuid4()
        self._active: dict[asyncio.Task[Outcome], int] = {}
        self._renewed = monotonic()
        self._timeout = float(revision.limits.get("timeout_seconds", TIMEOUT_SECONDS))
        self._provider = _opened(revision)
        self._concurrency = int(revision.limits.get("concurrency", self._provider.concurrency))

    async def run(self) -> bool:
        """Until nothing is due or the turn is over; True if more is due by then."""
        turn_over = monotonic() + TURN_SECONDS
        try:
            while True:
                if monotonic() < turn_over:
                    await self._fill()
                if self._active:
                    await self._harvest()
                    continue
                if monotonic() >= turn_over:
                    return await _in_database(_seconds_to_next, self._revision) == 0
                wait = await _in_database(_seconds_to_next, self._revision)
                if wait is None or not 0 < wait <= PATIENCE_SECONDS:
                    return False
                await asyncio.sleep(wait)
        finally:
            for task in self._active:
                task.cancel()
            await asyncio.gather(*self._active, return_exceptions=True)
            await self._provider.close()

    async def _fill(self) -> None:
        room = self._concurrency - len(self._active)
        if room <= 0:
            return
        requests = await _in_database(_leased_requests, self._revision, self._token, room)
        for pk, request in requests.items():
            self._active[asyncio.create_task(self._ask(request))] = pk

    async def _harvest(self) -> None:
        """Wait for at least one reply, or until leases need renewing; store what has come."""
        done, _ = await asyncio.wait(
            self._active, timeout=_RENEW_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        finished = {self._active.pop(task): task for task in done}
        outcomes = {pk: task.result() for pk, task in finished.items() if not task.cancelled()}
        if outcomes:
            await _in_database(_store, self._token, self._revision, outcomes)
        if monotonic() - self._renewed >= _RENEW_SECONDS:
            await self._renew()

    async def _renew(self) -> None:
        self._renewed = monotonic()
        held = await _in_database(_renewed, self._token, list(self._active.values()))
        for task, pk in self._active.items():
            if pk not in held:
                task.cancel()

    async def _ask(self, request: Request | Permanent) -> Outcome:
        if isinstance(request, Permanent):
            return request
        try:
            async with asyncio.timeout(self._timeout):
                return await self._provider.generate(request)
        except (Transient, Permanent) as error:
            return error
        except TimeoutError:
            return Transient(f"No reply within {self._timeout:g} s.")
        except Exception as error:  # noqa: BLE001 - one odd reply must not lose the others in flight
            detail = scrub(f"{type(error).__name__}: {error}")
            # Without the traceback: its last lines quote the error, unscrubbed.
            logger.error("The provider failed: %s", detail)  # noqa: TRY400
            return Permanent(detail)


class _Unopened:
    """Stands in for a provider that cannot be opened here: everything fails, and says why."""

    concurrency = 32

    def __init__(self, error: Permanent) -> None:
        self._why = str(error)

    async def generate(self, request: Request) -> Any:
        raise Permanent(self._why, billed=False)

    async def close(self) -> None:
        """Nothing was opened."""


def _opened(revision: GeneratorRevision) -> Provider:
    try:
        return open_provider(revision)
    except Permanent as error:
        return _Unopened(error)


async def _in_database(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run it in the connection's thread; again, on a new connection, if the server was away.

    Safe to repeat: what a lost commit stored is no longer held under the token.
    """
    for attempt in range(_DATABASE_TRIES):
        try:
            return await sync_to_async(function)(*args, **kwargs)
        except (OperationalError, InterfaceError):
            if attempt == _DATABASE_TRIES - 1:
                raise
            await sync_to_async(connection.close)()
            await asyncio.sleep(2.0**attempt / 8)
    raise AssertionError


def _leased_requests(
    revision: GeneratorRevision, token: Any, limit: int
) -> dict[int, Request | Permanent]:
    return requests_for(take(revision=revision, token=token, limit=limit), revision)


def _store(token: Any, revision: GeneratorRevision, outcomes: dict[int, Outcome]) -> None:
    finish_runs(run_ids=settle(token=token, revision=revision, outcomes=outcomes))


def _renewed(token: Any, ids: list[int]) -> set[int]:
    return renew(token=token, ids=ids)


@transaction.atomic
def _seconds_to_next(revision: GeneratorRevision) -> float | None:
    """0 if something is due, else the seconds until something is; None if nothing is owed."""
    first = (
        Generation.objects.filter(
            revision=revision,
            status=Generation.Status.PENDING,
            next_attempt_at__isnull=False,
            run__status__in=ACTIVE_RUNS,
        )
        .order_by("next_attempt_at")
        .values_list("next_attempt_at", Now())
        .first()
    )
    if first is None or first[0] is None:
        return None
    due, now = first
    return max(0.0, float((due - now).total_seconds()))
