"""Worked examples before a prompt: other rows of the same input, drawn by seed or by nearness."""

import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import log, sqrt

import numpy as np

from collector.importing.rows import RowError
from collector.templating.templates import Rendered

# Examples are drawn from so many rows of the input, themselves drawn by the seed.
POOL = 2_000
# A row that is longer makes no example.
MAX_EXAMPLE = 4_000
MAX_SHOTS = 32

BETWEEN_EXAMPLES = "\n\n"
BEFORE_TARGET = "\n"
_WORD = re.compile(r"\w+")


@dataclass
class Pool:
    """A sample of an input's rows that have answers: each row is as likely to be in it.

    The same rows in the same order and the same seed give the same pool (reservoir sampling,
    algorithm R of Vitter 1985), so that an import that is taken up again goes on alike.
    """

    seed: int = 0
    size: int = POOL
    examples: list[Rendered] = field(default_factory=list)
    _seen: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - drawn to be drawn again

    def offer(self, rendered: Rendered) -> None:
        """Perhaps take a row in."""
        usable = rendered.target and len(rendered.input) + len(rendered.target) <= MAX_EXAMPLE
        if not usable:
            return
        self._seen += 1
        if len(self.examples) < self.size:
            self.examples.append(rendered)
            return
        place = self._random.randrange(self._seen)
        if place < self.size:
            self.examples[place] = rendered


class Shots:
    """Puts `count` examples of the pool before a row's prompt."""

    def __init__(self, pool: Pool, *, count: int, nearest: bool) -> None:
        self._pool = pool
        self._count = count
        self._near = Nearness(example.input for example in pool.examples)
        self._nearest = nearest

    def before(self, number: int, rendered: Rendered) -> Rendered:
        """The prompt after its examples, the nearest last. Raises RowError if there are too few.

        A row is no example of itself, nor is another one that asks the same: neither may tell the
        answer.
        """
        drawn: list[Rendered] = []
        asked = {_folded(rendered.input)}
        for place in self._order(number, rendered):
            if len(drawn) == self._count:
                break
            example = self._pool.examples[place]
            if _folded(example.input) not in asked:
                asked.add(_folded(example.input))
                drawn.append(example)
        if len(drawn) < self._count:
            raise RowError(
                "too_few_examples",
                f"{self._count} examples are wanted, {len(drawn)} other rows have an answer",
            )
        shown = [f"{each.input}{BEFORE_TARGET}{each.target}" for each in reversed(drawn)]
        return Rendered(BETWEEN_EXAMPLES.join([*shown, rendered.input]), rendered.target)

    def _order(self, number: int, rendered: Rendered) -> Iterator[int]:
        """Places in the pool, those to be taken first."""
        if self._nearest:
            return self._near.order(rendered.input)
        drawing = random.Random(f"{self._pool.seed}/{number}")  # noqa: S311
        return _shuffled(len(self._pool.examples), drawing)


def _shuffled(size: int, drawing: random.Random) -> Iterator[int]:
    """0 to size - 1 in random order, without shuffling more of them than are asked for."""
    moved: dict[int, int] = {}
    for place in range(size):
        chosen = drawing.randrange(place, size)
        yield moved.get(chosen, chosen)
        moved[chosen] = moved.get(place, place)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


class Nearness:
    """Cosine similarity of words weighted by TF-IDF, over a fixed list of texts."""

    def __init__(self, texts: Iterable[str]) -> None:
        from scipy.sparse import csr_array  # noqa: PLC0415 - most processes never need it

        counted = [_words(text) for text in texts]
        frequency = Counter(word for words in counted for word in words)
        self._place = {word: place for place, word in enumerate(frequency)}
        # Smoothed as if one more text held every word once: no weight is 0.
        self._weight = {
            word: log((1 + len(counted)) / (1 + seen)) + 1 for word, seen in frequency.items()
        }
        rows = [self._vector(words) for words in counted]
        self._matrix = csr_array(
            (
                np.array([value for row in rows for value in row.values()], dtype=np.float64),
                np.array([place for row in rows for place in row], dtype=np.int64),
                np.cumsum([0, *(len(row) for row in rows)]),
            ),
            shape=(len(rows), len(self._place)),
        )

    def order(self, text: str) -> Iterator[int]:
        """Places of the texts, the nearest first; the earlier of two that are as near."""
        query = np.zeros(len(self._place))
        for place, value in self._vector(_words(text)).items():
            query[place] = value
        return iter(np.argsort(-(self._matrix @ query), kind="stable").tolist())

    def _vector(self, words: Mapping[str, int]) -> dict[int, float]:
        weighted = {
            self._place[word]: count * self._weight[word]
            for word, count in words.items()
            if word in self._place
        }
        length = sqrt(sum(value * value for value in weighted.values())) or 1.0
        return {place: value / length for place, value in weighted.items()}


def _words(text: str) -> Counter[str]:
    return Counter(_WORD.findall(text.casefold()))
