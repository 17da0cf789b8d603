"""Limits that all workers of a generator keep together: a pace, a pause, a window.

The state is one small hash a generator in Redis, changed by two scripts, each in one step. It is
worth nothing but time: if Redis forgets it, a burst may come early and a server has to ask for
patience again. While Redis is away, each worker keeps to a quarter of the limits by itself. How
many requests are in flight is counted in PostgreSQL (`collector.generation.leasing`), not here.
"""

from dataclasses import dataclass
from threading import Lock
from time import monotonic

from collector.generation.limits_lua import ADMIT, FORGET, HELD, REPORT
from collector.generation.pace import CUT_SECONDS, NARROWEST, Admission, Pace, Rate, Report
from collector.models import GeneratorRevision
from common.redis_scripts import Scripts, shared_scripts

ALONE_SHARE = 0.25
"""Of the limits, without Redis: about as many workers start on a generator at once."""
_KEPT_SECONDS = 3600


@dataclass(frozen=True)
class Limits:
    """How fast a generator may be asked, as a revision of it says."""

    generator_id: int
    requests_per_minute: int | None
    tokens_per_minute: int | None
    concurrency: int
    """In flight at most while the server is not overloaded."""

    @classmethod
    def of(cls, revision: GeneratorRevision, *, concurrency: int) -> "Limits":
        return cls(
            generator_id=revision.generator_id,
            requests_per_minute=revision.limits.get("requests_per_minute"),
            tokens_per_minute=revision.limits.get("tokens_per_minute"),
            concurrency=concurrency,
        )

    def pace(self, share: float = 1.0) -> Pace:
        """The state of a generator that was not asked yet, at a share of the limits."""
        return Pace(
            requests=_rate(self.requests_per_minute, share),
            tokens=_rate(self.tokens_per_minute, share),
        )


def admit(limits: Limits, *, wanted: int, tokens_each: float) -> Admission:
    """Ask to send up to `wanted` requests that are expected to need `tokens_each` tokens."""
    pace = limits.pace()
    args: list[float] = [wanted, tokens_each]
    args += [*_numbers(pace.requests), *_numbers(pace.tokens), _KEPT_SECONDS]
    answer = _shared().run(ADMIT, _key(limits.generator_id), args)
    if answer is None:
        with _alone_lock:
            return _alone(limits).admit(monotonic(), wanted, max(tokens_each, 1.0))
    granted, wait, window = int(answer[0]), float(answer[1]), float(answer[2])
    return Admission(granted, wait, int(window) if window else None)


def report(limits: Limits, told: Report) -> None:
    """Tell what became of requests that were admitted."""
    pace = limits.pace()
    args: list[float] = [told.answered, told.overloaded, told.unused, told.tokens, told.in_flight]
    args += [told.retry_after or 0, limits.concurrency]
    args += [_numbers(pace.requests)[0], _numbers(pace.tokens)[0]]
    args += [CUT_SECONDS, NARROWEST, _KEPT_SECONDS]
    if _shared().run(REPORT, _key(limits.generator_id), args) is None:
        with _alone_lock:
            _alone(limits).report(monotonic(), told, limits.concurrency)


def seconds_held(generator_id: int) -> float:
    """How long its server has asked all workers to wait (`Retry-After`); 0 if it has not."""
    return float(_shared().run(HELD, _key(generator_id), []) or 0)


def forget(generator_id: int) -> None:
    """Start anew, as with a generator that was never asked."""
    with _alone_lock:
        for limits in [limits for limits in _paces if limits.generator_id == generator_id]:
            del _paces[limits]
    _shared().run(FORGET, _key(generator_id), [])


def _shared() -> Scripts:
    return shared_scripts(
        away="Redis is away; this worker keeps to a part of the limits",
        back="Redis is back; all workers keep the limits together.",
    )


_paces: dict[Limits, Pace] = {}
_alone_lock = Lock()


def _alone(limits: Limits) -> Pace:
    if limits not in _paces:
        _paces[limits] = limits.pace(ALONE_SHARE)
    return _paces[limits]


def _key(generator_id: int) -> str:
    return f"concord:limits:{generator_id}"


def _rate(a_minute: int | None, share: float) -> Rate | None:
    return None if a_minute is None else Rate.of(a_minute * share)


def _numbers(rate: Rate | None) -> tuple[float, float]:
    return (rate.interval, rate.burst) if rate else (0.0, 0.0)
