"""Crowds of synthetic labelers: who likes what, who does not read, who works against. No ORM.

Each person has a generator of random numbers of their own, so that what one says depends on nobody
else's turns.
"""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from common.errors import InvalidInput
from labeling.tastes import Seen, Taste, gumbel, longer

MOST_PEOPLE = 10_000
# Characters a second that people read (some 240 words a minute), and how their pace differs: the
# standard deviation of its logarithm, between people and between one's own tasks.
READ = 24.0
PACES, HASTE = 0.3, 0.25
UNREAD = 2.0  # seconds of who decides without reading


@dataclass(frozen=True, slots=True)
class Person:
    """A synthetic labeler: what they like, their own randomness, and how fast they read.

    `pace` is in characters a second, None of who does not read.
    """

    name: str
    taste: Taste
    rng: random.Random
    pace: float | None

    def seconds(self, responses: Sequence[Seen]) -> float:
        """What a task of these takes them."""
        length = sum(len(seen.text) for seen in responses)
        typical = UNREAD if self.pace is None else max(UNREAD, length / self.pace)
        return round(typical * math.exp(self.rng.gauss(0, HASTE)), 2)


def read_crowd(written: str) -> dict[str, int]:
    """`tastes:8,random:2` as numbers of people by kind. Raises InvalidInput."""
    crowd: dict[str, int] = {}
    for part in written.split(","):
        kind, _colon, number = part.strip().partition(":")
        if kind not in KINDS or kind in crowd:
            raise InvalidInput(
                _("A crowd is made of these, each once: %(kinds)s.") % {"kinds": ", ".join(KINDS)}
            )
        if not (number.isascii() and number.isdigit() and 0 < int(number) <= MOST_PEOPLE):
            raise InvalidInput(
                _("“%(kind)s” wants a number of people, as in %(kind)s:5.") % {"kind": kind}
            )
        crowd[kind] = int(number)
    return crowd


def people(
    crowd: Mapping[str, int], *, strengths: Mapping[str, float], spread: float, seed: int
) -> list[Person]:
    """The people of a crowd, always the same for one seed, whoever else is in it.

    `strengths` are Bradley–Terry strengths of generators (0 if unnamed). Of each of them a person
    with a taste thinks more or less than others do, by a standard deviation of `spread`.
    """
    found = []
    for kind, number in crowd.items():
        for place in range(1, number + 1):
            name = f"{kind}-{seed}-{place}"
            rng = random.Random(name)  # noqa: S311 - reproducible on purpose
            pace = READ * math.exp(rng.gauss(0, PACES)) if kind in _READERS else None
            found.append(Person(name, KINDS[kind](strengths, spread, rng), rng, pace))
    return found


def _tastes(strengths: Mapping[str, float], spread: float, own: random.Random) -> Taste:
    """Bradley–Terry with strengths of the person's own around those given."""
    salt = own.random()
    thought: dict[str, float] = {}

    def think(name: str) -> float:
        # Drawn by name, as which generator one meets first depends on the queue.
        rng = random.Random(f"{salt} {name}")  # noqa: S311 - reproducible on purpose
        return strengths.get(name, 0.0) + rng.gauss(0, spread)

    def taste(responses: Sequence[Seen], rng: random.Random) -> list[float]:
        names = [seen.generator or "" for seen in responses]
        for name in names:
            if name not in thought:
                thought[name] = think(name)
        return [thought[name] + gumbel(rng) for name in names]

    return taste


def _random(_strengths: Mapping[str, float], _spread: float, _own: random.Random) -> Taste:
    """Any order, whatever was said."""
    return lambda responses, rng: [rng.random() for _seen in responses]


def _lazy(_strengths: Mapping[str, float], _spread: float, _own: random.Random) -> Taste:
    """The order shown: always the left one of two."""
    return lambda responses, _rng: [-float(seen.place) for seen in responses]


def _adversarial(strengths: Mapping[str, float], spread: float, own: random.Random) -> Taste:
    """The order of somebody with a taste, upside down."""
    taste = _tastes(strengths, spread, own)
    return lambda responses, rng: [-worth for worth in taste(responses, rng)]


def _length(_strengths: Mapping[str, float], _spread: float, _own: random.Random) -> Taste:
    """The longer answer, whoever wrote it."""
    return longer


KINDS: dict[str, Callable[[Mapping[str, float], float, random.Random], Taste]] = {
    "tastes": _tastes,
    "random": _random,
    "lazy": _lazy,
    "adversarial": _adversarial,
    "length": _length,
}
_READERS = frozenset({"tastes", "adversarial", "length"})
