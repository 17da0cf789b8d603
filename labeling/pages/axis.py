"""Numbers with intervals as places on an axis, for the pictures that stand inside tables."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10
from statistics import median

STEPS = (1, 2, 2.5, 5, 10)
TICKS = 6


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across the picture: where, in percent of its width, and what it stands for."""

    place: str
    value: float


@dataclass(frozen=True, slots=True)
class Bar:
    """An interval and its middle, in percent of the width.

    What lies beyond the axis is cut, and `goes_below` or `goes_beyond` says so.
    """

    start: str
    middle: str
    end: str
    goes_below: bool = False
    goes_beyond: bool = False


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
        ends = self.place(lower), self.place(middle), self.place(upper)
        return Bar(*ends, goes_below=lower < self.low, goes_beyond=upper > self.high)


def axis_over(intervals: Iterable[tuple[float, float, float]], *, least: float) -> Axis:
    """An axis that holds all middles, and of the intervals' ends what does not squeeze them.

    `intervals` are middle, lower and upper end each. One model that hardly anybody voted on has an
    interval as wide as the rest of the board: the axis goes beyond the middles by a quarter of what
    they span, by twice what most intervals reach, or by `least`, and no further.
    """
    known = [each for each in intervals if isfinite(sum(each))] or [(0.0, 0.0, 0.0)]
    inner = [middle for middle, _, _ in known]
    bottom, top = min(inner), max(inner)
    reach = median(max(middle - lower, upper - middle) for middle, lower, upper in known)
    room = max((top - bottom) / 4, 2 * reach, least)
    outer = [end for _, lower, upper in known for end in (lower, upper)]
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
