"""Flags of labelers in words, with their evidence: a reason to look, never a verdict."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from labeling.templatetags.care import percent, short_time
from labeling.templatetags.figures import chance, decimals, thousands

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a flag says, and how its evidence is told: names in it are those of the evidence."""

    words: Promise
    evidence: Promise


@dataclass(frozen=True, slots=True)
class Flag:
    """What is worth a look, and the numbers behind it."""

    words: str
    evidence: str


KINDS = {
    "gold": Kind(
        _("misses known answers"),
        _("%(right)s of %(n)s right, at least %(minimum)s asked; by chance: p %(p)s"),
    ),
    "adversarial": Kind(
        _("votes against everybody"),
        _("reliability %(reliability)s, below ½ (99%%: %(lower)s–%(upper)s, of %(n)s pairs)"),
    ),
    "unreliable": Kind(
        _("unreliable"),
        _("reliability %(reliability)s (99%%: %(lower)s–%(upper)s, of %(n)s pairs)"),
    ),
    "disagrees": Kind(
        _("seldom with others"),
        _("with others in %(agreement)s of %(n)s pairs, everybody in %(everybody)s"),
    ),
    "inconsistent": Kind(
        _("seldom with oneself"), _("the same answer in %(agreement)s of %(n)s repeats")
    ),
    "position": Kind(_("chooses by place"), _("the first in %(first)s of %(n)s, q %(q)s")),
    "length": Kind(_("chooses by length"), _("the longer in %(longer)s of %(n)s, q %(q)s")),
    "fast": Kind(
        _("faster than one reads"),
        _("%(fast)s of %(n)s sooner than one could skim them; median %(median)s"),
    ),
}
SHARES = ("agreement", "everybody", "first", "longer", "minimum", "share")
COUNTS = ("right", "n", "fast")
CHANCES = ("p", "q")


def flag_in_words(flag: Body) -> Flag:
    """A flag of the API's row; one of a kind without words here says its kind alone."""
    kind = KINDS.get(flag["kind"])
    if kind is None:
        return Flag(flag["kind"], "")
    told = {name: _told(name, value) for name, value in flag["evidence"].items()}
    return Flag(str(kind.words), str(kind.evidence) % told)


def _told(name: str, value: float) -> str:
    if name in SHARES:
        return percent(value)
    if name in COUNTS:
        return thousands(value)
    if name in CHANCES:
        return chance(value)
    return short_time(value) if name == "median" else decimals(value)
