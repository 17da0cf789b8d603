"""Who answered what about which two texts, as columns."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labeling.figures.choice import Choice
from labeling.figures.reading import read_columns
from labeling.figures.votes import Floats, Integers

# Second, tie, first, both bad: the first three in the order of their outcomes 0, ½ and 1.
KINDS = 4
_ANSWERS = """
SELECT c.first_id AS first, c.second_id AS second, c.labeler_id AS labeler, c.prompt_id AS prompt,
       CASE c.outcome WHEN 'second' THEN 0 WHEN 'tie' THEN 1 WHEN 'first' THEN 2 ELSE 3 END::bigint
           AS answer,
       (c.purpose = 'repeat')::int::bigint AS repeat
FROM labeling_comparison c
{joins}
WHERE {where} AND c.first_id IS NOT NULL
ORDER BY c.id
"""
_COLUMNS = dict.fromkeys(["first", "second", "labeler", "prompt", "answer", "repeat"], "int")


@dataclass(frozen=True, slots=True)
class Answers:
    """A row for each labeler and pair of texts: the last answer given.

    `item` numbers pairs of texts, `answer` is 0 second, 1 tie, 2 first, 3 both bad; `labeler` and
    `prompt` are ids. `total` is how many comparisons were read.
    """

    item: Integers
    items: int
    labeler: NDArray[np.int64]
    prompt: NDArray[np.int64]
    answer: Integers
    total: int

    def counts(self) -> NDArray[Any]:
        """How often each item was given each answer: items by KINDS."""
        cells = np.bincount(self.item * KINDS + self.answer, minlength=self.items * KINDS)
        return cells.reshape(self.items, KINDS)

    def prompt_of_item(self) -> NDArray[np.int64]:
        """The prompt of each item."""
        found = np.zeros(self.items, np.int64)
        found[self.item] = self.prompt
        return found

    @property
    def outcome(self) -> Floats:
        """1, ½ and 0; that both are bad is a tie."""
        return np.array([0.0, 0.5, 1.0, 0.5])[self.answer]


@dataclass(frozen=True, slots=True)
class Again:
    """A row for each time that a labeler (an id) answered once more: was it the `same` answer?"""

    labeler: NDArray[np.int64]
    same: NDArray[np.bool_]


def read_answers(choice: Choice) -> Answers:
    """The answers among these comparisons; votes without texts have no item and are left out."""
    return read_both(choice)[0]


def read_both(choice: Choice) -> tuple[Answers, Again]:
    """Everybody's last answers, and how each compares with the one before.

    Answers to hidden repeats say how far people agree with themselves, and not what they think:
    the last answers leave them out.
    """
    query = _ANSWERS.format(joins=choice.joins, where=choice.where)
    rows = read_columns(query, choice.parameters, _COLUMNS)
    item, items = number_pairs(rows["first"], rows["second"])
    labeler, answer, own = rows["labeler"], rows["answer"].astype(np.intp), rows["repeat"] == 0
    # Stable, so that each labeler's answers about an item are one run in the order of time.
    order = np.lexsort((labeler, item))
    follows = (np.diff(item[order]) == 0) & (np.diff(labeler[order]) == 0)
    before, after = order[:-1][follows], order[1:][follows]
    again = Again(labeler[after], answer[before] == answer[after])
    order = order[own[order]]
    follows = (np.diff(item[order]) == 0) & (np.diff(labeler[order]) == 0)
    last = order[np.append(~follows, True)] if len(order) else order
    said = Answers(
        item=item[last],
        items=items,
        labeler=labeler[last],
        prompt=rows["prompt"][last],
        answer=answer[last],
        total=int(own.sum()),
    )
    return said, again


def number_pairs(first: NDArray[Any], second: NDArray[Any]) -> tuple[Integers, int]:
    """Pairs of ids numbered from 0, and how many there are."""
    ids, place = np.unique(np.concatenate([first, second]), return_inverse=True)
    a, b = place[: len(first)], place[len(first) :]
    keys, number = np.unique(a * max(len(ids), 1) + b, return_inverse=True)
    return number.astype(np.intp), len(keys)
