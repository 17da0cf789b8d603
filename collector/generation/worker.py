"""One worker's turn at one revision: lease what is due, ask for many at a time, store results.

What is asked for is the work's own (`collector.generation.work`): responses here, other questions
to the same models elsewhere.

Requests run on one asyncio loop. Every database call goes through `_in_database`, which runs it in
the one thread that called `work`, so that there is one connection, and in short transactions: none
is open while a model is being waited for.
"""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from threading import Event
from time import monotonic
from typing import Any, TypeVar

from asgiref.sync import async_to_sync, sync_to_async
from django.db import InterfaceError, OperationalError, connection

from collector.generation.batches.polling import work_batches
from collector.generation.endpoints import scrub
from collector.generation.leasing import LEASE
from collector.generation.limits import Limits
from collector.generation.providers import (
    Permanent,
    Provider,
    Request,
    Transient,
    Unusable,
    open_provider,
)
from collector.generation.queue import hint_on_commit
from collector.generation.results import Outcome
from collector.generation.work import Generations, Work
from collector.models import GeneratorRevision

logger = logging.getLogger(__name__)
R = TypeVar("R")

TURN_SECONDS = 60.0
"""Then another revision that waits has its turn, and this one asks for its next."""
IDLE_SECONDS = 5.0
"""No longer does a worker wait with nothing in flight while other revisions want it."""
PATIENCE_SECONDS = 15.0
"""What may be sent sooner than this is waited for; the rest is left to `requeue_generations`."""
TIMEOUT_SECONDS = 180.0
IN_FLIGHT_A_WORKER = 256
"""About what one processor core keeps up with; more of a generator's go to other workers."""
LINGER_SECONDS = 0.05
"""Replies that come so close together are stored in one transaction."""
_IDLE_SECONDS = 1.0
_BLOCKED_SECONDS = 0.25
_BLOCKED_TRIES = 2  # what is due is in others' hands, or was not due a moment ago
_RENEW_SECONDS = LEASE.total_seconds() / 3
_DATABASE_TRIES = 14  # some two minutes: replies in hand are paid for
_LONGEST_DATABASE_WAIT = 15.0

shutting_down = Event()
"""Set once the process has been asked to end: turns take nothing more and store what comes."""


def work(*, revision_id: int) -> None:
    """Work what is due of a revision for one turn; safe to call any number of times at once."""
    revision = GeneratorRevision.objects.select_related("generator").get(pk=revision_id)
    if revision.batch:
        work_batches(revision)
    elif turn_at(revision, partial(Generations.of, revision)):
        hint_on_commit(revision)


def turn_at(revision: GeneratorRevision, work_of: Callable[[Limits], Work]) -> bool:
    """One turn at any work that asks the revision; True if more of it is due by then."""
    return bool(async_to_sync(Worker(revision, work_of).run)())


