"""How fast one generator may be asked: the arithmetic, without Redis.

Requests and tokens are paced by the generic cell rate algorithm: `next` is when the next one would
be due at an even pace, and a burst may run ahead of it. A window of requests in flight halves when
the server is overloaded and grows by one a window answered (AIMD). `collector.generation.limits`
does the same in Redis for all workers together; this is what a worker goes by when Redis is away.
"""

import math
from dataclasses import dataclass

MINUTE = 60.0
BURST_SECONDS = 1.0
"""So much of a limit may come at once; what a Redis that forgot everything lets pass too much."""
CUT_SECONDS = 1.0
"""A window is halved at most so often: what was in flight together is one sign of overload."""
NARROWEST = 1.0


@dataclass(frozen=True)
class Rate:
    """A limit a minute as an even pace: seconds each, and how many may run ahead.

    Such that no minute sees more than the limit, its first burst included.
    """

    interval: float
    burst: float

    @classmethod
    def of(cls, a_minute: float) -> "Rate":
        burst = max(1.0, math.floor(a_minute * BURST_SECONDS / MINUTE))
        return cls(interval=MINUTE / (a_minute - burst + 1), burst=burst)


@dataclass(frozen=True)
class Admission:
    """How many may be sent now; seconds until more may be where that is none.

    `window` bounds how many may be in flight together, None where nothing but the generator's own
    concurrency does.
    """

    granted: int
    wait: float = 0.0
    window: int | None = None


@dataclass(frozen=True)
class Report:
    """What became of requests: `unused` were granted and not sent, `tokens` corrects the charge."""

    answered: int = 0
    overloaded: int = 0
    unused: int = 0
    tokens: float = 0.0
    in_flight: int = 0
    retry_after: float | None = None


@dataclass
class Pace:
    """One generator's state; times in seconds of whatever clock `now` is from."""

    requests: Rate | None
    tokens: Rate | None
    next_request: float = 0.0
    next_token: float = 0.0
    held_until: float = 0.0
    window: float | None = None
    cut_at: float = -math.inf

    def admit(self, now: float, wanted: int, tokens_each: float) -> Admission:
        """Take up to `wanted` requests, expected to need `tokens_each`."""
        window = None if self.window is None else int(self.window)
        if self.held_until > now:
            return Admission(0, self.held_until - now, window)
        self.next_request = max(self.next_request, now)
        self.next_token = max(self.next_token, now)
        granted, wait = wanted, 0.0
        if self.requests is not None:
            ahead = (now - self.next_request) / self.requests.interval + self.requests.burst
            granted = min(granted, math.floor(ahead + 1e-9))
            wait = (1 - ahead) * self.requests.interval
        if self.tokens is not None:
            left = (now - self.next_token) / self.tokens.interval + self.tokens.burst
            granted = min(granted, max(1, math.floor(left / tokens_each)) if left > 0 else 0)
            wait = max(wait, -left * self.tokens.interval)
        if granted <= 0:
            return Admission(0, max(wait, 0.001), window)
        self._charge(granted, granted * tokens_each)
        return Admission(granted, 0.0, window)

    def report(self, now: float, report: Report, widest: int) -> None:
        """Correct what was charged, and widen or narrow the window."""
        self._charge(-report.unused, report.tokens)
        if report.retry_after is not None:
            self.held_until = max(self.held_until, now + report.retry_after)
        if report.overloaded:
            if now - self.cut_at >= CUT_SECONDS:
                open_to = min(self.window or widest, max(report.in_flight, 1))
                self.window, self.cut_at = max(NARROWEST, open_to / 2), now
        elif report.answered and self.window is not None:
            wider = self.window + report.answered / self.window
            self.window = None if wider >= widest else wider

    def _charge(self, requests: float, tokens: float) -> None:
        if self.requests is not None:
            self.next_request += requests * self.requests.interval
        if self.tokens is not None:
            self.next_token += tokens * self.tokens.interval
