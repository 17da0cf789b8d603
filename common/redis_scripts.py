"""Small states in Redis that scripts change, each in one step.

What is kept so is worth nothing but time: while Redis is away, callers do without it.
"""

import logging
import math
from collections.abc import Sequence
from functools import cache
from time import monotonic
from typing import Any

from django.conf import settings
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.commands.core import Script
from redis.retry import Retry

logger = logging.getLogger(__name__)

AWAY_SECONDS = 5.0
"""So long Redis is not asked again once it did not answer."""
_ANSWER_SECONDS = 1.0


class Scripts:
    """Scripts run in the Redis at `url`, or the knowledge that it is away.

    `away` and `back` are logged when it is seen to go and to come again.
    """

    def __init__(self, url: str, *, away: str, back: str) -> None:
        self._client = Redis.from_url(
            url,
            socket_timeout=_ANSWER_SECONDS,
            socket_connect_timeout=_ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 1),  # a connection that a restart has cut
        )
        self._away, self._back = away, back
        self._scripts: dict[str, Script] = {}
        self._away_until = -math.inf

    def run(self, script: str, key: str, args: Sequence[float]) -> Any | None:
        """What the script answers; None while Redis is away."""
        if monotonic() < self._away_until:
            return None
        if script not in self._scripts:
            self._scripts[script] = self._client.register_script(script)
        try:
            answer = self._scripts[script](keys=[key], args=args)
        except RedisError as error:
            self._away_until = monotonic() + AWAY_SECONDS
            logger.warning("%s: %s", self._away, error)
            return None
        if self._away_until > 0:
            self._away_until = -math.inf
            logger.warning("%s", self._back)
        return answer


@cache
def _of(url: str, away: str, back: str) -> Scripts:
    return Scripts(url, away=away, back=back)


def shared_scripts(*, away: str, back: str) -> Scripts:
    """The scripts of the installation's Redis, as one set of connections a process and purpose."""
    return _of(settings.CACHES["default"]["LOCATION"], away, back)
