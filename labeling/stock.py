"""The prompts whose responses are not compared yet, while tasks are chosen. No ORM.

Prompts that have unused responses of the same models, and as many tasks already, are alike: they
are kept as one kind, of which a few are named and the others counted. So a stock is small however
many prompts there are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator as Random
from numpy.typing import NDArray

from labeling.statistics.bradley_terry import Integers


@dataclass(frozen=True, slots=True)
class Kind:
    """Prompts alike: the models (numbers) of their unused responses, each as often as it has some.

    `prompts` are some of them in random order, as many as could be taken; `size` is how many there
    are; `used` how many tasks each has.
    """

    models: tuple[int, ...]
    used: int
    size: int
    prompts: Sequence[int]


class Stock:
    """Which pairs of models have a prompt left, and which prompt a pair gets.

    `takes` is how often `take` will be called at most. Memory: kinds times models.
    """

    def __init__(self, kinds: Iterable[Kind], *, models: int, takes: int) -> None:
        kept = list(kinds)
        room = len(kept) + takes
        self._models = models
        self._unused = np.zeros((room, models), np.int32)
        self._used = np.zeros(room, np.int64)
        self._left = np.zeros(room, np.int64)
        self._prompts: list[list[int]] = []
        self._places: dict[tuple[int, bytes], int] = {}
        for kind in kept:
            unused = np.bincount(kind.models, minlength=models)
            self._prompts[self._place(kind.used, unused)].extend(kind.prompts)
            self._left[self._place(kind.used, unused)] += kind.size
        there = (self._unused > 0).astype(float)
        self._pairs = np.rint(there.T @ (there * self._left[:, None])).astype(np.int64)
        np.fill_diagonal(self._pairs, 0)

    def _place(self, used: int, unused: NDArray[np.integer]) -> int:
        key = used, unused.astype(np.int32).tobytes()
        place = self._places.setdefault(key, len(self._prompts))
        if place == len(self._prompts):
            self._prompts.append([])
            self._used[place] = used
            self._unused[place] = unused
        return place

    def pairs(self) -> tuple[Integers, Integers]:
        """Pairs of models with a prompt that has unused responses of both; first below second."""
        first, second = np.nonzero(np.triu(self._pairs))
        return first, second

    @property
    def choices(self) -> int:
        """How many pairs there are; taking makes them fewer, never more."""
        return int(np.count_nonzero(self._pairs)) // 2

    def take(self, first: int, second: int, random: Random) -> int:
        """A prompt of the pair: one with the fewest tasks, at random among these.

        One response of either model is used there. Raises ValueError where no prompt is left.
        """
        kinds = len(self._prompts)
        there = (self._unused[:kinds, first] > 0) & (self._unused[:kinds, second] > 0)
        there &= self._left[:kinds] > 0
        if not there.any():
            raise ValueError("no prompt is left for this pair")
        fresh = np.flatnonzero(there & (self._used[:kinds] == self._used[:kinds][there].min()))
        weights = self._left[fresh] / self._left[fresh].sum()
        place = int(fresh[0] if len(fresh) == 1 else random.choice(fresh, p=weights))
        prompt = self._prompts[place].pop(int(random.integers(len(self._prompts[place]))))
        self._move(place, first, second, prompt)
        return prompt

    def _move(self, place: int, first: int, second: int, prompt: int) -> None:
        """The prompt is of another kind now."""
        self._count(place, -1)
        unused = self._unused[place].copy()
        unused[[first, second]] -= 1
        after = self._place(int(self._used[place]) + 1, unused)
        self._prompts[after].append(prompt)
        self._count(after, 1)

    def _count(self, place: int, change: int) -> None:
        self._left[place] += change
        there = np.flatnonzero(self._unused[place] > 0)
        self._pairs[np.ix_(there, there)] += change
        self._pairs[there, there] = 0