class Worker:
    """A turn in progress: the requests in flight, and the replies not yet stored."""

    def __init__(self, revision: GeneratorRevision, work_of: Callable[[Limits], Work]) -> None:
        self._timeout = float(revision.limits.get("timeout_seconds", TIMEOUT_SECONDS))
        self._provider = _opened(revision)
        concurrency = int(revision.limits.get("concurrency", self._provider.concurrency))
        self._work = work_of(Limits.of(revision, concurrency=concurrency))
        self._most = min(concurrency, IN_FLIGHT_A_WORKER)
        self._active: dict[asyncio.Task[None], int] = {}
        self._outcomes: dict[int, Outcome] = {}  # in the order in which they came
        self._over_at = self._renewed = monotonic()
        self._fill_at = 0.0
        self._drained = False

    async def run(self) -> bool:
        """Until nothing can be sent or the turn is over; True if more is due by then."""
        begun = monotonic()
        self._over_at = begun + TURN_SECONDS
        tries = 0
        try:
            while True:
                taking = await self._takes_more()
                wait = await self._fill() if taking else None
                if self._active:
                    tries = 0
                    await self._harvest()
                elif wait == 0 and tries < _BLOCKED_TRIES:
                    tries += 1
                    await asyncio.sleep(_BLOCKED_SECONDS)
                elif wait is None or not 0 < wait <= PATIENCE_SECONDS:
                    await _in_database(self._work.finish)
                    return not taking and await _in_database(self._work.is_due)
                elif monotonic() - begun > IDLE_SECONDS and await self._others_wait():
                    return True
                else:
                    await asyncio.sleep(wait)
        finally:
            for task in self._active:
                task.cancel()
            await asyncio.gather(*self._active, return_exceptions=True)
            await self._provider.close()

    async def _takes_more(self) -> bool:
        """Not while the process is ending, nor once the turn is over and others wait for theirs."""
        over = monotonic() >= self._over_at
        if over and not await self._others_wait():
            self._over_at = monotonic() + TURN_SECONDS
        return monotonic() < self._over_at and not shutting_down.is_set()

    async def _others_wait(self) -> bool:
        return await _in_database(self._work.others_wait)

    async def _fill(self) -> float | None:
        """Send as much as may be; seconds until more may be (see `steps.Leased.wait`)."""
        room = self._most - len(self._active)
        if self._active and (room <= 0 or monotonic() < self._fill_at):
            return None
        leased = await _in_database(
            partial(self._work.lease, room),
            again=partial(self._work.resume, room, list(self._active.values())),
        )
        for pk, request in leased.requests.items():
            self._active[asyncio.create_task(self._ask(pk, request))] = pk
        wait = leased.wait
        self._drained = not leased.requests and wait is None
        if not leased.requests:
            self._fill_at = monotonic() + (
                _IDLE_SECONDS if wait is None else wait or _BLOCKED_SECONDS
            )
        return wait

    async def _harvest(self) -> None:
        """Wait for at least one reply, or until there is something to do; store what has come."""
        timeout = self._renewed + _RENEW_SECONDS - monotonic()
        if len(self._active) < self._most and not self._drained:
            timeout = min(timeout, self._fill_at - monotonic())
        done, waiting = await asyncio.wait(
            self._active, timeout=max(timeout, 0.001), return_when=asyncio.FIRST_COMPLETED
        )
        if done and waiting:
            await asyncio.wait(self._active, timeout=LINGER_SECONDS)
        in_flight = len(self._active)
        for task in [task for task in self._active if task.done()]:
            del self._active[task]
        outcomes, self._outcomes = self._outcomes, {}
        if outcomes:
            await _in_database(partial(self._work.store, outcomes, in_flight))
            if self._drained:
                await _in_database(self._work.finish)
        if monotonic() - self._renewed >= _RENEW_SECONDS:
            await self._renew()

    async def _renew(self) -> None:
        self._renewed = monotonic()
        held = await _in_database(partial(self._work.keep, list(self._active.values())))
        for task, pk in self._active.items():
            if pk not in held:
                task.cancel()

    async def _ask(self, pk: int, request: Request) -> None:
        self._outcomes[pk] = await self._outcome(request)

    async def _outcome(self, request: Request) -> Outcome:
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
        raise Unusable(self._why, billed=False)

    async def close(self) -> None:
        """Nothing was opened."""


def _opened(revision: GeneratorRevision) -> Provider:
    try:
        return open_provider(revision)
    except Permanent as error:
        return _Unopened(error)


def _disconnect() -> None:
    connection.close()  # named here, in its own thread: each thread has another


async def _in_database(function: Callable[[], R], again: Callable[[], R] | None = None) -> R:
    """Run it in the connection's thread; again, on a new connection, if the server was away.

    Safe to repeat: what a lost commit stored is no longer held under the token, and what it leased
    is found by `again`, which is then called instead.
    """
    for attempt in range(_DATABASE_TRIES):
        try:
            return await sync_to_async(function)()
        except (OperationalError, InterfaceError):
            if attempt == _DATABASE_TRIES - 1:
                raise
            function = again or function
            await sync_to_async(_disconnect)()
            await asyncio.sleep(min(2.0**attempt / 8, _LONGEST_DATABASE_WAIT))
    raise AssertionError
