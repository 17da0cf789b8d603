"""Numbers with intervals as places on an axis, for the pictures that stand inside tables."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10

STEPS = (1, 2, 2.5, 5, 10)
TICKS = 6


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across the picture: where, in percent of its width, and what it stands for."""

    place: str
    value: float


@dataclass(frozen=True, slots=True)
class Bar:
    """An interval and its middle, in percent of the width; what lies beyond the axis is cut."""

    start: str
    middle: str
    end: str


@dataclass(frozen=True, slots=True)
class Axis:
    """From `low` to `high`, with ticks at round values."""

    low: float
    high: float
    ticks: tuple[Tick, ...]

    def place(self, value: float) -> str:
        """Where a value lies, as SVG takes it: written the same in every language."""
        share = (value - self.low) / (self.high - self.low)
        return f"{100 * min(max(share, 0.0), 1.0):.2f}%"

    def bar(self, middle: float, lower: float, upper: float) -> Bar:
        return Bar(self.place(lower), self.place(middle), self.place(upper))


def axis_over(middles: Iterable[float], ends: Iterable[float], *, least: float) -> Axis:
    """An axis that holds all middles, and of the intervals' ends what does not squeeze them.

    One model that hardly anybody voted on has an interval as wide as the rest of the board: the
    axis goes beyond the middles by a quarter of what they span, at least by `least`, no further.
    """
    inner = [value for value in middles if isfinite(value)] or [0.0]
    bottom, top = min(inner), max(inner)
    room = max((top - bottom) / 4, least)
    outer = [value for value in ends if isfinite(value)] or inner
    low = max(min(bottom, *outer), bottom - room)
    high = min(max(top, *outer), top + room)
    return round_axis(low, max(high, low + least))


def round_axis(low: float, high: float) -> Axis:
    """An axis around `low` and `high` that begins and ends a little beyond, with round ticks."""
    step = _step((high - low) / TICKS)
    margin = (high - low) * 0.03
    first, last = ceil((low - margin) / step), floor((high + margin) / step)
    axis = Axis(low - margin, high + margin, ())
    ticks = tuple(Tick(axis.place(n * step), n * step) for n in range(first, last + 1))
    return Axis(axis.low, axis.high, ticks)


def _step(rough: float) -> float:
    power = 10.0 ** floor(log10(rough))
    return next(step * power for step in STEPS if step * power >= rough)


SHARES = Axis(0.0, 1.0, tuple(Tick(f"{n}%", n / 100) for n in (0, 25, 50, 75, 100)))
