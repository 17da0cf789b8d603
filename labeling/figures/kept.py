"""Counts that take long, kept in Redis: a reader sees the last ones while a worker counts anew."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.utils import timezone
from kombu.exceptions import OperationalError
from redis import RedisError

Body = dict[str, Any]

KEPT_FOR = 24 * 3600  # seconds
ASKED_FOR = 600  # seconds after which a worker is asked again


def kept_or_counted(
    name: str,
    *,
    count: Callable[[], Body],
    ask_a_worker: Callable[[], object],
    fresh_for: timedelta,
    quick: float,
) -> Body:
    """The counts of that name, at most `fresh_for` old unless they took more than `quick` seconds.

    Those are counted by a worker, who is asked once in a while however many read; only their very
    first reader waits. `count` makes them, with `as_of` (ISO 8601) and the `seconds` they took, and
    keeps them by `keep`. Without a broker everything is counted.
    """
    found: Body | None = None
    with suppress(RedisError):
        found = cache.get(name)
    if found is None:
        return count()
    if timezone.now() - datetime.fromisoformat(found["as_of"]) < fresh_for:
        return found
    if found["seconds"] <= quick:
        return count()
    with suppress(RedisError, OperationalError):
        if cache.add(f"{name}:asked", True, ASKED_FOR):
            ask_a_worker()
    return found


def keep(name: str, body: Body) -> None:
    """Keep what was counted; without Redis it is counted again."""
    with suppress(RedisError):
        cache.set(name, body, KEPT_FOR)


def forget(name: str) -> None:
    """What was counted holds no more: the next reader counts, however long that took."""
    with suppress(RedisError):
        cache.delete(name)
