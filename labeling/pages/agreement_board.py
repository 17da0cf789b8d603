"""A project's agreement as its page shows it: alphas with their reading, and leanings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from labeling.figures.agreement import reading
from labeling.pages.axis import SHARES
from labeling.pages.boards import Reading
from labeling.pages.labeler_board import Estimate, Lean, leaning

Body = Mapping[str, Any]
LEVELS = {"nominal": _("nominal"), "ordinal": _("ordinal"), "interval": _("interval")}
# How Krippendorff calls an alpha, and the tone of its badge.
READINGS: dict[str | None, tuple[Promise, str]] = {
    "good": (_("good"), "good"),
    "tentative": (_("tentative"), "warn"),
    "poor": (_("poor"), "bad"),
}


@dataclass(frozen=True, slots=True)
class Alpha:
    """Krippendorff's alpha at one level, None where it is not known, and how to read it."""

    level: Promise
    value: float | None
    lower: float | None
    upper: float | None
    words: Promise | str
    tone: str


@dataclass(frozen=True, slots=True)
class Leaning:
    """What the whole project leans to, None where nobody chose."""

    words: Promise
    explanation: Promise
    lean: Lean | None


def alphas_of(body: Body) -> list[Alpha]:
    """The alphas of an agreement's body, nominal first."""
    return [_alpha(body, name) for name in LEVELS]


def _alpha(body: Body, name: str) -> Alpha:
    value = body["alpha"][name]
    lower, upper = body["alpha_intervals"][name]
    words, tone = READINGS.get(reading(value) if value is not None else None, ("", ""))
    return Alpha(LEVELS[name], value, lower, upper, words, tone)


def raw_of(body: Body) -> Estimate | None:
    """The share of the same answers, with its interval; None without two who judged the same."""
    if body["raw"] is None:
        return None
    share = body["raw"]
    lower = share if body["raw_lower"] is None else body["raw_lower"]
    upper = share if body["raw_upper"] is None else body["raw_upper"]
    return Estimate(share, lower, upper, body["pairs"], SHARES.bar(share, lower, upper))


def leanings_of(body: Body) -> list[Leaning]:
    """To the response shown first, and to the longer one."""
    return [
        Leaning(
            _("The one shown first"),
            _("Half would be no lean."),
            leaning(body["position"], "first"),
        ),
        Leaning(
            _("The longer one"),
            _("More than half may be deserved."),
            leaning(body["length"], "longer"),
        ),
    ]


def reading_of(name: str) -> Reading:
    """Reads an alpha of a body, or with `raw` the share of the same answers."""

    def read(body: Body) -> tuple[float, float, float] | None:
        raw = name == "raw"
        value = body["raw"] if raw else body["alpha"][name]
        ends = (body["raw_lower"], body["raw_upper"]) if raw else body["alpha_intervals"][name]
        if value is None:
            return None
        lower, upper = (value if end is None else end for end in ends)
        return value, lower, upper

    return read


TREND: dict[str, tuple[Promise, Reading]] = {
    "raw": (_("same answers"), reading_of("raw")),
    "nominal": (_("α, nominal"), reading_of("nominal")),
    "ordinal": (_("α, ordinal"), reading_of("ordinal")),
}
