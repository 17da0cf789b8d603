"""Intervals of shares."""

from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class Share(NamedTuple):
    """`count` of `total` as a share, with the ends of its interval; NaN where `total` is 0."""

    count: Any
    total: Any
    share: Any
    lower: Any
    upper: Any


def wilson(
    count: ArrayLike, total: ArrayLike, *, confidence: float = 0.95, effect: ArrayLike = 1.0
) -> Share:
    """Shares with Wilson's score interval (Wilson 1927), elementwise.

    Unlike the normal interval it stays within 0 and 1 and is not empty for a share of 0 or 1.
    `effect` is the variance of what was counted over that of independent answers.
    """
    counts, totals = np.asarray(count, float), np.asarray(total, float)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = counts / totals
        size = totals / effect
        middle = (share + z**2 / (2 * size)) / (1 + z**2 / size)
        half = z * np.sqrt(share * (1 - share) / size + z**2 / (4 * size**2))
        half /= 1 + z**2 / size
    return Share(counts, totals, share, np.clip(middle - half, 0, 1), np.clip(middle + half, 0, 1))


def ranking_effect(pairs: ArrayLike) -> Floats:
    """How much more the pairs of a ranking vary together than as many independent ones would.

    `pairs` are those of one ranking, K(K - 1)/2 of K responses. In a random order, the sum of
    ±(a_i - a_j) over its pairs, of any numbers a, is twice that of the a_i times their centred
    ranks (Spearman 1904), whose variance is (K + 1)/3 times that of independent pairs: 1 for two
    responses, 5/3 for four. Of their mere number it is a little less (Kendall 1938), (2K + 5)/9.
    """
    responses = (1 + np.sqrt(1 + 8 * np.asarray(pairs, float))) / 2
    return np.asarray(np.maximum((responses + 1) / 3, 1.0))
