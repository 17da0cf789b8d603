"""Which tasks come next: a rule says which pair, the stock which prompt. No ORM."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator as Random

from labeling.statistics.bradley_terry import Integers
from labeling.statistics.intervals import Floats
from labeling.statistics.rules import Rule
from labeling.stock import Stock

LOOKS = 25  # how often the chances are worked out anew in the course of a batch


@dataclass(frozen=True, slots=True)
class Choice:
    """A task to be: models by number, and the chance that this pair had of being chosen."""

    prompt: int
    first: int
    second: int
    probability: float


@dataclass(frozen=True, slots=True)
class _Chances:
    first: Integers
    second: Integers
    probabilities: Floats


def choose(
    *,
    rule: Rule,
    stock: Stock,
    tasks: int,
    votes: float,
    random: Random,
    of: set[int] | None = None,
) -> list[Choice]:
    """Choose up to `tasks` tasks that each bring `votes`; fewer where prompts run out.

    `of` restricts the choice to pairs with one of these models. The probability is that of the
    pair among all pairs it could have been at that moment.
    """
    chosen: list[Choice] = []
    chances, choices = _chances(rule, stock, of), stock.choices
    every = max(1, tasks // LOOKS)
    for number in range(1, tasks + 1):
        if not len(chances.first):
            break
        at = int(random.choice(len(chances.first), p=chances.probabilities))
        first, second = int(chances.first[at]), int(chances.second[at])
        prompt = stock.take(first, second, random)
        chosen.append(Choice(prompt, first, second, float(chances.probabilities[at])))
        rule.owe(first, second, votes)
        if number % every == 0 or stock.choices != choices:
            chances, choices = _chances(rule, stock, of), stock.choices
    return chosen


def _chances(rule: Rule, stock: Stock, of: set[int] | None) -> _Chances:
    first, second = stock.pairs()
    if of is not None:
        wanted = np.isin(first, list(of)) | np.isin(second, list(of))
        first, second = first[wanted], second[wanted]
    return _Chances(first, second, rule.probabilities(first, second))
