"""What synthetic labelers like. No ORM: a taste gives each response a worth, ties included."""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seen:
    """A response as a synthetic labeler sees it: unlike people, it may know the author."""

    place: str
    text: str
    generator: str | None


Taste = Callable[[Sequence[Seen], random.Random], list[float]]


def longer(responses: Sequence[Seen], rng: random.Random) -> list[float]:
    """The longer answer is better; equal lengths tie."""
    return [float(len(seen.text)) for seen in responses]


def shorter(responses: Sequence[Seen], rng: random.Random) -> list[float]:
    """The shorter answer is better; equal lengths tie."""
    return [-float(len(seen.text)) for seen in responses]


def plackett_luce(strengths: Mapping[str, float]) -> Taste:
    """Generators of these strengths (natural log scale; 0 if unnamed), each seen with noise.

    With independent standard Gumbel noise the ranking follows Plackett and Luce, and every pair
    Bradley and Terry: P(i over j) = 1 / (1 + exp(strength j - strength i)).
    """

    def taste(responses: Sequence[Seen], rng: random.Random) -> list[float]:
        return [strengths.get(seen.generator or "", 0.0) + gumbel(rng) for seen in responses]

    return taste


def tiers_of(responses: Sequence[Seen], worths: Sequence[float]) -> list[list[str]]:
    """Places by worth, best first; equal worths share a tier."""
    places: dict[float, list[str]] = {}
    for seen, worth in zip(responses, worths, strict=True):
        places.setdefault(worth, []).append(seen.place)
    return [places[worth] for worth in sorted(places, reverse=True)]


def gumbel(rng: random.Random) -> float:
    """A standard Gumbel number: the noise under which worths make Bradley–Terry choices."""
    return -math.log(rng.expovariate(1.0))
