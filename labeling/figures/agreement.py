"""How far a project's labelers agree about the same two texts."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from collector.models import Project
from labeling.figures.answers import Answers, read_answers
from labeling.figures.choice import Choice
from labeling.figures.plain import plain
from labeling.figures.sides import lengths_of_all, position_of_all
from labeling.figures.votes import Floats
from labeling.statistics.agreement import (
    Level,
    alpha_of_coincidences,
    ceiling,
    coincidences,
)
from labeling.statistics.jackknife import blocks, standard_error

GOOD, TENTATIVE = 0.8, 0.667  # Krippendorff's own bounds
LEVELS: tuple[Level, ...] = ("nominal", "ordinal", "interval")
# Answers, in the order of the columns of counts: second, tie, first, both bad.
TIED = 1
_OUTCOMES = np.array([0.0, 0.5, 1.0])
Z = 1.96


@dataclass(frozen=True, slots=True)
class _Items:
    """Pairs of texts that two or more people judged: counts of answers, and each one's prompt."""

    counts: Floats  # items by answers
    prompts: NDArray[Any]
    labelers: int


def agreement(*, project: Project, choice: Choice | None = None) -> dict[str, Any]:
    """Agreement between labelers, beyond chance and with the ceiling it sets.

    Of pairs of texts that at least two labelers judged; who judged a pair twice counts with the
    last answer. The members are described in docs/statistics.md.
    """
    chosen = choice or Choice(project)
    answers = read_answers(chosen)
    items = _items(answers)
    raw, error = _raw(items)
    low, high = _ends(raw, error)
    alone, of_three = ceiling(raw)
    return {
        "raw": plain(raw),
        "raw_standard_error": plain(error),
        "raw_lower": low,
        "raw_upper": high,
        "tie_discounted": plain(_tie_discounted(items)),
        "alpha": {level: plain(_alpha(items, level)) for level in LEVELS},
        "alpha_intervals": {level: _alpha_interval(items, level) for level in LEVELS},
        "reading": reading(_alpha(items, "nominal")),
        "ceiling": {"one": plain(alone), "majority_of_three": plain(of_three)},
        "pairs": int(_pairs(items).sum()),
        "items": len(items.counts),
        "labelers": items.labelers,
        "comparisons": answers.total,
        "position": position_of_all(chosen),
        "length": lengths_of_all(chosen),
        "options": _told(chosen),
    }


def reading(alpha: float) -> str | None:
    """How Krippendorff would call an alpha: good, tentative or poor; None where it is unknown."""
    if not np.isfinite(alpha):
        return None
    return "good" if alpha >= GOOD else "tentative" if alpha >= TENTATIVE else "poor"


def _told(choice: Choice) -> dict[str, Any]:
    return {
        "tag": choice.tag,
        "language": choice.language,
        "purposes": list(choice.purposes),
        "since": choice.since.isoformat() if choice.since else None,
        "until": choice.until.isoformat() if choice.until else None,
        "confidence": 0.95,
    }


def _items(answers: Answers) -> _Items:
    counts = answers.counts()
    shared = counts.sum(axis=1) >= 2
    mine = shared[answers.item]
    return _Items(
        counts[shared].astype(float),
        answers.prompt_of_item()[shared],
        len(np.unique(answers.labeler[mine])),
    )


def _pairs(items: _Items) -> Floats:
    """How many pairs of labelers judged each item."""
    votes = items.counts.sum(axis=1)
    return np.asarray(votes * (votes - 1) / 2)


def _same(items: _Items) -> Floats:
    return np.asarray((items.counts * (items.counts - 1) / 2).sum(axis=1))


def _raw(items: _Items) -> tuple[float, float]:
    """The share of co-labelled pairs with the same answer, and its standard error by prompt.

    As `raw_agreement` of all pairs listed, which need not be listed for it.
    """
    pairs, same = _pairs(items), _same(items)
    total = pairs.sum()
    if not total:
        return float("nan"), float("nan")
    share = float(same.sum() / total)
    prompts, prompt = np.unique(items.prompts, return_inverse=True)
    if len(prompts) < 2:
        return share, float("nan")
    sums = np.bincount(prompt, same - share * pairs)
    groups = len(prompts)
    return share, float(np.sqrt(groups / (groups - 1) * (sums**2).sum()) / total)


def _tie_discounted(items: _Items) -> float:
    """1 for the same outcome, ½ where exactly one is a tie; both bad is a tie here."""
    total = _pairs(items).sum()
    if not total:
        return float("nan")
    outcomes = _as_outcomes(items.counts)
    same = (outcomes * (outcomes - 1) / 2).sum()
    ties = outcomes[:, TIED]
    one_tie = (ties * (outcomes.sum(axis=1) - ties)).sum()
    return float((same + one_tie / 2) / total)


def _as_outcomes(counts: Floats) -> Floats:
    """Answers as outcomes 0, ½ and 1: that both are bad makes them equally good."""
    outcomes = counts[:, :3].copy()
    outcomes[:, TIED] += counts[:, 3]
    return outcomes


def _scale(level: Level, counts: Floats) -> tuple[Floats, Floats]:
    if level == "nominal":
        return np.arange(4.0), counts
    return _OUTCOMES, _as_outcomes(counts)


def _alpha(items: _Items, level: Level) -> float:
    values, counts = _scale(level, items.counts)
    return alpha_of_coincidences(values, coincidences(counts.T), level)


def _alpha_interval(items: _Items, level: Level) -> list[float | None]:
    """95%, from leaving out a hundredth of the prompts at a time."""
    values, counts = _scale(level, items.counts)
    if not len(counts):
        return [None, None]
    block = blocks(items.prompts)
    sums = np.stack([coincidences(counts[block == number].T) for number in range(block.max() + 1)])
    error = standard_error(sums, partial(_alpha_of, values, level))
    return list(_ends(_alpha(items, level), error, least=-1.0))


def _alpha_of(values: Floats, level: Level, sums: Floats) -> float:
    return alpha_of_coincidences(values, sums, level)


def _ends(value: float, error: float, *, least: float = 0.0) -> tuple[float | None, float | None]:
    # Not Python's own min and max, to which a number that is none is as good as any.
    return plain(np.maximum(least, value - Z * error)), plain(np.minimum(1.0, value + Z * error))
